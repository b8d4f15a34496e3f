/* SPDX-License-Identifier: MIT */
/* From the boot modules to a dom0 that is ready to run. */
#pragma once

#include "hv/measure/measure.h"

/* The machine's measurements; guarded by boot being one CPU, later by its own
 * users' lock. */
extern struct measure measurements;

/*
 * Measures what was loaded, loads the policy, builds dom0, publishes the log.
 * Refuses to boot where something is missing or wrong, saying what.
 */
void dom0_boot(void);
