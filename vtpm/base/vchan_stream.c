/* SPDX-License-Identifier: MIT */
/*
 * See vchan_stream.h. Each side keeps the wishes that the other is to fulfil:
 * who wants to hear of something sets a bit there, and then looks once more;
 * who did something clears the bit, and notifies if it was set.
 */
#include "vtpm/base/vchan_stream.h"

#include "vtpm/base/kernel.h"

void vchan_stream_reset(struct vchan_stream *stream)
{
    struct vchan_shared *shared = stream->shared;

    stream->consumed = 0;
    stream->produced = 0;
    WRITE_ONCE(shared->left.consumed, 0);
    WRITE_ONCE(shared->left.produced, 0);
    WRITE_ONCE(shared->right.consumed, 0);
    WRITE_ONCE(shared->right.produced, 0);
    WRITE_ONCE(shared->left_order, VCHAN_ORDER);
    WRITE_ONCE(shared->right_order, VCHAN_ORDER);
    WRITE_ONCE(shared->client_notify, VCHAN_WRITTEN);
    WRITE_ONCE(shared->server_notify, 0);
    WRITE_ONCE(shared->server_live, 1);
    memory_barrier();
    WRITE_ONCE(shared->client_live, VCHAN_EXPECTED);
}

enum vchan_live vchan_stream_client(const struct vchan_stream *stream)
{
    switch (READ_ONCE(stream->shared->client_live)) {
    case VCHAN_EXPECTED:
        return VCHAN_EXPECTED;
    case VCHAN_NEW:
        return VCHAN_NEW;
    case VCHAN_CONNECTED:
        return VCHAN_CONNECTED;
    default:
        return VCHAN_GONE;
    }
}

bool vchan_stream_greet(struct vchan_stream *stream)
{
    uint8_t expected = VCHAN_NEW;

    return __atomic_compare_exchange_n(&stream->shared->client_live, &expected,
                                       VCHAN_CONNECTED, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

static void wish(struct vchan_stream *stream, uint8_t what)
{
    __atomic_fetch_or(&stream->shared->client_notify, what, __ATOMIC_SEQ_CST);
}

static bool is_wished(struct vchan_stream *stream, uint8_t what)
{
    return (__atomic_fetch_and(&stream->shared->server_notify, (uint8_t)~what,
                               __ATOMIC_SEQ_CST) &
            what) != 0;
}

static bool look_readable(struct vchan_stream *stream, uint32_t *size)
{
    return ring_used(&stream->in, READ_ONCE(stream->shared->left.produced),
                     stream->consumed, size);
}

bool vchan_stream_readable(struct vchan_stream *stream, uint32_t *size)
{
    if (!look_readable(stream, size)) {
        return false;
    }
    if (*size == 0) {
        wish(stream, VCHAN_WRITTEN);
        return look_readable(stream, size);
    }
    return true;
}

static bool look_room(struct vchan_stream *stream, uint32_t *size)
{
    uint32_t used;

    if (!ring_used(&stream->out, stream->produced,
                   READ_ONCE(stream->shared->right.consumed), &used)) {
        return false;
    }
    *size = stream->out.size - used;
    return true;
}

bool vchan_stream_room(struct vchan_stream *stream, uint32_t *size)
{
    if (!look_room(stream, size)) {
        return false;
    }
    if (*size == 0) {
        wish(stream, VCHAN_READ);
        return look_room(stream, size);
    }
    return true;
}

bool vchan_stream_take(struct vchan_stream *stream, uint8_t *to, uint32_t size)
{
    memory_barrier();
    ring_copy_out(&stream->in, stream->consumed, to, size);
    stream->consumed += size;
    memory_barrier();
    WRITE_ONCE(stream->shared->left.consumed, stream->consumed);
    return is_wished(stream, VCHAN_READ);
}

bool vchan_stream_put(struct vchan_stream *stream, struct bytes from)
{
    memory_barrier();
    ring_copy_in(&stream->out, stream->produced, from);
    stream->produced += (uint32_t)from.size;
    memory_barrier();
    WRITE_ONCE(stream->shared->right.produced, stream->produced);
    return is_wished(stream, VCHAN_WRITTEN);
}
