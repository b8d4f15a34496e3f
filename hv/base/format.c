/* SPDX-License-Identifier: MIT */
/*
 * The formatter behind every line the hypervisor prints: a bounded subset of
 * printf.  It never writes past the buffer, always ends it with NUL, and has
 * no state, so that a panic may use it at any time.
 */
#include "hv/base/log.h"

struct output {
    char *buffer;
    size_t size, used;
};

struct spec {
    bool zero;
    char pad_sign; /* '-' before a negative number, else 0 */
    unsigned int width, base;
};

static void emit(struct output *out, char c)
{
    if (out->used + 1 < out->size) {
        out->buffer[out->used++] = c;
    }
}

static void emit_padding(struct output *out, char c, unsigned int width,
                         size_t length)
{
    for (size_t n = length; n < width; n++) {
        emit(out, c);
    }
}

static void emit_number(struct output *out, struct spec spec, uint64_t value)
{
    char digits[24];
    size_t count = 0;
    size_t length;

    do {
        digits[count++] = "0123456789abcdef"[value % spec.base];
        value /= spec.base;
    } while (value != 0);
    length = count + (spec.pad_sign != 0);

    if (!spec.zero) {
        emit_padding(out, ' ', spec.width, length);
    }
    if (spec.pad_sign != 0) {
        emit(out, spec.pad_sign);
    }
    if (spec.zero) {
        emit_padding(out, '0', spec.width, length);
    }
    while (count > 0) {
        emit(out, digits[--count]);
    }
}

static void emit_string(struct output *out, struct spec spec, const char *text,
                        size_t limit)
{
    size_t length = 0;

    if (text == NULL) {
        text = "(null)";
    }
    while (length < limit && text[length] != '\0') {
        length++;
    }
    emit_padding(out, ' ', spec.width, length);
    for (size_t i = 0; i < length; i++) {
        emit(out, text[i]);
    }
}

/* Digits of a width or precision; capped, so that no pad is unbounded. */
static const char *take_count(const char *at, unsigned int *count)
{
    *count = 0;
    while (*at >= '0' && *at <= '9') {
        *count = *count * 10 + (unsigned int)(*at - '0');
        *count = MIN(*count, 256u);
        at++;
    }
    return at;
}

static const char *take_flags(const char *at, struct spec *spec)
{
    for (; *at == '0'; at++) {
        spec->zero = true;
    }
    return take_count(at, &spec->width);
}

size_t format_text_v(char *buffer, size_t size, const char *format,
                     va_list args)
{
    struct output out = {.buffer = buffer, .size = size};

    if (size == 0) {
        return 0;
    }
    for (const char *at = format; *at != '\0'; at++) {
        struct spec spec = {.base = 10};
        size_t limit = SIZE_MAX;
        bool is_long = false;
        uint64_t value;

        if (*at != '%') {
            emit(&out, *at);
            continue;
        }
        at = take_flags(at + 1, &spec);
        if (*at == '.') {
            unsigned int precision;

            if (at[1] == '*') {
                int given = va_arg(args, int);

                limit = given < 0 ? SIZE_MAX : (size_t)given;
                at += 2;
            } else {
                at = take_count(at + 1, &precision);
                limit = precision;
            }
        }
        while (*at == 'l' || *at == 'z') {
            is_long = true;
            at++;
        }
        switch (*at) {
        case 'd': {
            int64_t number = is_long ? va_arg(args, long) : va_arg(args, int);

            spec.pad_sign = number < 0 ? '-' : 0;
            value = number < 0 ? -(uint64_t)number : (uint64_t)number;
            emit_number(&out, spec, value);
            break;
        }
        case 'p':
        case 'x':
        case 'u':
            if (*at == 'p') {
                value = (uint64_t)va_arg(args, void *);
            } else {
                value = is_long ? va_arg(args, unsigned long)
                                : va_arg(args, unsigned int);
            }
            spec.base = *at == 'u' ? 10 : 16;
            emit_number(&out, spec, value);
            break;
        case 's':
            emit_string(&out, spec, va_arg(args, const char *), limit);
            break;
        case '\0':
            at--;
            break;
        default: /* "%%", and what is not known prints itself */
            emit(&out, *at);
            break;
        }
    }
    buffer[out.used] = '\0';
    return out.used;
}

size_t format_text(char *buffer, size_t size, const char *format, ...)
{
    va_list args;
    size_t length;

    va_start(args, format);
    length = format_text_v(buffer, size, format, args);
    va_end(args);
    return length;
}
