/* SPDX-License-Identifier: MIT */
/*
 * A storm of random hypercalls: every number and sub-operation, arguments
 * that are nearly right (our frames, ports, small numbers, pointers to a
 * buffer of such, to nothing, into the hypervisor).  Left out is only what
 * ends a guest by request.  The machine must still work afterwards: nothing
 * but errors may come of it.
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/random.h"
#include "lib/tap.h"
#include "lib/trap.h"

#define WORDS  512
#define FRAMES 8

static uint64_t *buffer;
static uint64_t *frames[FRAMES];
static struct random random;

static uint64_t odd_number(void)
{
    static const uint64_t numbers[] = {
        0,
        1,
        2,
        3,
        4,
        7,
        8,
        16,
        63,
        64,
        255,
        511,
        512,
        4095,
        4096,
        0x7ff0,
        0x7ff1,
        0x7ff2,
        0xffff,
        0x7fffffff,
        0x80000000,
        0xffffffff,
        1ull << 40,
        1ull << 52,
        1ull << 63,
        ~0ull,
        ~0ull >> 12,
        0x0000800000000000,
        0x00007ffffffff000,
    };

    return numbers[random_below(&random, ARRAY_SIZE(numbers))];
}

static uint64_t any_value(void)
{
    uint64_t frame = (uint64_t)frames[random_below(&random, FRAMES)];

    switch (random_below(&random, 10)) {
    case 0:
        return random_next(&random);
    case 1:
        return virt_to_mfn((void *)frame);
    case 2:
        return virt_to_mfn((void *)frame) * PAGE_SIZE +
               random_below(&random, 512) * 8;
    case 3:
        return pte_make(virt_to_mfn((void *)frame), random_next(&random) & 7);
    case 4:
        return HV_START + random_below(&random, 1u << 20);
    case 5:
        return HV_PRIVATE + random_below(&random, 1u << 20);
    case 6:
        return TEST_VA + random_below(&random, 16) * PAGE_SIZE;
    case 7:
        return random_below(&random, 16);
    default:
        return odd_number();
    }
}

static uint64_t any_argument(void)
{
    switch (random_below(&random, 4)) {
    case 0:
        return any_value();
    case 1:
        /* Close to the end: the rest of a structure is not there. */
        return (uint64_t)buffer + PAGE_SIZE - random_below(&random, 64);
    default:
        return (uint64_t)(buffer + random_below(&random, WORDS / 2));
    }
}

/* What a guest may well ask for and then is gone, or talks too much. */
static bool is_final(uint64_t nr, uint64_t cmd)
{
    switch (nr) {
    case __HYPERVISOR_iret:
    case __HYPERVISOR_multicall: /* of its own, below */
    case __HYPERVISOR_set_callbacks:
    case __HYPERVISOR_console_io:
    case __HYPERVISOR_platform_op: /* enter_acpi_sleep, settime */
    case __HYPERVISOR_domctl:
    case __HYPERVISOR_sysctl:
        return true;
    case __HYPERVISOR_sched_op:
        return cmd != SCHEDOP_yield;
    case __HYPERVISOR_sched_op_compat:
        return true;
    case __HYPERVISOR_vcpu_op:
        return cmd == VCPUOP_down || cmd == VCPUOP_register_vcpu_info ||
               cmd == VCPUOP_send_nmi;
    case __HYPERVISOR_event_channel_op:
        return cmd == EVTCHNOP_reset;
    case __HYPERVISOR_callback_op:
    case __HYPERVISOR_set_trap_table:
        return true;
    case __HYPERVISOR_set_debugreg: /* breakpoints on ourselves */
        return cmd == 5 || cmd == 7;
    /* Nonsense from its dom0, whom it trusts, brings Xen 4.17 down here. */
    case __HYPERVISOR_kexec_op:
    case __HYPERVISOR_xenoprof_op:
        return on_xen;
    case __HYPERVISOR_physdev_op:
        return on_xen || cmd == PHYSDEVOP_set_iopl;
    default:
        return false;
    }
}

