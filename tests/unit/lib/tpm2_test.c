/* SPDX-License-Identifier: MIT */
/*
 * TPM commands byte by byte (TPM Library Part 3), and responses whole, cut at
 * every place, prolonged, and wrong in each field.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/checked.h"
#include "lib/text.h"
#include "lib/tpm2.h"

static struct buffer from_hex(const char *hex, uint8_t *data)
{
    struct buffer out = buffer_over(data, TPM2_MAX_RESPONSE);
    out.used = strlen(hex) / 2;
    assert_true(text_parse_hex(bytes_of_text(hex), data, out.used));
    return out;
}

static void assert_command(const struct buffer *found, const char *hex)
{
    uint8_t data[TPM2_MAX_RESPONSE];
    struct buffer expected = from_hex(hex, data);
    assert_true(bytes_equal(buffer_bytes(found), buffer_bytes(&expected)));
}

static void commands_are_these_bytes(void **state)
{
    (void)state;
    uint8_t data[TPM2_MAX_COMMAND];
    struct buffer out = buffer_over(data, sizeof(data));
    assert_int_equal(tpm2_command_pcr_event(21, bytes_of_text("abc"), &out),
                     TPM2_OK);
    assert_command(&out, "8002000000200000013c00000015"
                         "00000009400000090000000000"
                         "0003616263");

    assert_int_equal(tpm2_command_pcr_reset(22, &out), TPM2_OK);
    assert_command(&out, "80020000001b0000013d00000016"
                         "00000009400000090000000000");

    struct tpm2_selection selection = {.algorithm = TPM_ALG_SHA256,
                                       .pcrs = 1u << 0 | 1u << 21};
    assert_int_equal(tpm2_command_pcr_read(&selection, &out), TPM2_OK);
    assert_command(&out, "8001000000140000017e"
                         "00000001000b03010020");

    assert_int_equal(tpm2_command_get_banks(&out), TPM2_OK);
    assert_command(&out, "8001000000160000017a"
                         "000000050000000000000001");
}

static void commands_need_room(void **state)
{
    (void)state;
    uint8_t data[TPM2_MAX_COMMAND], event[TPM2_MAX_EVENT + 1] = {0};
    for (size_t room = 0; room < 0x1b; room++) {
        struct buffer out = buffer_over(data, room);
        assert_int_equal(tpm2_command_pcr_reset(22, &out), TPM2_NO_SPACE);
        assert_int_equal(out.used, 0);
    }
    struct buffer out = buffer_over(data, sizeof(data));
    assert_int_equal(
        tpm2_command_pcr_event(21, bytes_of(event, TPM2_MAX_EVENT), &out),
        TPM2_OK);
    assert_int_equal(
        tpm2_command_pcr_event(21, bytes_of(event, TPM2_MAX_EVENT + 1), &out),
        TPM2_BAD_ARGUMENT);
}

#define SHA1_ONES "1111111111111111111111111111111111111111"
#define SHA256_TWOS                                                            \
    "2222222222222222222222222222222222222222222222222222222222222222"

static const char event_response[] = "80020000004f00000000"
                                     "0000003c"
                                     "00000002"
                                     "0004" SHA1_ONES "000b" SHA256_TWOS "0000"
                                     "01"
                                     "0000";
static const char empty_response[] = "8002000000130000000000000000"
                                     "0000010000";
static const char read_response[] = "80010000003e00000000"
                                    "00000014"
                                    "00000001000b03000020"
                                    "00000001"
                                    "0020" SHA256_TWOS;
static const char banks_response[] = "80010000002500000000"
                                     "00"
                                     "00000005"
                                     "00000003"
                                     "000403000000"
                                     "000b03ffffff"
                                     "000c03000100";

static const struct tpm2_selection pcr21 = {.algorithm = TPM_ALG_SHA256,
                                            .pcrs = 1u << 21};

static enum tpm2_status parse_event(struct bytes response)
{
    struct tpm2_digests digests;
    return tpm2_response_pcr_event(response, &digests);
}

static enum tpm2_status parse_read(struct bytes response)
{
    struct bytes value;
    return tpm2_response_pcr_read(response, &pcr21, &value);
}

static enum tpm2_status parse_banks(struct bytes response)
{
    struct tpm2_banks banks;
    return tpm2_response_get_banks(response, &banks);
}

static const struct kind {
    const char *good;
    enum tpm2_status (*parse)(struct bytes response);
} kinds[] = {
    {event_response, parse_event},
    {empty_response, tpm2_response_empty},
    {read_response, parse_read},
    {banks_response, parse_banks},
};

static void set_size(struct buffer *response)
{
    for (size_t i = 0; i < 4; i++) {
        response->data[2 + i] = (uint8_t)(response->used >> (8 * (3 - i)));
    }
}

/* Cut anywhere, with the size field telling the truth or not: refused. */
static void cut_and_prolonged_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        uint8_t data[TPM2_MAX_RESPONSE];
        struct buffer good = from_hex(kinds[i].good, data);
        size_t whole = good.used;
        assert_int_equal(kinds[i].parse(buffer_bytes(&good)), TPM2_OK);
        for (size_t size = 0; size < whole; size++) {
            struct buffer cut = from_hex(kinds[i].good, data);
            cut.used = size;
            assert_int_not_equal(kinds[i].parse(buffer_bytes(&cut)), TPM2_OK);
            if (size >= TPM2_HEADER_SIZE) {
                set_size(&cut);
                assert_int_not_equal(kinds[i].parse(buffer_bytes(&cut)),
                                     TPM2_OK);
            }
        }
        struct buffer longer = from_hex(kinds[i].good, data);
        longer.used = whole + 1;
        assert_int_equal(kinds[i].parse(buffer_bytes(&longer)), TPM2_BAD_SIZE);
        set_size(&longer);
        assert_int_not_equal(kinds[i].parse(buffer_bytes(&longer)), TPM2_OK);
    }
}

