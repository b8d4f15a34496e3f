/* SPDX-License-Identifier: MIT */
/*
 * What two domains may do to a few frames, in any order and one in the middle
 * of the other: while the hypervisor reads or writes a guest's memory, and
 * while it waits for a flush.  After each operation the oracle recounts, and
 * the other CPU may have nothing cached that is not so any more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cached.h"
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/domain/mmu_update.h"
#include "hv/domain/mmuext.h"
#include "hv/domain/vcpu_descriptors.h"
#include "hv/domain/vcpu_roots.h"
#include "hv/mem/heap.h"
#include "hv/mem/memory.h"
#include "hv/mem/table.h"
#include "machine.h"

#define ROUNDS 400u
#define STEPS  600u
#define PLAIN  (PTE_P | PTE_RW | PTE_US)

static uint64_t state;
static unsigned int depth; /* of operations in the middle of others */
static bool is_nested, may_die;
static unsigned int waiting; /* operations of side 1 that others are in */
static unsigned int death_step;

static uint64_t any(uint64_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % limit;
}

/* --- The guest's memory: a list of frames' numbers --- */

static uint64_t list[8];
static void in_the_middle(void);

bool __wrap_guest_read_u64(uint64_t *to, gva_t from);
bool __wrap_guest_write_u64(gva_t to, uint64_t value);

bool __wrap_guest_read_u64(uint64_t *to, gva_t from)
{
    *to = list[from.va / 8 % ARRAY_SIZE(list)];
    in_the_middle();
    return any(16) != 0;
}

bool __wrap_guest_write_u64(gva_t to, uint64_t value)
{
    (void)to;
    (void)value;
    in_the_middle();
    return any(8) != 0;
}

long hypercall_continue(struct call *call)
{
    (void)call;
    return -ERESTART;
}

/* --- The machine: no more frames than are named here --- */

static uint64_t named[64];
static unsigned int named_count;

/* All but the first few go. */
static void frames_reduce(unsigned int side, unsigned int count)
{
    for (uint64_t mfn = 0; mfn < FRAMES; mfn++) {
        if (frame_table[mfn].owner != side) {
            continue;
        }
        if (count == 0) {
            assert_int_equal(
                memory_release_page(&sides[side].memory, MFN(mfn)), 0);
        } else {
            named[named_count++] = mfn;
            count--;
        }
    }
}

static void world_reset(unsigned int count)
{
    machine_on_flush = NULL;
    machine_flushed = NULL;
    machine_reset();
    named_count = 0;
    death_step = 0;
    frames_reduce(0, count);
    frames_reduce(1, count);
    for (unsigned int side = 0; side < 2; side++) {
        struct page *lent = heap_alloc_pages(0, 0);

        memory_share_page(&sides[side].memory, lent);
        sides[side].shared_page = lent;
        runners[side].is_loaded = 1;
        named[named_count++] = page_mfn(lent).n;
    }
    while (heap_free_count() > count) {
        assert_non_null(heap_alloc_raw(0, 0));
    }
    for (uint64_t mfn = 0; mfn < FRAMES; mfn++) {
        if (frame_table[mfn].owner == OWNER_FREE) {
            named[named_count++] = mfn;
        }
    }
    cached_reset();
}

/* What waits for a flush to become writable; whoever wants it would spin. */
static bool is_claimed(uint64_t mfn)
{
    return page_type(&frame_table[mfn]) == PAGE_NONE &&
           page_type_count(&frame_table[mfn]) != 0;
}

static uint64_t frame_of(unsigned int side)
{
    uint64_t start = any(named_count);

    for (unsigned int i = 0; i < named_count && any(24) != 0; i++) {
        uint64_t mfn = named[(start + i) % named_count];

        if (frame_table[mfn].owner == side && !is_claimed(mfn)) {
            return mfn;
        }
    }
    return is_claimed(named[start]) ? 0 : named[start];
}

