/* SPDX-License-Identifier: MIT */
/*
 * How measure.c gets its log. Used by it only.
 */
#ifndef VOUCH_HV_MEASURE_ADOPT_H
#define VOUCH_HV_MEASURE_ADOPT_H

#include "hv/measure/measure.h"

/* Fill measure->log and measure->header from what setup has. The TPM's banks
 * are known. */
NODISCARD enum measure_status adopt_log(struct measure *measure,
                                        const struct measure_setup *setup);

/* The status for trouble with the log; the reason goes to measure->detail. */
NODISCARD enum measure_status adopt_bad_log(struct measure *measure,
                                            enum eventlog_status status);

#endif
