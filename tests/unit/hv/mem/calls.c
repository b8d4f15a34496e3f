/* SPDX-License-Identifier: MIT */
#include "calls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "hv/abi/handlers.h"
#include "hv/cpu/cpu.h"
#include "hv/domain/mmu_update.h"
#include "hv/domain/mmuext.h"
#include "hv/mem/memory.h"
#include "hv/mem/table.h"
#include "machine.h"

static struct call call_of(unsigned int side)
{
    static uint64_t args[5];

    return (struct call){.caller = &runners[side],
                         .target = &sides[side],
                         .args = args};
}

int update(unsigned int side, uint64_t mfn, unsigned int slot, uint64_t value)
{
    struct call call = call_of(side);
    struct mmu_element element = {(mfn << PAGE_SHIFT) + slot * 8, value};

    return (int)do_mmu_update_map_write(NULL, &call, &element);
}

int pin(unsigned int side, uint64_t mfn, unsigned int level)
{
    struct call call = call_of(side);
    struct mmuext_op op = {.cmd = MMUEXT_PIN_L1_TABLE + level - 1,
                           .arg1.mfn = mfn};

    return (int)do_mmuext_op_pin(NULL, &call, &op);
}

int unpin(unsigned int side, uint64_t mfn)
{
    struct call call = call_of(side);
    struct mmuext_op op = {.cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = mfn};

    return (int)do_mmuext_op_unpin(NULL, &call, &op);
}

int set_root(unsigned int side, uint64_t mfn, bool user)
{
    struct call call = call_of(side);
    struct mmuext_op op = {.arg1.mfn = mfn};

    return (int)(user ? do_mmuext_op_new_user_baseptr(NULL, &call, &op)
                      : do_mmuext_op_new_baseptr(NULL, &call, &op));
}

int foreign_update(uint64_t mfn, unsigned int slot, uint64_t value)
{
    struct call call = call_of(0);
    struct mmu_element element = {(mfn << PAGE_SHIFT) + slot * 8, value};

    call.target = &sides[1];
    return (int)do_mmu_update_map_write(NULL, &call, &element);
}

int foreign_pin(uint64_t mfn, unsigned int level)
{
    struct call call = call_of(0);
    struct mmuext_op op = {.cmd = MMUEXT_PIN_L1_TABLE + level - 1,
                           .arg1.mfn = mfn};

    call.target = &sides[1];
    return (int)do_mmuext_op_pin(NULL, &call, &op);
}

int foreign_unpin(uint64_t mfn)
{
    struct call call = call_of(0);
    struct mmuext_op op = {.cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = mfn};

    call.target = &sides[1];
    return (int)do_mmuext_op_unpin(NULL, &call, &op);
}

int release(unsigned int side, uint64_t mfn)
{
    return memory_release_page(&sides[side].memory, MFN(mfn));
}

void check(unsigned int step)
{
    const char *problem = oracle_check();

    if (problem != NULL) {
        fail_msg("step %u: %s", step, problem);
    }
}
