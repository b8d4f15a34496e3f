/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's events: what is built parses back, and no other spelling
 * does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "attest/record.h"
#include "lib/checked.h"

static const enum vouchlog_tag all_tags[] = {
    VOUCHLOG_MODE,         VOUCHLOG_CMDLINE,       VOUCHLOG_POLICY,
    VOUCHLOG_DOM0_KERNEL,  VOUCHLOG_DOM0_INITRD,   VOUCHLOG_DOM0_CMDLINE,
    VOUCHLOG_CAP,          VOUCHLOG_POLICY_LOAD,   VOUCHLOG_MODE_CHANGE,
    VOUCHLOG_LAUNCH,       VOUCHLOG_IDENTITY,      VOUCHLOG_GUEST_KERNEL,
    VOUCHLOG_GUEST_INITRD, VOUCHLOG_GUEST_CMDLINE,
};

/* Event data with this tag, size field and payload, as an attacker could. */
static struct bytes craft(uint8_t *data, uint32_t tag, uint32_t size,
                          const char *payload)
{
    struct buffer out = buffer_over(data, 2048);
    struct writer writer = writer_begin(&out);
    put_le32(&writer, tag);
    put_le32(&writer, size);
    put_bytes(&writer, bytes_of_text(payload));
    assert_true(writer_end(&writer));
    return buffer_bytes(&out);
}

static enum record_status parse_payload(uint32_t tag, const char *payload)
{
    uint8_t data[2048];
    struct record record;
    return record_parse(craft(data, tag, (uint32_t)strlen(payload), payload),
                        &record);
}

static void blob_has_this_spelling(void **state)
{
    (void)state;
    uint8_t data[VOUCHLOG_MAX_DATA];
    struct buffer out = buffer_over(data, sizeof(data));
    struct sha256_digest digest = sha256_of(bytes_of_text("abc"));
    assert_int_equal(
        vouchlog_build_blob(VOUCHLOG_DOM0_KERNEL, &digest, 3, &out),
        VOUCHLOG_OK);
    static const char expected[] =
        "\x04\x00\x01\x56\x60\x00\x00\x00vouch dom0-kernel "
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015"
        "ad size:3";
    assert_int_equal(out.used, sizeof(expected) - 1);
    assert_memory_equal(data, expected, out.used);
}

static void all_tags_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(all_tags); i++) {
        uint8_t data[VOUCHLOG_MAX_DATA];
        struct buffer out = buffer_over(data, sizeof(data));
        struct sha256_digest digest = sha256_of(bytes_of(all_tags, i));
        struct record record;
        assert_int_equal(
            vouchlog_build_blob(all_tags[i], &digest, UINT64_MAX - i, &out),
            VOUCHLOG_OK);
        assert_int_equal(record_parse(buffer_bytes(&out), &record), RECORD_OK);
        assert_int_equal(record.tag, all_tags[i]);
        assert_int_equal(record.form, RECORD_BLOB);
        assert_true(sha256_equal(&record.digest, &digest));
        assert_true(record.size == UINT64_MAX - i);

        out.used = 0;
        struct bytes text = bytes_of_text("a=b  text:x sha256:y ");
        assert_int_equal(vouchlog_build_text(all_tags[i], text, &out),
                         VOUCHLOG_OK);
        assert_int_equal(record_parse(buffer_bytes(&out), &record), RECORD_OK);
        assert_int_equal(record.form, RECORD_TEXT);
        assert_true(bytes_equal(record.text, text));
    }
}

static void empty_text_is_a_text(void **state)
{
    (void)state;
    uint8_t data[64];
    struct buffer out = buffer_over(data, sizeof(data));
    struct record record;
    assert_int_equal(vouchlog_build_text(VOUCHLOG_CMDLINE, bytes_none(), &out),
                     VOUCHLOG_OK);
    assert_memory_equal(data + 8, "vouch cmdline text:", 19);
    assert_int_equal(record_parse(buffer_bytes(&out), &record), RECORD_OK);
    assert_int_equal(record.form, RECORD_TEXT);
    assert_int_equal(record.text.size, 0);
}

static void text_too_long_becomes_a_digest(void **state)
{
    (void)state;
    uint8_t text[1024], data[VOUCHLOG_MAX_DATA];
    memset(text, 'x', sizeof(text));
    size_t longest = VOUCHLOG_MAX_PAYLOAD - strlen("vouch cmdline text:");
    struct record record;

    struct buffer out = buffer_over(data, sizeof(data));
    assert_int_equal(
        vouchlog_build_text(VOUCHLOG_CMDLINE, bytes_of(text, longest), &out),
        VOUCHLOG_OK);
    assert_int_equal(out.used, VOUCHLOG_MAX_DATA);
    assert_int_equal(record_parse(buffer_bytes(&out), &record), RECORD_OK);
    assert_int_equal(record.text.size, longest);

    out.used = 0;
    struct bytes too_long = bytes_of(text, longest + 1);
    struct sha256_digest digest = sha256_of(too_long);
    assert_int_equal(vouchlog_build_text(VOUCHLOG_CMDLINE, too_long, &out),
                     VOUCHLOG_OK);
    assert_int_equal(record_parse(buffer_bytes(&out), &record), RECORD_OK);
    assert_int_equal(record.form, RECORD_BLOB);
    assert_int_equal(record.size, longest + 1);
    assert_true(sha256_equal(&record.digest, &digest));

    out.used = 0;
    struct bytes binary = bytes_of("a\nb", 3);
    assert_int_equal(vouchlog_build_text(VOUCHLOG_CMDLINE, binary, &out),
                     VOUCHLOG_OK);
    assert_int_equal(record_parse(buffer_bytes(&out), &record), RECORD_OK);
    assert_int_equal(record.form, RECORD_BLOB);
}

