/* SPDX-License-Identifier: MIT */
/* The table that reason.def makes, and its columns. */
#include "attest/reason.h"

static const struct {
    const char *code, *meaning;
    enum reason_class class;
} reasons[REASON_COUNT] = {
#define REASON(id, code, class, meaning)                                       \
    [REASON_##id] = {code, meaning, REASON_CLASS_##class},
#include "attest/reason.def"
#undef REASON
};

const char *reason_code(enum reason reason)
{
    return reasons[reason].code;
}

const char *reason_meaning(enum reason reason)
{
    return reasons[reason].meaning;
}

enum reason_class reason_class(enum reason reason)
{
    return reasons[reason].class;
}
