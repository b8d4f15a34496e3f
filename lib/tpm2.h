/* SPDX-License-Identifier: MIT */
/*
 * The TPM 2.0 commands a measuring hypervisor needs (TPM Library Part 3) as
 * bytes, and their responses taken apart. Commands that need authorization
 * carry an empty password session. A response is accepted only if every byte
 * of it is accounted for. Digests point into the response.
 */
#ifndef VOUCH_LIB_TPM2_H
#define VOUCH_LIB_TPM2_H

#include "lib/bytes.h"
#include "lib/status.h"
#include "lib/tpm_alg.h"

/* What every PC Client TPM takes and gives (PTP 1.05, MAX_COMMAND_SIZE). */
#define TPM2_MAX_COMMAND  4096
#define TPM2_MAX_RESPONSE 4096
#define TPM2_HEADER_SIZE  10
#define TPM2_MAX_EVENT    1024 /* data of one TPM2_PCR_Event */

/* Response codes we act on (Part 2, 6.6). */
#define TPM2_RC_SUCCESS    0x000
#define TPM2_RC_INITIALIZE 0x100
#define TPM2_RC_LOCALITY   0x907
#define TPM2_RC_YIELDED    0x908
#define TPM2_RC_TESTING    0x90a
#define TPM2_RC_RETRY      0x922

#define TPM2_STATUS(S)                                                         \
    S(TPM2_OK, "ok")                                                           \
    S(TPM2_NO_SPACE, "TPM command does not fit")                               \
    S(TPM2_BAD_ARGUMENT, "TPM command with too much data")                     \
    S(TPM2_SHORT, "TPM response ends inside a field")                          \
    S(TPM2_BAD_SIZE,                                                           \
      "TPM response has a size field that differs from its size")              \
    S(TPM2_BAD_TAG, "TPM response has a wrong tag")                            \
    S(TPM2_FAILED, "TPM refused the command")                                  \
    S(TPM2_BAD_SESSION, "TPM response has a malformed authorization area")     \
    S(TPM2_BAD_PARAMETER,                                                      \
      "TPM response has a parameter the command cannot give")                  \
    S(TPM2_TRAILING, "TPM response has bytes after its last field")

enum tpm2_status { TPM2_STATUS(STATUS_CODE) };

struct tpm2_digest {
    uint16_t algorithm;
    struct bytes value;
};

struct tpm2_digests {
    size_t count;
    struct tpm2_digest items[TPM_MAX_BANKS];
};

/* TPMS_PCR_SELECTION, for the 24 PCRs of a PC Client TPM. */
struct tpm2_selection {
    uint16_t algorithm;
    uint32_t pcrs; /* bit n selects PCR n */
};

struct tpm2_banks {
    size_t count;
    struct tpm2_selection items[TPM_MAX_BANKS];
};

/* ---- commands: each replaces what is in out ---- */

NODISCARD enum tpm2_status
tpm2_command_pcr_event(uint32_t pcr, struct bytes data, struct buffer *out);
NODISCARD enum tpm2_status tpm2_command_pcr_reset(uint32_t pcr,
                                                  struct buffer *out);
NODISCARD enum tpm2_status
tpm2_command_pcr_read(const struct tpm2_selection *selection,
                      struct buffer *out);
/* GetCapability(TPM_CAP_PCRS): which banks are active. */
NODISCARD enum tpm2_status tpm2_command_get_banks(struct buffer *out);

/* ---- responses ---- */

/*
 * Header checks common to all. TPM2_FAILED with *rc set is a correct response
 * that says no; *rc is TPM2_RC_SUCCESS in every other case.
 */
NODISCARD enum tpm2_status tpm2_response_code(struct bytes response,
                                              uint32_t *rc);
/* The size a response says it has, from its first 10 bytes. */
NODISCARD enum tpm2_status tpm2_response_size(struct bytes header,
                                              size_t *size);

NODISCARD enum tpm2_status tpm2_response_pcr_event(struct bytes response,
                                                   struct tpm2_digests *out);
/* For PCR_Reset, which returns nothing but success. */
NODISCARD enum tpm2_status tpm2_response_empty(struct bytes response);
/* The value of the one PCR that was asked for, and no other. */
NODISCARD enum tpm2_status
tpm2_response_pcr_read(struct bytes response,
                       const struct tpm2_selection *asked, struct bytes *out);
/* Only banks in which at least one PCR is allocated. */
NODISCARD enum tpm2_status tpm2_response_get_banks(struct bytes response,
                                                   struct tpm2_banks *out);

NODISCARD bool tpm2_find_digest(const struct tpm2_digests *digests,
                                uint16_t algorithm, struct bytes *out);

const char *tpm2_status_text(enum tpm2_status status);
/* The name of a response code we act on, or "TPM error". */
const char *tpm2_rc_text(uint32_t rc);

#endif
