/* SPDX-License-Identifier: MIT */
/* Text that grows. A failure to allocate stops the program: the tools that
 * build text from files have nothing sensible left to do then. */
#ifndef VOUCH_ATTEST_TEXT_H
#define VOUCH_ATTEST_TEXT_H

#include "lib/bytes.h"

struct text {
    char *data; /* ends in NUL, not counted in size; NULL while empty */
    size_t size;
};

void text_add(struct text *text, struct bytes more);
void text_add_string(struct text *text, const char *more);
void text_add_char(struct text *text, char more);
void text_free(struct text *text);
/* A copy with a NUL behind it, to be given to free. */
char *text_copy(struct bytes from);

static inline struct bytes text_bytes(const struct text *text)
{
    return bytes_of(text->data, text->size);
}

#endif
