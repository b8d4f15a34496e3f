/* SPDX-License-Identifier: MIT */
/*
 * A toolstack's reach into another domain: mapping its frames, pinning its
 * tables, giving and taking its memory, its memory map and its CPUID.  Each is
 * tried where it is allowed, and then with whatever a confused or hostile
 * caller could name instead; the last part is the other domain's turn.
 *
 * Only: vouch
 */
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/toolstack.h"
#include "lib/trap.h"

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

static uint64_t child_frame(void)
{
    return toolstack_mfn(child, page);
}

/* A frame that was ours and is now free. */
static uint64_t free_frame(void)
{
    uint64_t pfn = spare_pfn(), mfn = pfn_to_mfn(pfn);
    struct xen_memory_reservation reservation = {
        .extent_start.p = &mfn, .nr_extents = 1, .domid = DOMID_SELF};

    p2m_set(pfn, ~0ull);
    if (memory_op(XENMEM_decrease_reservation, &reservation) != 1) {
        guest_fail("giving a frame back");
    }
    return mfn;
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

/* A frame of the child's that it does not map itself. */
static uint64_t extra_frame(void)
{
    uint64_t list[1] = {0x4000};

    max_pages(pages_of(child) + 1);
    if (reserve(XENMEM_populate_physmap, list, 1, 0, child) != 1) {
        guest_fail("one more frame for the child");
    }
    return list[0];
}

static void test_map(void)
{
    uint64_t frame = extra_frame();
    volatile uint64_t *seen = (uint64_t *)VA(0);

    tap_is(map(0, frame, RW, child), 0, "a frame of another domain is mapped");
    tap_is(map(1, frame, RO, child), 0, "and mapped again, read-only");
    seen[5] = 0x42;
    tap_is(((volatile uint64_t *)VA(1))[5], 0x42, "it is the same");
    seen[5] = 0;
    tap_refused(ext(MMUEXT_PIN_L1_TABLE, frame, child),
                "what we can write becomes no table of its");
    seen[5] = pte_make(virt_to_mfn(page), RO);
    unmap(0);
    tap_refused(ext(MMUEXT_PIN_L1_TABLE, frame, child),
                "nor does what would map a frame of ours");
    tap_is(map(0, frame, RW, child), 0, "mapped again");
    seen[5] = pte_make(child_frame(), RO);
    unmap(0);
    tap_is(ext(MMUEXT_PIN_L1_TABLE, frame, child), 0,
           "what maps its own does, while we can read it");
    tap_is(ext(MMUEXT_UNPIN_TABLE, frame, child), 0, "and no more");
    tap_is(map(0, frame, RW, child), 0, "then it is a plain frame again");
    unmap(0);
    unmap(1);
}

static void test_tables(void)
{
    uint64_t frame = extra_frame(), other = child_frame();

    tap_is(ext(MMUEXT_PIN_L1_TABLE, frame, child), 0,
           "a frame that nobody writes is pinned for it");
    tap_refused(map(0, frame, RW, child), "then it cannot be mapped writable");
    tap_is(map(0, frame, RO, child), 0, "only to be read");
    tap_refused(map(0, frame, RW, child), "not even where it is mapped so");
    tap_refused(ext(MMUEXT_PIN_L1_TABLE, frame, child), "nor pinned twice");
    tap_refused(ext(MMUEXT_CLEAR_PAGE, frame, child), "nor cleared");
    tap_refused(ext(MMUEXT_UNPIN_TABLE, frame, DOMID_SELF),
                "it is not ours to unpin");
    tap_is(ext(MMUEXT_UNPIN_TABLE, frame, child), 0, "it is unpinned for it");
    tap_refused(ext(MMUEXT_UNPIN_TABLE, frame, child), "once");
    unmap(0);
    tap_is(ext(MMUEXT_CLEAR_PAGE, frame, child), 0, "now it can be cleared");
    tap_refused(ext(MMUEXT_NEW_BASEPTR, other, child),
                "another domain's table is no root here");
    tap_refused(ext(MMUEXT_NEW_USER_BASEPTR, other, child), "of either kind");
    tap_refused(ext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page), child),
                "our frame is not pinned as the child's");
    tap_refused(ext(MMUEXT_PIN_L1_TABLE, frame, DOMID_SELF),
                "nor the child's as ours");
}

static void test_wrong_frames(void)
{
    uint64_t frame = child_frame(), ours = virt_to_mfn(page);
    uint64_t nobody = free_frame();
    const struct {
        uint64_t mfn;
        domid_t domid;
        const char *what;
    } tries[] = {
        {ours, child, "our frame as the child's"},
        {frame, DOMID_SELF, "the child's as ours"},
        {frame, DOMID_IO, "the child's as a device's"},
        {frame, DOMID_XEN, "the child's as the hypervisor's"},
        {frame, NOBODY, "the child's as nobody's"},
        {frame, DOMID_INVALID, "the child's as invalid"},
        {nobody, child, "a free frame as the child's"},
        {nobody, DOMID_SELF, "a free frame as ours"},
        {0x200, child, "the hypervisor's image"},
        {0x200, DOMID_SELF, "the hypervisor's image as ours"},
        {0x200, DOMID_XEN, "the hypervisor's image as its"},
        {0xfee00, child, "the local APIC"},
        {0xfffffffffull, child, "no frame at all"},
        {0xffffffffffull, child, "the largest number"},
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(tries); i++) {
        for (unsigned int j = 0; j < 2; j++) {
            tap_refused(
                map(0, tries[i].mfn, j == 0 ? RO : RW, tries[i].domid),
                "%s, %s", tries[i].what, j == 0 ? "to read" : "to write");
        }
        tap_refused(ext(MMUEXT_PIN_L1_TABLE, tries[i].mfn, tries[i].domid),
                    "%s, as a table", tries[i].what);
        tap_is(*pte_pointer(VA(0), 1), 0, "and nothing is mapped");
    }
}

