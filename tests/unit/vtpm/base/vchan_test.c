/* SPDX-License-Identifier: MIT */
/*
 * vchan: clients come and go, each with a stream of its own; one that keeps
 * memory mapped, or writes indexes that cannot be, ends its stream and no more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <xen/io/libxenvchan.h>

#include "tests/unit/vtpm/base/fake_kernel.h"
#include "tests/unit/vtpm/base/fake_store.h"
/* For its state, of which a kernel has one, and each test one. */
#include "vtpm/base/vchan.c"

static struct vtpm_event event;
static struct vchan_interface *client;

static int begin(void **state)
{
    (void)state;
    memset(&vchan, 0, sizeof(vchan));
    fake_reset();
    fake_store_reset();
    client = NULL;
    return 0;
}

static int end_test(void **state)
{
    (void)state;
    for (size_t i = 0; i < GRANTS; i++) {
        free(vchan.pages[i]);
    }
    return 0;
}

static void check_event(void)
{
    memset(&event, 0, sizeof(event));
    assert_true(poll(&event));
    assert_int_equal(event.kind, VTPM_EVENT_DOM0);
    assert_false(poll(&event));
}

static uint32_t number_at(const char *path)
{
    return (uint32_t)strtoul(fake_store_get(path), NULL, 10);
}

static void *granted(uint32_t ref)
{
    assert_in_range(ref, 8, FAKE_GRANTS - 1);
    assert_non_null(fake.given[ref].page);
    fake.given[ref].is_mapped = true;
    return (void *)fake.given[ref].page;
}

/* As libxenvchan's client does. */
static void join(void)
{
    client = granted(number_at("data/vouch/ring-ref"));
    assert_int_equal(client->left_order, client->right_order);
    size_t pages = 2u << (client->left_order - 12);
    for (size_t i = 0; i < pages; i++) {
        (void)granted(client->grants[i]);
    }
    client->cli_live = 1;
    client->srv_notify = VCHAN_NOTIFY_WRITE;
}

static void unmap_all(void)
{
    for (size_t i = 0; i < FAKE_GRANTS; i++) {
        fake.given[i].is_mapped = false;
    }
}

static long do_read(void *data, size_t size)
{
    const struct call call = {.a = (uint64_t)data, .b = size};
    return vchan_do_read(&call);
}

static long do_write(const void *data, size_t size)
{
    const struct call call = {.a = (uint64_t)data, .b = size};
    return vchan_do_write(&call);
}

static void offers_itself(void **state)
{
    (void)state;
    char data[4];
    assert_int_equal(do_read(data, 4), -ENOTCONN); /* nothing happened yet */
    assert_string_equal(fake_store_get("data/vouch/ring-ref"), "");
    assert_false(poll(&event));
    assert_int_not_equal(number_at("data/vouch/ring-ref"), 0);
    assert_int_not_equal(number_at("data/vouch/event-channel"), 0);
    assert_int_equal(fake.ports[fake.last_port].domid, 0);
    assert_int_equal(do_read(data, 4), -ENOTCONN);
    assert_int_equal(do_write(data, 4), -ENOTCONN);
    assert_int_equal(deadline_ns(), CLOCK_FOREVER);
    join();
    check_event();
    assert_int_equal(deadline_ns(), CLOCK_FOREVER);
}

static void carries_bytes(void **state)
{
    (void)state;
    static uint8_t data[3u << VCHAN_ORDER];
    assert_false(poll(&event));
    join();
    check_event();
    assert_int_equal(do_read(data, sizeof(data)), -EAGAIN);
    assert_int_equal(do_write(data, sizeof(data)), 1u << VCHAN_ORDER);
    assert_int_equal(fake.ports[vchan.port].sent, 1);
    assert_int_equal(do_write(data, 1), -EAGAIN);
    assert_false(poll(&event));
    assert_true((client->cli_notify & VCHAN_NOTIFY_READ) != 0);
    client->right.cons += 10;
    check_event(); /* there is room that was missed */
    assert_int_equal(do_write(data, 20), 10);
    client->left.prod += 3;
    check_event();
    assert_int_equal(do_read(data, 2), 2);
    check_event(); /* one is left */
    assert_int_equal(do_read(data, 2), 1);
    assert_int_equal(do_read(data, 2), -EAGAIN);
    assert_false(poll(&event));
}

