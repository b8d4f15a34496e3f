/* SPDX-License-Identifier: MIT */
/* One pass over the text, from quote to quote. */
#include "attest/lift.h"

#include <string.h>

#define MARK '@'

_Static_assert(LIFT_MAX <= 'z' - 'a' + 1, "a number is one letter");

struct pass {
    const uint8_t *at, *end;
    uint8_t *out;
};

static void copy_to(struct pass *pass, const uint8_t *until)
{
    size_t size = (size_t)(until - pass->at);
    memcpy(pass->out, pass->at, size);
    pass->out += size;
    pass->at = until;
}

static const uint8_t *find(const struct pass *pass, int character)
{
    const uint8_t *found =
        memchr(pass->at, character, (size_t)(pass->end - pass->at));
    return found != NULL ? found : pass->end;
}

/* Behind the opening quote: to the closing one, past those with a backslash. */
static const uint8_t *find_end(const struct pass *pass, bool *is_plain)
{
    const uint8_t *quote = find(pass, '"');
    *is_plain = memchr(pass->at, '\\', (size_t)(quote - pass->at)) == NULL;
    if (*is_plain) {
        return quote;
    }
    const uint8_t *at = pass->at;
    while (at < pass->end && *at != '"') {
        at += *at == '\\' && pass->end - at > 1 ? 2 : 1;
    }
    return at;
}

/* False if the text has a string as only we should make them, or one that may
 * be such a string in other words. */
static bool take_string(struct pass *pass, struct lift *lift)
{
    bool is_plain;
    const uint8_t *end = find_end(pass, &is_plain);
    size_t size = (size_t)(end - pass->at);
    if (size != 0 && (*pass->at == MARK || *pass->at == '\\')) {
        return false;
    }
    if (is_plain && end != pass->end && size >= LIFT_LEAST &&
        lift->count < LIFT_MAX) {
        *pass->out++ = MARK;
        *pass->out++ = (uint8_t)('a' + lift->count);
        lift->items[lift->count++] = bytes_of(pass->at, size);
        pass->at = end;
    }
    copy_to(pass, end != pass->end ? end + 1 : end);
    return true;
}

size_t lift_strings(struct bytes text, uint8_t *out, struct lift *lift)
{
    struct pass pass = {
        .at = text.data, .end = text.data + text.size, .out = out};
    lift->count = 0;
    while (pass.at < pass.end) {
        const uint8_t *quote = find(&pass, '"');
        copy_to(&pass, quote != pass.end ? quote + 1 : quote);
        if (pass.at < pass.end && !take_string(&pass, lift)) {
            memcpy(out, text.data, text.size);
            lift->count = 0;
            return text.size;
        }
    }
    return (size_t)(pass.out - out);
}

struct bytes lift_find(const struct lift *lift, struct bytes string)
{
    if (string.size == 2 && string.data[0] == MARK && string.data[1] >= 'a' &&
        string.data[1] - 'a' < (int)lift->count) {
        return lift->items[string.data[1] - 'a'];
    }
    return string;
}
