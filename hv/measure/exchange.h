/* SPDX-License-Identifier: MIT */
/*
 * One TPM command and its answer: made, sent, and the answer believed only as
 * far as it can be checked. What goes wrong is told in measure->detail and
 * measure->rc. For hv/measure; the TPM is the caller's.
 */
#ifndef VOUCH_HV_MEASURE_EXCHANGE_H
#define VOUCH_HV_MEASURE_EXCHANGE_H

#include "hv/measure/measure.h"

/* Where to make the next command. The last response is gone with it sent. */
struct buffer exchange_command(struct measure *measure);

/* Send a command that was made with this status. Commands of ours always fit;
 * if not, say so instead of sending less. */
NODISCARD enum measure_status exchange_send(struct measure *measure,
                                            enum tpm2_status made,
                                            const struct buffer *command,
                                            struct bytes *response);

/* Why an answer to a command we made was not accepted. */
NODISCARD enum measure_status exchange_judge(struct measure *measure,
                                             enum tpm2_status status,
                                             struct bytes response);

#endif
