/* SPDX-License-Identifier: MIT */
/*
 * bytes, checked arithmetic, cursors, writers and text: the edges.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/checked.h"
#include "lib/text.h"

static void arithmetic_refuses_to_wrap(void **state)
{
    (void)state;
    uint64_t value = 7;
    assert_false(checked_add_u64(UINT64_MAX, 1, &value));
    assert_false(checked_sub_u64(1, 2, &value));
    assert_false(checked_mul_u64(UINT64_MAX, 2, &value));
    assert_int_equal(value, 7);
    assert_true(checked_add_u64(UINT64_MAX - 1, 1, &value));
    assert_true(value == UINT64_MAX);
    assert_int_equal(align_up(8192, 4096), 8192);
    assert_true(is_aligned(8192, 4096));
    assert_false(is_aligned(8200, 4096));
}

static void slices_stay_inside(void **state)
{
    (void)state;
    struct bytes whole = bytes_of("abcd", 4);
    struct bytes part = bytes_none();
    assert_true(bytes_slice(whole, 1, 3, &part));
    assert_true(bytes_equal(part, bytes_of_text("bcd")));
    assert_true(bytes_slice(whole, 4, 0, &part));
    assert_false(bytes_slice(whole, 5, 0, &part));
    assert_false(bytes_slice(whole, 1, 4, &part));
    assert_false(bytes_slice(whole, 2, SIZE_MAX, &part));
    assert_false(bytes_slice(whole, SIZE_MAX, 2, &part));
}

static void cursor_takes_and_fails_once(void **state)
{
    (void)state;
    static const uint8_t data[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    struct cursor cursor = cursor_over(bytes_of(data, sizeof(data)));
    assert_int_equal(take_u8(&cursor), 1);
    assert_int_equal(take_le16(&cursor), 0x0302);
    assert_int_equal(take_be16(&cursor), 0x0405);
    assert_int_equal(cursor_remaining(&cursor), 4);
    assert_int_equal(take_be32(&cursor), 0x06070809);
    assert_true(cursor_is_done(&cursor));
    assert_int_equal(take_u8(&cursor), 0);
    assert_true(cursor.failed);
    assert_false(cursor_is_done(&cursor));
    assert_int_equal(cursor_remaining(&cursor), 0);

    cursor = cursor_over(bytes_of(data, sizeof(data)));
    assert_true(take_le64(&cursor) == UINT64_C(0x0807060504030201));
    assert_int_equal(take_le32(&cursor), 0);
    assert_int_equal(take_u8(&cursor), 0); /* there, but after a failure */

    cursor = cursor_over(bytes_of(data, sizeof(data)));
    assert_true(take_big(&cursor, 8) == UINT64_C(0x0102030405060708));
    assert_int_equal(take_bytes(&cursor, 2).size, 0);
    assert_true(cursor.failed);
}

static void writer_is_all_or_nothing(void **state)
{
    (void)state;
    uint8_t data[12];
    struct buffer out = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&out);
    put_le16(&writer, 0x0102);
    put_be16(&writer, 0x0102);
    put_le32(&writer, 0x01020304);
    assert_true(writer_end(&writer));
    assert_memory_equal(data, "\x02\x01\x01\x02\x04\x03\x02\x01", 8);

    writer = writer_begin(&out);
    put_be32(&writer, 1);
    put_u8(&writer, 1);
    assert_false(writer_end(&writer));
    assert_int_equal(out.used, 8);

    out.used = 0;
    writer = writer_begin(&out);
    put_big(&writer, 0, 8);
    put_be32_at(&writer, 2, 0xa1b2c3d4);
    assert_int_equal(writer_written(&writer), 8);
    assert_true(writer_end(&writer));
    assert_memory_equal(data, "\0\0\xa1\xb2\xc3\xd4\0\0", 8);
    writer = writer_begin(&out);
    put_u8(&writer, 0);
    put_be32_at(&writer, 0, 1);
    assert_false(writer_end(&writer));
}

static bool decimal(const char *text, uint64_t *value)
{
    return text_parse_decimal(bytes_of_text(text), value);
}

static void decimal_has_one_spelling(void **state)
{
    (void)state;
    uint64_t value;
    assert_true(decimal("0", &value) && value == 0);
    assert_true(decimal("18446744073709551615", &value));
    assert_true(value == UINT64_MAX);
    assert_false(decimal("18446744073709551616", &value));
    assert_false(decimal("99999999999999999999", &value));
    assert_false(decimal("", &value));
    assert_false(decimal("01", &value));
    assert_false(decimal("-1", &value));
    assert_false(decimal("+1", &value));
    assert_false(decimal("1 ", &value));
    assert_false(decimal("0x1", &value));
}

static void hex_has_one_spelling(void **state)
{
    (void)state;
    uint8_t out[2];
    assert_true(text_parse_hex(bytes_of_text("0aff"), out, 2));
    assert_memory_equal(out, "\x0a\xff", 2);
    assert_false(text_parse_hex(bytes_of_text("0aF0"), out, 2));
    assert_false(text_parse_hex(bytes_of_text("0af"), out, 2));
    assert_false(text_parse_hex(bytes_of_text("0aff0"), out, 2));
    assert_false(text_parse_hex(bytes_of_text("0aff00"), out, 2));
    assert_false(text_parse_hex(bytes_of_text("0ag0"), out, 2));
}

static void text_is_put(void **state)
{
    (void)state;
    uint8_t data[64];
    struct buffer out = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&out);
    text_put(&writer, "n=");
    text_put_decimal(&writer, 0);
    text_put(&writer, " m=");
    text_put_decimal(&writer, UINT64_MAX);
    text_put_hex(&writer, bytes_of("\x00\xfe", 2));
    assert_true(writer_end(&writer));
    assert_true(bytes_equal(buffer_bytes(&out),
                            bytes_of_text("n=0 m=1844674407370955161500fe")));
}

static void prefix_and_printable(void **state)
{
    (void)state;
    struct bytes rest = bytes_none();
    assert_true(text_take_prefix(bytes_of_text("ab"), "ab", &rest));
    assert_int_equal(rest.size, 0);
    assert_true(text_take_prefix(bytes_of_text("abc"), "ab", &rest));
    assert_true(bytes_equal(rest, bytes_of_text("c")));
    assert_false(text_take_prefix(bytes_of_text("a"), "ab", &rest));
    assert_false(text_take_prefix(bytes_of_text("xbc"), "ab", &rest));
    assert_true(text_is_printable(bytes_of_text(" ~")));
    assert_false(text_is_printable(bytes_of_text("\x7f")));
    assert_false(text_is_printable(bytes_of_text("\x1f")));
    assert_false(text_is_printable(bytes_of("a\0b", 3)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic_refuses_to_wrap),
        cmocka_unit_test(slices_stay_inside),
        cmocka_unit_test(cursor_takes_and_fails_once),
        cmocka_unit_test(writer_is_all_or_nothing),
        cmocka_unit_test(decimal_has_one_spelling),
        cmocka_unit_test(hex_has_one_spelling),
        cmocka_unit_test(text_is_put),
        cmocka_unit_test(prefix_and_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
