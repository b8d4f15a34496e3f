/* SPDX-License-Identifier: MIT */
/*
 * A client of xenstore over the ring that the toolstack gave the domain. dom0
 * is at its other end and may write anything there: an index or a message that
 * cannot be ends the client for good, with one line on the console. Requests
 * wait for their answer, for a bounded time. Paths without a leading slash are
 * under the domain's own. Results are 0 or a negated errno.
 */
#ifndef VOUCH_VTPM_BASE_XENSTORE_H
#define VOUCH_VTPM_BASE_XENSTORE_H

#include "lib/bytes.h"
#include "vtpm/base/kernel.h"

#define XENSTORE_TEXT_SIZE 128

struct xenstore_text {
    char text[XENSTORE_TEXT_SIZE];
};

/* A path or value, "backend/vtpm/%u" and the like. One that is too long is
 * empty, which is a path that xenstore refuses. */
struct xenstore_text xenstore_text_of(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Takes the ring up; asked again, the answer is the same. -ENOENT: the
 * toolstack gave none. */
NODISCARD int xenstore_start(void);

/* What is read is appended; -ENOSPC if there is no room. */
NODISCARD int xenstore_read(const char *path, struct buffer *value);
/* Decimal numbers; anything else is -EINVAL. */
NODISCARD int xenstore_read_number(const char *path, uint64_t *value);
NODISCARD int xenstore_write(const char *path, const char *value);
NODISCARD int xenstore_write_number(const char *path, uint64_t value);
NODISCARD int xenstore_mkdir(const char *path);
NODISCARD int xenstore_rm(const char *path);
/* The names in it, each with a NUL behind (xs_next_name()). */
NODISCARD int xenstore_directory(const char *path, struct buffer *names);

/* From now on xenstore_take_change() tells of changes there and below; the
 * first comes at once. One number for one path, below this: */
#define XENSTORE_WATCHES 32
NODISCARD int xenstore_watch(const char *path, unsigned int number);
NODISCARD int xenstore_unwatch(const char *path, unsigned int number);
/* Did it change since this was last asked? Never waits. */
bool xenstore_take_change(unsigned int number);

#endif
