/* SPDX-License-Identifier: MIT */
/*
 * Calibration of the TSC and the date.  The reference is whichever counter the
 * machine has, best first; ten milliseconds of it are enough for 10 ppm.
 */
#include "hv/cpu/time.h"

#include "hv/base/log.h"
#include "hv/cpu/apic.h"
#include "hv/cpu/features.h"
#include "hv/cpu/paging.h"

#define NS_PER_S       1000000000ull
#define CALIBRATION_MS 10
#define PM_TIMER_HZ    3579545u /* ACPI 4.8.2.1 */
#define PIT_HZ         1193182u

/* HPET registers (IA-PC HPET 1.0a, 2.3). */
#define HPET_CAPABILITIES 0x00 /* high half: femtoseconds per tick */
#define HPET_CONFIG       0x10
#define HPET_COUNTER      0xf0
#define HPET_PERIOD_MAX   100000000u

uint64_t tsc_at_zero;
uint32_t tsc_to_system_mul;
int8_t tsc_shift;
uint64_t tsc_khz;
bool tsc_is_stable = true; /* until smp.c finds otherwise */
uint64_t boot_wallclock_s;
static struct time_sources sources;
static volatile uint8_t *hpet;

/* A counter that runs by itself, upwards, and wraps at mask. */
struct reference {
    const char *name;
    uint32_t (*read)(void);
    uint32_t mask;
    uint64_t hz;
};

/* When the reference was read: between two readings of the TSC. */
struct sample {
    uint64_t tsc;
    uint32_t count, apic;
};

static uint32_t read_hpet(void)
{
    return *(volatile uint32_t *)(hpet + HPET_COUNTER);
}

static uint32_t read_pm_timer(void)
{
    return inl(sources.pm_timer_port) & 0xffffff;
}

/* Channel 2 counts down from 0xffff with its gate open. */
static uint32_t read_pit(void)
{
    uint32_t low;

    outb(0x43, 0x80);
    low = inb(0x42);
    return 0xffff - (low | (uint32_t)inb(0x42) << 8);
}

static void start_pit(void)
{
    outb(0x61, (inb(0x61) & ~0x02) | 0x01); /* gate on, speaker off */
    outb(0x43, 0xb0);                       /* channel 2, mode 0 */
    outb(0x42, 0xff);
    outb(0x42, 0xff);
}

static bool find_hpet(struct reference *reference)
{
    uint32_t period;

    if (sources.hpet.a == 0) {
        return false;
    }
    hpet = ioremap(sources.hpet, PAGE_SIZE);
    if (hpet == NULL) {
        return false;
    }
    period = *(volatile uint32_t *)(hpet + HPET_CAPABILITIES + 4);
    if (period == 0 || period > HPET_PERIOD_MAX) {
        log_line("HPET at %lx ignored: period %u fs", sources.hpet.a, period);
        return false;
    }
    *(volatile uint32_t *)(hpet + HPET_CONFIG) |= 1;
    *reference = (struct reference){"HPET", read_hpet, 0xffffffff,
                                    1000000000000000ull / period};
    return true;
}

static struct reference find_reference(void)
{
    struct reference reference;

    if (find_hpet(&reference)) {
        return reference;
    }
    if (sources.pm_timer_port != 0) {
        return (struct reference){"PM timer", read_pm_timer, 0xffffff,
                                  PM_TIMER_HZ};
    }
    start_pit();
    return (struct reference){"PIT", read_pit, 0xffff, PIT_HZ};
}

/*
 * Of a few readings, the one that took the shortest: all clocks are read within
 * it, so that nothing that stops us in between can set them apart.
 */
static struct sample take_sample(const struct reference *reference)
{
    struct sample best = {0};
    uint64_t shortest = UINT64_MAX;

    for (unsigned int i = 0; i < 5; i++) {
        uint64_t before = rdtsc_ordered();
        uint32_t count = reference->read();
        uint32_t apic = apic_timer_count();
        uint64_t after = rdtsc_ordered();

        if (after - before < shortest) {
            shortest = after - before;
            best.tsc = before + (after - before) / 2;
            best.count = count;
            best.apic = apic;
        }
    }
    return best;
}

void time_find_scale(uint64_t tsc_hz, uint32_t *mul, int8_t *shift)
{
    uint64_t hz = tsc_hz;

    /* 10^9 < hz << shift <= 2 * 10^9, so that 2^31 <= mul < 2^32. */
    *shift = 0;
    while (hz > 2 * NS_PER_S) {
        hz = (hz + 1) >> 1;
        (*shift)--;
    }
    while (hz <= NS_PER_S) {
        hz <<= 1;
        (*shift)++;
    }
    *mul = *shift < 0
               ? (uint32_t)mul_div(NS_PER_S, 1ull << (32 - *shift), tsc_hz)
               : (uint32_t)mul_div(NS_PER_S, 1ull << 32, hz);
}

