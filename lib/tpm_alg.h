/* SPDX-License-Identifier: MIT */
/*
 * Hash algorithm identifiers of the TCG Algorithm Registry and the size of
 * their digests: what names a bank of PCRs in a TPM and in an event log.
 */
#ifndef VOUCH_LIB_TPM_ALG_H
#define VOUCH_LIB_TPM_ALG_H

#include <stddef.h>
#include <stdint.h>

#define TPM_ALG_SHA1        0x0004
#define TPM_ALG_SHA256      0x000b
#define TPM_ALG_SHA384      0x000c
#define TPM_ALG_SHA512      0x000d
#define TPM_ALG_SM3_256     0x0012
#define TPM_ALG_SHA3_256    0x0027
#define TPM_ALG_SHA3_384    0x0028
#define TPM_ALG_SHA3_512    0x0029

#define TPM_MAX_DIGEST_SIZE 64
/* More banks than any TPM has; a TPM or log that names more is refused. */
#define TPM_MAX_BANKS 8

struct tpm_bank {
    uint16_t algorithm;
    uint16_t digest_size;
};

/* 0 for an algorithm not listed above. */
static inline uint16_t tpm_alg_digest_size(uint16_t algorithm)
{
    switch (algorithm) {
    case TPM_ALG_SHA1:
        return 20;
    case TPM_ALG_SHA256:
    case TPM_ALG_SM3_256:
    case TPM_ALG_SHA3_256:
        return 32;
    case TPM_ALG_SHA384:
    case TPM_ALG_SHA3_384:
        return 48;
    case TPM_ALG_SHA512:
    case TPM_ALG_SHA3_512:
        return 64;
    default:
        return 0;
    }
}

#endif
