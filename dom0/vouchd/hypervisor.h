/* SPDX-License-Identifier: MIT */
/*
 * What the daemon asks of the hypervisor (hv/abi/vouch.h). Results are 0 or a
 * negated errno.
 */
#ifndef VOUCH_DOM0_VOUCHD_HYPERVISOR_H
#define VOUCH_DOM0_VOUCHD_HYPERVISOR_H

#include "hv/abi/vouch.h"
#include "lib/bytes.h"

struct hypervisor;

struct hypervisor *hypervisor_open(void);

/* Was the domain launched as a vTPM? It says so who launched it, not dom0. */
bool hypervisor_is_vtpm(struct hypervisor *hypervisor, uint16_t domid);

/* The whole event log; *out is to be given to free. */
NODISCARD int hypervisor_read_log(struct hypervisor *hypervisor,
                                  struct bytes *out);

/* The table of versions: table's bytes in (open) and out (open, read), with
 * how often it changed. */
NODISCARD int hypervisor_open_state(struct hypervisor *hypervisor,
                                    struct bytes approval,
                                    struct buffer *table);
NODISCARD int hypervisor_commit_state(struct hypervisor *hypervisor);
NODISCARD int hypervisor_read_state(struct hypervisor *hypervisor,
                                    struct buffer *table, uint64_t *changes);
NODISCARD int hypervisor_forget_state(struct hypervisor *hypervisor,
                                      const uint8_t uuid[VOUCH_UUID_SIZE]);

#endif
