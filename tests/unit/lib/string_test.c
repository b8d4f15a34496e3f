/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's memory functions, compiled here under other names, against
 * the C library's, for all small sizes, offsets and overlaps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

void *own_memcpy(void *restrict to, const void *restrict from, size_t size);
void *own_memmove(void *to, const void *from, size_t size);
void *own_memset(void *to, int byte, size_t size);
int own_memcmp(const void *a, const void *b, size_t size);
size_t own_strlen(const char *text);

#define memcpy  own_memcpy
#define memmove own_memmove
#define memset  own_memset
#define memcmp  own_memcmp
#define strlen  own_strlen
#include "lib/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen

#define AREA 96

static void fill(uint8_t *area, unsigned seed)
{
    for (size_t i = 0; i < AREA; i++) {
        area[i] = (uint8_t)(i * 5 + seed);
    }
}

static void moves_like_libc(void **state)
{
    (void)state;
    uint8_t ours[AREA], theirs[AREA];
    for (size_t to = 0; to < 24; to++) {
        for (size_t from = 0; from < 24; from++) {
            for (size_t size = 0; size < 40; size++) {
                fill(ours, 1);
                fill(theirs, 1);
                assert_ptr_equal(own_memmove(ours + to, ours + from, size),
                                 ours + to);
                memmove(theirs + to, theirs + from, size);
                assert_memory_equal(ours, theirs, AREA);
            }
        }
    }
}

static void copies_and_sets_like_libc(void **state)
{
    (void)state;
    uint8_t ours[AREA], theirs[AREA], source[AREA];
    fill(source, 99);
    for (size_t to = 0; to < 9; to++) {
        for (size_t size = 0; size < 80; size++) {
            fill(ours, 1);
            fill(theirs, 1);
            assert_ptr_equal(own_memcpy(ours + to, source + 3, size),
                             ours + to);
            memcpy(theirs + to, source + 3, size);
            assert_memory_equal(ours, theirs, AREA);
            assert_ptr_equal(own_memset(ours + to, 0x1a5, size), ours + to);
            memset(theirs + to, 0x1a5, size);
            assert_memory_equal(ours, theirs, AREA);
        }
    }
}

static void compares_and_measures(void **state)
{
    (void)state;
    assert_int_equal(own_memcmp("abc", "abd", 2), 0);
    assert_true(own_memcmp("abc", "abd", 3) < 0);
    assert_true(own_memcmp("\xff", "\x01", 1) > 0);
    assert_int_equal(own_memcmp("a", "b", 0), 0);
    assert_int_equal(own_strlen(""), 0);
    assert_int_equal(own_strlen("four"), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moves_like_libc),
        cmocka_unit_test(copies_and_sets_like_libc),
        cmocka_unit_test(compares_and_measures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
