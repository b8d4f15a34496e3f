/* SPDX-License-Identifier: MIT */
/*
 * Rows: the cheapest hypercalls, multicalls, time, segments, the console, and
 * emulated instructions.
 */
#include "measure.h"
#include "tests/guest/lib/clock.h"
#include "tests/guest/lib/trap.h"

static void rows_null(void)
{
    struct xen_feature_info features = {0};
    char extra[16];

    MEASURE("xen_version.version", NOTHING, xen_version(XENVER_version, 0));
    MEASURE("xen_version.extraversion", NOTHING,
            xen_version(XENVER_extraversion, extra));
    MEASURE("xen_version.get_features", NOTHING,
            xen_version(XENVER_get_features, &features));
    MEASURE("bad_hypercall", NOTHING, hypercall(63));
    MEASURE(
        "stack_switch", NOTHING,
        hypercall(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS, boot_stack_top));
    MEASURE("fpu_taskswitch", NOTHING,
            hypercall(__HYPERVISOR_fpu_taskswitch, 0));
    MEASURE("set_segment_base.gs_user", NOTHING,
            hypercall(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER, 0x1000));
}

static void rows_multicall(void)
{
    static struct multicall_entry calls[8];

    for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
        calls[i].op = __HYPERVISOR_xen_version;
    }
    MEASURE("multicall_1", NOTHING, multicall(calls, 1));
    MEASURE("multicall_8", NOTHING, multicall(calls, 8));
}

static void rows_time(void)
{
    struct vcpu_set_singleshot_timer timer = {
        .timeout_abs_ns = clock_ns() + 3600000000000,
    };

    MEASURE("sched_op.yield", NOTHING, sched_op(SCHEDOP_yield, 0));
    MEASURE("set_timer_op.far", NOTHING,
            hypercall(__HYPERVISOR_set_timer_op, timer.timeout_abs_ns));
    MEASURE("set_timer_op.cancel", NOTHING,
            hypercall(__HYPERVISOR_set_timer_op, 0));
    MEASURE("vcpu_op.set_singleshot", NOTHING,
            vcpu_op(VCPUOP_set_singleshot_timer, 0, &timer));
    timer_stop();
    MEASURE("vcpu_op.is_up", NOTHING, vcpu_op(VCPUOP_is_up, 0, 0));
}

static void rows_console(void)
{
    static char line[64];

    /* White space: it stays off the table. */
    memset(line, ' ', sizeof(line));
    line[sizeof(line) - 1] = '\n';
    MEASURE("console_io.write_1", NOTHING,
            hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, 1,
                      line + sizeof(line) - 1));
    MEASURE("console_io.write_64", NOTHING,
            hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, 64, line));
}

static void rows_emulated(void)
{
    uint64_t value;

    MEASURE("emulated.mov_from_cr0", NOTHING,
            __asm__ volatile("movq %%cr0, %0"
                             : "=r"(value)));
    MEASURE("emulated.rdmsr_efer", NOTHING,
            __asm__ volatile("rdmsr" ::"c"(0xc0000080)
                             : "rax", "rdx"));
    MEASURE("emulated.in_port_80", NOTHING,
            __asm__ volatile("inb $0x80, %%al" ::
                                 : "rax"));
    MEASURE("emulated.forced_cpuid", NOTHING,
            __asm__ volatile(".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f, 0xa2"
                             : "=a"(value)
                             : "a"(1), "c"(0)
                             : "rbx", "rdx"));
}

void rows_calls(void)
{
    rows_null();
    rows_multicall();
    rows_time();
    rows_console();
    rows_emulated();
}