static uint64_t any_entry(unsigned int side)
{
    static const uint64_t flags[] = {
        0,
        PTE_P | PTE_US,
        PTE_P | PTE_RW,
        PLAIN | PTE_A | PTE_D,
        PLAIN | PTE_PCD | PTE_PWT,
        PTE_P | PTE_US | PTE_NX | PTE_PCD,
        PLAIN | PTE_G,
        PLAIN | PTE_PAT_PS,
        PLAIN | PTE_AVL,
    };

    return frame_of(side) << PAGE_SHIFT |
           (any(2) ? PLAIN : flags[any(ARRAY_SIZE(flags))]);
}

/* An address that leads as far as it can below the vCPU's kernel root. */
static uint64_t any_va(unsigned int side)
{
    uint64_t table = runners[side].root_kernel >> PAGE_SHIFT, va = 0;

    for (unsigned int shift = 39; shift >= PAGE_SHIFT; shift -= 9) {
        const uint64_t *entries = mfn_to_hva(MFN(table % FRAMES));
        uint64_t slot = any(2);

        slot ^= !(entries[slot] & PTE_P);
        va |= slot << shift;
        table = pte_mfn(entries[slot]).n;
    }
    return va;
}

/* --- Operations: side's, on what is target's --- */

static uint64_t args[5];

static struct call call_of(unsigned int side, unsigned int target)
{
    return (struct call){
        .caller = &runners[side], .target = &sides[target], .args = args};
}

static void update(unsigned int side, unsigned int target)
{
    static const unsigned int slots[] = {0, 0, 0, 1, 1, 2, 260, 511};
    struct call call = call_of(side, target);
    struct mmu_element element = {
        (frame_of(side) << PAGE_SHIFT) + slots[any(ARRAY_SIZE(slots))] * 8,
        any(6) == 0 ? 0 : any_entry(target)};

    element.address |= any(3) == 0 ? MMU_PT_UPDATE_PRESERVE_AD : 0;
    (void)do_mmu_update_map_write(NULL, &call, &element);
}

static void update_va(unsigned int side, unsigned int target)
{
    struct call call = call_of(side, target);

    args[0] = any_va(side);
    args[1] = any_entry(target);
    args[2] = any(4) ? 0 : UVMF_TLB_FLUSH | UVMF_ALL;
    (void)do_update_va_mapping_map_write(NULL, &call, NULL);
}

static void emulate(unsigned int side)
{
    uint64_t old = 0, va = any_va(side) + any(2) * 8;

    if (mmu_write_pte(&runners[side], va, &old, any_entry(side), any(2)) ==
        -EAGAIN) {
        (void)!mmu_write_pte(&runners[side], va, &old, any_entry(side), true);
    }
}

static void pin(unsigned int side, unsigned int target)
{
    struct call call = call_of(side, target);
    struct mmuext_op op = {
        .cmd = MMUEXT_PIN_L1_TABLE + (unsigned int)any(4),
        .arg1.mfn = frame_of(target)};

    if (any(3) == 0) {
        (void)do_mmuext_op_unpin(NULL, &call, &op);
    } else if (do_mmuext_op_pin(NULL, &call, &op) == -ERESTART && any(2)) {
        fake_cpu->budget = WORK_BUDGET;
        (void)do_mmuext_op_pin(NULL, &call, &op);
    }
}

static void root(unsigned int side)
{
    struct call call = call_of(side, side);
    struct mmuext_op op = {.arg1.mfn = any(6) == 0 ? 0 : frame_of(side)};

    (void)(any(2) ? do_mmuext_op_new_user_baseptr(NULL, &call, &op)
                  : do_mmuext_op_new_baseptr(NULL, &call, &op));
}

/* Four levels, so that addresses lead somewhere. */
static void tree(unsigned int side)
{
    struct call call = call_of(side, side);
    struct mmuext_op op = {.arg1.mfn = frame_of(side)};
    uint64_t above = op.arg1.mfn;

    for (unsigned int i = 0; i < 3; i++) {
        uint64_t below = frame_of(side);
        struct mmu_element element = {(above << PAGE_SHIFT) + any(2) * 8,
                                      below << PAGE_SHIFT | PLAIN};

        (void)do_mmu_update_map_write(NULL, &call, &element);
        above = below;
    }
    (void)do_mmuext_op_new_baseptr(NULL, &call, &op);
}

