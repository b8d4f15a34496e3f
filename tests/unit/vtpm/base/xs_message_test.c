/* SPDX-License-Identifier: MIT */
/* xs_message: messages come whole out of a stream that is cut anywhere; what
 * says that it is too large, or has no end, is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vtpm/base/errno.h"
#include "vtpm/base/xs_message.h"

#define STREAM_SIZE 5000

static uint8_t stream[STREAM_SIZE];
static struct xs_receiver receiver;

static struct bytes literal(const char *text, size_t size)
{
    return bytes_of(text, size - 1);
}
#define LITERAL(text) literal(text, sizeof(text))

static int make_stream(void **state)
{
    (void)state;
    struct buffer out = buffer_over(stream, STREAM_SIZE);
    struct writer writer = writer_begin(&out);
    memset(&receiver, 0, sizeof(receiver));
    xs_put_header(&writer, 2, 7, 5);
    put_bytes(&writer, LITERAL("value"));
    xs_put_header(&writer, 15, 0, 0);
    xs_put_header(&writer, 1, 8, XS_PAYLOAD_MAX);
    for (size_t i = 0; i < XS_PAYLOAD_MAX; i++) {
        put_u8(&writer, (uint8_t)i);
    }
    assert_true(writer_end(&writer));
    return 0;
}

/* At most step bytes at a time, as much as is wanted. */
static enum xs_status receive(size_t *at, uint32_t step,
                              struct xs_message *message)
{
    enum xs_status status = XS_MORE;
    while (status == XS_MORE) {
        uint32_t wanted = xs_receiver_wants(&receiver);
        assert_in_range(wanted, 1, XS_MESSAGE_SIZE);
        wanted = wanted < step ? wanted : step;
        assert_true(*at + wanted <= STREAM_SIZE);
        memcpy(xs_receiver_place(&receiver), stream + *at, wanted);
        *at += wanted;
        status = xs_receiver_add(&receiver, wanted, message);
    }
    return status;
}

static void cut_anywhere_they_come_whole(void **state)
{
    (void)state;
    for (uint32_t step = 1; step < XS_MESSAGE_SIZE + 10; step += 1 + step / 9) {
        struct xs_message message;
        size_t at = 0;
        assert_int_equal(receive(&at, step, &message), XS_MESSAGE);
        assert_int_equal(message.type, 2);
        assert_int_equal(message.request, 7);
        assert_true(bytes_equal(message.payload, LITERAL("value")));
        assert_int_equal(receive(&at, step, &message), XS_MESSAGE);
        assert_int_equal(message.type, 15);
        assert_int_equal(message.payload.size, 0);
        assert_int_equal(receive(&at, step, &message), XS_MESSAGE);
        assert_int_equal(message.payload.size, XS_PAYLOAD_MAX);
        assert_int_equal(message.payload.data[300], 300 % 256);
    }
}

static void refuses_what_is_too_large(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {XS_PAYLOAD_MAX + 1, 1u << 31, UINT32_MAX,
                                     UINT32_MAX - XS_HEADER_SIZE};
    for (size_t i = 0; i < 4; i++) {
        struct xs_message message;
        size_t at = 0;
        memset(&receiver, 0, sizeof(receiver));
        memcpy(stream + 12, &sizes[i], 4);
        assert_int_equal(receive(&at, 3, &message), XS_BAD);
    }
}

static void watches_are_our_numbers(void **state)
{
    (void)state;
    uint64_t token;
    assert_true(xs_parse_watch(LITERAL("a/b\0"
                                       "12\0"),
                               &token));
    assert_int_equal(token, 12);
    assert_false(xs_parse_watch(LITERAL("a/b\0"
                                        "12"),
                                &token));
    assert_false(xs_parse_watch(LITERAL("a/b\0"
                                        "x\0"),
                                &token));
    assert_false(xs_parse_watch(LITERAL("a/b\0"
                                        "\0"),
                                &token));
    assert_false(xs_parse_watch(LITERAL("a/b"), &token));
    assert_false(xs_parse_watch(bytes_none(), &token));
}

static void lists_end_where_they_end(void **state)
{
    (void)state;
    struct bytes list = LITERAL("1\0"
                                "23\0"
                                "4"),
                 name;
    assert_true(xs_next_name(&list, &name));
    assert_true(bytes_equal(name, LITERAL("1")));
    assert_true(xs_next_name(&list, &name));
    assert_true(bytes_equal(name, LITERAL("23")));
    assert_false(xs_next_name(&list, &name));
}

static void knows_errors(void **state)
{
    (void)state;
    assert_int_equal(xs_parse_error(LITERAL("ENOENT\0")), -ENOENT);
    assert_int_equal(xs_parse_error(LITERAL("EACCES\0")), -EACCES);
    assert_int_equal(xs_parse_error(LITERAL("ENOENT")), -EPROTO);
    assert_int_equal(xs_parse_error(LITERAL("ESOMETHING\0")), -EPROTO);
    assert_int_equal(xs_parse_error(bytes_none()), -EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(cut_anywhere_they_come_whole, make_stream),
        cmocka_unit_test_setup(refuses_what_is_too_large, make_stream),
        cmocka_unit_test(watches_are_our_numbers),
        cmocka_unit_test(lists_end_where_they_end),
        cmocka_unit_test(knows_errors),
    };
    return cmocka_run_group_tests_name("xs_message", tests, NULL, NULL);
}
