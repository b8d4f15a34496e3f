/* SPDX-License-Identifier: MIT */
/*
 * A toolstack's reach into another domain's memory: mapping its frames and
 * pinning its tables, where that is allowed, and then with whatever a confused
 * or hostile caller could name instead, and when the other is dying.
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
static uint8_t other_page[4096]
    __attribute__((aligned(4096), section(".data")));

static void child_body(void)
{
}

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
    done = 77;
    tap_is(mmu_update(updates, 1, &done, NOBODY), -XEN_ESRCH, "who is there");
    tap_is(done, 0, "nothing was done, and that is told: Linux adds to it");
    unmap(2);
    updates[0].ptr = pte_maddr(VA(0), 2);
    updates[0].val = pte_make(frame, RW);
    tap_refused(mmu_update(updates, 1, NULL, child),
                "an upper table maps nothing of another domain's");
}

/* More than one entry into the hypervisor does: what is done adds up. */
static void test_long_batch(void)
{
    enum { COUNT = 1500, BAD = 1100 };
    static struct mmu_update updates[COUNT];
    uint64_t frame = child_frame(), first = pte_maddr(VA(0), 1);
    uint32_t done = 0;

    for (unsigned int i = 0; i < COUNT; i++) {
        updates[i].ptr = first + i % 256 * 8;
        updates[i].val = pte_make(frame, i % 3 == 0 ? RW : RO);
    }
    tap_is(mmu_update(updates, COUNT, &done, child), 0, "%u mappings", COUNT);
    tap_is(done, COUNT, "all of them are counted");
    updates[BAD].val = pte_make(virt_to_mfn(page), RO);
    tap_refused(mmu_update(updates, COUNT, &done, child), "a bad one late");
    tap_is(done, BAD, "it is told which");
    for (unsigned int i = 0; i < 256; i++) {
        updates[i].val = 0;
    }
    tap_is(mmu_update(updates, 256, &done, DOMID_SELF), 0, "unmapped again");
    ext(MMUEXT_TLB_FLUSH_ALL, 0, DOMID_SELF);
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

static void test_dying(void)
{
    uint64_t frame = child_frame(), other = toolstack_mfn(child, other_page);
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
    child = toolstack_build(child_body, 0, 1); /* never started */
    map_prepare(VA(0));
    map_prepare(VA(2));
    test_map();
    test_tables();
    test_wrong_frames();
    test_batch();
    test_long_batch();
    test_machphys();
    test_dying();
}
