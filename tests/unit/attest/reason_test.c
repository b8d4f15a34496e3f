/* SPDX-License-Identifier: MIT */
/* Reasons and components have names that are unique, and documented. */
#include "tests/unit/attest/fixture.h"

#define DOCUMENT "docs/reason-codes.md"
#define MANUAL   "docs/man/vouch-verify.1"

static char *read_text(const char *path)
{
    struct bytes content = fixture_read(path);
    char *text = malloc(content.size + 1);
    memcpy(text, content.data, content.size);
    text[content.size] = 0;
    free((void *)content.data);
    return text;
}

/* "| `code` | exit | meaning |", word for word. */
static void test_documented(void **state)
{
    (void)state;
    char *text = read_text(DOCUMENT), line[400];
    size_t rows = 0;
    for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        snprintf(line, sizeof(line), "\n| `%s` | %d | %s | ",
                 reason_code((enum reason)i), (int)reason_class((enum reason)i),
                 reason_meaning((enum reason)i));
        if (strstr(text, line) == NULL) {
            fail_msg("%s lacks: %s", DOCUMENT, line + 1);
        }
    }
    for (const char *at = text; (at = strstr(at, "\n| `")) != NULL; at++) {
        rows++;
    }
    assert_int_equal(rows, REASON_COUNT - 1);
    free(text);
}

static void test_unique(void **state)
{
    (void)state;
    for (int i = 0; i < REASON_COUNT; i++) {
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(reason_code((enum reason)i),
                                    reason_code((enum reason)j));
        }
    }
}

static void test_components(void **state)
{
    (void)state;
    char *text = read_text(MANUAL);
    for (int i = 0; i < COMPONENT_COUNT; i++) {
        enum component found;
        assert_true(
            component_by_name(component_name((enum component)i), &found));
        assert_int_equal(found, i);
        assert_non_null(strstr(text, component_name((enum component)i)));
    }
    enum component found;
    assert_false(component_by_name("", &found));
    assert_false(component_by_name("nothing", &found));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_documented),
                                       cmocka_unit_test(test_unique),
                                       cmocka_unit_test(test_components)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
