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

#include "tests/unit/tools/image/pack.h"
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

static struct bzimage pack(enum compression compression)
{
    struct buffer out = buffer_over(stream, STREAM_ROOM);
    pack_stream(compression, bytes_of(text, TEXT_SIZE), &out);
    return (struct bzimage){.compression = compression,
                            .payload = buffer_bytes(&out),
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
    for (size_t i = 0; i < PACK_KINDS; i++) {
        struct bzimage image = pack((enum compression)i);
        memset(result, 0, sizeof(result));
        assert_true(unpacks(&image, TEXT_SIZE));
        assert_memory_equal(result, text, TEXT_SIZE);
    }
}

static void refuses_another_size_than_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < PACK_KINDS; i++) {
        struct bzimage image = pack((enum compression)i);
        image.unpacked_size = TEXT_SIZE - 1;
        assert_false(unpacks(&image, TEXT_SIZE - 1));
        image.unpacked_size = TEXT_SIZE + 1;
        assert_false(unpacks(&image, TEXT_SIZE + 1));
    }
}

static void refuses_a_cut_stream(void **state)
{
    (void)state;
    for (size_t i = 0; i < PACK_KINDS; i++) {
        struct bzimage image = pack((enum compression)i);
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
    struct bzimage image = pack(COMPRESSION_XZ);
    for (size_t at = 0; at < image.payload.size - 4; at += 211) {
        stream[at] ^= 0x10;
        assert_false(unpacks(&image, TEXT_SIZE));
        stream[at] ^= 0x10;
    }
    image = pack(COMPRESSION_GZIP);
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
