/* SPDX-License-Identifier: MIT */
/* What a program finds on its stack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <elf.h>

#include "vtpm/base/arguments.h"

static uint8_t stack[ARGUMENTS_ROOM] __attribute__((aligned(16)));
static const uint8_t noise[ARGUMENTS_RANDOM] = "fifteen letters";
static const struct program program = {
    .entry = 0x401000, .headers = 0x400040, .header_count = 7};

static const uint64_t *put(const char *line)
{
    uint64_t at = arguments_put(stack + sizeof(stack), &program, line, noise);
    assert_true(at == 0 || (at >= (uint64_t)stack && at % 16 == 0));
    return (const uint64_t *)at;
}

static uint64_t value_of(const uint64_t *vector, uint64_t type)
{
    while (vector[0] != AT_NULL && vector[0] != type) {
        vector += 2;
    }
    return vector[0] == type ? vector[1] : ~0ul;
}

static void words_behind_the_dashes(void **state)
{
    (void)state;
    const uint64_t *at = put("console=hvc0 -- one  two --");
    assert_int_equal(at[0], 4);
    assert_string_equal((const char *)at[1], "program");
    assert_string_equal((const char *)at[2], "one");
    assert_string_equal((const char *)at[3], "two");
    assert_string_equal((const char *)at[4], "--");
    assert_int_equal(at[5], 0);
    assert_int_equal(at[6], 0);
}

static void no_words(void **state)
{
    (void)state;
    assert_int_equal(put("")[0], 1);
    assert_int_equal(put("one two")[0], 1);
    assert_int_equal(put("one --")[0], 1);
    assert_int_equal(put("--one two")[0], 1);
}

static void auxiliary_vector(void **state)
{
    (void)state;
    const uint64_t *at = put("-- x") + 5;
    assert_int_equal(value_of(at, AT_PHDR), 0x400040);
    assert_int_equal(value_of(at, AT_PHNUM), 7);
    assert_int_equal(value_of(at, AT_PHENT), 56);
    assert_int_equal(value_of(at, AT_PAGESZ), 4096);
    assert_int_equal(value_of(at, AT_ENTRY), 0x401000);
    assert_int_equal(value_of(at, AT_SECURE), 0);
    assert_memory_equal((const void *)value_of(at, AT_RANDOM), noise,
                        sizeof(noise));
}

static void too_many(void **state)
{
    (void)state;
    char line[1024] = "-- ";
    for (int i = 0; i < ARGUMENTS_MAX - 1; i++) {
        strcat(line, "a ");
    }
    assert_int_equal(put(line)[0], ARGUMENTS_MAX);
    strcat(line, "b");
    assert_null(put(line));
}

static void long_line(void **state)
{
    (void)state;
    char line[1024] = "-- ";
    memset(line + 3, 'a', sizeof(line) - 4);
    assert_int_equal(put(line)[0], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_behind_the_dashes),
        cmocka_unit_test(no_words),
        cmocka_unit_test(auxiliary_vector),
        cmocka_unit_test(too_many),
        cmocka_unit_test(long_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
