/* SPDX-License-Identifier: MIT */
/*
 * What a toolstack gives another domain: memory up to its limit, a memory map,
 * the first entries of its grant table, its CPUID.  Each is tried with whatever
 * a confused or hostile caller could name instead; then the other domain tries
 * the same on dom0.
 *
 * Only: vouch
 */
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/toolstack.h"

#define VA(n)  (TEST_VA + (n)*PAGE_SIZE)
#define RO     (PTE_P | PTE_US)
#define RW     (PTE_P | PTE_RW | PTE_US)
#define NOBODY 0x4321

static domid_t child;
static uint8_t page[4096] __attribute__((aligned(4096), section(".data")));
static volatile uint64_t said[16] __attribute__((section(".data")));

static long map(unsigned int slot, uint64_t mfn, uint64_t flags, domid_t domid)
{
    struct mmu_update update = {.ptr = pte_maddr(VA(slot), 1),
                                .val = pte_make(mfn, flags)};

    return mmu_update(&update, 1, NULL, domid);
}

static void unmap(unsigned int slot)
{
    if (update_va_mapping(VA(slot), 0, UVMF_INVLPG | UVMF_ALL) != 0) {
        guest_fail("unmapping");
    }
}

static long ext(unsigned int cmd, uint64_t mfn, domid_t domid)
{
    struct mmuext_op op = {.cmd = cmd, .arg1.mfn = mfn};

    return mmuext_op(&op, 1, NULL, domid);
}

static long reserve(unsigned int cmd, uint64_t *list, uint64_t count,
                    unsigned int order, domid_t domid)
{
    struct xen_memory_reservation reservation = {.extent_start.p = list,
                                                 .nr_extents = count,
                                                 .extent_order = order,
                                                 .domid = domid};

    return memory_op(cmd, &reservation);
}

static long pages_of(domid_t domid)
{
    return memory_op(XENMEM_current_reservation, &domid);
}

static void max_pages(long pages)
{
    struct xen_domctl op = {.u.max_mem.max_memkb = (uint64_t)pages * 4};

    if (domctl(XEN_DOMCTL_max_mem, child, &op) != 0) {
        guest_fail("max_mem");
    }
}

