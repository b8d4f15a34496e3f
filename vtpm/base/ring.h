/* SPDX-License-Identifier: MIT */
/*
 * A ring of bytes that another domain shares. Indexes run free, modulo 2^32;
 * where a byte lies is its index modulo the size. Our own index is kept where
 * only we can write; the peer's is a claim, read once and checked here.
 */
#ifndef VOUCH_VTPM_BASE_RING_H
#define VOUCH_VTPM_BASE_RING_H

#include "lib/bytes.h"

#define RING_PIECES 4

/* The memory, in pieces that need not be neighbours; all sizes are powers of
 * two. */
struct ring {
    uint8_t *pieces[RING_PIECES];
    uint32_t piece_size, size;
};

/* How much was produced and not consumed. False: no ring can hold that. */
NODISCARD static inline bool ring_used(const struct ring *ring,
                                       uint32_t produced, uint32_t consumed,
                                       uint32_t *out)
{
    uint32_t used = produced - consumed;

    if (used > ring->size) {
        return false;
    }
    *out = used;
    return true;
}

/* The bytes from an index on, up to the end of the piece that they are in. */
static inline uint8_t *ring_run(const struct ring *ring, uint32_t index,
                                uint32_t *run)
{
    uint32_t place = index & (ring->size - 1);
    uint32_t inside = place & (ring->piece_size - 1);

    *run = ring->piece_size - inside;
    return ring->pieces[place / ring->piece_size] + inside;
}

/* Both copy what was shown to be there, or to have room: at most size. */
static inline void ring_copy_in(const struct ring *ring, uint32_t index,
                                struct bytes from)
{
    while (from.size != 0) {
        uint32_t run;
        uint8_t *to = ring_run(ring, index, &run);
        size_t size = from.size < run ? from.size : run;

        memcpy(to, from.data, size);
        from = bytes_of(from.data + size, from.size - size);
        index += (uint32_t)size;
    }
}

static inline void ring_copy_out(const struct ring *ring, uint32_t index,
                                 uint8_t *to, uint32_t size)
{
    while (size != 0) {
        uint32_t run;
        const uint8_t *from = ring_run(ring, index, &run);
        uint32_t part = size < run ? size : run;

        memcpy(to, from, part);
        to += part;
        index += part;
        size -= part;
    }
}

#endif
