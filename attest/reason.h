/* SPDX-License-Identifier: MIT */
/*
 * The reasons for a refusal and the exit status each leads to. Functions that
 * check return one of these; REASON_NONE means that nothing was wrong.
 */
#ifndef VOUCH_ATTEST_REASON_H
#define VOUCH_ATTEST_REASON_H

/* Also the exit status of `vouch verify`. */
enum reason_class {
    REASON_CLASS_TRUSTED = 0,
    REASON_CLASS_UNTRUSTED = 1,
    REASON_CLASS_MALFORMED = 2,
    REASON_CLASS_STALE = 3,
};

enum reason {
#define REASON(id, code, class, meaning) REASON_##id,
#include "attest/reason.def"
#undef REASON
    REASON_COUNT
};

/* The stable name, such as "quote-magic". */
const char *reason_code(enum reason reason);
/* One clause for people. */
const char *reason_meaning(enum reason reason);
enum reason_class reason_class(enum reason reason);

#endif