static uint64_t apic_hz; /* of the local APIC's timer, for the log */

static uint64_t calibrate(const struct reference *reference)
{
    uint64_t wanted = reference->hz * CALIBRATION_MS / 1000;
    struct sample start, end;
    uint64_t tries = 0;
    uint64_t elapsed;

    apic_timer_start_calibration();
    start = take_sample(reference);
    do {
        elapsed = (reference->read() - start.count) & reference->mask;
        if (++tries > 10000000) {
            refuse_boot("%s does not count", reference->name);
        }
    } while (elapsed < wanted);
    end = take_sample(reference);
    elapsed = (end.count - start.count) & reference->mask;

    apic_hz = mul_div(start.apic - end.apic, reference->hz, elapsed);
    apic_timer_set_rate(apic_hz);
    return mul_div(end.tsc - start.tsc, reference->hz, elapsed);
}

/* ---- the date ---- */

static uint8_t read_cmos(uint8_t index)
{
    outb(0x70, index);
    return inb(0x71);
}

uint64_t time_from_date(unsigned int year, unsigned int month, unsigned int day,
                        unsigned int second_of_day)
{
    /* Years start in March, so that a leap day ends one. */
    uint64_t y = month > 2 ? year : year - 1;
    uint64_t m = (month + 9) % 12;
    uint64_t days =
        365 * y + y / 4 - y / 100 + y / 400 + (m * 306 + 5) / 10 + day - 1;

    return (days - 719468) * 86400 + second_of_day;
}

static unsigned int from_bcd(uint8_t value, uint8_t status)
{
    return (status & 0x04) != 0 ? value : (value >> 4) * 10u + (value & 15);
}

static uint64_t read_date(void)
{
    uint8_t status = read_cmos(0x0b);
    unsigned int second, minute, hour, day, month, year;

    for (unsigned int i = 0; i < 100000 && (read_cmos(0x0a) & 0x80); i++) {
        cpu_relax();
    }
    second = from_bcd(read_cmos(0x00), status);
    minute = from_bcd(read_cmos(0x02), status);
    hour = from_bcd(read_cmos(0x04) & 0x7f, status);
    if ((status & 0x02) == 0) {
        hour = hour % 12 + ((read_cmos(0x04) & 0x80) != 0 ? 12 : 0);
    }
    day = from_bcd(read_cmos(0x07), status);
    month = from_bcd(read_cmos(0x08), status);
    year = from_bcd(read_cmos(0x09), status);
    if (month < 1 || month > 12 || day < 1 || day > 31 || year > 99) {
        log_line("RTC date is not set: starting in 1970");
        return 0;
    }
    return time_from_date(year + (year < 70 ? 2000 : 1900), month, day,
                          hour * 3600 + minute * 60 + second);
}

/* ---- */

void time_start(void)
{
    tsc_at_zero = rdtsc();
}

void time_init(const struct time_sources *given)
{
    struct reference reference;
    uint64_t hz, now;

    sources = *given;
    reference = find_reference();
    hz = calibrate(&reference);
    if (hz < 1000000) {
        refuse_boot("TSC runs at %lu Hz against the %s", hz, reference.name);
    }
    tsc_khz = hz / 1000;
    time_find_scale(hz, &tsc_to_system_mul, &tsc_shift);
    now = read_date();
    boot_wallclock_s = now - MIN(now, system_time_ns() / NS_PER_S);
    log_line("TSC %lu.%03lu MHz, APIC timer %lu MHz by %s", tsc_khz / 1000,
             tsc_khz % 1000, apic_hz / 1000000, reference.name);
}

uint64_t ns_to_tsc(uint64_t time_ns)
{
    uint64_t ticks;

    if (time_ns >= 1ull << 62) {
        return UINT64_MAX; /* a hundred years: never */
    }
    ticks = mul_div(time_ns, 1ull << 32, tsc_to_system_mul);
    if (tsc_shift >= 0) {
        ticks >>= tsc_shift;
    } else if (ticks >> (64 + tsc_shift) != 0) {
        return UINT64_MAX;
    } else {
        ticks <<= -tsc_shift;
    }
    return ticks > UINT64_MAX - tsc_at_zero ? UINT64_MAX : tsc_at_zero + ticks;
}

void udelay(uint64_t us)
{
    uint64_t end = rdtsc() + us * tsc_khz / 1000;

    while ((int64_t)(rdtsc() - end) < 0) {
        cpu_relax();
    }
}
