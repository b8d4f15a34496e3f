/* SPDX-License-Identifier: MIT */
/* The operator's approval of a machine's state; see approval.h. */
#include "lib/approval.h"

#include "lib/tpm_alg.h"

/* Part 2, 6.3 algorithms and 6.4 curves; 8.3 object attributes */
#define TPM_ALG_NULL            0x0010
#define TPM_ALG_ECC             0x0023
#define TPM_ECC_NIST_P256       0x0003
#define KEY_ATTRIBUTES          0x00040040u /* sign, userWithAuth */

#define TPM_CC_POLICY_PCR       0x0000017fu
#define TPM_CC_POLICY_AUTHORIZE 0x0000016au
#define TPM_CC_POLICY_LOCALITY  0x0000016fu
#define PCR_SELECT_SIZE         3

bool approval_parse(struct bytes bytes, struct approval *out)
{
    struct cursor cursor = cursor_over(bytes);
    struct approval approval;
    struct bytes magic = take_bytes(&cursor, APPROVAL_MAGIC_SIZE);
    approval.pcrs = take_le32(&cursor);
    struct bytes digest = take_bytes(&cursor, SHA256_SIZE);
    struct bytes x = take_bytes(&cursor, APPROVAL_NUMBER_SIZE);
    struct bytes y = take_bytes(&cursor, APPROVAL_NUMBER_SIZE);
    struct bytes r = take_bytes(&cursor, APPROVAL_NUMBER_SIZE);
    struct bytes s = take_bytes(&cursor, APPROVAL_NUMBER_SIZE);
    if (!cursor_is_done(&cursor) ||
        !bytes_equal(magic, bytes_of_text(APPROVAL_MAGIC)) ||
        approval.pcrs == 0 || approval.pcrs > APPROVAL_ALL_PCRS) {
        return false;
    }
    memcpy(approval.pcr_digest.bytes, digest.data, digest.size);
    memcpy(approval.key.x, x.data, x.size);
    memcpy(approval.key.y, y.data, y.size);
    memcpy(approval.r, r.data, r.size);
    memcpy(approval.s, s.data, s.size);
    *out = approval;
    return true;
}

void approval_put(struct writer *writer, const struct approval *approval)
{
    put_bytes(writer, bytes_of_text(APPROVAL_MAGIC));
    put_le32(writer, approval->pcrs);
    put_bytes(writer, sha256_bytes(&approval->pcr_digest));
    put_bytes(writer, bytes_of(&approval->key, sizeof(approval->key)));
    put_bytes(writer, bytes_of(approval->r, sizeof(approval->r)));
    put_bytes(writer, bytes_of(approval->s, sizeof(approval->s)));
}

static void put_coordinate(struct writer *writer, const uint8_t *number)
{
    put_be16(writer, APPROVAL_NUMBER_SIZE);
    put_bytes(writer, bytes_of(number, APPROVAL_NUMBER_SIZE));
}

void approval_put_public(struct writer *writer, const struct approval_key *key)
{
    put_be16(writer, TPM_ALG_ECC);
    put_be16(writer, TPM_ALG_SHA256);
    put_be32(writer, KEY_ATTRIBUTES);
    put_be16(writer, 0);            /* no policy */
    put_be16(writer, TPM_ALG_NULL); /* symmetric */
    put_be16(writer, TPM_ALG_NULL); /* scheme */
    put_be16(writer, TPM_ECC_NIST_P256);
    put_be16(writer, TPM_ALG_NULL); /* KDF */
    put_coordinate(writer, key->x);
    put_coordinate(writer, key->y);
}

struct sha256_digest approval_key_digest(const struct approval_key *key)
{
    uint8_t data[APPROVAL_PUBLIC_SIZE];
    struct buffer out = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&out);
    approval_put_public(&writer, key);
    (void)!writer_end(&writer); /* fits: the size is fixed */
    return sha256_of(buffer_bytes(&out));
}

/* Part 3, 23.7: the digest so far (zeros), the command, the selection, and
 * the digest of the values. */
struct sha256_digest approval_policy(const struct approval *approval)
{
    uint8_t data[2 * SHA256_SIZE + 4 + 4 + 2 + 1 + PCR_SELECT_SIZE];
    struct buffer out = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&out);
    static const struct sha256_digest none;
    put_bytes(&writer, sha256_bytes(&none));
    put_be32(&writer, TPM_CC_POLICY_PCR);
    put_be32(&writer, 1);
    put_be16(&writer, TPM_ALG_SHA256);
    put_u8(&writer, PCR_SELECT_SIZE);
    put_little(&writer, approval->pcrs, PCR_SELECT_SIZE);
    put_bytes(&writer, sha256_bytes(&approval->pcr_digest));
    (void)!writer_end(&writer); /* fits: the size is fixed */
    return sha256_of(buffer_bytes(&out));
}

static struct sha256_digest hash_pair(struct bytes first, struct bytes second)
{
    struct sha256_context context;
    struct sha256_digest digest;
    sha256_init(&context);
    sha256_update(&context, first);
    sha256_update(&context, second);
    sha256_final(&context, &digest);
    return digest;
}

struct sha256_digest approval_signed(const struct approval *approval)
{
    struct sha256_digest policy = approval_policy(approval);
    return hash_pair(sha256_bytes(&policy), bytes_of_text(APPROVAL_POLICY_REF));
}

/* Part 3, 23.16: PolicyAuthorize forgets what was before, and takes the Name
 * and then the reference in; 23.8: PolicyLocality adds the localities. */
struct sha256_digest approval_root_policy(const struct sha256_digest *key)
{
    uint8_t data[SHA256_SIZE + 4 + 2 + SHA256_SIZE];
    struct buffer out = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&out);
    static const struct sha256_digest none;
    put_bytes(&writer, sha256_bytes(&none));
    put_be32(&writer, TPM_CC_POLICY_AUTHORIZE);
    put_be16(&writer, TPM_ALG_SHA256);
    put_bytes(&writer, sha256_bytes(key));
    (void)!writer_end(&writer); /* fits: the size is fixed */
    struct sha256_digest digest = sha256_of(buffer_bytes(&out));
    digest =
        hash_pair(sha256_bytes(&digest), bytes_of_text(APPROVAL_POLICY_REF));

    out.used = 0;
    writer = writer_begin(&out);
    put_bytes(&writer, sha256_bytes(&digest));
    put_be32(&writer, TPM_CC_POLICY_LOCALITY);
    put_u8(&writer, APPROVAL_LOCALITY);
    (void)!writer_end(&writer);
    return sha256_of(buffer_bytes(&out));
}
