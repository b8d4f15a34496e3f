/* SPDX-License-Identifier: MIT */
/* Commands of lib/tpm2_seal.h as bytes. */
#include "lib/tpm2_parts.h"
#include "lib/tpm2_seal.h"

#include "lib/tpm2_seal_parts.h"

/* Part 2, 6.5.2 */
#define TPM_CC_NV_INCREMENT       0x00000134
#define TPM_CC_NV_READ            0x0000014e
#define TPM_CC_CREATE_PRIMARY     0x00000131
#define TPM_CC_HMAC               0x00000155
#define TPM_CC_FLUSH_CONTEXT      0x00000165
#define TPM_CC_LOAD_EXTERNAL      0x00000167
#define TPM_CC_NV_READ_PUBLIC     0x00000169
#define TPM_CC_POLICY_AUTHORIZE   0x0000016a
#define TPM_CC_POLICY_LOCALITY    0x0000016f
#define TPM_CC_START_AUTH_SESSION 0x00000176
#define TPM_CC_VERIFY_SIGNATURE   0x00000177
#define TPM_CC_POLICY_PCR         0x0000017f

#define TPM_RH_NULL               0x40000007
#define TPM_SE_POLICY             0x01
#define TPM_ALG_ECDSA             0x0018
#define SESSION_CONTINUES         0x01 /* TPMA_SESSION: we flush it */
#define PCR_SELECT_SIZE           3

static struct writer begin_plain(struct buffer *out, uint32_t code)
{
    return tpm2_begin_command(out, TPM_ST_NO_SESSIONS, code);
}

static void put_sized(struct writer *writer, struct bytes bytes)
{
    put_be16(writer, (uint16_t)bytes.size);
    put_bytes(writer, bytes);
}

void tpm2_put_root_template(struct writer *writer,
                            const struct sha256_digest *policy)
{
    put_be16(writer, TPM_ALG_KEYEDHASH);
    put_be16(writer, TPM_ALG_SHA256);
    put_be32(writer, ROOT_ATTRIBUTES);
    put_sized(writer, sha256_bytes(policy));
    put_be16(writer, TPM_ALG_HMAC);
    put_be16(writer, TPM_ALG_SHA256);
}

enum tpm2_status tpm2_command_create_root(const struct sha256_digest *policy,
                                          struct buffer *out)
{
    struct writer writer =
        tpm2_begin_command(out, TPM_ST_SESSIONS, TPM_CC_CREATE_PRIMARY);
    put_be32(&writer, TPM_RH_OWNER);
    tpm2_put_session(&writer, TPM_RS_PW, 0);
    put_be16(&writer, 4); /* sensitive: */
    put_be16(&writer, 0); /* no authorization value, */
    put_be16(&writer, 0); /* no data: the TPM makes the secret */
    put_be16(&writer, ROOT_TEMPLATE_SIZE + 2);
    tpm2_put_root_template(&writer, policy);
    put_be16(&writer, 0); /* unique */
    put_be16(&writer, 0); /* outside information */
    put_be32(&writer, 0); /* creation PCRs */
    return tpm2_end_command(&writer);
}

enum tpm2_status tpm2_command_load_key(const struct approval_key *key,
                                       struct buffer *out)
{
    struct writer writer = begin_plain(out, TPM_CC_LOAD_EXTERNAL);
    put_be16(&writer, 0); /* no private part */
    put_be16(&writer, APPROVAL_PUBLIC_SIZE);
    approval_put_public(&writer, key);
    put_be32(&writer, TPM_RH_OWNER); /* whose proof is in the ticket */
    return tpm2_end_command(&writer);
}

enum tpm2_status tpm2_command_verify(struct tpm2_handle key,
                                     const struct sha256_digest *digest,
                                     const struct approval *approval,
                                     struct buffer *out)
{
    struct writer writer = begin_plain(out, TPM_CC_VERIFY_SIGNATURE);
    put_be32(&writer, key.value);
    put_sized(&writer, sha256_bytes(digest));
    put_be16(&writer, TPM_ALG_ECDSA);
    put_be16(&writer, TPM_ALG_SHA256);
    put_sized(&writer, bytes_of(approval->r, sizeof(approval->r)));
    put_sized(&writer, bytes_of(approval->s, sizeof(approval->s)));
    return tpm2_end_command(&writer);
}

