/* SPDX-License-Identifier: MIT */
/* What vouchd takes for a question, and what it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dom0/vouchd/message.h"

static struct vtpm_wire_header header_of(uint32_t type, uint32_t size)
{
    uint8_t data[MESSAGE_HEADER_SIZE];
    struct buffer buffer = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&buffer);
    struct vtpm_wire_header header;
    put_le32(&writer, type);
    put_le32(&writer, size);
    put_little(&writer, 0x1122334455667788, 8);
    assert_true(writer_end(&writer));
    if (!message_take_header(buffer_bytes(&buffer), &header)) {
        header = (struct vtpm_wire_header){0};
    }
    return header;
}

static void sizes_belong_to_types(void **state)
{
    const struct {
        uint32_t type, size, is_good;
    } cases[] = {
        {VTPM_WIRE_LOAD, 17, 1},
        {VTPM_WIRE_LOAD, 16, 0},
        {VTPM_WIRE_LOAD, 18, 0},
        {VTPM_WIRE_STORE, 17, 0},
        {VTPM_WIRE_STORE, 18, 1},
        {VTPM_WIRE_STORE, 17 + VTPM_STATE_SLOT_MAX, 1},
        {VTPM_WIRE_STORE, 18 + VTPM_STATE_SLOT_MAX, 0},
        {VTPM_WIRE_STORE, UINT32_MAX, 0},
        {VTPM_WIRE_EVIDENCE, 98, 1},
        {VTPM_WIRE_EVIDENCE, 97, 0},
        {0, 17, 0},
        {VTPM_WIRE_CERTIFICATE, 16, 1},
        {VTPM_WIRE_CERTIFICATE, 17, 0},
        {VTPM_WIRE_CERTIFICATE, 0, 0},
        {5, 17, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vtpm_wire_header header =
            header_of(cases[i].type, cases[i].size);
        assert_int_equal(header.type != 0, cases[i].is_good);
    }
}

static void a_header_is_16_bytes(void **state)
{
    const uint8_t data[MESSAGE_HEADER_SIZE + 1] = {VTPM_WIRE_LOAD, 0, 0, 0, 17};
    struct vtpm_wire_header header;
    assert_true(message_take_header(bytes_of(data, 16), &header));
    assert_false(message_take_header(bytes_of(data, 15), &header));
    assert_false(message_take_header(bytes_of(data, 17), &header));
}

static void store_has_its_parts(void **state)
{
    uint8_t payload[20] = {1, 2, 3};
    struct vtpm_wire_header header =
        header_of(VTPM_WIRE_STORE, sizeof(payload));
    struct request request;
    payload[16] = 1;
    payload[17] = 0xaa;
    assert_true(message_take_request(
        &header, bytes_of(payload, sizeof(payload)), &request));
    assert_int_equal(request.type, VTPM_WIRE_STORE);
    assert_int_equal(request.id, 0x1122334455667788);
    assert_int_equal(request.uuid.size, 16);
    assert_int_equal(request.uuid.data[1], 2);
    assert_int_equal(request.slot, 1);
    assert_int_equal(request.content.size, 3);
    assert_int_equal(request.content.data[0], 0xaa);
}

static void there_are_two_slots(void **state)
{
    uint8_t payload[17] = {0};
    struct vtpm_wire_header header = header_of(VTPM_WIRE_LOAD, 17);
    struct request request;
    payload[16] = 2;
    assert_false(
        message_take_request(&header, bytes_of(payload, 17), &request));
}

static void a_payload_is_as_long_as_its_header_says(void **state)
{
    const uint8_t payload[98] = {0};
    struct vtpm_wire_header header = header_of(VTPM_WIRE_EVIDENCE, 98);
    struct request request;
    assert_true(message_take_request(&header, bytes_of(payload, 98), &request));
    assert_int_equal(request.nonce.size, 32);
    assert_int_equal(request.name.size, 34);
    assert_int_equal(request.quote.size, 32);
    assert_false(
        message_take_request(&header, bytes_of(payload, 97), &request));
}

static void a_certificate_is_asked_by_uuid(void **state)
{
    const uint8_t payload[16] = {1, 2};
    struct vtpm_wire_header header = header_of(VTPM_WIRE_CERTIFICATE, 16);
    struct request request;
    assert_true(message_take_request(&header, bytes_of(payload, 16), &request));
    assert_int_equal(request.type, VTPM_WIRE_CERTIFICATE);
    assert_int_equal(request.uuid.size, 16);
    assert_int_equal(request.uuid.data[1], 2);
    assert_int_equal(request.content.size, 0);
}

static void answers_have_type_and_id_of_the_question(void **state)
{
    const struct request request = {.type = VTPM_WIRE_LOAD, .id = 7};
    const uint8_t expected[] = {1, 0, 0, 0, 6, 0, 0, 0, 7, 0,   0,
                                0, 0, 0, 0, 0, 1, 0, 0, 0, 'h', 'i'};
    uint8_t data[64];
    struct buffer buffer = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&buffer);
    message_put_answer(&writer, &request, VTPM_WIRE_ABSENT,
                       bytes_of_text("hi"));
    assert_true(writer_end(&writer));
    assert_int_equal(buffer.used, message_answer_size(2));
    assert_memory_equal(data, expected, sizeof(expected));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_belong_to_types),
        cmocka_unit_test(a_header_is_16_bytes),
        cmocka_unit_test(store_has_its_parts),
        cmocka_unit_test(there_are_two_slots),
        cmocka_unit_test(a_payload_is_as_long_as_its_header_says),
        cmocka_unit_test(a_certificate_is_asked_by_uuid),
        cmocka_unit_test(answers_have_type_and_id_of_the_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
