/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's command line, word by word: a table of the words there are,
 * and one function per kind of value. Never guesses.
 */
#include "hv/boot/cmdline.h"

#include "lib/checked.h"
#include "lib/text.h"

#define MIN_BAUD  300
#define MAX_BAUD  115200 /* divided by a whole number */
#define MAX_VCPUS 32     /* public/xen.h, XEN_LEGACY_MAX_VCPUS */
#define MAX_CPUS  256

static bool equals(struct bytes text, const char *word)
{
    return bytes_equal(text, bytes_of_text(word));
}

/* console=com1[,baud] | none */
static bool set_console(struct bytes value, struct cmdline *out)
{
    struct bytes rest;
    if (equals(value, "none")) {
        out->console_port = 0;
        return true;
    }
    if (!text_take_prefix(value, "com", &rest) || rest.size == 0 ||
        rest.data[0] < '1' || rest.data[0] > '4') {
        return false;
    }
    out->console_port = (unsigned)(rest.data[0] - '0');
    if (rest.size == 1) {
        return true;
    }
    uint64_t baud;
    struct bytes number = bytes_of(rest.data + 2, rest.size - 2);
    if (rest.data[1] != ',' || !text_parse_decimal(number, &baud) ||
        baud < MIN_BAUD || MAX_BAUD % baud != 0) {
        return false;
    }
    out->console_baud = (uint32_t)baud;
    return true;
}

/* <n>[K|M|G]; a bare number is KiB, as for Xen. */
static bool parse_size(struct bytes value, uint64_t *out)
{
    const uint64_t kilo = 1024;
    uint64_t number, unit = kilo;
    if (value.size == 0) {
        return false;
    }
    uint8_t last = value.data[value.size - 1];
    struct bytes digits = bytes_of(value.data, value.size - 1);
    switch (last) {
    case 'k':
    case 'K':
        break;
    case 'm':
    case 'M':
        unit *= kilo;
        break;
    case 'g':
    case 'G':
        unit *= kilo * kilo;
        break;
    default:
        digits = value;
        break;
    }
    return text_parse_decimal(digits, &number) && number != 0 &&
           checked_mul_u64(number, unit, out);
}

static bool set_dom0_memory(struct bytes value, struct cmdline *out)
{
    return parse_size(value, &out->dom0_memory);
}

static bool parse_count(struct bytes value, uint32_t most, uint32_t *out)
{
    uint64_t number;
    if (!text_parse_decimal(value, &number) || number == 0 || number > most) {
        return false;
    }
    *out = (uint32_t)number;
    return true;
}

static bool set_dom0_max_vcpus(struct bytes value, struct cmdline *out)
{
    return parse_count(value, MAX_VCPUS, &out->dom0_max_vcpus);
}

static bool set_max_cpus(struct bytes value, struct cmdline *out)
{
    return parse_count(value, MAX_CPUS, &out->max_cpus);
}

/* The number of value among choices, or -1; the enumerations of cmdline.h are
 * in this order. */
static int choose(struct bytes value, const char *const *choices, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (equals(value, choices[i])) {
            return (int)i;
        }
    }
    return -1;
}

static bool set_log_level(struct bytes value, struct cmdline *out)
{
    static const char *const levels[] = {"error", "warning", "info", "all"};
    int level = choose(value, levels, ARRAY_SIZE(levels));
    out->log_level = (enum cmdline_log_level)level;
    return level >= 0;
}

static bool set_policy(struct bytes value, struct cmdline *out)
{
    static const char *const modes[] = {"enforcing", "permissive"};
    int mode = choose(value, modes, ARRAY_SIZE(modes));
    out->policy = (enum cmdline_policy)mode;
    return mode >= 0;
}

static bool set_tpm(struct bytes value, struct cmdline *out)
{
    static const char *const kinds[] = {"auto", "tis", "crb", "off"};
    int kind = choose(value, kinds, ARRAY_SIZE(kinds));
    out->tpm = (enum cmdline_tpm)kind;
    return kind >= 0;
}

static bool set_no_reboot(struct bytes value, struct cmdline *out)
{
    out->no_reboot = value.size == 0;
    return true;
}