static void descriptors(unsigned int side)
{
    uint64_t frames[2] = {frame_of(side), frame_of(side)};
    uint32_t count = (uint32_t)any(3) * 512;

    if (any(3) == 0) {
        (void)ldt_fault(&runners[side], any(2) << PAGE_SHIFT);
        return;
    }
    spin_lock(&sides[side].memory.lock);
    (void)!(any(2) ? vcpu_set_gdt(&runners[side], frames, count)
                   : vcpu_set_ldt(&runners[side], any_va(side), count));
    spin_unlock(&sides[side].memory.lock);
}

static void drain(unsigned int side)
{
    spin_lock(&sides[side].memory.lock);
    retained_drain(&sides[side].memory, (uint32_t)any(3));
    spin_unlock(&sides[side].memory.lock);
}

static void page_op(unsigned int side, unsigned int target)
{
    struct call call = call_of(side, target);
    struct mmuext_op op = {.arg1.mfn = frame_of(target),
                           .arg2.src_mfn = frame_of(target)};

    (void)(any(2) ? do_mmuext_op_copy_page(NULL, &call, &op)
                  : do_mmuext_op_clear_page(NULL, &call, &op));
}

/* As a copy of a grant does, without any lock. */
static void write_to(unsigned int target)
{
    struct page *page = &frame_table[frame_of(target)];

    if (!page_get(page, &sides[target].memory)) {
        return;
    }
    if (page_type(page) != PAGE_SHARED && page_get_writable(page) == 0) {
        page_put_type(page);
    }
    page_put(page);
}

static void list_fill(unsigned int side)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(list); i++) {
        list[i] = frame_of(side);
    }
}

static void reserve(unsigned int side, unsigned int target)
{
    static long (*const operations[])(const struct permit *, struct call *,
                                      struct xen_memory_reservation *) = {
        do_memory_op_decrease_reservation, do_memory_op_increase_reservation,
        do_memory_op_populate_physmap};
    uint64_t registers[5] = {0};
    struct call call = call_of(side, target);
    struct xen_memory_reservation arg = {.nr_extents = 1 + any(2),
                                         .extent_order = any(3) == 0};
    uint64_t which = any(ARRAY_SIZE(operations));

    call.args = registers;
    list_fill(target);
    while (operations[which](NULL, &call, &arg) == -ERESTART && any(8)) {
        fake_cpu->budget = WORK_BUDGET;
    }
}

static void exchange(unsigned int side, unsigned int target)
{
    struct call call = call_of(side, target);
    struct xen_memory_exchange arg = {.in.nr_extents = 1, .out.nr_extents = 1};

    list_fill(target);
    if (any(2)) {
        arg.in.nr_extents = 2;
        arg.out.extent_order = 1;
    } else if (any(2)) {
        arg.in.extent_order = 1;
        arg.out.nr_extents = 2;
    }
    while (do_memory_op_exchange(NULL, &call, &arg) == -ERESTART && any(8)) {
        fake_cpu->budget = WORK_BUDGET;
    }
}

/* As a launch does, with one frame. */
static void freeze(unsigned int side, struct page *page)
{
    struct memory *memory = &sides[side].memory;

    spin_lock(&memory->lock);
    if (page->owner == side && (page->flags & PAGE_FROZEN)) {
        page->flags &= (uint8_t)~PAGE_FROZEN;
        memory_thaw_page(page_mfn(page));
    } else if (memory_freeze_page(memory, page_mfn(page))) {
        page->flags |= PAGE_FROZEN;
    }
    spin_unlock(&memory->lock);
}

/* The next step of side 1's death: as hv/hypercall/lifecycle.c takes them. */
static void die(void)
{
    struct memory *memory = &sides[1].memory;
    struct page *lent = sides[1].shared_page;

    switch (death_step++) {
    case 0:
        for (uint64_t mfn = 0; mfn < FRAMES; mfn++) {
            if (frame_table[mfn].flags & PAGE_FROZEN) {
                freeze(1, &frame_table[mfn]);
            }
        }
        sides[1].is_dying = 1;
        memory->max_pages = 0;
        runners[1].is_loaded = 0;
        break;
    case 1:
        spin_lock(&memory->lock);
        vcpu_drop_tables(&runners[1]);
        spin_unlock(&memory->lock);
        sides[1].shared_page = NULL;
        memory_unshare_page(memory, lent);
        break;
    default:
        fake_cpu->budget = 1 + (int64_t)any(100);
        (void)!memory_relinquish(memory);
        break;
    }
}

