/* SPDX-License-Identifier: MIT */
/*
 * vchan_stream: against a client that keeps the rules of the public header,
 * every byte arrives in order and each side is notified when it waits; against
 * one that does not, it is found out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <xen/io/libxenvchan.h>

#include "vtpm/base/vchan_stream.h"

#define PAGE 4096u
#define SIZE (1u << VCHAN_ORDER)

static uint8_t *pages[1 + 2 * VCHAN_PAGES];
static struct vchan_stream stream;
static struct vchan_interface *client; /* the same page, as clients see it */

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < 1 + 2 * VCHAN_PAGES; i++) {
        pages[i] = malloc(PAGE);
        assert_non_null(pages[i]);
    }
    stream = (struct vchan_stream){.shared = (void *)pages[0]};
    stream.in.piece_size = stream.out.piece_size = PAGE;
    stream.in.size = stream.out.size = SIZE;
    for (size_t i = 0; i < VCHAN_PAGES; i++) {
        stream.in.pieces[i] = pages[1 + i];
        stream.out.pieces[i] = pages[1 + VCHAN_PAGES + i];
    }
    client = (void *)pages[0];
    memset(client, 0xff, sizeof(*client));
    vchan_stream_reset(&stream);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < 1 + 2 * VCHAN_PAGES; i++) {
        free(pages[i]);
    }
    return 0;
}

static void is_laid_out_as_the_header_says(void **state)
{
    (void)state;
#define SAME(ours, theirs)                                                     \
    assert_int_equal(offsetof(struct vchan_shared, ours),                      \
                     offsetof(struct vchan_interface, theirs))
    SAME(left.consumed, left.cons);
    SAME(left.produced, left.prod);
    SAME(right.consumed, right.cons);
    SAME(right.produced, right.prod);
    SAME(left_order, left_order);
    SAME(right_order, right_order);
    SAME(client_live, cli_live);
    SAME(server_live, srv_live);
    SAME(client_notify, cli_notify);
    SAME(server_notify, srv_notify);
    SAME(grants, grants);
    assert_int_equal(VCHAN_WRITTEN, VCHAN_NOTIFY_WRITE);
    assert_int_equal(VCHAN_READ, VCHAN_NOTIFY_READ);
}

static void begins_with_a_client_expected(void **state)
{
    (void)state;
    uint32_t size;
    assert_int_equal(vchan_stream_client(&stream), VCHAN_EXPECTED);
    assert_int_equal(client->srv_live, 1);
    assert_int_equal(client->cli_notify, VCHAN_NOTIFY_WRITE);
    assert_true(vchan_stream_readable(&stream, &size));
    assert_int_equal(size, 0);
    assert_true(vchan_stream_room(&stream, &size));
    assert_int_equal(size, SIZE);
    assert_false(vchan_stream_greet(&stream));
    client->cli_live = 1;
    assert_int_equal(vchan_stream_client(&stream), VCHAN_NEW);
    assert_true(vchan_stream_greet(&stream));
    assert_int_equal(vchan_stream_client(&stream), VCHAN_CONNECTED);
    client->cli_live = 1; /* another one */
    assert_int_equal(vchan_stream_client(&stream), VCHAN_NEW);
    client->cli_live = 0;
    assert_false(vchan_stream_greet(&stream));
    assert_int_equal(vchan_stream_client(&stream), VCHAN_GONE);
    client->cli_live = 77;
    assert_int_equal(vchan_stream_client(&stream), VCHAN_GONE);
}

/* The client's half: a byte at a time, from the pages as they were granted. */
static void client_put(uint8_t byte)
{
    uint32_t at = client->left.prod % SIZE;
    pages[1 + at / PAGE][at % PAGE] = byte;
    client->left.prod++;
}

static uint8_t client_take(void)
{
    uint32_t at = client->right.cons++ % SIZE;
    return pages[1 + VCHAN_PAGES + at / PAGE][at % PAGE];
}

