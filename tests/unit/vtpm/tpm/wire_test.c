/* SPDX-License-Identifier: MIT */
/*
 * Questions and answers over a stream that moves a few bytes at a time, ends,
 * and comes back; a daemon that says what it was not asked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/unit/vtpm/tpm/fake_port.h"
#include "vtpm/tpm/wire.h"

static struct wire wire;
static uint8_t body[FAKE_STREAM];

static int reset(void **state)
{
    fake_reset();
    wire = (struct wire){.last_id = 0};
    return 0;
}

static int release(void **state)
{
    for (size_t i = 0; i < WIRE_QUESTIONS; i++) {
        free(wire.questions[i].message);
    }
    free(wire.body);
    return 0;
}

static uint64_t ask(const char *text, size_t answer_max)
{
    struct buffer message = wire_message(strlen(text));
    struct writer writer = writer_begin(&message);
    put_bytes(&writer, bytes_of_text(text));
    assert_true(writer_end(&writer));
    return wire_ask(&wire, VTPM_WIRE_EVIDENCE, &message, answer_max);
}

/* Until nothing moves any more; *out is the last answer. */
static unsigned pump(struct wire_answer *out)
{
    unsigned answers = 0;
    struct wire_answer answer;
    for (unsigned i = 0; i < 100; i++) {
        while (wire_step(&wire, &answer)) {
            if (answers++ != 0) {
                free(out->memory);
            }
            *out = answer;
        }
    }
    return answers;
}

static void assert_asked(const char *text, uint64_t id)
{
    uint32_t type;
    uint64_t found;
    size_t size;
    assert_true(fake_take(&type, &found, body, &size));
    assert_int_equal(type, VTPM_WIRE_EVIDENCE);
    assert_int_equal(found, id);
    assert_true(bytes_equal(bytes_of(body, size), bytes_of_text(text)));
}

static void questions_are_answered_by_id(void **state)
{
    struct wire_answer answer = {.id = 0};
    fake.chunk = 3;
    uint64_t first = ask("first", 100), second = ask("second", 100);
    assert_int_equal(pump(&answer), 0);
    assert_asked("first", first);
    assert_asked("second", second);
    fake_send(VTPM_WIRE_EVIDENCE, second, VTPM_WIRE_OK, bytes_of_text("two"));
    assert_int_equal(pump(&answer), 1);
    assert_int_equal(answer.id, second);
    assert_true(bytes_equal(answer.body, bytes_of_text("two")));
    free(answer.memory);
    fake_send(VTPM_WIRE_EVIDENCE, first, VTPM_WIRE_FAILED, bytes_none());
    assert_true(wire_is_waiting(&wire));
    assert_int_equal(pump(&answer), 1);
    assert_int_equal(answer.status, VTPM_WIRE_FAILED);
    assert_int_equal(answer.body.size, 0);
    free(answer.memory);
    assert_false(wire_is_waiting(&wire));
}

static void a_new_stream_gets_all_questions_again(void **state)
{
    struct wire_answer answer;
    fake.chunk = 7;
    uint64_t first = ask("first", 100), second = ask("second", 100);
    assert_int_equal(pump(&answer), 0);
    /* half an answer, then the daemon is gone */
    fake_send(VTPM_WIRE_EVIDENCE, first, VTPM_WIRE_OK, bytes_of_text("old"));
    fake.coming_size -= 2;
    assert_int_equal(pump(&answer), 0);
    fake.is_gone = true;
    assert_int_equal(pump(&answer), 0);
    fake.is_gone = false;
    fake.sent_size = fake.coming_size = 0;
    assert_int_equal(pump(&answer), 0);
    assert_asked("first", first);
    assert_asked("second", second);
    fake_send(VTPM_WIRE_EVIDENCE, first, VTPM_WIRE_OK, bytes_of_text("new"));
    assert_int_equal(pump(&answer), 1);
    assert_true(bytes_equal(answer.body, bytes_of_text("new")));
    free(answer.memory);
}

static void what_was_not_asked_is_skipped(void **state)
{
    struct wire_answer answer;
    uint64_t id = ask("question", 10);
    assert_int_equal(pump(&answer), 0);
    memset(body, 0, 5000);
    fake_send(VTPM_WIRE_EVIDENCE, id + 1, VTPM_WIRE_OK, bytes_of(body, 5000));
    fake_send(VTPM_WIRE_STORE, id, VTPM_WIRE_OK, bytes_of(body, 5));
    fake_send(VTPM_WIRE_EVIDENCE, id, VTPM_WIRE_OK, bytes_of(body, 10));
    fake_send(VTPM_WIRE_EVIDENCE, id, VTPM_WIRE_OK, bytes_of(body, 10));
    assert_int_equal(pump(&answer), 1);
    assert_int_equal(answer.body.size, 10);
    free(answer.memory);
    assert_int_equal(fake.coming_size, 0);
}

static void an_answer_that_is_too_large_is_a_failure(void **state)
{
    struct wire_answer answer;
    uint64_t id = ask("question", 10);
    assert_int_equal(pump(&answer), 0);
    fake_send(VTPM_WIRE_EVIDENCE, id, VTPM_WIRE_OK, bytes_of(body, 11));
    assert_int_equal(pump(&answer), 1);
    assert_int_equal(answer.id, id);
    assert_int_equal(answer.status, VTPM_WIRE_FAILED);
    assert_null(answer.memory);
}

static void an_answer_before_its_question_is_none(void **state)
{
    struct wire_answer answer;
    uint64_t id = ask("question", 10);
    fake.is_full = true;
    fake_send(VTPM_WIRE_EVIDENCE, id, VTPM_WIRE_OK, bytes_of(body, 4));
    assert_int_equal(pump(&answer), 0);
    fake.is_full = false;
    assert_int_equal(pump(&answer), 0);
    assert_true(wire_is_waiting(&wire));
}

static void after_a_size_that_cannot_be_nothing_counts(void **state)
{
    struct wire_answer answer;
    uint64_t id = ask("question", 10);
    assert_int_equal(pump(&answer), 0);
    fake_send(VTPM_WIRE_EVIDENCE, id, VTPM_WIRE_OK, bytes_none());
    memset(fake.coming + 4, 0xff, 4);
    assert_int_equal(pump(&answer), 0);
    fake_send(VTPM_WIRE_EVIDENCE, id, VTPM_WIRE_OK, bytes_none());
    assert_int_equal(pump(&answer), 0);
    fake.is_gone = true;
    assert_int_equal(pump(&answer), 0);
    fake.is_gone = false;
    fake.coming_size = 0;
    assert_int_equal(pump(&answer), 0);
    fake_send(VTPM_WIRE_EVIDENCE, id, VTPM_WIRE_OK, bytes_none());
    assert_int_equal(pump(&answer), 1);
    free(answer.memory);
}

static void there_are_so_many_questions_and_no_more(void **state)
{
    for (unsigned i = 0; i < WIRE_QUESTIONS; i++) {
        assert_int_not_equal(ask("question", 10), 0);
    }
    assert_int_equal(ask("question", 10), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reset, release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(questions_are_answered_by_id),
        TEST(a_new_stream_gets_all_questions_again),
        TEST(what_was_not_asked_is_skipped),
        TEST(an_answer_that_is_too_large_is_a_failure),
        TEST(an_answer_before_its_question_is_none),
        TEST(after_a_size_that_cannot_be_nothing_counts),
        TEST(there_are_so_many_questions_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
