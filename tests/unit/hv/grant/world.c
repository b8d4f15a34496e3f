/* SPDX-License-Identifier: MIT */
/* See world.h. */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/hypercall/rows.h"
#include "hv/mem/table.h"

#define TABLE_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A)
#define BASE_VA     0x10000000000ull

struct held held[2][HANDLES];
bool tampered[2][REFS];
bool policy_denies;
void (*at_permit)(void);
const char *surprise;
unsigned int continued;

static uint64_t roots[2], l2s[2], l1s[2][2];

/* The dispatcher's table, as far as it is about grants. */
#define HANDLER(op, t, ...)                                                    \
    static long call_##op(const struct permit *permit, struct call *call,      \
                          void *arg)                                           \
    {                                                                          \
        return do_grant_table_op_##op(permit, call, (t *)arg);                 \
    }
HANDLER(map_read, struct gnttab_map_grant_ref)
HANDLER(map_write, struct gnttab_map_grant_ref)
HANDLER(map_device, struct gnttab_map_grant_ref)
HANDLER(unmap, struct grant_unmap)
HANDLER(setup_table, struct gnttab_setup_table)
HANDLER(query_size, struct gnttab_query_size)
HANDLER(copy, struct gnttab_copy)

const struct row rows[ROW_COUNT] = {
    [row_grant_table_op_map_read] = {.handler = call_map_read},
    [row_grant_table_op_map_write] = {.handler = call_map_write},
    [row_grant_table_op_map_device] = {.handler = call_map_device,
                                       .has_second = 1},
    [row_grant_table_op_unmap] = {.handler = call_unmap},
    [row_grant_table_op_setup_table] = {.handler = call_setup_table},
    [row_grant_table_op_query_size] = {.handler = call_query_size},
    [row_grant_table_op_copy] = {.handler = call_copy, .has_second = 1},
};

struct permit {
    char unused;
};
const struct permit the_permit;

/* Nothing is allowed without asking, so that each question comes here. */
static const uint32_t no_vectors[XSM_CLASSES];

const struct permit *row_permit(const struct row *row, const struct call *call)
{
    (void)row;
    (void)call;
    if (at_permit != NULL) {
        at_permit();
    }
    return policy_denies ? NULL : &the_permit;
}

long hypercall_continue(struct call *call)
{
    (void)call;
    return -ERESTART;
}

struct domain *domain_get(domid_t id)
{
    if (id >= 2) {
        return NULL;
    }
    sides[id].refs++;
    return &sides[id];
}

void domain_put(struct domain *domain)
{
    if (--domain->refs == 0) {
        abort();
    }
}

uint64_t slot_va(unsigned int slot)
{
    return BASE_VA + (slot / 3 << 21) + slot % 3 * PAGE_SIZE;
}

uint64_t *slot_of(unsigned int side, unsigned int slot)
{
    return (uint64_t *)mfn_to_hva(MFN(l1s[side][slot / 3])) + slot % 3;
}

uint64_t slot_maddr(unsigned int side, unsigned int slot)
{
    return (l1s[side][slot / 3] << PAGE_SHIFT) + slot % 3 * 8;
}

uint64_t *entry_of(unsigned int side, uint32_t ref)
{
    return &sides[side].grants->entries[0][ref];
}

uint64_t l2_of(unsigned int side)
{
    return l2s[side];
}

uint64_t l1_of(unsigned int side, unsigned int number)
{
    return l1s[side][number];
}

long update(unsigned int side, uint64_t frame, unsigned int index,
            uint64_t value)
{
    uint64_t args[5] = {0};
    struct call call = {
        .caller = &runners[side], .target = &sides[side], .args = args};
    struct mmu_element element = {(frame << PAGE_SHIFT) + index * 8, value};

    machine_run(side);
    return do_mmu_update_map_write(NULL, &call, &element);
}