static void test_populate(void)
{
    static const unsigned int orders[] = {10, 18, 19, 31, 32, 52, 63, 64,
                                          0x7fffffff, 0xffffffff};
    static uint64_t list[600];
    long before = pages_of(child), ours = pages_of(DOMID_SELF);

    max_pages(before + 20);
    for (unsigned int i = 0; i < 30; i++) {
        list[i] = 0x5000 + i;
    }
    tap_is(reserve(XENMEM_populate_physmap, list, 30, 0, child), 20,
           "a domain gets as much as it may have");
    tap_is(pages_of(child), before + 20, "and that is what it has");
    tap_is(mfn_to_pfn(list[3]), 0x5003, "where the list says");
    tap_is(list[20], 0x5014, "the rest of the list is untouched");
    tap_is(map(0, list[0], RO, child), 0, "a new frame is mapped");
    tap_is(*(volatile uint64_t *)VA(0), 0, "it is empty");
    tap_is(reserve(XENMEM_decrease_reservation, list, 1, 0, child), 0,
           "while it is, it cannot be taken away");
    unmap(0);
    tap_is(reserve(XENMEM_decrease_reservation, list, 20, 0, DOMID_SELF), 0,
           "it is not ours to give");
    tap_is(reserve(XENMEM_decrease_reservation, list, 20, 0, child), 20,
           "in its name it is");
    tap_is(pages_of(child), before, "and it has what it had");
    list[0] = virt_to_mfn(page);
    tap_is(reserve(XENMEM_decrease_reservation, list, 1, 0, child), 0,
           "our frame is not its");
    max_pages(before + 600);
    for (unsigned int i = 0; i < ARRAY_SIZE(orders); i++) {
        list[0] = 0x6000;
        tap_is(reserve(XENMEM_populate_physmap, list, 1, orders[i], child), 0,
               "no extent of order %u", orders[i]);
        tap_is(reserve(XENMEM_decrease_reservation, list, 1, orders[i], child),
               0, "nor one to give");
    }
    list[0] = 0x6000;
    tap_is(reserve(XENMEM_populate_physmap, list, 1, 9, child), 1,
           "one of order 9");
    tap_is(mfn_to_pfn(list[0] + 511), 0x61ff, "all of it in the m2p");
    tap_is(reserve(XENMEM_decrease_reservation, list, 1, 9, child), 1,
           "and back");
    max_pages(before);
    tap_is(reserve(XENMEM_populate_physmap, list, 1, 0, child), 0,
           "at its limit it gets none");
    tap_is(reserve(XENMEM_populate_physmap, (void *)HV_PRIVATE, 1, 0, child), 0,
           "a list in the hypervisor is none");
    tap_is(reserve(XENMEM_populate_physmap, list, 1, 0, NOBODY), -XEN_ESRCH,
           "nobody gets nothing");
    tap_is(pages_of(child), before, "its reservation is as it was");
    tap_is(pages_of(DOMID_SELF), ours, "and so is ours");
    max_pages(before + 10);
    tap_is(reserve(XENMEM_claim_pages, NULL, (uint64_t)before + 10, 0, child),
           0, "a claim within its limit");
    tap_refused(reserve(XENMEM_claim_pages, NULL, (uint64_t)before + 11, 0,
                        child),
                "one beyond");
    tap_refused(reserve(XENMEM_claim_pages, NULL, (uint64_t)before + 5, 1,
                        child),
                "one of extents");
    tap_is(reserve(XENMEM_claim_pages, NULL, 0, 0, child), 0, "none");
}

static long map_set(void *entries, uint32_t count)
{
    struct xen_foreign_memory_map foreign = {
        .domid = child, .map = {.nr_entries = count, .buffer.p = entries}};

    return memory_op(XENMEM_set_memory_map, &foreign);
}

static void test_memory_map(void)
{
    static uint8_t entries[32 * 20] __attribute__((section(".data")));

    for (unsigned int i = 0; i < sizeof(entries); i++) {
        entries[i] = (uint8_t)(i * 7);
    }
    tap_is(map_set(entries, 32), 0, "a memory map of 32 entries");
    tap_refused(map_set(entries, 33), "not of more");
    tap_refused(map_set(entries, 0xffffffff), "nor of all there can be");
    tap_is(map_set((void *)HV_PRIVATE, 1), -XEN_EFAULT,
           "nor from the hypervisor");
    tap_is(map_set((void *)VA(9), 1), -XEN_EFAULT, "nor from nowhere");
    tap_is(map_set(entries, 2), 0, "a smaller one in its place");
}

static long acquire(struct xen_mem_acquire_resource *arg)
{
    arg->domid = child;
    return memory_op(XENMEM_acquire_resource, arg);
}

