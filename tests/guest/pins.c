/* SPDX-License-Identifier: MIT */
/*
 * Pinning, unpinning and the life of page types: a frame has one type at a
 * time, a failed validation leaves no reference behind, a type that is gone
 * frees the frame for another use.  Covers the classes of the public
 * advisories XSA-109, 185, 287 and 299 (counts after errors).
 */
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/trap.h"

#define TABLE_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PAGE_FLAGS  (PTE_P | PTE_RW | PTE_US | PTE_A)

static long pin(unsigned int level, void *table)
{
    return mmuext_one(MMUEXT_PIN_L1_TABLE + level - 1, virt_to_mfn(table));
}

static long unpin(void *table)
{
    return mmuext_one(MMUEXT_UNPIN_TABLE, virt_to_mfn(table));
}

static long writable(void *table)
{
    return update_va_mapping(table, pte_make(virt_to_mfn(table), PAGE_FLAGS),
                             UVMF_INVLPG | UVMF_ALL);
}

static void test_rules(void)
{
    void *table = page_alloc();

    tap_refused(pin(1, table), "a writable page cannot be pinned");
    page_make_ro(table);
    tap_refused(unpin(table), "unpin of what is not pinned");
    tap_is(pin(1, table), 0, "pin as L1");
    tap_refused(pin(1, table), "pin twice");
    tap_refused(pin(2, table), "pin as another level");
    tap_refused(writable(table), "a pinned table cannot be writable");
    tap_is(unpin(table), 0, "unpin");
    tap_refused(unpin(table), "unpin twice");
    tap_is(writable(table), 0, "now it can be writable");
    page_make_ro(table);
    for (unsigned int level = 1; level <= 4; level++) {
        tap_is(pin(level, table), 0, "an empty page can be pinned as L%u",
               level);
        tap_is(unpin(table), 0, "and unpinned");
    }
    tap_is(writable(table), 0, "and be writable in the end");
}

static void test_bad_frames(void)
{
    uint64_t hidden = 0;
    volatile uint64_t *slots = mfn_to_virt(root_mfn());

    for (unsigned int slot = 256; slot < 272; slot++) {
        hidden = (slots[slot] & PTE_P) != 0 ? pte_mfn(slots[slot]) : hidden;
    }
    tap_refused(mmuext_one(MMUEXT_PIN_L1_TABLE, hidden),
                "a frame of the hypervisor cannot be pinned");
    tap_refused(mmuext_one(MMUEXT_PIN_L4_TABLE, ~0ull >> 12),
                "nor one that is not RAM");
    tap_refused(mmuext_one(MMUEXT_PIN_L4_TABLE, ~0ull), "nor frame -1");
    tap_refused(mmuext_one(MMUEXT_UNPIN_TABLE, ~0ull), "unpin of frame -1");
    tap_refused(
        mmuext_one(MMUEXT_PIN_L1_TABLE, pte_mfn(start_info->shared_info)),
        "shared_info cannot become a page table");
    tap_refused(mmuext_one(MMUEXT_NEW_BASEPTR, ~0ull), "frame -1 as a root");
    tap_refused(mmuext_one(MMUEXT_NEW_BASEPTR, hidden),
                "a frame of the hypervisor as a root");
    tap_refused(mmuext_one(MMUEXT_NEW_USER_BASEPTR, hidden),
                "or as a user root");
    tap_refused(mmuext_one(MMUEXT_NEW_BASEPTR, virt_to_mfn(page_alloc())),
                "a writable page as a root");
    tap_is(mmuext_one(MMUEXT_NEW_BASEPTR, root_mfn()), 0,
           "the same root again");
}

