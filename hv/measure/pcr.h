/* SPDX-License-Identifier: MIT */
/*
 * The TPM commands that measuring needs, each sent and its answer checked;
 * used by measure.c only. What goes wrong is told in measure->detail and
 * measure->rc.
 */
#ifndef VOUCH_HV_MEASURE_PCR_H
#define VOUCH_HV_MEASURE_PCR_H

#include "hv/measure/measure.h"

/* The SHA-256 bank's value of a PCR. */
NODISCARD enum measure_status pcr_read(struct measure *measure, uint32_t index,
                                       struct sha256_digest *out);
NODISCARD enum measure_status pcr_reset(struct measure *measure,
                                        uint32_t index);
/* Which banks are active, into measure->banks; SHA-256 must be one. */
NODISCARD enum measure_status pcr_find_banks(struct measure *measure);

/*
 * Extend a PCR in all banks with the hash of data. The SHA-256 digest that the
 * TPM returns must be *own, which is computed here; the others are taken as
 * they are. *digests has those of all banks in header's order, and points into
 * measure->response_data.
 */
NODISCARD enum measure_status pcr_event(struct measure *measure, uint32_t index,
                                        struct bytes data,
                                        struct sha256_digest *own,
                                        struct tpm2_digests *digests);

#endif
