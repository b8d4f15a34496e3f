/* SPDX-License-Identifier: MIT */
/*
 * xenstore: the client against a small xenstored at the ring's other end, and
 * against one that writes what cannot be: that costs a line, and the client.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/vtpm/base/fake_kernel.h"
/* For its state, of which a kernel has one, and each test one. */
#include "vtpm/base/xenstore.c"

#define ROOM 8192

static struct xenstore_domain_interface ring;

/* What the server was sent, and what it has to send. */
static uint8_t request_data[ROOM], answer[ROOM];
static size_t request_size, answer_size, answer_sent;
static struct xsd_sockmsg asked;
static const char *value; /* what it answers, NULL: an error */
static size_t value_size;
static uint32_t step; /* it moves at most so many bytes at a time */
static bool is_mute;

static void put_answer(uint32_t type, uint32_t id, const void *data,
                       size_t size)
{
    struct xsd_sockmsg header = {
        .type = type, .req_id = id, .len = (uint32_t)size};
    memcpy(answer + answer_size, &header, sizeof(header));
    memcpy(answer + answer_size + sizeof(header), data, size);
    answer_size += sizeof(header) + size;
}

static void put_watch(const char *token)
{
    char data[64] = "some/path";
    size_t size = strlen(data) + 1;
    memcpy(data + size, token, strlen(token) + 1);
    put_answer(XS_WATCH_EVENT, 0, data, size + strlen(token) + 1);
}

static void answer_request(void)
{
    memcpy(&asked, request_data, sizeof(asked));
    if (request_size < sizeof(asked) + asked.len) {
        return;
    }
    request_size = 0;
    put_watch("3");
    put_answer(XS_READ, asked.req_id - 1, "late", 4);
    if (value != NULL) {
        put_answer(asked.type, asked.req_id, value, value_size);
    } else {
        put_answer(XS_ERROR, asked.req_id, "ENOENT", 7);
    }
    put_watch("5");
}

static bool serve(void)
{
    uint32_t moved = 0;
    while (!is_mute && moved < step && ring.req_cons != ring.req_prod) {
        request_data[request_size++] =
            (uint8_t)ring.req[MASK_XENSTORE_IDX(ring.req_cons)];
        ring.req_cons++;
        moved++;
        if (request_size >= sizeof(asked)) {
            answer_request();
        }
    }
    while (moved < step && answer_sent < answer_size &&
           ring.rsp_prod - ring.rsp_cons < XENSTORE_RING_SIZE) {
        ring.rsp[MASK_XENSTORE_IDX(ring.rsp_prod)] =
            (char)answer[answer_sent++];
        ring.rsp_prod++;
        moved++;
    }
    return moved != 0;
}

static void start_at(uint32_t index)
{
    memset(&store, 0, sizeof(store));
    memset(&ring, 0, sizeof(ring));
    ring.req_cons = ring.req_prod = ring.rsp_cons = ring.rsp_prod = index;
    request_size = answer_size = answer_sent = 0;
    value = "hello";
    value_size = 5;
    step = 100;
    is_mute = false;
    fake_reset();
    fake.store_page = &ring;
    fake.peer = serve;
}

/* Near the end of what an index can be. */
static int begin(void **state)
{
    (void)state;
    start_at(UINT32_MAX - 700);
    return 0;
}

/* All that is on its way arrives. */
static void settle(void)
{
    while (serve()) {
        fake_event(1);
    }
    answer_size = answer_sent = 0;
}

static void reads(void **state)
{
    (void)state;
    char data[5000];
    step = 1000; /* all comes at once, and nothing behind it */
    struct buffer out = buffer_over(data, sizeof(data));
    assert_int_equal(xenstore_read("a/b", &out), 0);
    assert_true(bytes_equal(buffer_bytes(&out), bytes_of_text("hello")));
    assert_int_equal(asked.type, XS_READ);
    assert_memory_equal(request_data + sizeof(asked), "a/b", 4);
    assert_int_equal(asked.len, 4);
    /* Events before and behind the answer were both seen. */
    assert_true(xenstore_take_change(3));
    assert_true(xenstore_take_change(5));
    assert_false(xenstore_take_change(3));
}

