/* SPDX-License-Identifier: MIT */
/*
 * The measurements of this boot, and adding to them while guests run.  The TPM
 * is shared with dom0, which uses locality 0, command by command; a record
 * waits for the end of such a command, not long, and then says that it has to
 * be tried again.  Recording is one CPU's at a time, and lets interrupts in
 * while it waits for the TPM: who records holds no lock and relies on no permit
 * that a launch may take away meanwhile.
 */
#pragma once

#include "hv/measure/measure.h"

extern struct measure
    measurements; /* at boot: one CPU's; then record_begin() */

/*
 * The TPM and the measurements are the caller's until record_end().  False:
 * they are another CPU's; try again.
 */
bool record_begin(void) NODISCARD;
void record_end(void);

/* Whether what is recorded can be proved. */
bool record_is_measured(void);
/*
 * Extends the run-time PCR by a text of this tag and logs it.  0; -EBUSY: try
 * again; -ENODEV: there is no TPM in use; -EIO: measuring has ended, and the
 * console says why.
 */
int record_text(enum vouchlog_tag tag, struct bytes text) NODISCARD;
