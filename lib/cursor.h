/* SPDX-License-Identifier: MIT */
/*
 * Taking numbers out of bytes. A cursor remembers that something was asked for
 * that was not there: from then on everything taken is zero or empty, so a
 * parser may take a whole record and look once. Include lib/bytes.h.
 */
#ifndef VOUCH_LIB_CURSOR_H
#define VOUCH_LIB_CURSOR_H

#include "lib/span.h"

struct cursor {
    struct bytes all;
    size_t offset;
    bool failed; /* something was asked for that was not there */
};

static inline struct cursor cursor_over(struct bytes all)
{
    return (struct cursor){.all = all, .offset = 0, .failed = false};
}

static inline size_t cursor_remaining(const struct cursor *cursor)
{
    return cursor->failed ? 0 : cursor->all.size - cursor->offset;
}

/* All was taken, and all that was taken was there. */
static inline bool cursor_is_done(const struct cursor *cursor)
{
    return !cursor->failed && cursor->offset == cursor->all.size;
}

static inline struct bytes take_bytes(struct cursor *cursor, size_t size)
{
    struct bytes taken = bytes_none();
    if (cursor->failed ||
        !bytes_slice(cursor->all, cursor->offset, size, &taken)) {
        cursor->failed = true;
        return bytes_none();
    }
    cursor->offset += size;
    return taken;
}

static inline void take_skip(struct cursor *cursor, size_t size)
{
    (void)take_bytes(cursor, size);
}

/* size is at most 8. */
static inline uint64_t take_little(struct cursor *cursor, size_t size)
{
    struct bytes taken = take_bytes(cursor, size);
    uint64_t value = 0;
    for (size_t i = taken.size; i > 0; i--) {
        value = value << 8 | taken.data[i - 1];
    }
    return value;
}

static inline uint64_t take_big(struct cursor *cursor, size_t size)
{
    struct bytes taken = take_bytes(cursor, size);
    uint64_t value = 0;
    for (size_t i = 0; i < taken.size; i++) {
        value = value << 8 | taken.data[i];
    }
    return value;
}

static inline uint8_t take_u8(struct cursor *cursor)
{
    return (uint8_t)take_little(cursor, 1);
}

static inline uint16_t take_le16(struct cursor *cursor)
{
    return (uint16_t)take_little(cursor, 2);
}

static inline uint32_t take_le32(struct cursor *cursor)
{
    return (uint32_t)take_little(cursor, 4);
}

static inline uint64_t take_le64(struct cursor *cursor)
{
    return take_little(cursor, 8);
}

static inline uint16_t take_be16(struct cursor *cursor)
{
    return (uint16_t)take_big(cursor, 2);
}

static inline uint32_t take_be32(struct cursor *cursor)
{
    return (uint32_t)take_big(cursor, 4);
}

#endif
