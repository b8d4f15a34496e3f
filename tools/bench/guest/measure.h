/* SPDX-License-Identifier: MIT */
/*
 * One measured operation: 8 warm-ups, then 101 samples of the TSC around it;
 * the median minus the cost of an empty pair.  Under QEMU's -icount shift=0
 * one tick is one instruction, the hypervisor's and the guest's together.
 */
#ifndef TOOLS_BENCH_GUEST_MEASURE_H
#define TOOLS_BENCH_GUEST_MEASURE_H

#include "tests/guest/lib/guest.h"

#define SAMPLES  101
#define WARM_UPS 8

extern uint64_t samples[SAMPLES];

#define MEASURE(name, prepare, operation)                                      \
    do {                                                                       \
        for (unsigned int i_ = 0; i_ < WARM_UPS + SAMPLES; i_++) {             \
            uint64_t start_, end_;                                             \
                                                                               \
            prepare;                                                           \
            start_ = rdtsc();                                                  \
            operation;                                                         \
            end_ = rdtsc();                                                    \
            if (i_ >= WARM_UPS) {                                              \
                samples[i_ - WARM_UPS] = end_ - start_;                        \
            }                                                                  \
        }                                                                      \
        report(name);                                                          \
    } while (0)
#define NOTHING (void)0

/* Sorts the samples, prints "bench NAME MEDIAN MIN MAX", returns the median. */
uint64_t report(const char *name);
void report_value(const char *name, uint64_t value);
/* Measures the empty pair; everything reported later is less that. */
void calibrate(void);

void rows_calls(void);
void rows_memory(void);
void rows_events(void);
void rows_grants(void);
void rows_domains(void);
void rows_traps(void);

#endif
