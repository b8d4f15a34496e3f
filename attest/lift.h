/* SPDX-License-Identifier: MIT */
/*
 * Long strings of a JSON text, lifted out of it before a parser sees it: what
 * is left of each is "@" and its number. The parser that we use looks at every
 * character several times, and evidence is nearly all base64. A text that has a
 * string which begins with "@" itself, or with an escape, is left as it is.
 */
#ifndef VOUCH_ATTEST_LIFT_H
#define VOUCH_ATTEST_LIFT_H

#include "lib/bytes.h"

#define LIFT_MAX   16
#define LIFT_LEAST 256 /* bytes of a string that is lifted */

struct lift {
    struct bytes items[LIFT_MAX]; /* of the text that was given */
    size_t count;
};

/* out has room for as many bytes as the text has; returns those that are used.
 * What is lifted has neither quotes nor backslashes; nothing else is checked.
 */
size_t lift_strings(struct bytes text, uint8_t *out, struct lift *lift);

/* The string that this one stands for: itself, if it was not lifted. */
struct bytes lift_find(const struct lift *lift, struct bytes string);

#endif