/* Table over table, written while they are plain frames; then the root. */
static void tables_make(unsigned int side)
{
    struct mmuext_op op = {0};
    struct call call = {.caller = &runners[side], .target = &sides[side]};
    uint64_t l3, *at;

    roots[side] = machine_frame(side, 1);
    l3 = machine_frame(side, 16 * (roots[side] + 1) + 1);
    l2s[side] = machine_frame(side, 16 * (l3 + 1) + 1);
    l1s[side][0] = machine_frame(side, 16 * (l2s[side] + 1) + 1);
    l1s[side][1] = machine_frame(side, 16 * (l1s[side][0] + 1) + 1);
    at = mfn_to_hva(MFN(roots[side]));
    at[BASE_VA >> 39 & 511] = l3 << PAGE_SHIFT | TABLE_FLAGS;
    at = mfn_to_hva(MFN(l3));
    at[BASE_VA >> 30 & 511] = l2s[side] << PAGE_SHIFT | TABLE_FLAGS;
    at = mfn_to_hva(MFN(l2s[side]));
    at[0] = l1s[side][0] << PAGE_SHIFT | TABLE_FLAGS;
    at[1] = l1s[side][1] << PAGE_SHIFT | TABLE_FLAGS;
    machine_run(side);
    op.arg1.mfn = roots[side];
    if (do_mmuext_op_new_baseptr(NULL, &call, &op) != 0) {
        abort();
    }
}

void world_reset(void)
{
    machine_reset();
    memset(held, 0, sizeof(held));
    memset(tampered, 0, sizeof(tampered));
    policy_denies = false;
    surprise = NULL;
    for (unsigned int side = 0; side < 2; side++) {
        sides[side].refs = 1;
        sides[side].self_access = no_vectors;
        runners[side].state = VCPU_RUNNING;
        machine_run(side);
        if (grant_domain_init(&sides[side], 2, 2) != 0) {
            abort();
        }
        tables_make(side);
    }
}

void give(unsigned int side, uint32_t ref, unsigned int user, uint64_t frame,
          uint16_t flags)
{
    bool is_used = sides[side].grants->uses[0][ref].any != 0;

    *entry_of(side, ref) = frame << 32 | (uint64_t)user << 16 | flags;
    tampered[side][ref] = is_used;
}

long grants_call(unsigned int side, uint64_t operation, void *ops,
                 uint64_t count)
{
    uint64_t args[5] = {operation, (uint64_t)ops, count};
    struct call call = {.caller = &runners[side],
                        .target = &sides[side],
                        .nr = __HYPERVISOR_grant_table_op,
                        .args = args};
    long rc;

    machine_run(side);
    continued = 0;
    while ((rc = grants_dispatch(&call)) == -ERESTART) {
        fake_cpu->budget = WORK_BUDGET;
        continued++;
    }
    return rc;
}

static long call_one(unsigned int side, uint64_t operation, void *op)
{
    return grants_call(side, operation, op, 1);
}

static uint64_t *slot_named(unsigned int side,
                            const struct gnttab_map_grant_ref *op)
{
    uint64_t at = op->host_addr - BASE_VA;

    if (!(op->flags & GNTMAP_host_map)) {
        return NULL;
    }
    if (op->flags & GNTMAP_contains_pte) {
        return maddr_to_hva(MADDR(op->host_addr));
    }
    return (uint64_t *)mfn_to_hva(MFN(l1s[side][at >> 21 & 1])) +
           (at >> PAGE_SHIFT & 511);
}

/* Whether the granter's entry lets side have this mapping at all. */
static bool is_permitted(unsigned int side, unsigned int granter,
                         const struct gnttab_map_grant_ref *op)
{
    uint64_t entry, frame;

    if (granter > 1 || op->ref >= REFS ||
        sides[granter].grants->frame_count == 0) {
        return false;
    }
    entry = *entry_of(granter, op->ref);
    frame = entry >> 32;
    return (entry & GTF_type_mask) == GTF_permit_access &&
           (entry >> 16 & 0xffff) == side &&
           ((op->flags & GNTMAP_readonly) || !(entry & GTF_readonly)) &&
           frame < FRAMES && frame_table[frame].owner == granter &&
           page_type(&frame_table[frame]) != PAGE_SHARED;
}

/* Whether nothing else stands in its way, in so far as that is simple. */
static bool is_possible(unsigned int side, unsigned int granter,
                        const struct gnttab_map_grant_ref *op)
{
    const struct page *frame = &frame_table[*entry_of(granter, op->ref) >> 32];

    for (unsigned int slot = 0; slot < SLOTS; slot++) {
        const struct page *table = &frame_table[l1s[side][slot / 3]];

        if (op->host_addr == slot_maddr(side, slot) &&
            (op->flags & GNTMAP_contains_pte) && table->owner == side &&
            page_type(table) == PAGE_L1) {
            return (op->flags & GNTMAP_readonly) ||
                   page_type(frame) <= PAGE_WRITABLE;
        }
    }
    return false;
}

