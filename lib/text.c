/* SPDX-License-Identifier: MIT */
/*
 * Numbers, digests and UUIDs as text, and back, one spelling per value.
 */
#include "lib/text.h"

#include "lib/checked.h"

static const char hex_digits[] = "0123456789abcdef";

void text_put(struct writer *writer, const char *text)
{
    put_bytes(writer, bytes_of_text(text));
}

void text_put_decimal(struct writer *writer, uint64_t value)
{
    uint8_t digits[20];
    size_t first = sizeof(digits);
    do {
        digits[--first] = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    put_bytes(writer, bytes_of(digits + first, sizeof(digits) - first));
}

void text_put_hex(struct writer *writer, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        put_u8(writer, (uint8_t)hex_digits[bytes.data[i] >> 4]);
        put_u8(writer, (uint8_t)hex_digits[bytes.data[i] & 15]);
    }
}

/* Groups of 4, 2, 2, 2 and 6 bytes. */
void text_put_uuid(struct writer *writer, const uint8_t uuid[16])
{
    for (size_t i = 0; i < 16; i++) {
        text_put(writer, i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "");
        text_put_hex(writer, bytes_of(uuid + i, 1));
    }
}

bool text_is_printable(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < ' ' || text.data[i] > '~') {
            return false;
        }
    }
    return true;
}

bool text_take_prefix(struct bytes text, const char *prefix, struct bytes *rest)
{
    struct bytes wanted = bytes_of_text(prefix);
    struct bytes start;
    if (!bytes_slice(text, 0, wanted.size, &start) ||
        !bytes_equal(start, wanted)) {
        return false;
    }
    return bytes_slice(text, wanted.size, text.size - wanted.size, rest);
}

bool text_parse_decimal(struct bytes text, uint64_t *out)
{
    if (text.size == 0 || (text.size > 1 && text.data[0] == '0')) {
        return false;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        if (!checked_mul_u64(value, 10, &value) ||
            !checked_add_u64(value, (uint64_t)(text.data[i] - '0'), &value)) {
            return false;
        }
    }
    *out = value;
    return true;
}

static bool parse_hex_digit(uint8_t digit, uint8_t *value)
{
    bool is_decimal = digit >= '0' && digit <= '9';
    bool is_letter = digit >= 'a' && digit <= 'f';
    *value = (uint8_t)(is_decimal ? digit - '0' : digit - 'a' + 10);
    return is_decimal || is_letter;
}

bool text_parse_hex(struct bytes text, uint8_t *out, size_t size)
{
    if (text.size / 2 != size || text.size % 2 != 0) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        uint8_t high, low;
        if (!parse_hex_digit(text.data[2 * i], &high) ||
            !parse_hex_digit(text.data[2 * i + 1], &low)) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
