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

/* A word that there is: how its value is read, and where it goes. */
struct word {
    const char *name;
    bool (*set)(const struct word *word, struct bytes value,
                struct cmdline *out);
    size_t field;                /* of struct cmdline, for the general ones */
    const char *const *choices;  /* in the order of their enumeration */
    uint32_t most;
};

static void *field_of(const struct word *word, struct cmdline *out)
{
    return (uint8_t *)out + word->field;
}

/* console=com1[,baud] | none */
static bool set_console(const struct word *word, struct bytes value,
                        struct cmdline *out)
{
    struct bytes rest;
    if (bytes_equal(value, bytes_of_text("none"))) {
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
static bool set_size(const struct word *word, struct bytes value,
                     struct cmdline *out)
{
    static const char units[] = "KMG";
    uint64_t number, unit = 1024;
    uint8_t last = value.size == 0 ? 0 : value.data[value.size - 1];
    for (size_t i = 0; units[i] != '\0'; i++) {
        if (last == units[i] || last == units[i] + ('a' - 'A')) {
            unit = UINT64_C(1024) << (10 * i);
            value.size--;
        }
    }
    return text_parse_decimal(value, &number) && number != 0 &&
           checked_mul_u64(number, unit, field_of(word, out));
}

static bool set_count(const struct word *word, struct bytes value,
                      struct cmdline *out)
{
    uint64_t number;
    if (!text_parse_decimal(value, &number) || number == 0 ||
        number > word->most) {
        return false;
    }
    *(uint32_t *)field_of(word, out) = (uint32_t)number;
    return true;
}

static bool set_choice(const struct word *word, struct bytes value,
                       struct cmdline *out)
{
    for (uint32_t i = 0; word->choices[i] != NULL; i++) {
        if (bytes_equal(value, bytes_of_text(word->choices[i]))) {
            memcpy(field_of(word, out), &i, sizeof(i));
            return true;
        }
    }
    return false;
}

static bool set_no_reboot(const struct word *word, struct bytes value,
                          struct cmdline *out)
{
    out->no_reboot = true;
    return true;
}

static bool parse_digest(struct bytes text, struct sha256_digest *out)
{
    return text_parse_hex(text, out->bytes, sizeof(out->bytes));
}

/* The one word that may come more than once, each time with another image. */
static bool set_vtpm(const struct word *word, struct bytes value,
                     struct cmdline *out)
{
    struct sha256_digest digest;
    if (out->vtpm_count == CMDLINE_MAX_VTPM || !parse_digest(value, &digest)) {
        return false;
    }
    for (size_t i = 0; i < out->vtpm_count; i++) {
        if (sha256_equal(&out->vtpm[i], &digest)) {
            return false;
        }
    }
    out->vtpm[out->vtpm_count++] = digest;
    return true;
}

static bool set_state(const struct word *word, struct bytes value,
                      struct cmdline *out)
{
    out->has_state = parse_digest(value, &out->state);
    return out->has_state;
}

/* tboot=..., which tboot appends for kernels that go back to it. */
static bool ignore(const struct word *word, struct bytes value,
                   struct cmdline *out)
{
    return true;
}

static const char *const levels[] = {"error", "warning", "info", "all", NULL};
static const char *const modes[] = {"enforcing", "permissive", NULL};
static const char *const tpms[] = {"auto", "tis", "crb", "off", NULL};

#define FIELD(name) .field = offsetof(struct cmdline, name)
static const struct word words[] = {
    {.name = "console", .set = set_console},
    {"dom0_mem", set_size, FIELD(dom0_memory)},
    {"dom0_max_vcpus", set_count, FIELD(dom0_max_vcpus), .most = MAX_VCPUS},
    {"maxcpus", set_count, FIELD(max_cpus), .most = MAX_CPUS},
    {"loglvl", set_choice, FIELD(log_level), .choices = levels},
    {"policy", set_choice, FIELD(policy), .choices = modes},
    {"tpm", set_choice, FIELD(tpm), .choices = tpms},
    {.name = "vtpm", .set = set_vtpm},
    {.name = "state", .set = set_state},
    {.name = "noreboot", .set = set_no_reboot},
    {.name = "tboot", .set = ignore},
};
_Static_assert(sizeof(enum cmdline_tpm) == sizeof(uint32_t), "set_choice()");

/* Is text this word, with "=value" exactly if it takes one? */
static bool matches(struct bytes text, const struct word *word,
                    struct bytes *value)
{
    if (!text_take_prefix(text, word->name, value)) {
        return false;
    }
    return word->set == set_no_reboot ? value->size == 0
                                      : text_take_prefix(*value, "=", value);
}

static enum cmdline_status set_word(struct bytes word, struct cmdline *out,
                                    uint32_t *seen)
{
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        struct bytes value;
        if (!matches(word, &words[i], &value)) {
            continue;
        }
        if ((*seen & UINT32_C(1) << i) != 0 && words[i].set != set_vtpm) {
            return CMDLINE_DUPLICATE;
        }
        *seen |= UINT32_C(1) << i;
        return words[i].set(&words[i], value, out) ? CMDLINE_OK : CMDLINE_BAD_VALUE;
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