static void test_acquire(void)
{
    struct xen_mem_acquire_resource arg = {.type = XENMEM_resource_grant_table};
    uint64_t frames[2] = {~0ull, ~0ull};

    tap_is(acquire(&arg), 0, "how large the grant table can be");
    tap_ok(arg.nr_frames > 0 && arg.nr_frames <= 64, "%u frames",
           arg.nr_frames);
    arg.frame = arg.nr_frames;
    arg.nr_frames = 1;
    set_xen_guest_handle(arg.frame_list, frames);
    tap_refused(acquire(&arg), "a frame beyond its end");
    arg.frame = ~0ull;
    tap_refused(acquire(&arg), "a frame far beyond");
    arg.frame = 0;
    arg.nr_frames = 0xffffffff;
    tap_refused(acquire(&arg), "more frames than there can be");
    arg.nr_frames = 1;
    arg.pad = 1;
    tap_refused(acquire(&arg), "what must be zero is not");
    arg.pad = 0;
    arg.type = XENMEM_resource_ioreq_server;
    tap_is(acquire(&arg), -XEN_EOPNOTSUPP, "another resource");
    arg.type = XENMEM_resource_grant_table;
    arg.id = XENMEM_resource_grant_table_id_status;
    tap_is(acquire(&arg), -XEN_EOPNOTSUPP, "the status frames of version 2");
    arg.id = 0;
    set_xen_guest_handle(arg.frame_list, (uint64_t *)HV_PRIVATE);
    tap_is(acquire(&arg), -XEN_EFAULT, "a list in the hypervisor");
    set_xen_guest_handle(arg.frame_list, frames);
    tap_is(acquire(&arg), 0, "its first frame");
    tap_is(frames[1], ~0ull, "and no more than that");
    tap_is(map(0, frames[0], RW, child), 0, "can be mapped and written");
    *(volatile uint64_t *)VA(0) = 0;
    tap_refused(ext(MMUEXT_PIN_L1_TABLE, frames[0], child),
                "but is a table of no other kind");
    tap_is(reserve(XENMEM_decrease_reservation, frames, 1, 0, child), 0,
           "and no frame to give away");
    unmap(0);
    tap_refused(map(0, frames[0], RW, DOMID_SELF), "it is not ours");
}

static uint32_t cpuid_forced(uint32_t leaf, unsigned int reg)
{
    uint32_t out[4], zero = 0;

    __asm__ volatile("ud2a; .ascii \"xen\"; cpuid"
                     : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
                     : "0"(leaf), "2"(zero));
    return out[reg];
}

static long policy(uint32_t cmd, xen_cpuid_leaf_t *leaves, uint32_t *count)
{
    struct xen_domctl op = {.u.cpu_policy = {.nr_leaves = *count,
                                             .leaves.p = leaves}};
    long error = domctl(cmd, child, &op);

    *count = op.u.cpu_policy.nr_leaves;
    return error;
}

#define POPCNT (1u << 23)
#define PSE    (1u << 3)

static void test_cpuid(void)
{
    static xen_cpuid_leaf_t leaves[130];
    uint32_t count = 130, of_1 = 0;

    tap_is(policy(XEN_DOMCTL_get_cpu_policy, leaves, &count), 0,
           "the child's CPUID");
    for (uint32_t i = 0; i < count; i++) {
        of_1 = leaves[i].leaf == 1 ? i : of_1;
    }
    tap_is(leaves[of_1].c, cpuid_forced(1, 2), "is as ours is");
    leaves[of_1].c &= ~POPCNT;
    leaves[of_1].d |= PSE;
    tap_is(policy(XEN_DOMCTL_set_cpu_policy, leaves, &count), 0,
           "without POPCNT and with PSE");
    count = 130;
    tap_is(policy(XEN_DOMCTL_get_cpu_policy, leaves, &count), 0, "read again");
    tap_is(leaves[of_1].c & POPCNT, 0, "POPCNT is gone");
    tap_is(leaves[of_1].d & PSE, 0, "PSE is not for any toolstack to give");
    tap_ok(cpuid_forced(1, 2) & POPCNT, "we have what we had");
    count = 130;
    tap_refused(policy(XEN_DOMCTL_set_cpu_policy, leaves, &count),
                "more leaves than a policy has");
    count = 3;
    tap_is(policy(XEN_DOMCTL_set_cpu_policy, (void *)HV_PRIVATE, &count),
           -XEN_EFAULT, "leaves in the hypervisor");
    tap_is(policy(XEN_DOMCTL_get_cpu_policy, (void *)VA(9), &count),
           -XEN_EFAULT, "leaves nowhere");
    count = 3;
    tap_is(policy(XEN_DOMCTL_get_cpu_policy, leaves, &count), -XEN_ENOBUFS,
           "no room");
}

/* --- The child's turn: what of all this it can do to dom0 --- */

