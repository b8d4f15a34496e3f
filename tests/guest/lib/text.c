/* SPDX-License-Identifier: MIT */
/*
 * Text out, and the few memory functions the compiler expects.  A line goes
 * out by one console_io call, so that the hypervisor's own messages cannot
 * fall inside it.
 */
#include "guest.h"

void *memset(void *to, int byte, size_t size)
{
    void *start = to;

    __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
    return start;
}

void *memcpy(void *to, const void *from, size_t size)
{
    void *start = to;

    __asm__ volatile("rep movsb"
                     : "+D"(to), "+S"(from), "+c"(size)
                     :
                     : "memory");
    return start;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *x = a, *y = b;

    for (size_t i = 0; i < size; i++) {
        if (x[i] != y[i]) {
            return x[i] - y[i];
        }
    }
    return 0;
}

size_t strlen(const char *text)
{
    size_t size = 0;

    while (text[size] != '\0') {
        size++;
    }
    return size;
}

struct sink {
    char *out;
    size_t size;
    size_t used;
};

static void sink_char(struct sink *sink, char c)
{
    if (sink->used + 1 < sink->size) {
        sink->out[sink->used++] = c;
    }
}

static void sink_text(struct sink *sink, const char *text, unsigned int width)
{
    size_t size = strlen(text);

    for (; size < width; width--) {
        sink_char(sink, ' ');
    }
    while (*text != '\0') {
        sink_char(sink, *text++);
    }
}

static void sink_number(struct sink *sink, uint64_t value, unsigned int base,
                        unsigned int width, char pad)
{
    char digits[24];
    unsigned int count = 0;

    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    for (; count < width; width--) {
        sink_char(sink, pad);
    }
    while (count > 0) {
        sink_char(sink, digits[--count]);
    }
}

static void sink_signed(struct sink *sink, int64_t value, unsigned int width)
{
    if (value < 0) {
        sink_char(sink, '-');
        value = -value;
    }
    sink_number(sink, (uint64_t)value, 10, width, ' ');
}

int format_text(char *out, size_t size, const char *format,
                __builtin_va_list args)
{
    struct sink sink = {.out = out, .size = size};

    for (; *format != '\0'; format++) {
        unsigned int width = 0;
        char pad = ' ';
        bool is_long = false;

        if (*format != '%') {
            sink_char(&sink, *format);
            continue;
        }
        format++;
        if (*format == '0') {
            pad = '0';
        }
        for (; *format >= '0' && *format <= '9'; format++) {
            width = width * 10 + (unsigned int)(*format - '0');
        }
        for (; *format == 'l'; format++) {
            is_long = true;
        }
        switch (*format) {
        case 's':
            sink_text(&sink, __builtin_va_arg(args, const char *), width);
            break;
        case 'c':
            sink_char(&sink, (char)__builtin_va_arg(args, int));
            break;
        case 'd':
            sink_signed(&sink,
                        is_long ? __builtin_va_arg(args, int64_t)
                                : __builtin_va_arg(args, int),
                        width);
            break;
        case 'p':
            is_long = true;
            /* fall through */
        case 'x':
        case 'u':
            sink_number(&sink,
                        is_long ? __builtin_va_arg(args, uint64_t)
                                : __builtin_va_arg(args, unsigned int),
                        *format == 'u' ? 10 : 16, width, pad);
            break;
        default:
            sink_char(&sink, *format);
            break;
        }
    }
    out[sink.used] = '\0';
    return (int)sink.used;
}

void print(const char *format, ...)
{
    char line[320];
    __builtin_va_list args;

    __builtin_va_start(args, format);
    int size = format_text(line, sizeof(line), format, args);
    __builtin_va_end(args);
    hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, size, line);
}
