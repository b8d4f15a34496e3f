/* SPDX-License-Identifier: MIT */
/* What the tests of attest share: cmocka, files, a machine that boots well. */
#ifndef VOUCH_TESTS_ATTEST_FIXTURE_H
#define VOUCH_TESTS_ATTEST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "attest/appraise.h"
#include "attest/testing/boot.h"

#define DATA_DIR "tests/unit/attest/data/"
#define REAL_LOG DATA_DIR "ovmf-grub.log"

/* To be given to free. */
static inline struct bytes fixture_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    uint8_t *data = malloc(1 << 20);
    assert_non_null(data);
    size_t size = fread(data, 1, 1 << 20, file);
    fclose(file);
    return bytes_of(data, size);
}

/* A verifier's side and a machine's side, both good until a test changes it. */
struct fixture {
    struct appraiser *appraiser;
    struct hasher hasher;
    struct bytes real_log;
    struct forge_key key;
    struct reference reference;
    struct boot_disk disk;
    struct forge_log log;
    struct forge_quote quote;
    struct forge_signed is;
    struct verdict verdict;
    uint8_t nonce[32];
};

static inline struct bytes fixture_nonce(const struct fixture *fixture)
{
    return bytes_of(fixture->nonce, sizeof(fixture->nonce));
}

/* The boot of what is on the disk now, as a log and PCRs. */
static inline void fixture_boot(struct fixture *fixture)
{
    struct reference booted;
    json_t *payload = boot_payload(&fixture->hasher, &fixture->disk,
                                   fixture->real_log, NULL, NULL);
    assert_true(reference_load(&fixture->hasher, payload, &booted));
    json_decref(payload);
    forge_start(&fixture->log, &fixture->hasher);
    forge_boot(&fixture->log, &booted, fixture->real_log);
    reference_free(&booted);
}

static inline void fixture_refer(struct fixture *fixture,
                                 const struct boot_alternative *alternatives)
{
    json_t *payload =
        boot_payload(&fixture->hasher, &fixture->disk, fixture->real_log,
                     &fixture->key, alternatives);
    reference_free(&fixture->reference);
    assert_true(reference_load(&fixture->hasher, payload, &fixture->reference));
    json_decref(payload);
}

static inline void fixture_make(struct fixture *fixture, bool is_menu)
{
    memset(fixture, 0, sizeof(*fixture));
    fixture->appraiser = appraiser_create();
    assert_non_null(fixture->appraiser);
    assert_true(hasher_init(&fixture->hasher));
    fixture->real_log = fixture_read(REAL_LOG);
    memset(fixture->nonce, 0x5a, sizeof(fixture->nonce));
    forge_key_make(&fixture->key, NULL);
    boot_disk_make(&fixture->disk, is_menu);
    fixture_refer(fixture, NULL);
    fixture_boot(fixture);
}

static inline void fixture_free(struct fixture *fixture)
{
    reference_free(&fixture->reference);
    forge_key_free(&fixture->key);
    hasher_free(&fixture->hasher);
    appraiser_destroy(fixture->appraiser);
    free((void *)fixture->real_log.data);
}

/* Quote and appraise the log as it is now. */
static inline enum reason fixture_appraise(struct fixture *fixture)
{
    fixture->quote = forge_quote_good(&fixture->log, fixture_nonce(fixture));
    forge_sign(&fixture->key, &fixture->hasher, &fixture->quote, &fixture->is);
    struct evidence evidence = forge_evidence(&fixture->key, &fixture->is,
                                              &fixture->quote, &fixture->log);
    appraise(fixture->appraiser, &fixture->reference, &evidence,
             fixture_nonce(fixture), &fixture->verdict);
    return fixture->verdict.reason;
}

#define assert_reason(found, expected)                                         \
    assert_string_equal(reason_code(found), reason_code(expected))

#define FIXTURE_ALG_AES 0x0006
#define FIXTURE_ALG_CFB 0x0043

#define FIXTURE_STORAGE_KEY                                                    \
    (TPMA_FIXED_TPM | TPMA_FIXED_PARENT | TPMA_RESTRICTED | TPMA_DECRYPT)

/* A P-256 TPM2B_PUBLIC with these attributes and symmetric algorithm; the point
 * is that of a forged key. */
static inline struct bytes fixture_ek(uint32_t attributes, uint16_t symmetric,
                                      uint8_t out[256])
{
    struct forge_key key;
    struct tpmt_public from;
    struct buffer buffer = buffer_over(out + 2, 254);
    struct writer writer = writer_begin(&buffer);
    forge_key_make(&key, NULL);
    assert_reason(
        tpms_parse_public(bytes_of(key.public, key.public_size), &from),
        REASON_NONE);
    put_be16(&writer, TPM_ALG_ECC);
    put_be16(&writer, TPM_ALG_SHA256);
    put_be32(&writer, attributes);
    put_be16(&writer, 0);
    put_be16(&writer, symmetric);
    if (symmetric != TPM_ALG_NULL) {
        put_be16(&writer, 128);
        put_be16(&writer, FIXTURE_ALG_CFB);
    }
    put_be16(&writer, TPM_ALG_NULL);
    put_be16(&writer, TPM_ECC_NIST_P256);
    put_be16(&writer, TPM_ALG_NULL);
    put_be16(&writer, (uint16_t)from.x.size);
    put_bytes(&writer, from.x);
    put_be16(&writer, (uint16_t)from.y.size);
    put_bytes(&writer, from.y);
    assert_true(writer_end(&writer));
    forge_key_free(&key);
    out[0] = 0;
    out[1] = (uint8_t)buffer.used;
    return bytes_of(out, buffer.used + 2);
}

#define assert_component(found, expected)                                      \
    assert_string_equal(component_name(found), component_name(expected))

#endif
