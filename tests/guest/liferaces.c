/* SPDX-License-Identifier: MIT */
/*
 * One vCPU of dom0 makes and destroys domains; the other does to them, at any
 * time, whatever a toolstack can: pauses, shuts down, resumes, lists, maps,
 * populates, gives contexts, opens channels, and destroys them as well.  No
 * order of it may crash or hang anything, and in the end nothing is left.
 *
 * Runner: -s 2
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/random.h"
#include "lib/tap.h"
#include "lib/toolstack.h"
#include "lib/vcpu.h"

#define DOMAINS  60u
#define MAP_VA   (TEST_VA + (2ull << 30))
#define MAPPINGS 4

static volatile domid_t victim; /* 0: the other vCPU has nothing to do */
static volatile uint64_t victim_mfn;
static volatile uint64_t done, stop, stopped;
static volatile uint64_t said;
static struct vcpu_guest_context context;

static void child_counts(void)
{
    for (;;) {
        said++;
    }
}

static long map_something(struct random *random, domid_t id, uint64_t mfn)
{
    uint64_t va = MAP_VA + random_below(random, MAPPINGS) * PAGE_SIZE;
    struct mmu_update update = {
        .ptr = pte_maddr(va, 1),
        .val = pte_make(mfn, PTE_P | PTE_US | (random_below(random, 2)
                                                   ? PTE_RW : 0))};

    return mmu_update(&update, 1, NULL, id);
}

static void unmap_all(void)
{
    for (unsigned int i = 0; i < MAPPINGS; i++) {
        struct mmu_update update = {
            .ptr = pte_maddr(MAP_VA + i * PAGE_SIZE, 1)};

        mmu_update(&update, 1, NULL, DOMID_SELF);
    }
}

static long populate(domid_t id)
{
    uint64_t extent = 100;
    struct xen_memory_reservation more = {
        .extent_start.p = &extent, .nr_extents = 1, .domid = id};

    return memory_op(XENMEM_populate_physmap, &more) - 1;
}

static long channel(domid_t id)
{
    struct evtchn_alloc_unbound alloc = {.dom = id, .remote_dom = 0};
    struct evtchn_bind_interdomain bind = {.remote_dom = id};
    struct evtchn_close close;

    if (evtchn_op(EVTCHNOP_alloc_unbound, &alloc) != 0) {
        return -XEN_ESRCH;
    }
    bind.remote_port = alloc.port;
    if (evtchn_op(EVTCHNOP_bind_interdomain, &bind) != 0) {
        return -XEN_ESRCH;
    }
    event_send(bind.local_port);
    close.port = bind.local_port;
    return evtchn_op(EVTCHNOP_close, &close);
}

static long disturb(struct random *random, domid_t id, uint64_t mfn)
{
    struct sched_remote_shutdown remote = {.domain_id = id,
                                           .reason = SHUTDOWN_suspend};
    struct xen_domctl op = {0};

    switch (random_below(random, 16)) {
    case 0:
        return sched_op(SCHEDOP_remote_shutdown, &remote);
    case 1:
        return domctl(XEN_DOMCTL_resumedomain, id, &op);
    case 2:
        return domctl(XEN_DOMCTL_pausedomain, id, &op);
    case 3:
    case 4:
        return domctl(XEN_DOMCTL_unpausedomain, id, &op);
    case 5:
        return domctl(XEN_DOMCTL_getdomaininfo, id, &op);
    case 6:
        return random_below(random, 20) == 0
                   ? domctl(XEN_DOMCTL_destroydomain, id, &op)
                   : -XEN_EAGAIN;
    case 7:
        op.u.max_mem.max_memkb = 1u << random_below(random, 16);
        return domctl(XEN_DOMCTL_max_mem, id, &op);
    case 8:
        op.u.vcpucontext.vcpu = (uint32_t)random_below(random, 3);
        op.u.vcpucontext.ctxt.p = &context;
        return domctl(XEN_DOMCTL_getvcpucontext, id, &op);
    case 9:
        op.u.vcpucontext.vcpu = 1;
        op.u.vcpucontext.ctxt.p = &context;
        return domctl(XEN_DOMCTL_setvcpucontext, id, &op);
    case 10:
        return populate(id);
    case 11:
        return channel(id);
    case 12:
        return mmuext_op(&((struct mmuext_op){.cmd = MMUEXT_PIN_L1_TABLE,
                                       .arg1.mfn = mfn}), 1, NULL, id);
    case 13:
        unmap_all();
        return -XEN_EAGAIN;
    default:
        return map_something(random, id, mfn);
    }
}

static void disturber(void)
{
    struct random random = random_from(4711);

    while (!stop) {
        domid_t id = victim;

        if (id != 0) {
            done += disturb(&random, id,
                            victim_mfn + random_below(&random, 8)) == 0;
        }
    }
    unmap_all();
    stopped = 1;
    vcpu_op(VCPUOP_down, 1, NULL);
}

static void wait_ns(uint64_t ns)
{
    uint64_t end = clock_ns() + ns;

    while (clock_ns() < end) {
        sched_op(SCHEDOP_yield, NULL);
    }
}

void test_main(void)
{
    uint64_t before;
    unsigned int made = 0;

    for (unsigned int i = 0; i < MAPPINGS; i++) {
        map_prepare(MAP_VA + i * PAGE_SIZE);
    }
    toolstack_destroy(toolstack_create(child_counts, 0, 2));
    if (vcpu_run(1, disturber) != 0) {
        guest_fail("the second vCPU");
    }
    before = toolstack_free_pages();
    for (unsigned int i = 0; i < DOMAINS; i++) {
        domid_t id = toolstack_create(child_counts, 0, 2);

        victim_mfn = toolstack_mfn(id, (void *)&said);
        victim = id;
        wait_ns((i % 10) * 1000000);
        made += toolstack_destroy(id) != -XEN_EINVAL;
        victim = 0;
        toolstack_forget(id); /* the other one may have been quicker */
    }
    victim = 0;
    stop = 1;
    while (!stopped) {
        sched_op(SCHEDOP_yield, NULL);
    }
    tap_is(made, DOMAINS, "%u domains come and go", DOMAINS);
    tap_ok(done > 5 * DOMAINS, "while %lu other things are done to them",
           done);
    toolstack_memory_is(before, "leave all memory as it was");
}
