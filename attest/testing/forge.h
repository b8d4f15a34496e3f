/* SPDX-License-Identifier: MIT */
/*
 * What tests need to lie with: logs of our making, a software PCR bank, an
 * attestation key of OpenSSL's and quotes by it over whatever one likes. Only
 * tests and the bench link this.
 */
#ifndef VOUCH_ATTEST_TESTING_FORGE_H
#define VOUCH_ATTEST_TESTING_FORGE_H

#include <openssl/evp.h>

#include "attest/evidence.h"
#include "attest/hash.h"
#include "attest/reference.h"
#include "attest/tcg.h"

#define FORGE_MAX_LOG (1u << 18)

struct forge_log {
    struct hasher *hasher;
    struct eventlog_header header;
    struct buffer log;
    uint8_t data[FORGE_MAX_LOG];
    struct sha256_digest pcr[24]; /* what a TPM would hold */
    bool is_shared; /* the hypervisor's records at run time are in PCR 12 */
};

/* An empty log with a SHA-256 bank; PCR 17-19 all FF, as after power-on, and
 * 20-22 zero, as the hypervisor resets them. */
void forge_start(struct forge_log *log, struct hasher *hasher);

/* Log and extend. digest: NULL for the hash of data. */
void forge_event(struct forge_log *log, uint32_t pcr, uint32_t type,
                 const struct sha256_digest *digest, struct bytes data);

/* Everything that reference predicts: firmware's events are taken from
 * real_log, which its endorsement was made from. */
void forge_boot(struct forge_log *log, const struct reference *reference,
                struct bytes real_log);

/* ---- keys and quotes ---- */

struct forge_key {
    EVP_PKEY *pkey;
    uint8_t public[1024]; /* TPM2B_PUBLIC */
    size_t public_size;
    uint16_t scheme;
};

/* What to make it of; zero stands for a good P-256 attestation key. */
struct forge_key_spec {
    const char *group; /* "prime256v1", "secp384r1" */
    unsigned rsa_bits; /* not 0: RSA */
    uint16_t scheme;   /* RSA: TPM_ALG_RSASSA or TPM_ALG_RSAPSS */
    uint32_t clear_attributes, set_attributes;
    uint16_t scheme_hash;
};

void forge_key_make(struct forge_key *key, const struct forge_key_spec *spec);
void forge_key_free(struct forge_key *key);

/* What to sign; forge_quote_good fills in what a TPM would. */
struct forge_quote {
    uint32_t magic;
    uint16_t type;
    struct bytes nonce;
    uint32_t bank_count;
    uint16_t bank;
    uint32_t pcrs;
    struct sha256_digest values[24];
    size_t trailing; /* zero bytes behind the structure */
};

struct forge_signed {
    uint8_t quote[512];
    size_t quote_size;
    uint8_t signature[600];
    size_t signature_size;
};

struct forge_quote forge_quote_good(const struct forge_log *log,
                                    struct bytes nonce);
void forge_sign(const struct forge_key *key, struct hasher *hasher,
                const struct forge_quote *quote, struct forge_signed *out);
/* Sign any bytes. */
void forge_sign_bytes(const struct forge_key *key, struct hasher *hasher,
                      struct bytes message, struct forge_signed *out);

struct evidence forge_evidence(const struct forge_key *key,
                               const struct forge_signed *is,
                               const struct forge_quote *quote,
                               const struct forge_log *log);

#endif