/* What may be asked of a dying domain. */
static void operation_on_dying(unsigned int side, unsigned int target)
{
    switch (any(6)) {
    case 0: reserve(side, target); break;
    case 1: exchange(side, target); break;
    case 2: page_op(side, target); break;
    case 3: pin(side, target); break;
    default: write_to(target); break;
    }
}

static void operation_on(unsigned int side, unsigned int target)
{
    switch (any(26)) {
    case 0: case 1: pin(side, target); break;
    case 2: root(side); break;
    case 3: case 4: tree(side); break;
    case 5: case 6: descriptors(side); break;
    case 7: drain(side); break;
    case 8: page_op(side, target); break;
    case 9: case 10: reserve(side, target); break;
    case 11: exchange(side, target); break;
    case 12: freeze(side, &frame_table[frame_of(side)]); break;
    case 13: write_to(target); break;
    case 14: case 15: update_va(side, target); break;
    case 16: emulate(side); break;
    default: update(side, target); break;
    }
}

static void operation(void)
{
    static const int64_t budgets[] = {1, WORK_TABLE, 2 * WORK_TABLE,
                                      3 * WORK_TABLE, WORK_BUDGET};
    bool is_dying = sides[1].is_dying;
    unsigned int side = is_dying ? 0 : (unsigned int)any(2);
    bool is_foreign = side == 0 && any(4) == 0;

    machine_run(side);
    fake_cpu->budget = budgets[any(ARRAY_SIZE(budgets))];
    if (may_die && waiting == 0 && any(is_dying ? 10 : 200) == 0) {
        die();
    } else if (is_foreign && is_dying) {
        operation_on_dying(side, 1);
    } else {
        operation_on(side, is_foreign ? 1 : side);
    }
}

/* What another vCPU does there; with a lock held, what needs none. */
static void in_the_middle(void)
{
    struct vcpu *was = fake_cpu->current;
    int64_t budget = fake_cpu->budget;
    uint64_t saved[ARRAY_SIZE(list)];

    if (!is_nested || depth == 2 || any(2)) {
        return;
    }
    memcpy(saved, list, sizeof(list));
    depth++;
    waiting += was == &runners[1];
    do {
        if (spin_is_locked(&sides[0].memory.lock) ||
            spin_is_locked(&sides[1].memory.lock)) {
            machine_run(0);
            write_to((unsigned int)any(2));
        } else {
            operation();
        }
    } while (any(3) != 0);
    waiting -= was == &runners[1];
    depth--;
    memcpy(list, saved, sizeof(list));
    fake_cpu->current = was;
    fake_cpu->budget = budget;
}

static void on_flush(void)
{
    for (uint64_t mfn = 0; mfn < FRAMES; mfn++) {
        if (is_claimed(mfn)) {
            machine_run(fake_cpu->current->domain->id);
            write_to((unsigned int)any(2));
            return;
        }
    }
    in_the_middle();
}

static void round_run(unsigned int round)
{
    state = 0x9e3779b97f4a7c15ull * (round + 1);
    is_nested = round % 3 != 0;
    may_die = round % 2 == 0;
    world_reset(4 + round % 5);
    machine_on_flush = is_nested ? on_flush : NULL;
    for (unsigned int step = 0; step < STEPS; step++) {
        const char *problem;

        operation();
        problem = oracle_check();
        problem = problem != NULL ? problem : cached_check();
        if (problem != NULL) {
            fail_msg("round %u, step %u: %s", round, step, problem);
        }
    }
}

static void test_storm(void **unused)
{
    (void)unused;
    for (unsigned int round = 0; round < ROUNDS; round++) {
        round_run(round);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_storm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
