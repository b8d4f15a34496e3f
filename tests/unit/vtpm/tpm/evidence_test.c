/* SPDX-License-Identifier: MIT */
/*
 * The vendor command's every refusal, and reading an answer in parts of every
 * size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/unit/vtpm/tpm/fake_port.h"
#include "vtpm/tpm/code.h"
#include "vtpm/tpm/evidence.h"

#define CONTENT_SIZE 9000

static struct evidence evidence;
static struct wire wire;
static uint8_t content[CONTENT_SIZE], data[VTPM_COMMAND_MAX];
static struct buffer out;

static int reset(void **state)
{
    fake_reset();
    evidence = (struct evidence){.question = 0};
    wire = (struct wire){.last_id = 0};
    for (size_t i = 0; i < sizeof(content); i++) {
        content[i] = (uint8_t)(i * 7 + i / 256);
    }
    return 0;
}

static int release(void **state)
{
    for (size_t i = 0; i < WIRE_QUESTIONS; i++) {
        free(wire.questions[i].message);
    }
    free(evidence.memory);
    return 0;
}

static uint32_t ask(uint16_t tag, struct bytes payload)
{
    uint8_t memory[256];
    struct buffer command = buffer_over(memory, sizeof(memory));
    struct writer writer = writer_begin(&command);
    put_be16(&writer, tag);
    put_be32(&writer, (uint32_t)(CODE_HEADER_SIZE + payload.size));
    put_be32(&writer, VTPM_CC_EVIDENCE);
    put_bytes(&writer, payload);
    assert_true(writer_end(&writer));
    assert_true(evidence_is_command(buffer_bytes(&command)));
    out = buffer_over(data, sizeof(data));
    evidence_process(&evidence, &wire, buffer_bytes(&command), &out);
    struct cursor cursor = cursor_over(buffer_bytes(&out));
    assert_int_equal(take_be16(&cursor), CODE_ST_NO_SESSIONS);
    assert_int_equal(take_be32(&cursor), out.used);
    uint32_t code = take_be32(&cursor);
    assert_true(code == CODE_SUCCESS || cursor_is_done(&cursor));
    return code;
}

static uint32_t read_at(uint32_t offset, uint16_t most)
{
    uint8_t payload[] = {VTPM_EVIDENCE_READ,
                         (uint8_t)(offset >> 24),
                         (uint8_t)(offset >> 16),
                         (uint8_t)(offset >> 8),
                         (uint8_t)offset,
                         (uint8_t)(most >> 8),
                         (uint8_t)most};
    return ask(CODE_ST_NO_SESSIONS, bytes_of(payload, sizeof(payload)));
}

static uint32_t begin(uint8_t nonce)
{
    uint8_t payload[1 + 2 * SHA256_SIZE] = {VTPM_EVIDENCE_BEGIN, nonce};
    return ask(CODE_ST_NO_SESSIONS, bytes_of(payload, sizeof(payload)));
}

static void answer(uint32_t status)
{
    uint8_t *memory = malloc(sizeof(content));
    assert_non_null(memory);
    memcpy(memory, content, sizeof(content));
    const struct wire_answer is = {.id = evidence.question,
                                   .status = status,
                                   .body = bytes_of(memory, sizeof(content)),
                                   .memory = memory};
    assert_true(evidence_answer(&evidence, &is));
    free(wire.questions[0].message);
    wire.questions[0].message = NULL;
}

static void what_is_malformed_is_refused(void **state)
{
    static const uint8_t payload[100] = {VTPM_EVIDENCE_BEGIN};
    for (size_t size = 0; size <= sizeof(payload); size++) {
        if (size != 1 + 2 * SHA256_SIZE) {
            assert_int_equal(ask(CODE_ST_NO_SESSIONS, bytes_of(payload, size)),
                             CODE_COMMAND_SIZE);
        }
    }
    static const uint8_t reads[20] = {VTPM_EVIDENCE_READ};
    for (size_t size = 1; size <= sizeof(reads); size++) {
        assert_int_equal(ask(CODE_ST_NO_SESSIONS, bytes_of(reads, size)),
                         size == 7 ? CODE_NV_UNINITIALIZED : CODE_COMMAND_SIZE);
    }
    assert_int_equal(ask(CODE_ST_NO_SESSIONS, bytes_of("\0", 1)), CODE_VALUE);
    assert_int_equal(ask(CODE_ST_NO_SESSIONS, bytes_of("\3", 1)), CODE_VALUE);
    assert_int_equal(ask(CODE_ST_SESSIONS, bytes_of(payload, 65)),
                     CODE_AUTH_CONTEXT);
    assert_false(wire_is_waiting(&wire));
}

static void one_request_at_a_time(void **state)
{
    assert_int_equal(begin(1), CODE_SUCCESS);
    assert_int_equal(begin(1), CODE_SUCCESS);
    assert_int_equal(begin(2), CODE_RETRY);
    assert_int_equal(read_at(0, 10), CODE_RETRY);
    assert_int_equal(wire.last_id, 1);
    answer(VTPM_WIRE_OK);
    assert_int_equal(read_at(0, 10), CODE_SUCCESS);
    assert_int_equal(begin(2), CODE_SUCCESS);
    assert_int_equal(read_at(0, 10), CODE_RETRY); /* not the old one */
}

static void a_failure_is_no_content(void **state)
{
    assert_int_equal(begin(1), CODE_SUCCESS);
    answer(VTPM_WIRE_FAILED);
    assert_int_equal(read_at(0, 10), CODE_NV_UNINITIALIZED);
    assert_int_equal(begin(1), CODE_SUCCESS);
}

static void parts_make_the_whole(void **state)
{
    static const uint16_t sizes[] = {1, 500, 4072, 4073, 65535};
    assert_int_equal(begin(1), CODE_SUCCESS);
    answer(VTPM_WIRE_OK);
    for (size_t i = 0; i < 5; i++) {
        uint8_t found[CONTENT_SIZE];
        for (uint32_t at = 0; at < CONTENT_SIZE;) {
            assert_int_equal(read_at(at, sizes[i]), CODE_SUCCESS);
            struct cursor cursor = cursor_over(buffer_bytes(&out));
            take_skip(&cursor, CODE_HEADER_SIZE);
            assert_int_equal(take_be32(&cursor), CONTENT_SIZE);
            struct bytes part = take_bytes(&cursor, take_be16(&cursor));
            assert_true(cursor_is_done(&cursor));
            assert_true(part.size > 0 && part.size <= sizes[i]);
            memcpy(found + at, part.data, part.size);
            at += (uint32_t)part.size;
        }
        assert_memory_equal(found, content, sizeof(content));
    }
    assert_int_equal(read_at(CONTENT_SIZE, 10), CODE_SUCCESS);
    assert_int_equal(out.used, CODE_HEADER_SIZE + 6);
    assert_int_equal(read_at(CONTENT_SIZE + 1, 10), CODE_VALUE);
    assert_int_equal(read_at(UINT32_MAX, 10), CODE_VALUE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reset, release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_malformed_is_refused),
        TEST(one_request_at_a_time),
        TEST(a_failure_is_no_content),
        TEST(parts_make_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
