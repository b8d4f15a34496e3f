/* SPDX-License-Identifier: MIT */
/*
 * The local APIC (Intel SDM 3A, chapter 10).  The registers' addresses and the
 * timer's rate are set at boot and the same on all CPUs.
 */
#include "hv/cpu/apic.h"

#include "hv/base/asm.h"
#include "hv/base/log.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/features.h"
#include "hv/cpu/paging.h"
#include "hv/cpu/time.h"
#include "hv/cpu/vectors.h"

#define APIC_BASE_X2APIC 0x400ul
#define APIC_BASE_ENABLE 0x800ul
#define APIC_BASE_MASK   0x000ffffffffff000ul
#define MSR_X2APIC       0x800u

/* Registers, by offset in the page. */
enum {
    APIC_ID = 0x20,
    APIC_TPR = 0x80,
    APIC_EOI = 0xb0,
    APIC_SPURIOUS = 0xf0,
    APIC_ESR = 0x280,
    APIC_ICR = 0x300,
    APIC_ICR_HIGH = 0x310,
    APIC_LVT_TIMER = 0x320,
    APIC_LVT_LINT0 = 0x350,
    APIC_LVT_LINT1 = 0x360,
    APIC_LVT_ERROR = 0x370,
    APIC_TIMER_INITIAL = 0x380,
    APIC_TIMER_CURRENT = 0x390,
    APIC_TIMER_DIVIDE = 0x3e0,
};

#define LVT_MASKED       0x10000u
#define LVT_NMI          0x00400u
#define LVT_TSC_DEADLINE 0x40000u
#define SOFTWARE_ENABLE  0x100u
#define DIVIDE_BY_1      0xbu
#define ICR_ASSERT       0x4000u
#define ICR_INIT         0x500u
#define ICR_STARTUP      0x600u
#define ICR_PENDING      0x1000u

static volatile uint8_t *registers; /* NULL: x2APIC mode */
static uint64_t ticks_per_ns;       /* of the timer, 32 binary places */

static uint32_t apic_read(uint32_t reg)
{
    if (registers == NULL) {
        return (uint32_t)rdmsr(MSR_X2APIC + (reg >> 4));
    }
    return *(volatile uint32_t *)(registers + reg);
}

static void apic_write(uint32_t reg, uint32_t value)
{
    if (registers == NULL) {
        wrmsr(MSR_X2APIC + (reg >> 4), value);
        return;
    }
    *(volatile uint32_t *)(registers + reg) = value;
}

void apic_init(maddr_t madt_address)
{
    uint64_t base = rdmsr(MSR_APIC_BASE);

    if ((base & APIC_BASE_X2APIC) == 0) {
        if ((base & APIC_BASE_MASK) != madt_address.a && madt_address.a != 0) {
            log_line("local APIC at %lx, not at %lx as ACPI says",
                     base & APIC_BASE_MASK, madt_address.a);
        }
        registers = ioremap(MADDR(base & APIC_BASE_MASK), PAGE_SIZE);
        if (registers == NULL) {
            refuse_boot("cannot map the local APIC");
        }
    }
    apic_enable();
}

void apic_enable(void)
{
    if (registers == NULL) {
        wrmsr(MSR_APIC_BASE,
              rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE | APIC_BASE_X2APIC);
    } else {
        wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE);
    }
    apic_write(APIC_LVT_TIMER, LVT_MASKED);
    apic_write(APIC_LVT_LINT0, LVT_MASKED);
    apic_write(APIC_LVT_LINT1, LVT_NMI);
    apic_write(APIC_LVT_ERROR, VECTOR_APIC_ERROR);
    apic_write(APIC_TPR, 0);
    apic_write(APIC_SPURIOUS, SOFTWARE_ENABLE | VECTOR_SPURIOUS);
    apic_write(APIC_ESR, 0);
    apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
    apic_write(APIC_TIMER_INITIAL, 0);
    apic_write(APIC_LVT_TIMER,
               VECTOR_TIMER |
                   (cpu_features.tsc_deadline ? LVT_TSC_DEADLINE : 0));
    lapic_eoi();
}

uint32_t apic_id(void)
{
    uint32_t id = apic_read(APIC_ID);

    return registers == NULL ? id : id >> 24;
}

void lapic_eoi(void)
{
    apic_write(APIC_EOI, 0);
}

void lapic_timer_set(uint64_t deadline_ns)
{
    uint64_t now, ticks;

    if (cpu_features.tsc_deadline) {
        wrmsr(MSR_TSC_DEADLINE, deadline_ns == 0 ? 0 : ns_to_tsc(deadline_ns));
        return;
    }
    if (deadline_ns == 0) {
        apic_write(APIC_TIMER_INITIAL, 0);
        return;
    }
    now = system_time_ns();
    ticks = 1;
    if (deadline_ns > now) {
        /* Rounded up: a timer that fires early is set again for nothing. */
        uint64_t wait = MIN(deadline_ns - now, UINT32_MAX);

        ticks = (wait * ticks_per_ns >> 32) + 1;
    }
    apic_write(APIC_TIMER_INITIAL, (uint32_t)MIN(ticks, UINT32_MAX));
}

static void send(uint32_t to_apic_id, uint32_t command)
{
    if (registers == NULL) {
        __asm__ volatile("mfence; lfence" ::: "memory");
        wrmsr(MSR_X2APIC + (APIC_ICR >> 4),
              (uint64_t)to_apic_id << 32 | command);
        return;
    }
    while ((apic_read(APIC_ICR) & ICR_PENDING) != 0) {
        cpu_relax();
    }
    apic_write(APIC_ICR_HIGH, to_apic_id << 24);
    apic_write(APIC_ICR, command);
}

void apic_send(uint32_t to_apic_id, uint32_t vector)
{
    send(to_apic_id, ICR_ASSERT | vector);
}

void apic_send_init(uint32_t to_apic_id)
{
    send(to_apic_id, ICR_ASSERT | ICR_INIT);
}

void apic_send_startup(uint32_t to_apic_id, maddr_t page)
{
    send(to_apic_id, ICR_ASSERT | ICR_STARTUP | (uint32_t)(page.a >> 12));
}

void apic_timer_start_calibration(void)
{
    apic_write(APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
    apic_write(APIC_TIMER_INITIAL, UINT32_MAX);
}

uint32_t apic_timer_count(void)
{
    return apic_read(APIC_TIMER_CURRENT);
}

void apic_timer_set_rate(uint64_t hz)
{
    apic_write(APIC_TIMER_INITIAL, 0);
    apic_enable();
    if (hz == 0 && !cpu_features.tsc_deadline) {
        refuse_boot("local APIC timer does not count");
    }
    ticks_per_ns = mul_div(MIN(hz, 4000000000ull), 1ull << 32, 1000000000);
}