static void test_contents(void)
{
    uint64_t *l1 = page_alloc();
    void *data = page_alloc();

    l1[0] = pte_make(virt_to_mfn(data), PAGE_FLAGS);
    l1[511] = pte_make(virt_to_mfn(l1), PAGE_FLAGS);
    page_make_ro(l1);
    tap_refused(pin(1, l1), "an L1 that maps itself writable is refused");
    tap_is(writable(l1), 0, "it is a plain page still");
    l1[511] = pte_make(root_mfn(), PAGE_FLAGS);
    page_make_ro(l1);
    tap_refused(pin(1, l1), "one that maps a root writable is refused");
    tap_is(writable(l1), 0, "it is a plain page still");
    page_make_ro(data);
    tap_is(pin(1, data), 0, "its first target kept no writable reference");
    tap_is(unpin(data), 0, "(unpin)");
    page_make_rw(data);

    l1[511] = pte_make(virt_to_mfn(l1), PTE_P | PTE_US);
    page_make_ro(l1);
    tap_is(pin(1, l1), 0, "an L1 that maps itself read-only is fine");
    page_make_ro(data);
    tap_refused(pin(1, data), "a page it maps writable is no table");
    tap_is(unpin(l1), 0, "unpin it");
    tap_is(pin(1, data), 0, "now that page can be one");
    tap_is(unpin(data), 0, "(unpin)");
    tap_is(writable(l1), 0, "and the old table a plain page");
}

static void test_partial(void)
{
    uint64_t *l2 = page_alloc();
    void *l1[4];

    for (unsigned int i = 0; i < 4; i++) {
        l1[i] = page_alloc();
        page_make_ro(l1[i]);
        l2[i] = pte_make(virt_to_mfn(l1[i]), TABLE_FLAGS);
    }
    l2[400] = pte_make(root_mfn(), TABLE_FLAGS);
    page_make_ro(l2);
    tap_refused(pin(2, l2), "an L2 with one wrong entry of 512");
    for (unsigned int i = 0; i < 4; i++) {
        tap_is(writable(l1[i]), 0, "L1 %u of it holds no reference", i);
        page_make_ro(l1[i]);
    }
    tap_is(writable(l2), 0, "nor does the L2 itself");
    l2[400] = pte_make(virt_to_mfn(l1[0]), TABLE_FLAGS);
    l2[401] = l2[1] | PTE_PS;
    page_make_ro(l2);
    tap_refused(pin(2, l2), "an L2 with a superpage");
    tap_is(writable(l2), 0, "is a plain page still");
    l2[401] = 0;
    page_make_ro(l2);
    tap_is(pin(2, l2), 0, "without it the L2 is fine, one L1 used twice");
    tap_refused(writable(l1[0]), "its L1 tables are typed");
    tap_is(unpin(l2), 0, "unpin it");
    tap_is(writable(l1[0]), 0, "and they are free");
    tap_is(writable(l2), 0, "and so is it");
}

/* A table that points to itself is linear, however it came to do so. */
static void test_self(void)
{
    for (unsigned int level = 2; level <= 4; level++) {
        uint64_t *table = page_alloc();

        table[1] = pte_make(virt_to_mfn(table), PTE_P | PTE_US);
        page_make_ro(table);
        tap_refused(pin(level, table), "an L%u with an entry for itself",
                    level);
        tap_is(writable(table), 0, "is a plain page still");
        table[1] |= PTE_RW;
        page_make_ro(table);
        tap_refused(pin(level, table), "nor with a writable one");
        tap_is(writable(table), 0, "it is a plain page still");
    }
}

/* The same by an update of a table that nothing uses any more: if it keeps
 * its type for another use, the update must not make it another's table. */
static void test_self_by_update(void)
{
    for (unsigned int level = 2; level <= 4; level++) {
        uint64_t *table = page_alloc();
        uint64_t mfn = virt_to_mfn(table);

        page_make_ro(table);
        tap_is(pin(level, table), 0, "an empty L%u", level);
        tap_is(unpin(table), 0, "that nothing uses any more");
        pte_update(mfn * PAGE_SIZE + 8, pte_make(mfn, PTE_P | PTE_US));
        for (unsigned int other = 2; other <= 4; other++) {
            tap_refused(pin(other, table),
                        "with an entry for itself it is no L%u", other);
        }
        pte_update(mfn * PAGE_SIZE + 8, 0);
        tap_is(pin(level, table), 0, "without, it is an L%u again", level);
        tap_is(unpin(table), 0, "(unpin)");
        tap_is(writable(table), 0, "and a plain page in the end");
    }
}

