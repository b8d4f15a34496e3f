/* SPDX-License-Identifier: MIT */
/* UUIDs as strings, and back: one spelling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "attest/uuid.h"

static const uint8_t uuid[UUID_SIZE] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab,
                                        0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98,
                                        0x76, 0x54, 0x32, 0x10};
static const char spelled[] = "01234567-89ab-cdef-fedc-ba9876543210";

static void uuids_have_one_spelling(void **state)
{
    const char *const wrong[] = {
        "",
        "..",
        "01234567-89ab-cdef-fedc-ba987654321",
        "01234567-89ab-cdef-fedc-ba98765432100",
        "01234567-89AB-cdef-fedc-ba9876543210",
        "0123456789ab-cdef-fedc-ba9876543210-",
        "01234567-89ab-cdef-fedc-ba987654321/",
        "01234567-89ab-cdef-fedc-ba98765432",
        "01234567-89ab-cdef-fedc_ba9876543210",
    };
    char text[UUID_TEXT_SIZE];
    uint8_t parsed[16];
    uuid_text(uuid, text);
    assert_string_equal(text, spelled);
    assert_true(uuid_parse(bytes_of_text(spelled), parsed));
    assert_memory_equal(parsed, uuid, 16);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(uuid_parse(bytes_of_text(wrong[i]), parsed));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uuids_have_one_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
