/* SPDX-License-Identifier: MIT */
/* The operator's approvals: digest of PCRs, and ECDSA by OpenSSL. */
#include "attest/approve.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <string.h>

#include "attest/ecdsa.h"
#include "attest/pcrs.h"

#define GRUB_PCRS   (1u << 4 | 1u << 8 | 1u << 9)
#define LAUNCH_PCRS (1u << 17 | 1u << 18)

uint32_t approve_measured(uint32_t pcrs,
                          const struct sha256_digest values[APPROVE_PCRS])
{
    for (size_t i = 0; i < APPROVE_PCRS; i++) {
        if ((pcrs >> i & 1) != 0 && pcrs_is_untouched(&values[i])) {
            pcrs &= ~(UINT32_C(1) << i);
        }
    }
    return pcrs;
}

bool approve_is_enough(uint32_t pcrs,
                       const struct sha256_digest values[APPROVE_PCRS])
{
    uint32_t measured = approve_measured(pcrs, values);
    return (measured & GRUB_PCRS) == GRUB_PCRS ||
           (measured & LAUNCH_PCRS) == LAUNCH_PCRS;
}

static bool get_number(EVP_PKEY *key, const char *name,
                       uint8_t out[APPROVAL_NUMBER_SIZE])
{
    BIGNUM *number = NULL;
    bool is_done =
        EVP_PKEY_get_bn_param(key, name, &number) == 1 &&
        BN_bn2binpad(number, out, APPROVAL_NUMBER_SIZE) == APPROVAL_NUMBER_SIZE;
    BN_free(number);
    return is_done;
}

bool approve_key(EVP_PKEY *key, struct approval_key *out)
{
    char group[32];
    return EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
           strcmp(group, "prime256v1") == 0 &&
           get_number(key, OSSL_PKEY_PARAM_EC_PUB_X, out->x) &&
           get_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, out->y);
}

/* The two numbers of an ECDSA signature in DER. */
static bool split_signature(const uint8_t *data, size_t size,
                            struct approval *out)
{
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &data, (long)size);
    bool is_done = signature != NULL &&
                   BN_bn2binpad(ECDSA_SIG_get0_r(signature), out->r,
                                APPROVAL_NUMBER_SIZE) > 0 &&
                   BN_bn2binpad(ECDSA_SIG_get0_s(signature), out->s,
                                APPROVAL_NUMBER_SIZE) > 0;
    ECDSA_SIG_free(signature);
    return is_done;
}

static bool sign(EVP_PKEY *key, struct approval *out)
{
    struct ecdsa_signature der;
    struct sha256_digest digest = approval_signed(out);
    return ecdsa_sign(key, &digest, &der) &&
           split_signature(der.bytes, der.size, out);
}

bool approve_sign(EVP_PKEY *key, uint32_t pcrs,
                  const struct sha256_digest values[APPROVE_PCRS],
                  struct approval *out)
{
    struct sha256_context context;
    memset(out, 0, sizeof(*out));
    if (!approve_is_enough(pcrs, values)) {
        return false;
    }
    out->pcrs = pcrs;
    sha256_init(&context);
    for (size_t i = 0; i < APPROVE_PCRS; i++) {
        if ((pcrs >> i & 1) != 0) {
            sha256_update(&context, sha256_bytes(&values[i]));
        }
    }
    sha256_final(&context, &out->pcr_digest);
    return approve_key(key, &out->key) && sign(key, out);
}
