/* SPDX-License-Identifier: MIT */
/*
 * The ways a machine ends.  Restarting tries every way there is, the gentlest
 * first; the last, a triple fault, cannot fail.
 */
#include "hv/cpu/power.h"

#include "hv/base/asm.h"
#include "hv/base/log.h"
#include "hv/base/types.h"
#include "hv/cpu/paging.h"
#include "hv/cpu/smp.h"
#include "hv/cpu/time.h"

#define PM1_SLP_TYP   0x1c00 /* ACPI 4.8.3.2.1 */
#define PM1_SLP_EN    0x2000
#define RESET_WAIT_US 50000

static struct power_ports ports;
static volatile uint8_t *reset_register; /* if it is in memory */
static bool halt_on_panic = true; /* until the command line is known */
static bool has_s5;
static uint16_t s5_pm1a, s5_pm1b;

void power_init(const struct power_ports *given)
{
    ports = *given;
    if (ports.has_reset && !ports.reset_is_port) {
        reset_register = ioremap(MADDR(ports.reset_address), 1);
    }
}

void power_set_halt_on_panic(bool halt)
{
    halt_on_panic = halt;
}

static void write_pm1(uint16_t port, uint16_t value)
{
    uint16_t kept;

    if (port == 0) {
        return;
    }
    kept = inw(port) & (uint16_t) ~(PM1_SLP_TYP | PM1_SLP_EN);
    outw(port, (uint16_t)(kept | (value & PM1_SLP_TYP)));
    outw(port, (uint16_t)(kept | (value & PM1_SLP_TYP) | PM1_SLP_EN));
}

void power_enter_sleep(uint16_t pm1a_value, uint16_t pm1b_value)
{
    has_s5 = true;
    s5_pm1a = pm1a_value;
    s5_pm1b = pm1b_value;
    wbinvd();
    write_pm1(ports.pm1a_control, pm1a_value);
    write_pm1(ports.pm1b_control, pm1b_value);
    udelay(RESET_WAIT_US);
}

static noreturn void halt_for_ever(void)
{
    for (;;) {
        interrupts_off();
        halt();
    }
}

void machine_power_off(void)
{
    smp_stop_others();
    if (has_s5) {
        power_enter_sleep(s5_pm1a, s5_pm1b);
        log_line("power off: the machine did not go");
    } else {
        log_line("power off: dom0 gave no ACPI values: halted");
    }
    halt_for_ever();
}

static void reset_by_acpi(void)
{
    if (ports.has_reset && ports.reset_is_port) {
        outb((uint16_t)ports.reset_address, ports.reset_value);
    } else if (reset_register != NULL) {
        *reset_register = ports.reset_value;
    }
}

static void triple_fault(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } packed none = {0, 0};

    __asm__ volatile("lidt %0; int3" ::"m"(none));
}

void machine_restart(void)
{
    smp_stop_others();
    log_line("restarting");
    reset_by_acpi();
    udelay(RESET_WAIT_US);
    outb(0xcf9, 0x02); /* PCH reset control: cold reset */
    outb(0xcf9, 0x06);
    udelay(RESET_WAIT_US);
    outb(0x64, 0xfe); /* keyboard controller: pulse reset */
    udelay(RESET_WAIT_US);
    triple_fault();
    halt_for_ever();
}

void machine_stop(void)
{
    if (halt_on_panic) {
        log_line("halted");
        halt_for_ever();
    }
    machine_restart();
}
