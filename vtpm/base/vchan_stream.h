/* SPDX-License-Identifier: MIT */
/*
 * The server's side of the memory of one libxenvchan channel, laid out as in
 * xen/io/libxenvchan.h: a page of indexes and flags, and a ring each way. The
 * client may write anything there at any time; our own indexes are kept here.
 */
#ifndef VOUCH_VTPM_BASE_VCHAN_STREAM_H
#define VOUCH_VTPM_BASE_VCHAN_STREAM_H

#include "vtpm/base/ring.h"

#define VCHAN_ORDER 14 /* of each ring: its size is 2^14 */
#define VCHAN_PAGES 4  /* in each ring */

/* Clients write the first two, libxenvchan's servers the third. Ours replaces a
 * client's mark when it meets it, so that one who comes in the place of another
 * is not taken for the same. */
enum vchan_live {
    VCHAN_GONE = 0,
    VCHAN_NEW = 1,
    VCHAN_EXPECTED = 2, /* the client was not there yet */
    VCHAN_CONNECTED = 3,
};

/* Wishes to be notified when data ... */
enum vchan_notify {
    VCHAN_WRITTEN = 1, /* ... is written, so that it can be read */
    VCHAN_READ = 2,    /* ... is read, so that there is room */
};

struct vchan_indexes {
    uint32_t consumed, produced;
};

struct vchan_shared {
    struct vchan_indexes left, right; /* the client writes left, we right */
    uint16_t left_order, right_order;
    uint8_t client_live, server_live;
    uint8_t client_notify, server_notify; /* what each side is to tell */
    uint32_t grants[2 * VCHAN_PAGES];     /* the pages of left, then right */
};

struct vchan_stream {
    struct vchan_shared *shared;
    struct ring in, out;
    uint32_t consumed, produced;
};

/* Empty, with a client expected. The memory's grants are put by the caller. */
void vchan_stream_reset(struct vchan_stream *stream);

enum vchan_live vchan_stream_client(const struct vchan_stream *stream);
/* Meets a new client. False: it is gone again. */
NODISCARD bool vchan_stream_greet(struct vchan_stream *stream);

/* How much can be read or written now; if nothing, the client is asked to
 * notify us. False: its index cannot be. */
NODISCARD bool vchan_stream_readable(struct vchan_stream *stream,
                                     uint32_t *size);
NODISCARD bool vchan_stream_room(struct vchan_stream *stream, uint32_t *size);

/* At most as much as that. True: the client wants to be notified now. */
bool vchan_stream_take(struct vchan_stream *stream, uint8_t *to, uint32_t size);
bool vchan_stream_put(struct vchan_stream *stream, struct bytes from);

#endif
