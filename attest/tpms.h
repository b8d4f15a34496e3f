/* SPDX-License-Identifier: MIT */
/*
 * The three TPM structures that evidence carries, in the TPM's own big-endian
 * form (TPM 2.0 Library, Part 2): TPMS_ATTEST, TPM2B_PUBLIC, TPMT_SIGNATURE.
 * Parsers are pure and accept a structure only if every byte belongs to it;
 * what they return points into their input.
 */
#ifndef VOUCH_ATTEST_TPMS_H
#define VOUCH_ATTEST_TPMS_H

#include "attest/reason.h"
#include "lib/bytes.h"
#include "lib/tpm_alg.h"

#define TPM_GENERATED_VALUE 0xff544347u
#define TPM_ST_ATTEST_QUOTE 0x8018

/* Part 2, 6.3 */
#define TPM_ALG_RSA       0x0001
#define TPM_ALG_NULL      0x0010
#define TPM_ALG_RSASSA    0x0014
#define TPM_ALG_RSAPSS    0x0016
#define TPM_ALG_ECDSA     0x0018
#define TPM_ALG_ECC       0x0023

#define TPM_ECC_NIST_P256 0x0003 /* Part 2, 6.4 */

/* TPMA_OBJECT, Part 2, 8.3 */
#define TPMA_FIXED_TPM             (1u << 1)
#define TPMA_FIXED_PARENT          (1u << 4)
#define TPMA_SENSITIVE_DATA_ORIGIN (1u << 5)
#define TPMA_USER_WITH_AUTH        (1u << 6)
#define TPMA_NO_DA                 (1u << 10)
#define TPMA_RESTRICTED            (1u << 16)
#define TPMA_DECRYPT               (1u << 17)
#define TPMA_SIGN                  (1u << 18)

struct tpms_quote {
    uint32_t magic;
    uint16_t type;
    struct bytes qualified_signer;
    struct bytes extra_data; /* the nonce */
    uint64_t clock_ms;
    uint32_t reset_count, restart_count;
    bool is_clock_safe;
    uint64_t firmware_version;
    uint32_t bank_count; /* entries in the PCR selection */
    uint16_t bank;       /* of the only entry */
    uint32_t pcrs;       /* bit n: covers PCR n */
    struct bytes pcr_digest;
};

struct tpmt_public {
    struct bytes area; /* the TPMT_PUBLIC: what the Name is a hash of */
    uint16_t type;     /* TPM_ALG_ECC or TPM_ALG_RSA */
    uint16_t name_algorithm;
    uint32_t attributes;
    uint16_t symmetric; /* TPM_ALG_NULL in a signing key */
    uint16_t scheme, scheme_hash;
    uint16_t curve;    /* ECC */
    struct bytes x, y; /* ECC */
    uint16_t rsa_bits;
    uint32_t rsa_exponent; /* 0 stands for 65537 */
    struct bytes rsa_modulus;
};

struct tpmt_signature {
    uint16_t algorithm, hash;
    struct bytes r, s; /* ECDSA */
    struct bytes rsa;
};

/* QUOTE_MALFORMED, QUOTE_MAGIC or QUOTE_TYPE; with the latter two, only magic
 * and type are filled in, since what follows has another form. */
enum reason tpms_parse_quote(struct bytes wire, struct tpms_quote *out);
enum reason tpms_parse_public(struct bytes wire, struct tpmt_public *out);
enum reason tpms_parse_signature(struct bytes wire, struct tpmt_signature *out);

#endif