static void a_client_comes_again(void **state)
{
    (void)state;
    uint8_t data[16] = {0};
    assert_false(poll(&event));
    for (size_t i = 0; i < 5; i++) {
        join();
        check_event();
        assert_int_equal(do_read(data, 16), -EAGAIN);
        assert_int_equal(do_write(data, 16), 16);
        client->left.prod += 7; /* half a message */
        uint32_t port = number_at("data/vouch/event-channel");
        client->cli_live = 0;
        check_event();
        assert_int_equal(do_write(data, 16), -EPIPE);
        assert_int_equal(do_write(data, 16), -ENOTCONN);
        assert_string_equal(fake_store_get("data/vouch/ring-ref"), "");
        assert_int_equal(client->srv_live, 0);
        assert_false(poll(&event)); /* it still has it mapped */
        assert_string_equal(fake_store_get("data/vouch/ring-ref"), "");
        assert_in_range(deadline_ns() - fake.now_ns, 1, 1000000000);
        unmap_all();
        assert_false(poll(&event));
        assert_int_not_equal(number_at("data/vouch/ring-ref"), 0);
        assert_int_not_equal(number_at("data/vouch/event-channel"), port);
    }
}

/* It came and went between two looks: nothing of it was seen. */
static void a_client_that_nobody_saw(void **state)
{
    (void)state;
    uint8_t data[4];
    assert_false(poll(&event));
    join();
    client->cli_live = 0;
    unmap_all();
    assert_false(poll(&event));
    assert_int_equal(do_read(data, 4), -ENOTCONN);
    assert_false(poll(&event));
    join();
    check_event();
}

/* Nor was it seen that one left before another took its place. */
static void a_client_in_the_place_of_another(void **state)
{
    (void)state;
    uint8_t data[4];
    assert_false(poll(&event));
    join();
    check_event();
    client->left.prod += 3;
    client->cli_live = 0;
    unmap_all();
    join();
    assert_int_equal(do_read(data, 4), -EPIPE);
    assert_int_equal(client->srv_live, 0);
    check_event();
    unmap_all();
    assert_false(poll(&event));
    join();
    check_event();
    assert_int_equal(do_read(data, 4), -EAGAIN);
}

static void an_index_that_cannot_be(void **state)
{
    (void)state;
    uint8_t data[4];
    assert_false(poll(&event));
    join();
    check_event();
    client->left.prod = (1u << VCHAN_ORDER) + 1;
    assert_int_equal(do_read(data, 4), -EPIPE);
    assert_non_null(strstr(fake.lines, "index"));
    check_event();
    unmap_all();
    assert_false(poll(&event));
    join();
    check_event();
    assert_int_equal(do_read(data, 4), -EAGAIN);
    client->right.cons = 5;
    check_event();
    assert_int_equal(do_write(data, 4), -EPIPE);
}

static void bad_buffers(void **state)
{
    (void)state;
    assert_false(poll(&event));
    join();
    check_event();
    assert_int_equal(do_read(NULL, 4), -EFAULT);
    assert_int_equal(do_write(NULL, 4), -EFAULT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(offers_itself),
        TEST(carries_bytes),
        TEST(a_client_comes_again),
        TEST(a_client_that_nobody_saw),
        TEST(a_client_in_the_place_of_another),
        TEST(an_index_that_cannot_be),
        TEST(bad_buffers),
    };
    return cmocka_run_group_tests_name("vchan", tests, NULL, NULL);
}
