/* SPDX-License-Identifier: MIT */
/*
 * Putting numbers into a buffer. A writer remembers that something did not
 * fit, and then leaves the buffer as it was. Include lib/bytes.h.
 */
#ifndef VOUCH_LIB_WRITER_H
#define VOUCH_LIB_WRITER_H

#include "lib/span.h"

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
    uint8_t *place = writer->out->data + writer->start + offset;
    for (size_t i = 0; i < 4; i++) {
        place[i] = (uint8_t)(value >> (8 * (3 - i)));
    }
}

#endif
