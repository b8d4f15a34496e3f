/* SPDX-License-Identifier: MIT */
/*
 * Bytes travel with their size: struct bytes to read, struct buffer to fill.
 * A cursor takes numbers and runs out of bytes, a writer puts them into a
 * buffer. Both remember the first failure, so a parser may take a whole record
 * and look once; after a failure everything taken is zero or empty, and a
 * failed writer leaves its buffer as it was.
 */
#ifndef VOUCH_LIB_BYTES_H
#define VOUCH_LIB_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attributes.h"
#include "lib/string.h"

struct bytes {
    const uint8_t *data;
    size_t size;
};

struct buffer {
    uint8_t *data;
    size_t size; /* capacity */
    size_t used;
};

static inline struct bytes bytes_of(const void *data, size_t size)
{
    return (struct bytes){.data = data, .size = size};
}

/* The characters of text, without its NUL. */
static inline struct bytes bytes_of_text(const char *text)
{
    return bytes_of(text, strlen(text));
}

static inline struct bytes bytes_none(void)
{
    return (struct bytes){.data = NULL, .size = 0};
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size &&
           (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Is whole[offset, offset + size) all there? Then *out is it. */
NODISCARD static inline bool bytes_slice(struct bytes whole, size_t offset,
                                         size_t size, struct bytes *out)
{
    if (offset > whole.size || size > whole.size - offset) {
        return false;
    }
    *out = bytes_of(size == 0 ? NULL : whole.data + offset, size);
    return true;
}

static inline struct bytes buffer_bytes(const struct buffer *buffer)
{
    return bytes_of(buffer->data, buffer->used);
}

static inline struct buffer buffer_over(void *data, size_t size)
{
    return (struct buffer){.data = data, .size = size, .used = 0};
}

static inline size_t buffer_room(const struct buffer *buffer)
{
    return buffer->size - buffer->used;
}

/* ---- reading ---- */

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

static inline uint64_t take_be64(struct cursor *cursor)
{
    return take_big(cursor, 8);
}

/* ---- writing ---- */

struct writer {
    struct buffer *out;
    size_t start; /* out->used when the writer began */
    bool failed;  /* something did not fit */
};

static inline struct writer writer_begin(struct buffer *out)
{
    return (struct writer){.out = out, .start = out->used, .failed = false};
}

/* True if all that was put is there; if not, nothing is. */
NODISCARD static inline bool writer_end(struct writer *writer)
{
    if (writer->failed) {
        writer->out->used = writer->start;
    }
    return !writer->failed;
}

static inline size_t writer_written(const struct writer *writer)
{
    return writer->out->used - writer->start;
}

static inline void put_bytes(struct writer *writer, struct bytes bytes)
{
    struct buffer *out = writer->out;
    if (writer->failed || bytes.size > out->size - out->used) {
        writer->failed = true;
        return;
    }
    if (bytes.size != 0) {
        memcpy(out->data + out->used, bytes.data, bytes.size);
    }
    out->used += bytes.size;
}

static inline void put_u8(struct writer *writer, uint8_t value)
{
    put_bytes(writer, bytes_of(&value, 1));
}

static inline void put_little(struct writer *writer, uint64_t value,
                              size_t size)
{
    for (size_t i = 0; i < size; i++) {
        put_u8(writer, (uint8_t)(value >> (8 * i)));
    }
}

static inline void put_big(struct writer *writer, uint64_t value, size_t size)
{
    for (size_t i = size; i > 0; i--) {
        put_u8(writer, (uint8_t)(value >> (8 * (i - 1))));
    }
}

static inline void put_le16(struct writer *writer, uint16_t value)
{
    put_little(writer, value, 2);
}

static inline void put_le32(struct writer *writer, uint32_t value)
{
    put_little(writer, value, 4);
}

static inline void put_le64(struct writer *writer, uint64_t value)
{
    put_little(writer, value, 8);
}

static inline void put_be16(struct writer *writer, uint16_t value)
{
    put_big(writer, value, 2);
}

static inline void put_be32(struct writer *writer, uint32_t value)
{
    put_big(writer, value, 4);
}

static inline void put_be64(struct writer *writer, uint64_t value)
{
    put_big(writer, value, 8);
}

/* Overwrite the big-endian number put earlier at offset (counted from the
 * writer's start): a size that is known only at the end. */
static inline void put_be32_at(struct writer *writer, size_t offset,
                               uint32_t value)
{
    if (writer->failed || writer_written(writer) < 4 ||
        offset > writer_written(writer) - 4) {
        writer->failed = true;
        return;
    }
    uint8_t *at = writer->out->data + writer->start + offset;
    for (size_t i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (8 * (3 - i)));
    }
}

#endif
