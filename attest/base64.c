/* SPDX-License-Identifier: MIT */
/*
 * Four characters at a time through one table; a character outside of the
 * alphabet sets a high bit that survives the OR of all, looked at once.
 */
#include "attest/base64.h"

static const char alphabets[2][65] = {
    [BASE64_STANDARD] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "abcdefghijklmnopqrstuvwxyz0123456789+/",
    [BASE64_URL] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                   "abcdefghijklmnopqrstuvwxyz0123456789-_",
};

size_t base64_encode(enum base64_form form, struct bytes in, char *out)
{
    const char *alphabet = alphabets[form];
    size_t used = 0;
    for (size_t i = 0; i < in.size; i += 3) {
        size_t left = in.size - i;
        uint32_t group = (uint32_t)in.data[i] << 16;
        group |= left > 1 ? (uint32_t)in.data[i + 1] << 8 : 0;
        group |= left > 2 ? in.data[i + 2] : 0;
        size_t chars = left > 2 ? 4 : left + 1;
        for (size_t j = 0; j < chars; j++) {
            out[used++] = alphabet[group >> (18 - 6 * j) & 63];
        }
        for (size_t j = chars; j < 4 && form == BASE64_STANDARD; j++) {
            out[used++] = '=';
        }
    }
    return used;
}

/* INVALID is more than 6 bits wide, so it shows in an OR of values. */
#define INVALID 0x80
#define A(c)    ((c) - 'A')
#define L(c)    ((c) - 'a' + 26)
#define N(c)    ((c) - '0' + 52)

static uint8_t value_of(uint8_t character)
{
    if (character >= 'A' && character <= 'Z') {
        return (uint8_t)A(character);
    }
    if (character >= 'a' && character <= 'z') {
        return (uint8_t)L(character);
    }
    if (character >= '0' && character <= '9') {
        return (uint8_t)N(character);
    }
    return character == '+' ? 62 : character == '/' ? 63 : INVALID;
}

static void make_table(uint8_t table[256])
{
    for (unsigned i = 0; i < 256; i++) {
        table[i] = value_of((uint8_t)i);
    }
}

/* The last group of four, which may end in padding. */
static bool decode_last(const uint8_t table[256], const uint8_t *in,
                        uint8_t *out, size_t *size)
{
    size_t padding = in[3] != '=' ? 0 : in[2] != '=' ? 1 : 2;
    uint32_t group = 0, all = 0;
    for (size_t i = 0; i < 4; i++) {
        uint8_t value = i >= 4 - padding ? 0 : table[in[i]];
        all |= value;
        group = group << 6 | value;
    }
    uint32_t unused = group & ((1u << (8 * padding)) - 1);
    if ((all & INVALID) != 0 || unused != 0) {
        return false;
    }
    for (size_t i = 0; i < 3 - padding; i++) {
        out[(*size)++] = (uint8_t)(group >> (16 - 8 * i));
    }
    return true;
}

bool base64_decode(struct bytes text, uint8_t *out, size_t *size)
{
    uint8_t table[256];
    const uint8_t *in = text.data;
    uint32_t all = 0;
    *size = 0;
    if (text.size % 4 != 0) {
        return false;
    }
    if (text.size == 0) {
        return true;
    }
    make_table(table);
    for (size_t left = text.size; left > 4; left -= 4, in += 4) {
        uint32_t a = table[in[0]], b = table[in[1]];
        uint32_t c = table[in[2]], d = table[in[3]];
        all |= a | b | c | d;
        uint32_t group = a << 18 | b << 12 | c << 6 | d;
        out[(*size)++] = (uint8_t)(group >> 16);
        out[(*size)++] = (uint8_t)(group >> 8);
        out[(*size)++] = (uint8_t)group;
    }
    return (all & INVALID) == 0 && decode_last(table, in, out, size);
}