static void wrong_tags_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        uint8_t data[TPM2_MAX_RESPONSE];
        struct buffer response = from_hex(kinds[i].good, data);
        data[1] ^= 3;
        assert_int_equal(kinds[i].parse(buffer_bytes(&response)), TPM2_BAD_TAG);
        data[0] = 0;
        assert_int_equal(kinds[i].parse(buffer_bytes(&response)), TPM2_BAD_TAG);
    }
}

static void refusals_tell_their_code(void **state)
{
    (void)state;
    uint8_t data[TPM2_MAX_RESPONSE];
    uint32_t rc;
    struct buffer response = from_hex("80010000000a00000907", data);
    assert_int_equal(tpm2_response_code(buffer_bytes(&response), &rc),
                     TPM2_FAILED);
    assert_int_equal(rc, TPM2_RC_LOCALITY);
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        assert_int_equal(kinds[i].parse(buffer_bytes(&response)), TPM2_FAILED);
    }
    response = from_hex("80010000000b0000090700", data);
    assert_int_equal(tpm2_response_code(buffer_bytes(&response), &rc),
                     TPM2_TRAILING);
    assert_int_equal(rc, TPM2_RC_SUCCESS);
    response = from_hex(event_response, data);
    assert_int_equal(tpm2_response_code(buffer_bytes(&response), &rc), TPM2_OK);
    response = from_hex(read_response, data);
    assert_int_equal(tpm2_response_code(buffer_bytes(&response), &rc), TPM2_OK);
}

static void values_come_out(void **state)
{
    (void)state;
    uint8_t data[TPM2_MAX_RESPONSE];
    struct buffer response = from_hex(event_response, data);
    struct tpm2_digests digests;
    struct bytes value;
    assert_int_equal(tpm2_response_pcr_event(buffer_bytes(&response), &digests),
                     TPM2_OK);
    assert_int_equal(digests.count, 2);
    assert_true(tpm2_find_digest(&digests, TPM_ALG_SHA256, &value));
    assert_int_equal(value.size, 32);
    assert_int_equal(value.data[31], 0x22);
    assert_false(tpm2_find_digest(&digests, TPM_ALG_SHA384, &value));

    response = from_hex(read_response, data);
    assert_int_equal(
        tpm2_response_pcr_read(buffer_bytes(&response), &pcr21, &value),
        TPM2_OK);
    assert_int_equal(value.size, 32);
    const struct tpm2_selection others[] = {
        {.algorithm = TPM_ALG_SHA256, .pcrs = 1u << 22},
        {.algorithm = TPM_ALG_SHA384, .pcrs = 1u << 21},
    };
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        assert_int_equal(
            tpm2_response_pcr_read(buffer_bytes(&response), &others[i], &value),
            TPM2_BAD_PARAMETER);
    }

    response = from_hex(banks_response, data);
    struct tpm2_banks banks;
    assert_int_equal(tpm2_response_get_banks(buffer_bytes(&response), &banks),
                     TPM2_OK);
    assert_int_equal(banks.count, 2); /* the SHA-1 bank is not allocated */
    assert_int_equal(banks.items[0].algorithm, TPM_ALG_SHA256);
    assert_int_equal(banks.items[1].pcrs, 0x100);
}

