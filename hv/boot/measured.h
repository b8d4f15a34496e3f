/* SPDX-License-Identifier: MIT */
/*
 * The measurements of this boot: the machine's TPM found, what is measured
 * said on the console when it fails, the log left for dom0.  A failure caps
 * the PCRs and boot goes on, unmeasured: nobody can take it for measured.
 */
#pragma once

#include "hv/security/record.h"

/* Finds the TPM; measures the mode and the command line. */
void measured_start(void);
void measured_blob(enum vouchlog_tag tag, struct bytes blob);
void measured_text(enum vouchlog_tag tag, struct bytes text);
/* Leaves the log where the ACPI TPM2 table says dom0 will look for it. */
void measured_end(void);
