/* SPDX-License-Identifier: MIT */
/*
 * unpack: a stream made by each library comes back whole; one that is cut,
 * changed, or larger or smaller than its size field says is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "lib/checked.h"
#include "tools/image/unpack.h"

#define TEXT_SIZE   20000
#define STREAM_ROOM 40000

static uint8_t text[TEXT_SIZE];
static uint8_t stream[STREAM_ROOM];
static uint8_t result[TEXT_SIZE + 1];

static int make_text(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (size_t i = 0; i < TEXT_SIZE; i++) {
        seed = seed * 1103515245 + 12345;
        text[i] = (uint8_t)((seed >> 16) % 23 + 'a');
    }
    return 0;
}

static size_t pack_xz(void)
{
    size_t size = 0;
    assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, text,
                                             TEXT_SIZE, stream, &size,
                                             STREAM_ROOM),
                     LZMA_OK);
    return size;
}

static size_t pack_zstd(void)
{
    return ZSTD_compress(stream, STREAM_ROOM, text, TEXT_SIZE, 3);
}

static size_t pack_lz4(void)
{
    static const uint8_t magic[4] = {0x02, 0x21, 0x4c, 0x18};
    memcpy(stream, magic, 4);
    size_t at = 4;
    /* Two blocks, as a kernel above 8 MiB has several. */
    for (size_t half = 0; half < 2; half++) {
        int size = LZ4_compress_default(
            (const char *)text + half * TEXT_SIZE / 2, (char *)stream + at + 4,
            TEXT_SIZE / 2, (int)(STREAM_ROOM - at - 4));
        assert_true(size > 0);
        for (size_t i = 0; i < 4; i++) {
            stream[at + i] = (uint8_t)(size >> (8 * i));
        }
        at += 4 + (size_t)size;
    }
    return at;
}

static size_t pack_gzip(void)
{
    z_stream zlib = {.next_in = text,
                     .avail_in = TEXT_SIZE,
                     .next_out = stream,
                     .avail_out = STREAM_ROOM};
    assert_int_equal(deflateInit2(&zlib, 6, Z_DEFLATED, MAX_WBITS + 16, 8,
                                  Z_DEFAULT_STRATEGY),
                     Z_OK);
    assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
    size_t size = STREAM_ROOM - zlib.avail_out;
    assert_int_equal(deflateEnd(&zlib), Z_OK);
    return size - 4; /* its last four bytes are the size field */
}

static const struct {
    enum compression compression;
    size_t (*pack)(void);
} packers[] = {
    {COMPRESSION_XZ, pack_xz},
    {COMPRESSION_ZSTD, pack_zstd},
    {COMPRESSION_LZ4, pack_lz4},
    {COMPRESSION_GZIP, pack_gzip},
};

/* The packed text with the size field that the kernel's build appends. */
static struct bzimage pack(size_t i)
{
    size_t size = packers[i].pack();
    for (size_t j = 0; j < 4; j++) {
        stream[size + j] = (uint8_t)(TEXT_SIZE >> (8 * j));
    }
    return (struct bzimage){.compression = packers[i].compression,
                            .payload = bytes_of(stream, size + 4),
                            .unpacked_size = TEXT_SIZE};
}

static bool unpacks(const struct bzimage *image, size_t room)
{
    const char *why = NULL;
    struct buffer out = buffer_over(result, room);
    bool is_good = unpack(image, &out, &why);
    if (!is_good) {
        assert_non_null(why);
    }
    return is_good;
}

static void gives_back_what_was_packed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
        struct bzimage image = pack(i);
        memset(result, 0, sizeof(result));
        assert_true(unpacks(&image, TEXT_SIZE));
        assert_memory_equal(result, text, TEXT_SIZE);
    }
}

static void refuses_another_size_than_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
        struct bzimage image = pack(i);
        image.unpacked_size = TEXT_SIZE - 1;
        assert_false(unpacks(&image, TEXT_SIZE - 1));
        image.unpacked_size = TEXT_SIZE + 1;
        assert_false(unpacks(&image, TEXT_SIZE + 1));
    }
}

static void refuses_a_cut_stream(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
        struct bzimage image = pack(i);
        size_t whole = image.payload.size;
        for (size_t size = 5; size < whole - 16; size += 97) {
            image.payload.size = size;
            assert_false(unpacks(&image, TEXT_SIZE));
        }
    }
}

static void refuses_changed_bytes_that_the_format_checks(void **state)
{
    (void)state;
    struct bzimage image = pack(0);
    for (size_t at = 0; at < image.payload.size - 4; at += 211) {
        stream[at] ^= 0x10;
        assert_false(unpacks(&image, TEXT_SIZE));
        stream[at] ^= 0x10;
    }
    image = pack(3);
    stream[image.payload.size / 2] ^= 0x10;
    assert_false(unpacks(&image, TEXT_SIZE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_what_was_packed),
        cmocka_unit_test(refuses_another_size_than_it_says),
        cmocka_unit_test(refuses_a_cut_stream),
        cmocka_unit_test(refuses_changed_bytes_that_the_format_checks),
    };
    return cmocka_run_group_tests_name("unpack", tests, make_text, NULL);
}
