/* SPDX-License-Identifier: MIT */
/*
 * Bytes travel with their size: struct bytes to read, struct buffer to fill.
 * Include lib/bytes.h.
 */
#ifndef VOUCH_LIB_SPAN_H
#define VOUCH_LIB_SPAN_H

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

#endif