/* One field wrong, at this offset of a good response. */
static const struct wrong_field {
    size_t kind;
    size_t offset;
    uint8_t value;
    enum tpm2_status expected;
} wrong_fields[] = {
    {0, 17, 0xff, TPM2_BAD_PARAMETER}, /* 255 digests */
    {0, 17, 1, TPM2_TRAILING},         /* one digest, bytes of two */
    {0, 17, 3, TPM2_SHORT},
    {0, 19, 0x77, TPM2_BAD_PARAMETER}, /* unknown algorithm */
    {0, 13, 0x41, TPM2_SHORT},         /* parameter size */
    {0, 75, 1, TPM2_BAD_SESSION},      /* nonce of 1 byte */
    {2, 17, 2, TPM2_BAD_PARAMETER},    /* two selections */
    {2, 20, 5, TPM2_BAD_PARAMETER},    /* 40 PCRs */
    {2, 21, 1, TPM2_BAD_PARAMETER},    /* two PCRs, one value */
    {2, 27, 2, TPM2_BAD_PARAMETER},    /* two values, one PCR */
    {2, 29, 0x1f, TPM2_BAD_PARAMETER}, /* value of 31 bytes */
    {3, 10, 1, TPM2_BAD_PARAMETER},    /* more data */
    {3, 14, 6, TPM2_BAD_PARAMETER},    /* another capability */
    {3, 18, 0xff, TPM2_BAD_PARAMETER}, /* 255 banks */
};

static void wrong_fields_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(wrong_fields); i++) {
        const struct wrong_field *wrong = &wrong_fields[i];
        uint8_t data[TPM2_MAX_RESPONSE];
        struct buffer response = from_hex(kinds[wrong->kind].good, data);
        assert_true(wrong->offset < response.used);
        data[wrong->offset] = wrong->value;
        assert_int_equal(kinds[wrong->kind].parse(buffer_bytes(&response)),
                         wrong->expected);
    }
}

static void a_bank_twice_is_refused(void **state)
{
    (void)state;
    uint8_t data[TPM2_MAX_RESPONSE];
    struct buffer response =
        from_hex("80020000004700000000"
                 "00000030"
                 "00000002"
                 "0004" SHA1_ONES "0004" SHA1_ONES "0000010000",
                 data);
    set_size(&response);
    assert_int_equal(parse_event(buffer_bytes(&response)), TPM2_BAD_PARAMETER);
}

static void session_with_content_is_refused(void **state)
{
    (void)state;
    uint8_t data[TPM2_MAX_RESPONSE];
    struct buffer response =
        from_hex("8002000000150000000000000000000001000211aa", data);
    set_size(&response);
    assert_int_equal(tpm2_response_empty(buffer_bytes(&response)),
                     TPM2_BAD_SESSION);
    response = from_hex("80020000001400000000000000000001aa010000", data);
    set_size(&response);
    assert_int_equal(tpm2_response_empty(buffer_bytes(&response)),
                     TPM2_BAD_SESSION);
}

static void size_is_believed_within_bounds(void **state)
{
    (void)state;
    uint8_t data[TPM2_MAX_RESPONSE];
    size_t size;
    struct buffer header = from_hex("80010000100000000000", data);
    assert_int_equal(tpm2_response_size(buffer_bytes(&header), &size), TPM2_OK);
    assert_int_equal(size, 4096);
    header = from_hex("80010000100100000000", data);
    assert_int_equal(tpm2_response_size(buffer_bytes(&header), &size),
                     TPM2_BAD_SIZE);
    header = from_hex("80010000000900000000", data);
    assert_int_equal(tpm2_response_size(buffer_bytes(&header), &size),
                     TPM2_BAD_SIZE);
    header = from_hex("ffffffffffffffffffff", data);
    assert_int_equal(tpm2_response_size(buffer_bytes(&header), &size),
                     TPM2_BAD_TAG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_these_bytes),
        cmocka_unit_test(commands_need_room),
        cmocka_unit_test(cut_and_prolonged_are_refused),
        cmocka_unit_test(wrong_tags_are_refused),
        cmocka_unit_test(refusals_tell_their_code),
        cmocka_unit_test(values_come_out),
        cmocka_unit_test(wrong_fields_are_refused),
        cmocka_unit_test(a_bank_twice_is_refused),
        cmocka_unit_test(session_with_content_is_refused),
        cmocka_unit_test(size_is_believed_within_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