static void carries_bytes_both_ways(void **state)
{
    (void)state;
    uint8_t in = 0, out = 0, expected_in = 0, expected_out = 0;
    uint32_t seed = 1;
    for (size_t round = 0; round < 300; round++) {
        uint8_t data[SIZE];
        uint32_t size;
        seed = seed * 1103515245 + 12345;
        uint32_t count = (seed >> 8) % (SIZE + 1);
        while (client->left.prod - client->left.cons < SIZE && count-- != 0) {
            client_put(in++);
        }
        assert_true(vchan_stream_readable(&stream, &size));
        size = size > (seed >> 4) % 9000 ? (seed >> 4) % 9000 : size;
        (void)vchan_stream_take(&stream, data, size);
        for (uint32_t i = 0; i < size; i++) {
            assert_int_equal(data[i], expected_in++);
        }
        assert_true(vchan_stream_room(&stream, &size));
        size = size > (seed >> 6) % 9000 ? (seed >> 6) % 9000 : size;
        for (uint32_t i = 0; i < size; i++) {
            data[i] = out++;
        }
        (void)vchan_stream_put(&stream, bytes_of(data, size));
        count = (seed >> 10) % 7000;
        while (client->right.prod != client->right.cons && count-- != 0) {
            assert_int_equal(client_take(), expected_out++);
        }
    }
}

static void notifies_who_waits(void **state)
{
    (void)state;
    uint8_t data[SIZE] = {0};
    uint32_t size;
    client->srv_notify = VCHAN_NOTIFY_WRITE;
    assert_true(vchan_stream_put(&stream, bytes_of(data, 5)));
    assert_int_equal(client->srv_notify, 0);
    assert_false(vchan_stream_put(&stream, bytes_of(data, 5)));
    client_put(1);
    client->srv_notify = VCHAN_NOTIFY_READ | VCHAN_NOTIFY_WRITE;
    assert_true(vchan_stream_take(&stream, data, 1));
    assert_int_equal(client->srv_notify, VCHAN_NOTIFY_WRITE);
    /* And asks for it when it has to wait itself. */
    client->cli_notify = 0;
    assert_true(vchan_stream_readable(&stream, &size));
    assert_int_equal(client->cli_notify, VCHAN_NOTIFY_WRITE);
    client->cli_notify = 0;
    assert_true(vchan_stream_room(&stream, &size));
    assert_int_equal(client->cli_notify, 0);
    (void)vchan_stream_put(&stream, bytes_of(data, size));
    assert_true(vchan_stream_room(&stream, &size));
    assert_int_equal(size, 0);
    assert_int_equal(client->cli_notify, VCHAN_NOTIFY_READ);
}

static void finds_out_indexes_that_cannot_be(void **state)
{
    (void)state;
    uint32_t size;
    client->left.prod = SIZE;
    assert_true(vchan_stream_readable(&stream, &size));
    client->left.prod = SIZE + 1;
    assert_false(vchan_stream_readable(&stream, &size));
    client->left.prod = UINT32_MAX;
    assert_false(vchan_stream_readable(&stream, &size));
    client->right.cons = 1;
    assert_false(vchan_stream_room(&stream, &size));
    /* Ours are not read from there. */
    client->left.prod = 0;
    client->right.cons = 0;
    client->left.cons = client->right.prod = 0x12345678;
    assert_true(vchan_stream_readable(&stream, &size));
    assert_int_equal(size, 0);
    assert_true(vchan_stream_room(&stream, &size));
    assert_int_equal(size, SIZE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(is_laid_out_as_the_header_says),
        TEST(begins_with_a_client_expected),
        TEST(carries_bytes_both_ways),
        TEST(notifies_who_waits),
        TEST(finds_out_indexes_that_cannot_be),
    };
    return cmocka_run_group_tests_name("vchan_stream", tests, NULL, NULL);
}