static void refill(void)
{
    for (unsigned int i = 0; i < WORDS; i++) {
        buffer[i] = any_value();
    }
}

static void one_call(uint64_t nr)
{
    uint64_t cmd = random_below(&random, 48), args[4];

    for (unsigned int i = 0; i < ARRAY_SIZE(args); i++) {
        args[i] = any_argument();
    }
    if (nr == __HYPERVISOR_mmu_update || nr == __HYPERVISOR_mmuext_op) {
        cmd = any_argument();
        args[0] = random_below(&random, 8);
    } else if (random_below(&random, 16) == 0) {
        cmd = odd_number();
    }
    if (is_final(nr, cmd & 0xffffffff)) {
        return;
    }
    if (nr == __HYPERVISOR_update_va_mapping) {
        cmd = TEST_VA + random_below(&random, 32) * PAGE_SIZE;
    }
    hypercall(nr, cmd, args[0], args[1], args[2], args[3]);
}

static void one_multicall(void)
{
    struct multicall_entry calls[4];

    memset(calls, 0, sizeof(calls));
    for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
        calls[i].op = random_below(&random, 64);
        calls[i].args[0] = random_below(&random, 32);
        if (is_final(calls[i].op, calls[i].args[0])) {
            calls[i].op = __HYPERVISOR_xen_version;
        }
        for (unsigned int j = 1; j < 6; j++) {
            calls[i].args[j] = any_argument();
        }
    }
    multicall(calls, ARRAY_SIZE(calls));
}

/* Some calls succeed and change what a guest stands on: put it back. */
static void recover(void)
{
    static struct trap_info table[64];

    trap_table(table);
    hypercall(__HYPERVISOR_set_trap_table, table);
    hypercall(__HYPERVISOR_set_debugreg, 7, 0);
    hypercall(__HYPERVISOR_fpu_taskswitch, 0);
    timer_stop();
    vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
}

static void storm(uint64_t seed, unsigned int calls)
{
    random = random_from(seed);
    for (unsigned int i = 0; i < calls; i++) {
        if (i % 64 == 0) {
            refill();
        }
        if (i % 1024 == 0) {
            recover();
        }
        if (random_below(&random, 16) == 0) {
            one_multicall();
        } else {
            one_call(random_below(&random, 64));
        }
    }
    recover();
}

void test_main(void)
{
    uint64_t first = cmdline_number("seed=", 1);
    uint64_t count = cmdline_number("seeds=", 8);
    unsigned int calls = (unsigned int)cmdline_number("calls=", 20000);
    void *page;

    for (unsigned int i = 0; i < FRAMES; i++) {
        frames[i] = page_alloc();
    }
    map_page(TEST_VA,
             pte_make(virt_to_mfn(page_alloc()), PTE_P | PTE_RW | PTE_US));
    /* The buffer's last bytes border on nothing. */
    buffer = (uint64_t *)(TEST_VA + 64 * PAGE_SIZE);
    map_page((uint64_t)buffer,
             pte_make(virt_to_mfn(page_alloc()), PTE_P | PTE_RW | PTE_US));
    for (uint64_t seed = first; seed < first + count; seed++) {
        storm(seed, calls);
        tap_is(xen_version(XENVER_version, NULL), 4 << 16 | 17,
               "alive after %u random hypercalls, seed %lu", calls, seed);
    }
    page = page_alloc();
    page_make_ro(page);
    tap_is(mmuext_one(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page)), 0,
           "page tables still work");
    mmuext_one(MMUEXT_UNPIN_TABLE, virt_to_mfn(page));
    TRY("ud2", NONE);
    tap_is(trap_last.vector, UD, "so do traps");
    tap_is(event_send(event_bind_ipi(0)), 0, "and events");
}
