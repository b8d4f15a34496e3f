/* SPDX-License-Identifier: MIT */
/*
 * What two domains may do with grants and with the tables under them, chosen
 * by any(): random numbers, or a fuzzer's bytes.
 */
#include "moves.h"

#include "hv/abi/handlers.h"
#include "hv/mem/memory.h"
#include "hv/mem/table.h"
#include "world.h"

#define PAGE_FLAGS (PTE_P | PTE_RW | PTE_US)

/* What a granter may write into an entry, sense and nonsense. */
static void random_entry(unsigned int side)
{
    static const uint16_t flags[] = {
        GTF_permit_access, GTF_permit_access,
        GTF_permit_access, GTF_permit_access | GTF_readonly,
        GTF_invalid,       GTF_accept_transfer,
        GTF_transitive,
    };
    uint64_t frame =
        any(16) == 0 ? any(1ull << 32) : machine_frame(side, any(1u << 20));

    give(side, (uint32_t)any(REFS), (unsigned int)any(3), frame,
         flags[any(ARRAY_SIZE(flags))]);
}

static void random_map(unsigned int side)
{
    static const uint32_t flags[] = {
        GNTMAP_host_map,
        GNTMAP_host_map,
        GNTMAP_host_map | GNTMAP_readonly,
        GNTMAP_host_map | GNTMAP_contains_pte | GNTMAP_application_map,
        GNTMAP_device_map,
        GNTMAP_device_map | GNTMAP_readonly,
        GNTMAP_device_map | GNTMAP_host_map,
        GNTMAP_device_map | GNTMAP_host_map | GNTMAP_readonly,
    };
    struct gnttab_map_grant_ref op = {
        .flags = flags[any(ARRAY_SIZE(flags))],
        .ref = (uint32_t)any(REFS),
        .dom = any(8) == 0 ? DOMID_SELF : (domid_t)any(3),
        .host_addr = slot_va((unsigned int)any(SLOTS)),
    };

    if (op.flags & GNTMAP_contains_pte) {
        op.host_addr =
            slot_maddr(any(8) == 0 ? 1 - side : side, (unsigned int)any(SLOTS));
    }
    if (any(16) == 0) {
        op.host_addr += any(3) << 12 | any(16);
    }
    if (any(16) == 0) {
        op.ref = (uint32_t)any(3) * 512;
    }
    if (!(op.flags & GNTMAP_contains_pte)) {
        op.host_addr &= PAGE_MASK;
    }
    (void)map(side, &op);
}

/* A live handle if there is one from a random one on. */
static uint32_t random_handle(unsigned int side)
{
    uint32_t handle = (uint32_t)any(12);

    for (uint32_t i = 0; i < 12; i++) {
        if (held[side][(handle + i) % 12].parts != 0) {
            return (handle + i) % 12;
        }
    }
    return handle;
}

static void random_unmap(unsigned int side)
{
    uint32_t handle =
        any(8) == 0 ? (uint32_t)any(HANDLES + 1) : random_handle(side);
    struct gnttab_unmap_grant_ref op = {.handle = handle};

    if (handle < HANDLES) {
        op.host_addr = any(4) == 0 ? 0 : held[side][handle].host_addr;
        op.dev_bus_addr =
            any(4) == 0 ? 0 : held[side][handle].frame << PAGE_SHIFT;
    }
    if (any(8) == 0) {
        op.host_addr += PAGE_SIZE;
    }
    (void)unmap(side, &op);
}

static void copy_end(unsigned int side, struct gnttab_copy_ptr *end,
                     uint16_t *flags, uint16_t flag)
{
    end->offset = (uint16_t)any(PAGE_SIZE + 16);
    if (any(2) == 0) {
        *flags |= flag;
        end->domid = (domid_t)any(3);
        end->u.ref = (uint32_t)any(REFS);
    } else {
        end->domid = any(8) == 0 ? (domid_t)side : DOMID_SELF;
        end->u.gmfn = machine_frame(side, any(1u << 20));
    }
}

/* Copies change what is in frames, so none that is a table is filled here. */
static void random_copy(unsigned int side)
{
    struct gnttab_copy op = {.len = (uint16_t)any(64)};

    copy_end(side, &op.source, &op.flags, GNTCOPY_source_gref);
    copy_end(side, &op.dest, &op.flags, GNTCOPY_dest_gref);
    (void)copy(side, &op);
}

static int release(unsigned int side, uint64_t mfn)
{
    return memory_release_page(&sides[side].memory, MFN(mfn));
}

/* What the mapper may do to its tables by other means. */
static void random_tables(unsigned int side)
{
    uint64_t mfn = machine_frame(side, any(1u << 20));
    struct mmuext_op op = {.arg1.mfn = mfn};
    struct call call = {.caller = &runners[side], .target = &sides[side]};

    machine_run(side);
    switch (any(8)) {
    case 0:
        op.cmd = MMUEXT_PIN_L1_TABLE;
        (void)do_mmuext_op_pin(NULL, &call, &op);
        break;
    case 1:
        op.cmd = MMUEXT_UNPIN_TABLE;
        (void)do_mmuext_op_unpin(NULL, &call, &op);
        break;
    case 2:
        release(side, mfn);
        break;
    case 3:
        (void)memory_alloc_pages(&sides[side].memory, 0, 0);
        break;
    case 4:
        (void)update(side, l2_of(side), (unsigned int)any(2), 0);
        break;
    case 5:
        (void)update(side, l2_of(side), 0, l1_of(side, 0) << 12 | PAGE_FLAGS);
        (void)update(side, l2_of(side), 1, l1_of(side, 1) << 12 | PAGE_FLAGS);
        break;
    case 6:
        (void)retained_drain(&sides[side].memory, (uint32_t)any(3));
        break;
    default:
        (void)update(
            side, l1_of(side, (unsigned int)any(2)), (unsigned int)any(3),
            any(3) == 0 ? 0
                        : mfn << 12 | PTE_P | PTE_US | (any(2) ? PTE_RW : 0));
        break;
    }
}

void any_move(void)
{
    unsigned int side = (unsigned int)any(2);

    switch (any(16)) {
    case 0:
    case 1:
    case 2:
        random_entry(side);
        break;
    case 3:
    case 4:
    case 5:
    case 6:
        random_map(side);
        break;
    case 7:
    case 8:
    case 9:
    case 10:
        random_unmap(side);
        break;
    case 11:
    case 12:
        random_copy(side);
        break;
    default:
        random_tables(side);
        break;
    }
}