static void nothing_is_left_when_it_does_not_fit(void **state)
{
    (void)state;
    uint8_t data[64];
    struct sha256_digest digest = sha256_of(bytes_none());
    for (size_t room = 0; room < sizeof(data); room++) {
        struct buffer out = buffer_over(data, room);
        assert_int_equal(vouchlog_build_blob(VOUCHLOG_POLICY, &digest, 0, &out),
                         VOUCHLOG_NO_SPACE);
        assert_int_equal(out.used, 0);
    }
    struct buffer out = buffer_over(data, sizeof(data));
    assert_int_equal(
        vouchlog_build_blob((enum vouchlog_tag)0x56010099, &digest, 0, &out),
        VOUCHLOG_UNKNOWN_TAG);
}

#define HEX "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void other_spellings_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "vouch",
        "vouch policy",
        "vouch policy ",
        "Vouch policy text:a",
        "vouch policy\ttext:a",
        "vouch policy text",
        "vouch policy text:a\n",
        "vouch policy text:\xc3\xa4",
        "vouch policy sha256:" HEX,
        "vouch policy sha256:" HEX " size:",
        "vouch policy sha256:" HEX " size:01",
        "vouch policy sha256:" HEX " size:-1",
        "vouch policy sha256:" HEX " size:18446744073709551616",
        "vouch policy sha256:" HEX " size:1 ",
        "vouch policy sha256:" HEX "  size:1",
        "vouch policy sha256:" HEX "0 size:1",
        "vouch policy sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB"
        "410FF61F20015AD size:1",
        "vouch policy sha512:" HEX " size:1",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(parse_payload(VOUCHLOG_POLICY, bad[i]),
                         RECORD_BAD_PAYLOAD);
    }
    assert_int_equal(
        parse_payload(VOUCHLOG_POLICY, "vouch policy sha256:" HEX " size:1"),
        RECORD_OK);
}

static void tag_and_name_must_agree(void **state)
{
    (void)state;
    assert_int_equal(parse_payload(VOUCHLOG_POLICY, "vouch mode text:a"),
                     RECORD_BAD_NAME);
    assert_int_equal(parse_payload(VOUCHLOG_POLICY, "vouch  policy text:a"),
                     RECORD_BAD_NAME);
    assert_int_equal(parse_payload(VOUCHLOG_POLICY, "vouch policy-load text:a"),
                     RECORD_BAD_NAME);
    assert_int_equal(parse_payload(VOUCHLOG_POLICY_LOAD, "vouch policy text:a"),
                     RECORD_BAD_NAME);
}

static void wrong_frames_are_refused(void **state)
{
    (void)state;
    uint8_t data[2048];
    struct record record;
    const char *payload = "vouch mode text:a";
    uint32_t size = (uint32_t)strlen(payload);
    assert_int_equal(
        record_parse(craft(data, VOUCHLOG_MODE, size + 1, payload), &record),
        RECORD_BAD_SIZE);
    assert_int_equal(
        record_parse(craft(data, VOUCHLOG_MODE, size - 1, payload), &record),
        RECORD_BAD_SIZE);
    assert_int_equal(
        record_parse(craft(data, 0x56010007, size, payload), &record),
        RECORD_UNKNOWN_TAG);
    assert_int_equal(
        record_parse(craft(data, 0x8f3b22ec, size, payload), &record),
        RECORD_NOT_OURS);
    assert_int_equal(record_parse(bytes_of(data, 7), &record), RECORD_NOT_OURS);

    memset(data, 'a', sizeof(data));
    struct buffer out = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&out);
    put_le32(&writer, VOUCHLOG_MODE);
    put_le32(&writer, VOUCHLOG_MAX_PAYLOAD + 1);
    put_bytes(&writer, bytes_of_text("vouch mode text:"));
    assert_true(writer_end(&writer));
    assert_int_equal(
        record_parse(bytes_of(data, VOUCHLOG_MAX_DATA + 1), &record),
        RECORD_BAD_PAYLOAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blob_has_this_spelling),
        cmocka_unit_test(all_tags_round_trip),
        cmocka_unit_test(empty_text_is_a_text),
        cmocka_unit_test(text_too_long_becomes_a_digest),
        cmocka_unit_test(nothing_is_left_when_it_does_not_fit),
        cmocka_unit_test(other_spellings_are_refused),
        cmocka_unit_test(tag_and_name_must_agree),
        cmocka_unit_test(wrong_frames_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
