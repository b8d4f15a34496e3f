/* SPDX-License-Identifier: MIT */
/*
 * The bench guest: boots as dom0 on either hypervisor, prints one line per
 * row and stops.  tools/bench/bench.sh makes the table of it.
 */
#include "measure.h"
#include "tests/guest/lib/clock.h"
#include "tests/guest/lib/tap.h"
#include "tests/guest/lib/user.h"

uint64_t samples[SAMPLES];
static uint64_t empty_pair;

uint64_t report(const char *name)
{
    uint64_t median;

    for (unsigned int i = 1; i < SAMPLES; i++) {
        uint64_t value = samples[i];
        unsigned int at = i;

        for (; at > 0 && samples[at - 1] > value; at--) {
            samples[at] = samples[at - 1];
        }
        samples[at] = value;
    }
    median = samples[SAMPLES / 2] - empty_pair;
    print("bench %s %lu %lu %lu\n", name, median, samples[0] - empty_pair,
          samples[SAMPLES - 1] - empty_pair);
    return median;
}

void report_value(const char *name, uint64_t value)
{
    print("bench %s %lu %lu %lu\n", name, value, value, value);
}

void calibrate(void)
{
    MEASURE("empty_pair", NOTHING, NOTHING);
    empty_pair = samples[SAMPLES / 2];
    MEASURE("loop_1000_nops", NOTHING,
            __asm__ volatile(".rept 1000\n\tnop\n\t.endr"));
    /* One tick must be one instruction, or nothing here means anything. */
    tap_is(samples[SAMPLES / 2], 1000 + empty_pair,
           "1000 instructions are 1000 ticks");
}

/* Nanoseconds since system time 0, which is a hypervisor's entry or later. */
static uint64_t system_time_at(uint64_t tsc)
{
    return clock_ns() - (rdtsc() - tsc);
}

void test_main(void)
{
    vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    report_value("boot.first_instruction_tsc", first_tsc);
    report_value("boot.system_time", system_time_at(first_tsc));
    calibrate();
    rows_calls();
    rows_memory();
    rows_events();
    rows_grants();
    rows_domains();
    /* Last: rows_calls moved the kernel stack, this sets it for good. */
    user_init();
    rows_traps();
}