static void test_batch(void)
{
    uint64_t frame = child_frame();
    uint32_t done = 77;
    struct mmu_update updates[3] = {
        {pte_maddr(VA(0), 1), pte_make(frame, RW)},
        {pte_maddr(VA(1), 1), pte_make(virt_to_mfn(page), RW)},
        {pte_maddr(VA(2), 1), pte_make(frame, RW)},
    };

    tap_refused(mmu_update(updates, 3, &done, child), "one bad among three");
    tap_is(done, 1, "ends the batch there");
    tap_is(pte_mfn(*pte_pointer(VA(0), 1)), frame, "the one before is done");
    tap_is(*pte_pointer(VA(2), 1), 0, "the one behind is not");
    updates[2].ptr |= MMU_PT_UPDATE_NO_TRANSLATE;
    tap_is(mmu_update(updates + 2, 1, &done, child), 0, "no-translate is taken");
    updates[2].ptr = pte_maddr(VA(2), 1) | MMU_PT_UPDATE_PRESERVE_AD;
    tap_is(mmu_update(updates + 2, 1, &done, child), 0, "so is preserve-AD");
    tap_refused(mmu_update(updates, 1, &done, child | (domid_t)0 | 5u << 16),
                "tables of a domain that is not the caller");
    updates[0].val = 0;
    tap_is(mmu_update(updates, 1, &done, child), 0, "unmapping names anyone");
    tap_is(mmu_update(updates, 1, &done, NOBODY), -XEN_ESRCH, "who is there");
    unmap(2);
    updates[0].ptr = pte_maddr(VA(0), 2);
    updates[0].val = pte_make(frame, RW);
    tap_refused(mmu_update(updates, 1, NULL, child),
                "an upper table maps nothing of another domain's");
}

static void test_machphys(void)
{
    uint64_t frame = child_frame(), was = mfn_to_pfn(frame);
    struct mmu_update update = {frame * PAGE_SIZE | MMU_MACHPHYS_UPDATE, 0x77};

    tap_refused(mmu_update(&update, 1, NULL, DOMID_SELF),
                "the m2p of a frame that is not ours");
    tap_is(mfn_to_pfn(frame), was, "is as it was");
    tap_is(mmu_update(&update, 1, NULL, child), 0, "in the child's name it is");
    tap_is(mfn_to_pfn(frame), 0x77, "set");
    update.val = was;
    mmu_update(&update, 1, NULL, child);
    update.ptr = virt_to_mfn(page) * PAGE_SIZE | MMU_MACHPHYS_UPDATE;
    tap_refused(mmu_update(&update, 1, NULL, child), "not ours in its name");
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
    toolstack_unmap((void *)((uint64_t)its & ~(PAGE_SIZE - 1)));
}

static void test_dying(void)
{
    uint64_t frame = child_frame(), other = toolstack_mfn(child, (void *)said);
    uint64_t list[1] = {0x5000};
    struct xen_domctl op = {.u.max_mem.max_memkb = 1u << 20};

    tap_is(map(0, frame, RW, child), 0, "mapped while it is there");
    *(volatile uint64_t *)VA(0) = 0x600d;
    tap_is((uint64_t)toolstack_destroy(child), 0, "destroyed meanwhile");
    tap_is(toolstack_flags(child) & XEN_DOMINF_dying, XEN_DOMINF_dying,
           "it is dying");
    tap_is(*(volatile uint64_t *)VA(0), 0x600d, "the frame is as it was");
    tap_is(map(1, other, RO, child), -XEN_ESRCH, "others are not to be had");
    tap_is(map(1, frame, RO, child), -XEN_ESRCH, "nor is this, again");
    tap_is(ext(MMUEXT_PIN_L1_TABLE, other, child), -XEN_ESRCH, "nor pinned");
    tap_ok(reserve(XENMEM_populate_physmap, list, 1, 0, child) <= 0,
           "it gets no memory");
    tap_ok(domctl(XEN_DOMCTL_max_mem, child, &op) != 0 ||
               reserve(XENMEM_populate_physmap, list, 1, 0, child) <= 0,
           "whatever its limit");
    tap_is(pages_of(child), 1, "and has one page");
    unmap(0);
    tap_is(toolstack_flags(child), 0, "with that, it is gone");
    tap_is(map(0, frame, RO, child), -XEN_ESRCH, "for good");
}

void test_main(void)
{
    child = toolstack_build(child_body, 0, 1);
    map_prepare(VA(0));
    map_prepare(VA(2));
    test_map();
    test_tables();
    test_wrong_frames();
    test_batch();
    test_machphys();
    test_populate();
    test_memory_map();
    test_acquire();
    test_cpuid();
    test_child();
    test_dying();
}
