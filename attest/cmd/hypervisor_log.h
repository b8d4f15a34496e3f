/* SPDX-License-Identifier: MIT */
/*
 * The event log from the hypervisor itself. Linux keeps the log as it was at
 * boot; launches and identities of guests are in this one only.
 */
#ifndef VOUCH_ATTEST_CMD_HYPERVISOR_LOG_H
#define VOUCH_ATTEST_CMD_HYPERVISOR_LOG_H

#include "lib/bytes.h"

/* To be given to free; empty where there is no such hypervisor, or we may not
 * ask it. */
struct bytes hypervisor_log_read(void);

#endif
