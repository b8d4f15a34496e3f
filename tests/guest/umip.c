/* SPDX-License-Identifier: MIT */
/*
 * SGDT, SIDT, SLDT, STR and SMSW: where the CPU has UMIP they tell a guest
 * nothing about the hypervisor, and still do not fault.
 *
 * Runner: -c max
 */
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/trap.h"
#include "lib/user.h"

struct table_register {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

static bool is_hypervisors(uint64_t address)
{
    return address >= HV_START && address < HV_END;
}

static void test_kernel(void)
{
    struct table_register table = {0xffff, HV_START};
    uint64_t value = ~0ull;

    TRY("sgdt %0", NONE, "m"(table));
    tap_is(trap_last.vector, VECTOR_NONE, "SGDT does not fault");
    tap_ok_hv(!is_hypervisors(table.base), true, "its base is not ours");
    table.base = HV_START;
    TRY("sidt %0", NONE, "m"(table));
    tap_is(trap_last.vector, VECTOR_NONE, "SIDT does not fault");
    tap_ok_hv(!is_hypervisors(table.base), true, "its base is not ours");
    TRY("smsw %0", "=b"(value));
    tap_is(trap_last.vector, VECTOR_NONE, "SMSW does not fault");
    tap_is(value & 1, 1, "it shows PE");
    TRY("str %0", "=b"(value));
    tap_is(trap_last.vector, VECTOR_NONE, "STR does not fault");
    TRY("sldt %0", "=b"(value));
    tap_is(trap_last.vector, VECTOR_NONE, "SLDT does not fault");
    tap_is(value & 0xffff, 0, "there is no LDT");
    TRY("sgdt (%0)", NONE, "b"(TEST_VA + 0x9000));
    tap_is(trap_last.vector, PF, "SGDT to absent memory is #PF");
    tap_is(trap_last.cr2, TEST_VA + 0x9000, "cr2");
    TRY("sgdt (%0)", NONE, "b"(HV_PRIVATE));
    tap_is(trap_last.vector, PF, "SGDT to the hypervisor's memory is #PF");
}

USER_SNIPPET(user_sgdt, "sgdt (%rdi)\n syscall\n ud2");
USER_SNIPPET(user_smsw, "smsw %rdx\n syscall\n ud2");

static void test_user(void)
{
    struct frame frame = user_frame(user_sgdt);
    const struct table_register *table = (const void *)user_data();

    frame.rdi = USER_DATA;
    user_run(&frame);
    tap_is(frame.vector, VECTOR_SYSCALL, "SGDT in user mode does not fault");
    tap_ok_hv(!is_hypervisors(table->base), true, "its base is not ours");
    frame = user_frame(user_sgdt);
    frame.rdi = (uint64_t)start_info;
    user_run(&frame);
    tap_is(frame.vector, PF, "SGDT of a user to kernel memory is #PF");
    tap_is(frame.error & PF_USER, PF_USER, "of a user");
    frame = user_frame(user_smsw);
    user_run(&frame);
    tap_is(frame.vector, VECTOR_SYSCALL, "SMSW in user mode does not fault");
}

void test_main(void)
{
    test_kernel();
    user_init();
    test_user();
    tap_done();
}
