/* SPDX-License-Identifier: MIT */
/*
 * A toolstack that may know of some domains and not of others, under a policy
 * that lets dom0 see unlabelled guests only: what it may not see is in no
 * list, is passed over when it looks for the next domain, and looks like what
 * is not there, while those that it may see are listed as ever.
 *
 * Runner: -p build/policy/unseen
 * Only: vouch
 */
#include "lib/tap.h"
#include "lib/toolstack.h"

static struct xen_domctl_getdomaininfo list[8];

static domid_t make(uint32_t sid)
{
    struct xen_domctl op;

    toolstack_config(&op, 1);
    op.u.createdomain.ssidref = sid;
    if (domctl(XEN_DOMCTL_createdomain, 0, &op) != 0) {
        guest_fail("createdomain");
    }
    return op.domain;
}

static uint32_t list_read(domid_t first)
{
    struct xen_sysctl op = {.cmd = XEN_SYSCTL_getdomaininfolist,
                            .interface_version = XEN_SYSCTL_INTERFACE_VERSION};

    op.u.getdomaininfolist.first_domain = first;
    op.u.getdomaininfolist.max_domains = ARRAY_SIZE(list);
    op.u.getdomaininfolist.buffer.p = list;
    if (hypercall(__HYPERVISOR_sysctl, &op) != 0) {
        guest_fail("getdomaininfolist");
    }
    return op.u.getdomaininfolist.num_domains;
}

/* The domain that is found from id on; 0 if none is. */
static domid_t next_of(domid_t id)
{
    struct xen_domctl op = {0};

    return domctl(XEN_DOMCTL_getdomaininfo, id, &op) == 0 ? op.domain : 0;
}

void test_main(void)
{
    uint32_t hidden_sid = toolstack_sid("tenant01_u:guest_r:guest_t");
    domid_t hidden = make(hidden_sid), seen = make(TOOLSTACK_SID);
    domid_t last = make(hidden_sid);

    tap_is(list_read(0), 2, "two domains are listed");
    tap_is(list[0].domain, 0, "dom0 itself");
    tap_is(list[1].domain, seen, "and the one that it may see");
    tap_is(list_read(hidden), 1, "from a hidden one on, one");
    tap_is(list_read(last), 0, "from the last on, none");
    tap_is(next_of(hidden), seen, "a hidden one is passed over");
    tap_is(next_of(last), 0, "behind it is nothing");
    tap_is(next_of(last), next_of(200), "as behind what is not there");
    for (domid_t id = hidden; id <= last; id++) {
        struct xen_domctl op = {0};

        tap_is((uint64_t)domctl(XEN_DOMCTL_destroydomain, id, &op), 0,
               "d%u can be destroyed", id);
    }
}
