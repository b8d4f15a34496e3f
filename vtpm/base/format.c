/* SPDX-License-Identifier: MIT */
/* See format.h. */
#include "vtpm/base/format.h"

static void put(struct buffer *out, char character)
{
    if (out->used < out->size) {
        out->data[out->used++] = (uint8_t)character;
    }
}

static void put_text(struct buffer *out, const char *text)
{
    while (*text != '\0') {
        put(out, *text++);
    }
}

static void put_number(struct buffer *out, uint64_t value, unsigned int base)
{
    char digits[20];
    size_t count = 0;

    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (count != 0) {
        put(out, digits[--count]);
    }
}

static void put_signed(struct buffer *out, int value)
{
    if (value < 0) {
        put(out, '-');
    }
    put_number(out, value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
}

void format_list(struct buffer *out, const char *format,
                 __builtin_va_list arguments)
{
    for (; *format != '\0'; format++) {
        bool is_long = format[0] == '%' && format[1] == 'l';
        char kind = format[0] == '%' ? format[1 + is_long] : '\0';

        if (kind == '\0') {
            put(out, *format);
            continue;
        }
        format += 1 + is_long;
        if (kind == 's') {
            put_text(out, __builtin_va_arg(arguments, const char *));
        } else if (kind == 'c') {
            put(out, (char)__builtin_va_arg(arguments, int));
        } else if (kind == 'd') {
            put_signed(out, __builtin_va_arg(arguments, int));
        } else {
            uint64_t value = is_long
                                 ? __builtin_va_arg(arguments, unsigned long)
                                 : __builtin_va_arg(arguments, unsigned int);

            put_number(out, value, kind == 'x' ? 16 : 10);
        }
    }
}

void format_text(struct buffer *out, const char *format, ...)
{
    __builtin_va_list arguments;

    __builtin_va_start(arguments, format);
    format_list(out, format, arguments);
    __builtin_va_end(arguments);
}
