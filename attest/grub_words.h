/* SPDX-License-Identifier: MIT */
/*
 * One statement of a GRUB script as the words GRUB would execute: quotes
 * taken off, variables put in, as GRUB 2.06 does. What we do not model
 * (backslashes, wildcards, pipes) is an error, never a guess.
 */
#ifndef VOUCH_ATTEST_GRUB_WORDS_H
#define VOUCH_ATTEST_GRUB_WORDS_H

#include "attest/text.h"

#define GRUB_MAX_WORDS 128

struct grub_words {
    size_t count;
    struct text words[GRUB_MAX_WORDS];
    size_t start, end;             /* of the statement, in the script */
    size_t block_start, block_end; /* of { ... } with its braces, or 0, 0 */
    size_t line;                   /* of its first word, from 1 */
    const char *error;             /* set if the statement was not understood */
};

struct grub_variables {
    void *context;
    /* Empty if there is no such variable; NULL if its value is not known
     * before the boot. */
    const char *(*get)(void *context, struct bytes name);
};

/* The statement at *offset, which moves behind it. False at the end of the
 * script or after an error. The words are to be given to grub_words_free. */
NODISCARD bool grub_words_next(struct bytes script, size_t *offset,
                               const struct grub_variables *variables,
                               struct grub_words *out);
void grub_words_free(struct grub_words *words);

#endif
