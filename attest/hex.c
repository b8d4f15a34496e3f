/* SPDX-License-Identifier: MIT */
/* Hexadecimal text, read. */
#include "attest/hex.h"

static bool hex_value(uint8_t digit, uint8_t *value)
{
    if (digit >= '0' && digit <= '9') {
        *value = (uint8_t)(digit - '0');
        return true;
    }
    if (digit >= 'a' && digit <= 'f') {
        *value = (uint8_t)(digit - 'a' + 10);
        return true;
    }
    return false;
}

bool hex_parse(struct bytes text, uint8_t *out, size_t size)
{
    if (text.size / 2 != size || text.size % 2 != 0) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        uint8_t high, low;
        if (!hex_value(text.data[2 * i], &high) ||
            !hex_value(text.data[2 * i + 1], &low)) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