/* tboot=0x<hex>, the page that a measured launch by tboot leaves. */
static bool set_tboot(struct bytes value, struct cmdline *out)
{
    struct bytes digits;
    uint64_t page = 0;
    if (!text_take_prefix(value, "0x", &digits) || digits.size == 0 ||
        digits.size > 16) {
        return false;
    }
    for (size_t i = 0; i < digits.size; i++) {
        uint8_t digit = digits.data[i];
        if (digit >= '0' && digit <= '9') {
            page = page << 4 | (uint64_t)(digit - '0');
        } else if (digit >= 'a' && digit <= 'f') {
            page = page << 4 | (uint64_t)(digit - 'a' + 10);
        } else {
            return false;
        }
    }
    out->has_tboot = true;
    out->tboot_page = page;
    return true;
}

static const struct {
    const char *name;
    bool takes_value;
    bool (*set)(struct bytes value, struct cmdline *out);
} words[] = {
    {"console", true, set_console},
    {"dom0_mem", true, set_dom0_memory},
    {"dom0_max_vcpus", true, set_dom0_max_vcpus},
    {"maxcpus", true, set_max_cpus},
    {"loglvl", true, set_log_level},
    {"policy", true, set_policy},
    {"tpm", true, set_tpm},
    {"noreboot", false, set_no_reboot},
    {"tboot", true, set_tboot},
};

/* Is word this name, with "=value" exactly if it takes one? */
static bool matches(struct bytes word, size_t index, struct bytes *value)
{
    struct bytes rest;
    if (!text_take_prefix(word, words[index].name, &rest)) {
        return false;
    }
    *value = rest;
    return words[index].takes_value ? text_take_prefix(rest, "=", value)
                                    : rest.size == 0;
}

static enum cmdline_status set_word(struct bytes word, struct cmdline *out,
                                    uint32_t *seen)
{
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        struct bytes value;
        if (!matches(word, i, &value)) {
            continue;
        }
        if ((*seen & UINT32_C(1) << i) != 0) {
            return CMDLINE_DUPLICATE;
        }
        *seen |= UINT32_C(1) << i;
        return words[i].set(value, out) ? CMDLINE_OK : CMDLINE_BAD_VALUE;
    }
    return CMDLINE_UNKNOWN_WORD;
}

/* The first word of *rest, which then starts behind it; empty at the end. */
static struct bytes next_word(struct bytes *rest)
{
    size_t start = 0;
    while (start < rest->size && rest->data[start] == ' ') {
        start++;
    }
    size_t end = start;
    while (end < rest->size && rest->data[end] != ' ') {
        end++;
    }
    struct bytes word = bytes_of(rest->data + start, end - start);
    *rest = bytes_of(rest->data + end, rest->size - end);
    return word;
}

struct bytes cmdline_strip_path(struct bytes text)
{
    if (text.size == 0) {
        return text;
    }
    struct bytes rest = text;
    struct bytes first = next_word(&rest);
    if (first.size == 0 || first.data[0] != '/') {
        rest = text;
    }
    while (rest.size != 0 && rest.data[0] == ' ') {
        rest = bytes_of(rest.data + 1, rest.size - 1);
    }
    while (rest.size != 0 && rest.data[rest.size - 1] == ' ') {
        rest.size--;
    }
    return rest;
}

enum cmdline_status cmdline_parse(struct bytes text, struct cmdline *out,
                                  struct bytes *word)
{
    struct cmdline parsed = {.console_port = 1,
                             .log_level = CMDLINE_LOG_INFO,
                             .policy = CMDLINE_ENFORCING,
                             .tpm = CMDLINE_TPM_AUTO};
    uint32_t seen = 0;
    struct bytes rest = cmdline_strip_path(text);
    *word = bytes_none();
    if (rest.size > CMDLINE_MAX_SIZE) {
        return CMDLINE_TOO_LONG;
    }
    while (rest.size != 0) {
        *word = next_word(&rest);
        if (word->size == 0) {
            break;
        }
        if (!text_is_printable(*word)) {
            return CMDLINE_NOT_TEXT;
        }
        enum cmdline_status status = set_word(*word, &parsed, &seen);
        if (status != CMDLINE_OK) {
            return status;
        }
    }
    *out = parsed;
    return CMDLINE_OK;
}

STATUS_TEXT(cmdline_status, CMDLINE_STATUS, "unknown command line status")
