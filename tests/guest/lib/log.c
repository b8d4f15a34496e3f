/* SPDX-License-Identifier: MIT */
/* See log.h. */
#include "log.h"

#define TEXT_SIZE 65536u

static char text[TEXT_SIZE + 1];
static uint32_t text_size, position;

static uint32_t read_some(char *to, uint32_t size)
{
    struct xen_sysctl op = {
        .cmd = XEN_SYSCTL_readconsole,
        .interface_version = XEN_SYSCTL_INTERFACE_VERSION,
        .u.readconsole = {.incremental = 1, .index = position, .count = size},
    };

    set_xen_guest_handle(op.u.readconsole.buffer, to);
    if (hypercall(__HYPERVISOR_sysctl, &op) != 0) {
        guest_fail("readconsole");
    }
    position = op.u.readconsole.index;
    return op.u.readconsole.count;
}

void log_new(void)
{
    uint32_t size;

    text_size = 0;
    do {
        size = read_some(text + text_size, TEXT_SIZE - text_size);
        text_size += size;
    } while (size != 0 && text_size < TEXT_SIZE);
    text[text_size] = '\0';
}

unsigned int log_count(const char *what)
{
    size_t size = strlen(what);
    unsigned int count = 0;

    for (uint32_t i = 0; i + size <= text_size; i++) {
        count += memcmp(text + i, what, size) == 0;
    }
    return count;
}

bool log_has(const char *format, ...)
{
    char what[256];
    __builtin_va_list args;

    __builtin_va_start(args, format);
    format_text(what, sizeof(what), format, args);
    __builtin_va_end(args);
    return log_count(what) != 0;
}

static unsigned int number_at(const char *digits)
{
    unsigned int number = 0;

    while (*digits >= '0' && *digits <= '9') {
        number = number * 10 + (unsigned int)(*digits++ - '0');
    }
    return number;
}

unsigned int log_sum(const char *what)
{
    size_t size = strlen(what);
    unsigned int sum = 0;

    for (uint32_t i = 0; i + size <= text_size; i++) {
        if (memcmp(text + i, what, size) == 0) {
            sum += number_at(text + i + size);
        }
    }
    return sum;
}
