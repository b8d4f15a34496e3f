/* SPDX-License-Identifier: MIT */
/*
 * Rows: exceptions to the guest's handler and back, system calls from user
 * mode, the bare iret.  User mode measures itself and leaves its stamps in its
 * data page.
 */
#include "measure.h"
#include "paths.h"
#include "tests/guest/lib/paging.h"
#include "tests/guest/lib/user.h"

static void set_handler(unsigned int vector, const char *handler)
{
    struct trap_info table[2] = {{
        .vector = (uint8_t)vector,
        .flags = 4 | (vector == BP ? 3 : 0),
        .cs = FLAT_KERNEL_CS,
        .address = (uint64_t)handler,
    }};

    hypercall(__HYPERVISOR_set_trap_table, table);
}

static void set_syscall(const char *handler)
{
    struct callback_register call = {
        .type = CALLBACKTYPE_syscall,
        .flags = CALLBACKF_mask_events,
        .address = (uint64_t)handler,
    };

    hypercall(__HYPERVISOR_callback_op, CALLBACKOP_register, &call);
}

static void rows_kernel(void)
{
    const uint64_t hole = TEST_VA + 0x100000;

    set_handler(PF, path_fault);
    MEASURE("page_fault.round_trip", NOTHING,
            __asm__ volatile("movq (%0), %%rbx" ::"a"(hole)
                             : "rbx"));
    set_handler(PF, path_fault_stamp);
    for (unsigned int i = 0; i < WARM_UPS + SAMPLES; i++) {
        uint64_t start = rdtsc();

        __asm__ volatile("movq (%0), %%rbx" ::"a"(hole) : "rbx", "memory");
        if (i >= WARM_UPS) {
            samples[i - WARM_UPS] = path_entry - start;
        }
    }
    report("page_fault.to_handler");
    set_handler(BP, path_int3);
    MEASURE("int3.round_trip", NOTHING, __asm__ volatile("int3"));
    set_handler(BP, path_int3_stamp);
    for (unsigned int i = 0; i < WARM_UPS + SAMPLES; i++) {
        uint64_t start = rdtsc();

        __asm__ volatile("int3" ::: "memory");
        if (i >= WARM_UPS) {
            samples[i - WARM_UPS] = path_entry - start;
        }
    }
    report("int3.to_handler");
    MEASURE("iret_to_kernel", NOTHING, path_iret());
}

/* rdi: where the stamps go, rsi: how many pairs.  INT3 ends it. */
USER_SNIPPET(user_loop, "1: rdtsc; shlq $32, %rdx; orq %rdx, %rax;"
                        "movq %rax, %r8; syscall;"
                        "rdtsc; shlq $32, %rdx; orq %rdx, %rax;"
                        "movq %r8, (%rdi); movq %rax, 8(%rdi);"
                        "addq $16, %rdi; decl %esi; jnz 1b; int3");

static void run_user(unsigned int pairs)
{
    struct frame frame = user_frame(user_loop);

    frame.rdi = USER_DATA;
    frame.rsi = pairs;
    user_run(&frame);
    if (frame.vector != BP) {
        guest_fail("the user loop did not end where it should");
    }
}

static void rows_user(void)
{
    const uint64_t *stamps = user_data();
    unsigned int taken = 0;

    set_handler(BP, (const char *)trap_stub_3);
    set_syscall(path_syscall);
    run_user(WARM_UPS + SAMPLES);
    for (unsigned int i = WARM_UPS; i < WARM_UPS + SAMPLES; i++) {
        samples[taken++] = stamps[2 * i + 1] - stamps[2 * i];
    }
    report("user_syscall.round_trip");
    set_syscall(path_syscall_stamp);
    for (unsigned int i = 0; i < SAMPLES; i++) {
        run_user(1);
        samples[i] = path_entry - stamps[0];
    }
    report("user_syscall.to_kernel");
    set_syscall(trap_stub_257);
}

void rows_traps(void)
{
    rows_kernel();
    rows_user();
}
