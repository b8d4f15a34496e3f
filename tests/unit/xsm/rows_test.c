/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's tables of operations against our policy: dom0 may do every
 * row but those listed here, and a guest what a PV kernel needs. A new row
 * that the policy forgets fails here before anything boots.
 */
#include "tests/unit/xsm/load.h"

#include "lib/checked.h"

enum object { SELF, XEN, VCPU, DOMAIN, DOMAIN_GIVEN, FIRST, NEW, END,
              SECURITY };

struct row {
    const char *name;
    enum object object;
    struct xsm_perm perm;
};

static const struct row rows[] = {
#define FAMILY(...)
#define ROW(f, op, nr, t, d, o, m, c, p) {#f "." #op, o, XSM_PERM_INIT(c, p)},
#define ROW2(f, op, nr, t, d, o, m, c, p, o2, m2, c2, p2)                      \
    {#f "." #op, o, XSM_PERM_INIT(c, p)},                                      \
        {#f "." #op ", second", o2, XSM_PERM_INIT(c2, p2)},
#define CALL(f, c, p) {#f, SELF, XSM_PERM_INIT(c, p)},
#include "hv/abi/hypercalls.def"
#define OP(name, right, c, p) {"emulated " #name, SELF, XSM_PERM_INIT(c, p)},
#define OP_PORT(name)
#include "hv/hypercall/privops.def"
};

/* Rows that exist and that dom0 does not get, on itself or a guest. */
static const char *const dom0_lacks[] = {
    "xsm_op.load",
    "xsm_op.setenforce",
    "xsm_op.setbool",
    "vouch_op.identity",
    "vouch_op.state_key",
    "vouch_op.state_mark",
};

/* The whole of what an unlabelled guest gets: families, or single rows. */
static const char *const guest_lacks[] = {
    "platform_op.",
    "mca.",
    "console_io.",
    "physdev_op.",
    "memory_op.maximum_ram_page",
    "memory_op.machine_memory_map",
    "memory_op.set_memory_map",
    "memory_op.claim_pages",
    "memory_op.acquire_resource",
    "xen_version.changeset",
    "xen_version.commandline",
    "event_channel_op.bind_virq_global",
    "event_channel_op.bind_pirq",
    "sched_op.remote_shutdown",
    "domctl.",
    "sysctl.",
    "xsm_op.",
    "grant_table_op.map_",
    "grant_table_op.unmap",
    "vouch_op.identity",
    "vouch_op.log_read",
    "vouch_op.state_",
};
static const char *const guest_has[] = {
    "physdev_op.set_iopl",
    "physdev_op.set_iobitmap",
};

static bool is_listed(const char *const *list, size_t size, const char *name)
{
    for (size_t i = 0; i < size; i++) {
        if (strncmp(list[i], name, strlen(list[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_one_of(const char *const *list, size_t size, const char *name)
{
    for (size_t i = 0; i < size; i++) {
        if (strcmp(list[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static label_t target_of(const struct row *row, label_t self, label_t peer,
                         label_t end)
{
    switch (row->object) {
    case XEN:
        return XSM_LABEL(xen);
    case SECURITY:
        return XSM_LABEL(security);
    case DOMAIN:
    case DOMAIN_GIVEN:
    case FIRST:
    case NEW:
        return peer;
    case END:
        return end;
    default:
        return self;
    }
}

/* The label of an end of source's, of an event channel to dom0. */
static label_t end_of(struct loaded *loaded, label_t source)
{
    label_t end;
    assert_int_equal(xsm_label_transition(&loaded->xsm, source,
                                          XSM_LABEL(dom0), XSM_CLASS_event,
                                          &end),
                     XSM_OK);
    return end;
}

/* 1 if the policy says otherwise, and then it is printed. */
static int surprises(const struct loaded *loaded, const struct row *row,
                     label_t source, label_t target, bool expected)
{
    if (xsm_decide(&loaded->xsm, source, target, row->perm).granted ==
        expected) {
        return 0;
    }
    print_error("%s: %s:%s is %s\n", row->name, xsm_class_name(row->perm.class),
                xsm_perm_name(row->perm), expected ? "denied" : "granted");
    return 1;
}

static void dom0_may_do_its_rows(void **state)
{
    struct loaded *loaded = load_file(POLICY_V30, 64);
    label_t dom0 = XSM_LABEL(dom0);
    label_t end = end_of(loaded, dom0);
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        /* What acts on a domain: on itself, or on a guest. */
        label_t target = target_of(&rows[i], dom0, dom0, end);
        if (!xsm_decide(&loaded->xsm, dom0, target, rows[i].perm).granted) {
            target = target_of(&rows[i], dom0, XSM_LABEL(domU), end);
        }
        wrong += surprises(
            loaded, &rows[i], dom0, target,
            !is_one_of(dom0_lacks, ARRAY_SIZE(dom0_lacks), rows[i].name));
    }
    assert_int_equal(wrong, 0);
    unload(loaded);
}

static void a_guest_may_do_its_rows(void **state)
{
    struct loaded *loaded = load_file(POLICY_V30, 64);
    label_t self;
    (void)state;
    assert_int_equal(xsm_label_transition(&loaded->xsm, XSM_LABEL(domU),
                                          XSM_LABEL(domU), XSM_CLASS_domain,
                                          &self),
                     XSM_OK);
    label_t end = end_of(loaded, XSM_LABEL(domU));
    int wrong = 0;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        bool lacks =
            is_listed(guest_lacks, ARRAY_SIZE(guest_lacks), rows[i].name) &&
            !is_listed(guest_has, ARRAY_SIZE(guest_has), rows[i].name);
        /* event:bind is to dom0, all else to itself */
        bool is_bind = rows[i].perm.class == XSM_CLASS_event &&
                       rows[i].perm.bit == XSM_PERM(event, bind).bit;
        label_t peer = is_bind ? XSM_LABEL(dom0) : self;
        wrong += surprises(loaded, &rows[i], XSM_LABEL(domU),
                           target_of(&rows[i], self, peer, end), !lacks);
    }
    assert_int_equal(wrong, 0);
    unload(loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dom0_may_do_its_rows),
        cmocka_unit_test(a_guest_may_do_its_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