long map(unsigned int side, struct gnttab_map_grant_ref *op)
{
    unsigned int granter = op->dom == DOMID_SELF ? side : op->dom;
    bool permitted = is_permitted(side, granter, op) && !policy_denies;
    bool expected = permitted && is_possible(side, granter, op);
    long rc;

    op->status = 1;
    rc = call_one(side, GNTTABOP_map_grant_ref, op);
    if (rc != 0 || op->status != GNTST_okay) {
        surprise = expected && op->status != GNTST_no_space
                       ? "a mapping was refused"
                       : surprise;
        return rc;
    }
    if (!permitted ||
        *entry_of(granter, op->ref) >> 32 != op->dev_bus_addr >> PAGE_SHIFT) {
        surprise = "a mapping that the entry does not permit";
    }
    held[side][op->handle] = (struct held){
        .parts = op->flags & MAPPING_PARTS,
        .writes = !(op->flags & GNTMAP_readonly),
        .granter = granter,
        .ref = op->ref,
        .frame = op->dev_bus_addr >> PAGE_SHIFT,
        .host_addr = op->host_addr,
        .slot = slot_named(side, op),
    };
    return rc;
}

/* The parts that an unmap names, if it names none wrongly. */
static uint8_t parts_named(const struct held *mapping,
                           const struct gnttab_unmap_grant_ref *op)
{
    uint8_t parts = 0;

    if (op->host_addr != 0 && (mapping->parts & GNTMAP_host_map)) {
        if (op->host_addr != mapping->host_addr) {
            return 0;
        }
        parts |= GNTMAP_host_map;
    }
    if (op->dev_bus_addr != 0 && (mapping->parts & GNTMAP_device_map)) {
        if (op->dev_bus_addr != mapping->frame << PAGE_SHIFT) {
            return 0;
        }
        parts |= GNTMAP_device_map;
    }
    return parts;
}

/* Whether the mapping is still where it was made. */
static bool is_there(unsigned int side, const struct held *mapping)
{
    const struct page *table =
        &frame_table[hva_to_mfn(mapping->slot).n % FRAMES];

    return table->owner == side && page_type(table) == PAGE_L1 &&
           (*mapping->slot & PTE_P) &&
           pte_mfn(*mapping->slot).n == mapping->frame &&
           ((*mapping->slot & PTE_RW) != 0) == mapping->writes;
}

static void unmap_judge(const struct held *mapping, int16_t status,
                        uint64_t was, bool was_there)
{
    if ((status == GNTST_okay) != was_there) {
        surprise = "status of an unmap";
    }
    if (*mapping->slot != (was_there ? 0 : was)) {
        surprise = "the entry after an unmap";
    }
}

long unmap(unsigned int side, struct gnttab_unmap_grant_ref *op)
{
    struct held *mapping = NULL;
    bool was_there = false;
    uint64_t was = 0;
    uint8_t parts = 0;
    long rc;

    if (op->handle < HANDLES && !policy_denies) {
        mapping = &held[side][op->handle];
        parts = parts_named(mapping, op);
    }
    if (parts & GNTMAP_host_map) {
        was_there = is_there(side, mapping);
        was = *mapping->slot;
    }
    op->status = 1;
    rc = call_one(side, GNTTABOP_unmap_grant_ref, op);
    if (parts == 0) {
        return rc;
    }
    if (parts & GNTMAP_host_map) {
        unmap_judge(mapping, op->status, was, was_there);
    }
    mapping->parts &= (uint8_t)~parts;
    if (mapping->parts == 0 && mapping->ref < REFS &&
        sides[mapping->granter].grants->uses[0][mapping->ref].any == 0) {
        tampered[mapping->granter][mapping->ref] = false;
    }
    return rc;
}

long copy(unsigned int side, struct gnttab_copy *op)
{
    op->status = 1;
    return call_one(side, GNTTABOP_copy, op);
}
