/* SPDX-License-Identifier: MIT */
/*
 * The TPM's back end for one guest, the first that asks. The guest may write
 * anything into its page, and dom0 anything into xenstore: what they can do is
 * to go without a TPM. The page is mapped from that guest and nobody else.
 */
#ifndef VOUCH_VTPM_BASE_TPMBACK_H
#define VOUCH_VTPM_BASE_TPMBACK_H

#include "vtpm/base/driver.h"

extern const struct driver tpmback_driver;

long tpmback_do_serve(const struct call *call);    /* VTPM_CALL_SERVE */
long tpmback_do_command(const struct call *call);  /* VTPM_CALL_COMMAND */
long tpmback_do_response(const struct call *call); /* VTPM_CALL_RESPONSE */

#endif