static void child_body(void)
{
    static uint8_t entries[4 * 20];
    struct xen_memory_map own = {.nr_entries = 4, .buffer.p = entries};
    struct mmu_update update = {.val = pte_make(said[0], RO)};
    struct xen_sysctl info = {.cmd = XEN_SYSCTL_physinfo,
                              .interface_version =
                                  XEN_SYSCTL_INTERFACE_VERSION};
    struct xen_domctl op = {.u.max_mem.max_memkb = 1u << 30};
    uint64_t list[1] = {said[0]};
    struct xen_mem_acquire_resource resource = {
        .domid = 0, .type = XENMEM_resource_grant_table, .nr_frames = 1,
        .frame_list.p = list};
    struct xen_domctl self = {.u.cpu_policy = {.nr_leaves = 0}};

    map_prepare(VA(0));
    update.ptr = pte_maddr(VA(0), 1);
    said[1] = (uint64_t)memory_op(XENMEM_memory_map, &own);
    said[2] = own.nr_entries;
    said[3] = entries[39];
    said[4] = cpuid_forced(1, 2);
    said[5] = (uint64_t)mmu_update(&update, 1, NULL, 0);
    said[6] = (uint64_t)ext(MMUEXT_PIN_L1_TABLE, said[0], 0);
    said[7] = (uint64_t)reserve(XENMEM_decrease_reservation, list, 1, 0, 0);
    said[8] = (uint64_t)acquire(&resource);
    said[9] = (uint64_t)hypercall(__HYPERVISOR_sysctl, &info);
    said[10] = (uint64_t)domctl(XEN_DOMCTL_max_mem, DOMID_SELF, &op);
    said[11] = (uint64_t)domctl(XEN_DOMCTL_set_cpu_policy, DOMID_SELF, &self);
    update.val = pte_make(said[0], RW);
    said[12] = (uint64_t)mmu_update(&update, 1, NULL, DOMID_SELF);
    shared_info->arch.max_pfn = -84ull; /* less one it is -ERESTART */
    said[15] = 1;
}

static void test_child(void)
{
    struct xen_domctl op = {0};
    volatile uint64_t *its = toolstack_map(child, (void *)said);
    long before = pages_of(DOMID_SELF);
    domid_t id = child;

    its[0] = virt_to_mfn(page);
    domctl(XEN_DOMCTL_unpausedomain, child, &op);
    tap_is((uint64_t)toolstack_wait(child), SHUTDOWN_poweroff, "the child ran");
    tap_is(its[15], 1, "to its end");
    tap_is(its[1], 0, "it was given its memory map");
    tap_is(its[2], 2, "of two entries");
    tap_is(its[3], (uint8_t)(39 * 7), "as they were");
    tap_is(its[4] & POPCNT, 0, "it sees no POPCNT");
    tap_is(its[5], -XEN_ESRCH, "it maps nothing of ours");
    tap_is(its[6], -XEN_ESRCH, "nor pins it");
    tap_is(its[7], -XEN_ESRCH, "nor gives it away");
    tap_is(its[8], -XEN_ESRCH, "nor finds our grant table");
    tap_is(its[9], -XEN_EPERM, "nor asks about the machine");
    tap_refused((long)its[10], "nor sets its own limit");
    tap_refused((long)its[11], "nor its own CPUID");
    tap_refused((long)its[12], "nor maps ours as its own");
    tap_is(pages_of(DOMID_SELF), before, "we have what we had");
    tap_refused(memory_op(XENMEM_maximum_gpfn, &id),
                "what it says of its size is no error code");
    toolstack_unmap(its);
}

void test_main(void)
{
    child = toolstack_build(child_body, 0, 1);
    map_prepare(VA(0));
    test_populate();
    test_memory_map();
    test_acquire();
    test_cpuid();
    test_child();
    tap_is((uint64_t)toolstack_destroy(child), 0, "the child is destroyed");
}