static void reads_more_than_the_ring_holds(void **state)
{
    (void)state;
    static char large[XENSTORE_PAYLOAD_MAX];
    char data[5000];
    memset(large, 'x', sizeof(large));
    for (step = 1; step < 3000; step = step * 3 + 1) {
        struct buffer out = buffer_over(data, sizeof(data));
        settle();
        value = large;
        value_size = sizeof(large);
        assert_int_equal(xenstore_read("a", &out), 0);
        assert_int_equal(out.used, sizeof(large));
        assert_memory_equal(data, large, sizeof(large));
    }
    struct buffer small = buffer_over(data, 100);
    settle();
    assert_int_equal(xenstore_read("a", &small), -ENOSPC);
    assert_int_equal(small.used, 0);
}

static void says_what_xenstored_says(void **state)
{
    (void)state;
    uint64_t number;
    value = NULL;
    assert_int_equal(xenstore_read_number("a", &number), -ENOENT);
    value = "12";
    value_size = 2;
    assert_int_equal(xenstore_read_number("a", &number), 0);
    assert_int_equal(number, 12);
    value = "012";
    value_size = 3;
    assert_int_equal(xenstore_read_number("a", &number), -EINVAL);
}

static void writes(void **state)
{
    (void)state;
    value = "OK";
    value_size = 3;
    assert_int_equal(xenstore_write_number("a/b", 42), 0);
    assert_int_equal(asked.type, XS_WRITE);
    assert_int_equal(asked.len, 6);
    assert_memory_equal(request_data + sizeof(asked),
                        "a/b\0"
                        "42",
                        6);
    assert_int_equal(xenstore_watch("w", 7), 0);
    assert_int_equal(asked.type, XS_WATCH);
    assert_memory_equal(request_data + sizeof(asked),
                        "w\0"
                        "7",
                        4);
    assert_int_equal(xenstore_rm("a"), 0);
    assert_int_equal(asked.type, XS_RM);
}

static void refuses_paths_that_are_too_long(void **state)
{
    (void)state;
    char path[200];
    memset(path, 'p', sizeof(path));
    path[sizeof(path) - 1] = 0;
    assert_string_equal(xenstore_text_of("%s", path).text, "");
    path[100] = 0;
    assert_string_equal(xenstore_text_of("%s", path).text, path);
}

static void events_alone_are_seen(void **state)
{
    (void)state;
    assert_int_equal(xenstore_start(), 0);
    put_watch("9");
    put_watch("32"); /* none of ours */
    put_watch("no");
    settle();
    assert_true(xenstore_take_change(9));
    assert_false(xenstore_take_change(9));
}

static void check_dead(const char *line)
{
    uint64_t number;
    assert_int_equal(xenstore_read_number("a", &number), -EPIPE);
    assert_int_equal(xenstore_read_number("a", &number), -EPIPE);
    assert_int_equal(xenstore_start(), -EPIPE);
    assert_non_null(strstr(fake.lines, line));
    assert_null(strstr(strstr(fake.lines, line) + 1, line));
}

static void bad_answer_index(void **state)
{
    (void)state;
    assert_int_equal(xenstore_start(), 0);
    ring.rsp_prod = XENSTORE_RING_SIZE + 1;
    is_mute = true;
    check_dead("index");
}

static void bad_request_index(void **state)
{
    (void)state;
    assert_int_equal(xenstore_start(), 0);
    ring.req_cons = 1;
    check_dead("index");
}

static void oversized(void **state)
{
    (void)state;
    assert_int_equal(xenstore_start(), 0);
    struct xsd_sockmsg header = {.type = XS_READ,
                                 .len = XENSTORE_PAYLOAD_MAX + 1};
    memcpy(answer, &header, sizeof(header));
    answer_size = sizeof(header);
    is_mute = true;
    check_dead("larger");
}

static void mute(void **state)
{
    (void)state;
    is_mute = true;
    check_dead("no answer");
    assert_in_range(fake.now_ns, 1000000000ull, 60000000000ull);
}

static void another_kind(void **state)
{
    (void)state;
    assert_int_equal(xenstore_start(), 0);
    put_answer(XS_WRITE, 1, "OK", 3);
    is_mute = true;
    check_dead("another kind");
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads),
        TEST(reads_more_than_the_ring_holds),
        TEST(says_what_xenstored_says),
        TEST(writes),
        TEST(refuses_paths_that_are_too_long),
        TEST(events_alone_are_seen),
        TEST(bad_answer_index),
        TEST(bad_request_index),
        TEST(oversized),
        TEST(mute),
        TEST(another_kind),
    };
    return cmocka_run_group_tests_name("xenstore", tests, NULL, NULL);
}