static void test_roots(void)
{
    uint64_t *root = page_alloc(), *slots = mfn_to_virt(root_mfn());
    uint64_t mfn = virt_to_mfn(root);

    memcpy(root, slots, PAGE_SIZE);
    /* What a guest puts into the hypervisor's slots must not count. */
    root[256] = ~0ull;
    root[260] = pte_make(virt_to_mfn(slots), TABLE_FLAGS);
    page_make_ro(root);
    tap_is(pin(4, root), 0, "a copy of the root can be pinned");
    tap_ok(root[256] != ~0ull && pte_mfn(root[260]) != virt_to_mfn(slots),
           "the hypervisor's slots are its own");
    tap_is(mmuext_one(MMUEXT_NEW_BASEPTR, mfn), 0, "and loaded");
    tap_is(unpin(root), 0, "unpinned while loaded");
    tap_refused(writable(root), "it is a table for as long");
    tap_is(mmuext_one(MMUEXT_NEW_BASEPTR, root_mfn()), 0, "back to the first");
    tap_is(writable(root), 0, "then it is a plain page");
    tap_is(mmuext_one(MMUEXT_NEW_USER_BASEPTR, 0), 0, "no user root is fine");
}

static void test_other_ops(void)
{
    struct mmuext_op op[3] = {{0}};
    uint32_t done = 99;
    void *page = page_alloc();

    tap_is(mmuext_one(MMUEXT_TLB_FLUSH_LOCAL, 0), 0, "TLB_FLUSH_LOCAL");
    tap_is(mmuext_one(MMUEXT_TLB_FLUSH_ALL, 0), 0, "TLB_FLUSH_ALL");
    tap_is(mmuext_one(MMUEXT_INVLPG_LOCAL, (uint64_t)page), 0, "INVLPG_LOCAL");
    /* XSA-279: the address is the guest's, the INVLPG the hypervisor's. */
    tap_is(mmuext_one(MMUEXT_INVLPG_LOCAL, HV_PRIVATE), 0,
           "INVLPG_LOCAL of a hypervisor address does nothing");
    tap_is(mmuext_one(MMUEXT_INVLPG_LOCAL, 1ull << 60), 0,
           "nor at a non-canonical one");
    tap_is(mmuext_one(MMUEXT_INVLPG_ALL, 1ull << 60), 0, "nor INVLPG_ALL");
    op[0].cmd = MMUEXT_TLB_FLUSH_MULTI;
    op[0].arg2.vcpumask.p = (void *)HV_PRIVATE;
    tap_refused(mmuext_op(op, 1, NULL, DOMID_SELF),
                "a vCPU mask in the hypervisor");
    tap_is(mmuext_one(99, 0), -XEN_ENOSYS, "an operation there is not");
    tap_ok(mmuext_one(MMUEXT_MARK_SUPER, virt_to_mfn(page)) < 0,
           "superpages are not offered");
    tap_is(mmuext_one(MMUEXT_CLEAR_PAGE, virt_to_mfn(page)), 0, "CLEAR_PAGE");
    tap_refused(mmuext_one(MMUEXT_CLEAR_PAGE, root_mfn()),
                "but not of a page table");
    op[0].cmd = MMUEXT_COPY_PAGE;
    op[0].arg1.mfn = root_mfn();
    op[0].arg2.src_mfn = virt_to_mfn(page);
    tap_refused(mmuext_op(op, 1, NULL, DOMID_SELF), "COPY_PAGE onto one");
    op[0].arg1.mfn = virt_to_mfn(page);
    op[0].arg2.src_mfn = pte_mfn(start_info->shared_info);
    tap_is(mmuext_op(op, 1, NULL, DOMID_SELF), 0, "COPY_PAGE");
    op[0].cmd = op[2].cmd = MMUEXT_TLB_FLUSH_LOCAL;
    op[1].cmd = 99;
    tap_is(mmuext_op(op, 3, &done, DOMID_SELF), -XEN_ENOSYS,
           "a batch stops at the first error");
    tap_is(done, 1, "and says how many were done");
    tap_is(mmuext_op(op, 1, NULL, 77), -XEN_ESRCH, "for an absent domain");
}

void test_main(void)
{
    test_rules();
    test_bad_frames();
    test_contents();
    test_partial();
    test_self();
    test_self_by_update();
    test_roots();
    test_other_ops();
}
