/* SPDX-License-Identifier: MIT */
/*
 * liblzma, libzstd, liblz4 and zlib behind one call. Each gets the payload and
 * a buffer of fixed size, and may allocate at most MEMORY_MAX for itself.
 */
#include "tools/image/unpack.h"

#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#define MEMORY_MAX    (UINT64_C(256) << 20)
#define LZ4_BLOCK_MAX (8 << 20)

static bool unpack_xz(struct bytes payload, struct buffer *out,
                      const char **why)
{
    uint64_t memory_max = MEMORY_MAX;
    size_t used_in = 0;
    /* The size field after the stream is not part of it: it stays unread. */
    lzma_ret status = lzma_stream_buffer_decode(
        &memory_max, 0, NULL, payload.data, &used_in, payload.size, out->data,
        &out->used, out->size);
    switch (status) {
    case LZMA_OK:
        return true;
    case LZMA_BUF_ERROR:
        *why = "the XZ stream is truncated or larger than it says";
        return false;
    case LZMA_MEMLIMIT_ERROR:
        *why = "the XZ stream needs more than 256 MiB to unpack";
        return false;
    case LZMA_DATA_ERROR:
        *why = "the XZ stream is corrupt";
        return false;
    default:
        *why = "the XZ stream cannot be unpacked";
        return false;
    }
}

static bool unpack_zstd(struct bytes payload, struct buffer *out,
                        const char **why)
{
    size_t frame = ZSTD_findFrameCompressedSize(payload.data, payload.size);
    if (ZSTD_isError(frame)) {
        *why = ZSTD_getErrorName(frame);
        return false;
    }
    size_t size = ZSTD_decompress(out->data, out->size, payload.data, frame);
    if (ZSTD_isError(size)) {
        *why = ZSTD_getErrorName(size);
        return false;
    }
    out->used = size;
    return true;
}

/* A magic number, then blocks: a 32-bit size and that many bytes, until the
 * size field that ends every payload. A block unpacks to at most 8 MiB. */
static bool unpack_lz4(struct bytes payload, struct buffer *out,
                       const char **why)
{
    struct cursor cursor =
        cursor_over(bytes_of(payload.data, payload.size - sizeof(uint32_t)));
    take_skip(&cursor, sizeof(uint32_t));
    *why = "the LZ4 stream is truncated";
    while (cursor_remaining(&cursor) != 0) {
        struct bytes block = take_bytes(&cursor, take_le32(&cursor));
        size_t room = buffer_room(out);
        int size = -1;
        if (!cursor.failed && block.size != 0 && block.size <= INT32_MAX) {
            size = LZ4_decompress_safe(
                (const char *)block.data, (char *)out->data + out->used,
                (int)block.size,
                room < LZ4_BLOCK_MAX ? (int)room : LZ4_BLOCK_MAX);
        }
        if (size < 0) {
            *why = "the LZ4 stream is corrupt or larger than it says";
            return false;
        }
        out->used += (size_t)size;
    }
    return !cursor.failed;
}

static bool unpack_gzip(struct bytes payload, struct buffer *out,
                        const char **why)
{
    /* Both sizes are below 4 GiB: the boot header's fields have 32 bits. */
    z_stream stream = {.next_in = (Bytef *)payload.data,
                       .avail_in = (uInt)payload.size,
                       .next_out = out->data,
                       .avail_out = (uInt)out->size};
    if (inflateInit2(&stream, MAX_WBITS + 16) != Z_OK) {
        *why = "zlib cannot start";
        return false;
    }
    int status = inflate(&stream, Z_FINISH);
    out->used = out->size - stream.avail_out;
    (void)inflateEnd(&stream);
    if (status != Z_STREAM_END) {
        *why = "the gzip stream is corrupt, truncated or larger than it says";
        return false;
    }
    return true;
}

static bool unpack_stream(const struct bzimage *image, struct buffer *out,
                          const char **why)
{
    switch (image->compression) {
    case COMPRESSION_XZ:
        return unpack_xz(image->payload, out, why);
    case COMPRESSION_ZSTD:
        return unpack_zstd(image->payload, out, why);
    case COMPRESSION_LZ4:
        return unpack_lz4(image->payload, out, why);
    case COMPRESSION_GZIP:
        return unpack_gzip(image->payload, out, why);
    }
    return false;
}

bool unpack(const struct bzimage *image, struct buffer *out, const char **why)
{
    out->used = 0;
    if (!unpack_stream(image, out, why)) {
        return false;
    }
    if (out->used != image->unpacked_size) {
        *why = "the stream is shorter than it says";
        return false;
    }
    return true;
}
