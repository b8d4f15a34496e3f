/* SPDX-License-Identifier: MIT */
/*
 * Two vCPUs on one CPU, of one domain and of two: each keeps its own registers of every kind across
 * switches (x87 and SSE state, control words, segment bases, debug registers,
 * virtual TS, kernel stack), and both get their share of time.
 *
 * Runner: -s 1 -v 2
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/tap.h"
#include "lib/toolstack.h"
#include "lib/trap.h"
#include "lib/vcpu.h"

#define ROUNDS 400
#define SECOND 1000000000ull

static const char *const names[] = {
    "xmm", "mxcsr", "x87 control", "x87", "fs", "gs", "user gs", "DR0", "TS"};
static volatile uint64_t wrong[2][9] __attribute__((aligned(256)));
static volatile uint64_t rounds[2];
static volatile uint64_t spins[2];
static volatile bool spinning, stop;

static uint64_t msr_read(uint32_t index)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
    return (uint64_t)high << 32 | low;
}

static uint64_t mark(unsigned int vcpu, unsigned int which)
{
    return 0x1000ull * (which + 1) + 0x100000ull * (vcpu + 1);
}

static void load(unsigned int vcpu)
{
    uint64_t xmm = mark(vcpu, 0), x87 = mark(vcpu, 3);
    uint32_t mxcsr = vcpu == 0 ? 0x1f80 : 0x9fc0;
    uint16_t control = vcpu == 0 ? 0x37f : 0xb7f;

    __asm__ volatile("movq %0, %%xmm7\n\tldmxcsr %1\n\tfninit\n\tfldcw %2\n\t"
                     "fildll %3"
                     :
                     : "r"(xmm), "m"(mxcsr), "m"(control), "m"(x87));
    hypercall(__HYPERVISOR_set_segment_base, SEGBASE_FS, mark(vcpu, 4));
    hypercall(__HYPERVISOR_set_segment_base, SEGBASE_GS_KERNEL, mark(vcpu, 5));
    hypercall(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER, mark(vcpu, 6));
    hypercall(__HYPERVISOR_set_debugreg, 0, mark(vcpu, 7));
    hypercall(__HYPERVISOR_set_debugreg, 7, 3);
}

static void check(unsigned int vcpu)
{
    uint64_t xmm, cr0;
    int64_t x87;
    uint32_t mxcsr;
    uint16_t control;

    __asm__ volatile("movq %%xmm7, %0\n\tstmxcsr %1\n\tfnstcw %2\n\t"
                     "fistpll %3\n\tfildll %3"
                     : "=r"(xmm), "=m"(mxcsr), "=m"(control), "=m"(x87));
    wrong[vcpu][0] += xmm != mark(vcpu, 0);
    wrong[vcpu][1] += mxcsr != (vcpu == 0 ? 0x1f80 : 0x9fc0);
    wrong[vcpu][2] += control != (vcpu == 0 ? 0x37f : 0xb7f);
    wrong[vcpu][3] += (uint64_t)x87 != mark(vcpu, 3);
    wrong[vcpu][4] += msr_read(0xc0000100) != mark(vcpu, 4);
    wrong[vcpu][5] += msr_read(0xc0000101) != mark(vcpu, 5);
    wrong[vcpu][6] += msr_read(0xc0000102) != mark(vcpu, 6);
    wrong[vcpu][7] +=
        (uint64_t)hypercall(__HYPERVISOR_get_debugreg, 0) != mark(vcpu, 7);
    __asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
    wrong[vcpu][8] += (cr0 & 8) != 0;
}

static void turn(unsigned int vcpu)
{
    load(vcpu);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        sched_op(SCHEDOP_yield, NULL);
        check(vcpu);
        rounds[vcpu]++;
    }
    hypercall(__HYPERVISOR_set_debugreg, 7, 0);
}

static void body(void)
{
    vcpu_info_of(1)->evtchn_upcall_mask = 1;
    turn(1);
    while (!spinning) {
        sched_op(SCHEDOP_yield, NULL);
    }
    while (!stop) {
        spins[1]++;
    }
    vcpu_op(VCPUOP_down, 1, NULL);
}

/* Neither yields: only the hypervisor's timer can be fair. */
static void test_share(void)
{
    uint64_t until = clock_ns() + SECOND, mine, other;

    spinning = true;
    while (clock_ns() < until) {
        spins[0]++;
    }
    mine = spins[0];
    other = spins[1];
    tap_ok(mine > 0 && other > 0, "both run when neither yields");
    tap_note("spins: %lu and %lu", mine, other);
}

static void child(void)
{
    turn(1);
}

static void test_domains(void)
{
    domid_t id = toolstack_create(child, 0, 1);
    volatile uint64_t *childs;

    memset((void *)wrong, 0, sizeof(wrong));
    turn(0);
    tap_is((uint64_t)toolstack_wait(id), SHUTDOWN_poweroff,
           "another domain on the same CPU");
    childs = toolstack_map(id, (void *)&rounds[1]);
    tap_is(*childs, ROUNDS, "it has its turns");
    toolstack_unmap(childs);
    childs = toolstack_map(id, (void *)wrong);
    for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
        tap_is(wrong[0][i], 0, "dom0 keeps its %s", names[i]);
        tap_is(childs[ARRAY_SIZE(names) + i], 0, "the other its %s", names[i]);
    }
    toolstack_unmap(childs);
    toolstack_destroy(id);
}

void test_main(void)
{
    uint64_t until = clock_ns() + 20 * SECOND;

    tap_is(vcpu_run(1, body), 0, "a second vCPU on the same CPU");
    turn(0);
    while (rounds[1] < ROUNDS && clock_ns() < until) {
        sched_op(SCHEDOP_yield, NULL);
    }
    tap_is(rounds[1], ROUNDS, "yield lets the other run");
    for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
        tap_is(wrong[0][i], 0, "vCPU 0 keeps its %s", names[i]);
        tap_is(wrong[1][i], 0, "vCPU 1 keeps its %s", names[i]);
    }
    test_share();
    stop = true;
    test_domains();
}
