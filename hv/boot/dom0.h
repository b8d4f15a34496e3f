/* SPDX-License-Identifier: MIT */
/* From the boot modules to a dom0 that is ready to run. */
#pragma once

/*
 * Measures what was loaded, loads the policy, builds dom0, publishes the log.
 * Refuses to boot where something is missing or wrong, saying what.
 */
void dom0_boot(void);
