/* SPDX-License-Identifier: MIT */
/*
 * CreatePrimary, the Name of what came back, FlushContext.
 */
#include "vtpm/tpm/keys.h"

#include "lib/sha2.h"
#include "lib/tpm_alg.h"
#include "vtpm/tpm/command.h"

/* Part 2: 6.3 algorithms, 6.4 curves, 8.3 attributes of objects */
#define ALG_AES        0x0006
#define ALG_NULL       0x0010
#define ALG_ECDSA      0x0018
#define ALG_ECC        0x0023
#define ALG_CFB        0x0043
#define CURVE_P256     0x0003
#define AES_KEY_BITS   128
#define COORDINATE     32 /* bytes of one, on P-256 */
#define TEMPLATE_ROOM  192

#define FIXED_TPM      (1u << 1)
#define FIXED_PARENT   (1u << 4)
#define DATA_ORIGIN    (1u << 5)
#define USER_WITH_AUTH (1u << 6)
#define ADMIN_POLICY   (1u << 7)
#define NO_DA          (1u << 10)
#define RESTRICTED     (1u << 16)
#define DECRYPT        (1u << 17)
#define SIGN           (1u << 18)

static const char ak_unique[] = "vouch ak 1";

/* PolicySecret(TPM_RH_ENDORSEMENT), EK Credential Profile 2.5, B.3.3 */
static const uint8_t ek_policy[] = {
    0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc,
    0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52,
    0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa};

static void put_ak(struct writer *writer)
{
    put_be16(writer, ALG_ECC);
    put_be16(writer, TPM_ALG_SHA256);
    put_be32(writer, FIXED_TPM | FIXED_PARENT | DATA_ORIGIN | USER_WITH_AUTH |
                         NO_DA | RESTRICTED | SIGN);
    command_put_sized(writer, bytes_none()); /* policy */
    put_be16(writer, ALG_NULL);              /* symmetric */
    put_be16(writer, ALG_ECDSA);
    put_be16(writer, TPM_ALG_SHA256);
    put_be16(writer, CURVE_P256);
    put_be16(writer, ALG_NULL); /* key derivation */
    command_put_sized(writer, bytes_of_text(ak_unique));
    command_put_sized(writer, bytes_none());
}

static void put_ek(struct writer *writer)
{
    static const uint8_t zeros[COORDINATE];
    put_be16(writer, ALG_ECC);
    put_be16(writer, TPM_ALG_SHA256);
    put_be32(writer, FIXED_TPM | FIXED_PARENT | DATA_ORIGIN | ADMIN_POLICY |
                         RESTRICTED | DECRYPT);
    command_put_sized(writer, bytes_of(ek_policy, sizeof(ek_policy)));
    put_be16(writer, ALG_AES);
    put_be16(writer, AES_KEY_BITS);
    put_be16(writer, ALG_CFB);
    put_be16(writer, ALG_NULL); /* scheme */
    put_be16(writer, CURVE_P256);
    put_be16(writer, ALG_NULL); /* key derivation */
    command_put_sized(writer, bytes_of(zeros, sizeof(zeros)));
    command_put_sized(writer, bytes_of(zeros, sizeof(zeros)));
}

static uint32_t flush(uint32_t handle)
{
    struct command command;
    command_begin(&command, CODE_CC_FLUSH_CONTEXT);
    put_be32(&command.writer, handle);
    return command_run(&command, NULL);
}

/* Name: the algorithm, then the hash of the public area (Part 1, 16). */
static void put_name(struct bytes public, uint8_t name[VOUCH_NAME_SIZE])
{
    struct sha256_digest digest = sha256_of(public);
    name[0] = TPM_ALG_SHA256 >> 8;
    name[1] = TPM_ALG_SHA256 & 0xff;
    memcpy(name + 2, digest.bytes, sizeof(digest.bytes));
}

static uint32_t make(void (*put_template)(struct writer *writer),
                     uint8_t name[VOUCH_NAME_SIZE])
{
    static const uint8_t no_secret[] = {0, 4, 0, 0, 0, 0};
    uint8_t template[TEMPLATE_ROOM];
    struct buffer public_area = buffer_over(template, sizeof(template));
    struct writer writer = writer_begin(&public_area);
    struct command command;
    struct cursor cursor;
    put_template(&writer);
    command_begin_auth(&command, CODE_CC_CREATE_PRIMARY, CODE_RH_ENDORSEMENT, 0,
                       bytes_none());
    put_bytes(&command.writer, bytes_of(no_secret, sizeof(no_secret)));
    command_put_sized(&command.writer, buffer_bytes(&public_area));
    command_put_sized(&command.writer, bytes_none()); /* outside information */
    put_be32(&command.writer, 0);                     /* PCRs at creation */
    if (!writer_end(&writer)) {
        return COMMAND_BAD_ANSWER;
    }
    uint32_t code = command_run(&command, &cursor);
    if (code != CODE_SUCCESS) {
        return code;
    }
    uint32_t handle = take_be32(&cursor);
    take_skip(&cursor, sizeof(uint32_t)); /* size of the parameters */
    struct bytes public = take_bytes(&cursor, take_be16(&cursor));
    if (cursor.failed) {
        return COMMAND_BAD_ANSWER;
    }
    put_name(public, name);
    return flush(handle);
}

uint32_t keys_make(struct keys *out)
{
    uint32_t code = make(put_ek, out->ek);
    return code != CODE_SUCCESS ? code : make(put_ak, out->ak);
}
