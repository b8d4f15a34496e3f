/* SPDX-License-Identifier: MIT */
/* A data object (TPM_ALG_KEYEDHASH without scheme) with constant content. */
#include "attest/gate.h"

#include <stdlib.h>

#define TPM_ALG_KEYEDHASH          0x0008      /* Part 2, 6.3 */
#define TPM_CC_ACTIVATE_CREDENTIAL 0x00000147u /* Part 2, 6.5.2 */
#define TPM_CC_POLICY_COMMAND_CODE 0x0000016cu
#define TPM_CC_POLICY_PCR          0x0000017fu
#define TPMA_ADMIN_WITH_POLICY     (1u << 7)

static struct sha256_digest extend(struct hasher *hasher,
                                   const struct sha256_digest *policy,
                                   const struct buffer *with)
{
    return hash_pair(hasher, sha256_bytes(policy), buffer_bytes(with));
}

/* Part 3, 23.7 and 23.11 */
struct sha256_digest gate_policy(struct hasher *hasher, uint32_t pcrs,
                                 struct bytes pcr_digest)
{
    uint8_t data[64];
    struct sha256_digest policy = {{0}};
    struct buffer buffer = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&buffer);
    put_be32(&writer, TPM_CC_POLICY_PCR);
    put_be32(&writer, 1); /* selections */
    put_be16(&writer, TPM_ALG_SHA256);
    put_u8(&writer, 3);
    put_little(&writer, pcrs, 3);
    put_bytes(&writer, pcr_digest);
    if (!writer_end(&writer)) {
        abort(); /* a digest that is none was never quoted */
    }
    policy = extend(hasher, &policy, &buffer);
    buffer.used = 0;
    writer = writer_begin(&buffer);
    put_be32(&writer, TPM_CC_POLICY_COMMAND_CODE);
    put_be32(&writer, TPM_CC_ACTIVATE_CREDENTIAL);
    return extend(hasher, &policy, &buffer);
}

void gate_sensitive(uint8_t out[GATE_SECRET_SIZE])
{
    memset(out, 0, GATE_SECRET_SIZE);
    memcpy(out, "vouch gate 1", 12);
}

/* unique is the hash of seed and data (Part 1, 27.5.3.3). */
static struct sha256_digest unique(struct hasher *hasher)
{
    uint8_t sensitive[GATE_SECRET_SIZE];
    gate_sensitive(sensitive);
    return hash_pair(hasher, bytes_of(sensitive, sizeof(sensitive)),
                     bytes_of(sensitive, sizeof(sensitive)));
}

bool gate_public(struct hasher *hasher, const struct sha256_digest *policy,
                 struct buffer *out)
{
    struct sha256_digest digest = unique(hasher);
    struct writer writer = writer_begin(out);
    put_be16(&writer, TPM_ALG_KEYEDHASH);
    put_be16(&writer, TPM_ALG_SHA256);
    put_be32(&writer, TPMA_ADMIN_WITH_POLICY | TPMA_NO_DA);
    put_be16(&writer, SHA256_SIZE);
    put_bytes(&writer, sha256_bytes(policy));
    put_be16(&writer, TPM_ALG_NULL); /* scheme */
    put_be16(&writer, SHA256_SIZE);
    put_bytes(&writer, sha256_bytes(&digest));
    return writer_end(&writer);
}

struct key_name gate_name(struct hasher *hasher,
                          const struct sha256_digest *policy)
{
    uint8_t data[GATE_MAX_PUBLIC];
    struct buffer buffer = buffer_over(data, sizeof(data));
    struct key_name name = {{TPM_ALG_SHA256 >> 8, TPM_ALG_SHA256 & 0xff}};
    if (!gate_public(hasher, policy, &buffer)) {
        abort();
    }
    struct sha256_digest digest = hash_bytes(hasher, buffer_bytes(&buffer));
    memcpy(name.bytes + 2, digest.bytes, SHA256_SIZE);
    return name;
}