/* Its nonces have no use: nothing of ours is signed or keyed with them. */
enum tpm2_status tpm2_command_start_policy(struct buffer *out)
{
    static const uint8_t nonce[TPM2_NONCE_SIZE];
    struct writer writer = begin_plain(out, TPM_CC_START_AUTH_SESSION);
    put_be32(&writer, TPM_RH_NULL); /* no salt */
    put_be32(&writer, TPM_RH_NULL); /* not bound */
    put_sized(&writer, bytes_of(nonce, sizeof(nonce)));
    put_be16(&writer, 0); /* encrypted salt */
    put_u8(&writer, TPM_SE_POLICY);
    put_be16(&writer, TPM_ALG_NULL); /* parameters are not encrypted */
    put_be16(&writer, TPM_ALG_SHA256);
    return tpm2_end_command(&writer);
}

enum tpm2_status tpm2_command_policy_pcr(struct tpm2_handle session,
                                         const struct approval *approval,
                                         struct buffer *out)
{
    struct writer writer = begin_plain(out, TPM_CC_POLICY_PCR);
    put_be32(&writer, session.value);
    put_sized(&writer, sha256_bytes(&approval->pcr_digest));
    put_be32(&writer, 1);
    put_be16(&writer, TPM_ALG_SHA256);
    put_u8(&writer, PCR_SELECT_SIZE);
    put_little(&writer, approval->pcrs, PCR_SELECT_SIZE);
    return tpm2_end_command(&writer);
}

enum tpm2_status tpm2_command_policy_authorize(struct tpm2_handle session,
                                               const struct approval *approval,
                                               struct bytes ticket,
                                               struct buffer *out)
{
    struct sha256_digest approved = approval_policy(approval);
    struct sha256_digest key = approval_key_digest(&approval->key);
    struct writer writer = begin_plain(out, TPM_CC_POLICY_AUTHORIZE);
    put_be32(&writer, session.value);
    put_sized(&writer, sha256_bytes(&approved));
    put_sized(&writer, bytes_of_text(APPROVAL_POLICY_REF));
    put_be16(&writer, NAME_SIZE);
    put_be16(&writer, TPM_ALG_SHA256);
    put_bytes(&writer, sha256_bytes(&key));
    put_bytes(&writer, ticket);
    return tpm2_end_command(&writer);
}

enum tpm2_status tpm2_command_policy_locality(struct tpm2_handle session,
                                              struct buffer *out)
{
    struct writer writer = begin_plain(out, TPM_CC_POLICY_LOCALITY);
    put_be32(&writer, session.value);
    put_u8(&writer, APPROVAL_LOCALITY);
    return tpm2_end_command(&writer);
}

enum tpm2_status tpm2_command_flush(struct tpm2_handle object,
                                    struct buffer *out)
{
    struct writer writer = begin_plain(out, TPM_CC_FLUSH_CONTEXT);
    put_be32(&writer, object.value);
    return tpm2_end_command(&writer);
}

enum tpm2_status tpm2_command_hmac(struct tpm2_handle key,
                                   struct tpm2_handle session,
                                   struct bytes data, struct buffer *out)
{
    if (data.size > TPM2_MAX_HMAC_DATA) {
        return TPM2_BAD_ARGUMENT;
    }
    struct writer writer =
        tpm2_begin_command(out, TPM_ST_SESSIONS, TPM_CC_HMAC);
    put_be32(&writer, key.value);
    tpm2_put_session(&writer, session.value, SESSION_CONTINUES);
    put_sized(&writer, data);
    put_be16(&writer, TPM_ALG_SHA256);
    return tpm2_end_command(&writer);
}

/* ---- the counter ---- */

enum tpm2_status tpm2_command_counter_public(struct buffer *out)
{
    struct writer writer = begin_plain(out, TPM_CC_NV_READ_PUBLIC);
    put_be32(&writer, APPROVAL_COUNTER_INDEX);
    return tpm2_end_command(&writer);
}

static struct writer begin_counter(struct buffer *out, uint32_t code)
{
    struct writer writer = tpm2_begin_command(out, TPM_ST_SESSIONS, code);
    put_be32(&writer, TPM_RH_OWNER);
    put_be32(&writer, APPROVAL_COUNTER_INDEX);
    tpm2_put_session(&writer, TPM_RS_PW, 0);
    return writer;
}

enum tpm2_status tpm2_command_counter_step(struct buffer *out)
{
    struct writer writer = begin_counter(out, TPM_CC_NV_INCREMENT);
    return tpm2_end_command(&writer);
}

enum tpm2_status tpm2_command_counter_read(struct buffer *out)
{
    struct writer writer = begin_counter(out, TPM_CC_NV_READ);
    put_be16(&writer, COUNTER_SIZE);
    put_be16(&writer, 0); /* offset */
    return tpm2_end_command(&writer);
}
