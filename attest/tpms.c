/* SPDX-License-Identifier: MIT */
/*
 * One cursor over each structure; it remembers the first failure, so every
 * parser looks once, at its end. Only the unions' branches that an attestation
 * key and its quote can take are known; any other is malformed.
 */
#include "attest/tpms.h"

static struct bytes take_sized(struct cursor *cursor)
{
    return take_bytes(cursor, take_be16(cursor));
}

/* TPMS_PCR_SELECTION: a bitmap of up to 4 octets, PCR 0 first. */
static uint32_t take_selection(struct cursor *cursor, uint16_t *bank)
{
    *bank = take_be16(cursor);
    size_t size = take_u8(cursor);
    if (size > 4) {
        cursor->failed = true;
    }
    return (uint32_t)take_little(cursor, cursor->failed ? 0 : size);
}

static void take_quote_info(struct cursor *cursor, struct tpms_quote *out)
{
    out->bank_count = take_be32(cursor);
    /* Each entry takes at least 3 bytes: a cursor that has failed ends it. */
    for (uint32_t i = 0; i < out->bank_count && !cursor->failed; i++) {
        uint16_t bank;
        uint32_t pcrs = take_selection(cursor, &bank);
        if (i == 0) {
            out->bank = bank;
            out->pcrs = pcrs;
        }
    }
    out->pcr_digest = take_sized(cursor);
}

enum reason tpms_parse_quote(struct bytes wire, struct tpms_quote *out)
{
    *out = (struct tpms_quote){0};
    struct cursor cursor = cursor_over(wire);
    out->magic = take_be32(&cursor);
    out->type = take_be16(&cursor);
    if (cursor.failed) {
        return REASON_QUOTE_MALFORMED;
    }
    if (out->magic != TPM_GENERATED_VALUE) {
        return REASON_QUOTE_MAGIC;
    }
    if (out->type != TPM_ST_ATTEST_QUOTE) {
        return REASON_QUOTE_TYPE;
    }
    out->qualified_signer = take_sized(&cursor);
    out->extra_data = take_sized(&cursor);
    out->clock_ms = take_big(&cursor, 8);
    out->reset_count = take_be32(&cursor);
    out->restart_count = take_be32(&cursor);
    uint8_t safe = take_u8(&cursor);
    out->is_clock_safe = safe == 1;
    out->firmware_version = take_big(&cursor, 8);
    take_quote_info(&cursor, out);
    if (!cursor_is_done(&cursor) || safe > 1) {
        return REASON_QUOTE_MALFORMED;
    }
    return REASON_NONE;
}

static void take_scheme(struct cursor *cursor, struct tpmt_public *out)
{
    out->scheme = take_be16(cursor);
    switch (out->scheme) {
    case TPM_ALG_NULL:
        break;
    case TPM_ALG_ECDSA:
    case TPM_ALG_RSASSA:
    case TPM_ALG_RSAPSS:
        out->scheme_hash = take_be16(cursor);
        break;
    default:
        cursor->failed = true;
    }
}

static void take_symmetric(struct cursor *cursor, struct tpmt_public *out)
{
    out->symmetric = take_be16(cursor);
    if (out->symmetric != TPM_ALG_NULL) {
        take_skip(cursor, 2 + 2); /* key bits, mode */
    }
}

static void take_ecc(struct cursor *cursor, struct tpmt_public *out)
{
    take_symmetric(cursor, out);
    take_scheme(cursor, out);
    out->curve = take_be16(cursor);
    if (take_be16(cursor) != TPM_ALG_NULL) { /* key derivation */
        cursor->failed = true;
    }
    out->x = take_sized(cursor);
    out->y = take_sized(cursor);
}

static void take_rsa(struct cursor *cursor, struct tpmt_public *out)
{
    take_symmetric(cursor, out);
    take_scheme(cursor, out);
    out->rsa_bits = take_be16(cursor);
    out->rsa_exponent = take_be32(cursor);
    out->rsa_modulus = take_sized(cursor);
}

enum reason tpms_parse_public(struct bytes wire, struct tpmt_public *out)
{
    *out = (struct tpmt_public){0};
    struct cursor cursor = cursor_over(wire);
    out->area = take_sized(&cursor);
    if (!cursor_is_done(&cursor)) {
        return REASON_KEY_MALFORMED;
    }
    cursor = cursor_over(out->area);
    out->type = take_be16(&cursor);
    out->name_algorithm = take_be16(&cursor);
    out->attributes = take_be32(&cursor);
    (void)take_sized(&cursor); /* policy digest */
    switch (out->type) {
    case TPM_ALG_ECC:
        take_ecc(&cursor, out);
        break;
    case TPM_ALG_RSA:
        take_rsa(&cursor, out);
        break;
    default:
        return REASON_KEY_MALFORMED;
    }
    return cursor_is_done(&cursor) ? REASON_NONE : REASON_KEY_MALFORMED;
}

enum reason tpms_parse_signature(struct bytes wire, struct tpmt_signature *out)
{
    *out = (struct tpmt_signature){0};
    struct cursor cursor = cursor_over(wire);
    out->algorithm = take_be16(&cursor);
    out->hash = take_be16(&cursor);
    switch (out->algorithm) {
    case TPM_ALG_ECDSA:
        out->r = take_sized(&cursor);
        out->s = take_sized(&cursor);
        break;
    case TPM_ALG_RSASSA:
    case TPM_ALG_RSAPSS:
        out->rsa = take_sized(&cursor);
        break;
    default:
        return REASON_SIGNATURE_MALFORMED;
    }
    return cursor_is_done(&cursor) ? REASON_NONE : REASON_SIGNATURE_MALFORMED;
}
