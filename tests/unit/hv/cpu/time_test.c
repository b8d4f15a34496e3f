/* SPDX-License-Identifier: MIT */
/*
 * The clock's arithmetic: pvclock's scale for every plausible frequency,
 * conversion there and back, and dates against the C library's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "hv/base/log.h"
#include "hv/cpu/apic.h"
#include "hv/cpu/paging.h"
#include "hv/cpu/time.h"

/* What time.c uses of the machine: not reached by these tests. */
void *ioremap(maddr_t start, size_t size)
{
    (void)start;
    (void)size;
    abort();
}
void apic_timer_start_calibration(void)
{
    abort();
}
uint32_t apic_timer_count(void)
{
    abort();
}
void apic_timer_set_rate(uint64_t hz)
{
    (void)hz;
    abort();
}
void log_line(const char *format, ...)
{
    (void)format;
    abort();
}
void refuse_boot(const char *format, ...)
{
    (void)format;
    abort();
}

static void set_frequency(uint64_t hz)
{
    time_find_scale(hz, &tsc_to_system_mul, &tsc_shift);
    tsc_at_zero = 12345678901;
}

static const uint64_t frequencies[] = {
    1000000,    3579545,    333333333,  999999999,  1000000000,
    1000000001, 1999999999, 2000000000, 2000000001, 2596136789,
    3999999999, 4000000001, 5500000000, 9999999999};

#define FREQUENCIES (sizeof(frequencies) / sizeof(frequencies[0]))

static void test_scale_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < FREQUENCIES; i++) {
        set_frequency(frequencies[i]);
        assert_in_range(tsc_to_system_mul, 1u << 31, UINT32_MAX);
    }
}

/* An hour of ticks is an hour, to a part in 2^30. */
static void test_scale_accuracy(void **state)
{
    (void)state;
    for (size_t i = 0; i < FREQUENCIES; i++) {
        uint64_t hour = 3600ull * 1000000000;
        uint64_t ns;

        set_frequency(frequencies[i]);
        ns = tsc_to_ns(tsc_at_zero + 3600 * frequencies[i]);
        assert_in_range(ns, hour - hour / (1 << 30) - 2000,
                        hour + hour / (1 << 30) + 2000);
    }
}

/* As pvclock's reader computes it, from the same three numbers. */
static void test_same_as_pvclock(void **state)
{
    (void)state;
    set_frequency(2596136789);
    for (uint64_t delta = 1; delta < 1ull << 50; delta = delta * 3 + 1) {
        uint64_t shifted =
            tsc_shift >= 0 ? delta << tsc_shift : delta >> -tsc_shift;
        uint64_t ns =
            (uint64_t)((unsigned __int128)shifted * tsc_to_system_mul >> 32);

        assert_int_equal(tsc_to_ns(tsc_at_zero + delta), ns);
    }
}

/* The tick for a time is not after it, and close before it. */
static void test_there_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < FREQUENCIES; i++) {
        set_frequency(frequencies[i]);
        for (uint64_t ns = 0; ns < 1ull << 60; ns = ns * 5 + 7) {
            uint64_t back = tsc_to_ns(ns_to_tsc(ns));

            assert_true(back <= ns);
            assert_true(ns - back <= 2 + 2000000000 / frequencies[i]);
        }
    }
}

static void test_never(void **state)
{
    (void)state;
    set_frequency(2596136789);
    assert_true(ns_to_tsc(UINT64_MAX) == UINT64_MAX);
    assert_true(ns_to_tsc(1ull << 62) == UINT64_MAX);
    set_frequency(9999999999);
    assert_true(ns_to_tsc((1ull << 62) - 1) == UINT64_MAX);
}

static void test_dates(void **state)
{
    (void)state;
    assert_int_equal(time_from_date(1970, 1, 1, 0), 0);
    assert_int_equal(time_from_date(2000, 2, 29, 3723), 951786123);
    for (int64_t day = 0; day < 365 * 130; day++) {
        time_t at = day * 86400 + day % 86400;
        struct tm date;

        gmtime_r(&at, &date);
        assert_int_equal(
            time_from_date((unsigned int)date.tm_year + 1900,
                           (unsigned int)date.tm_mon + 1,
                           (unsigned int)date.tm_mday,
                           (unsigned int)(date.tm_hour * 3600 +
                                          date.tm_min * 60 + date.tm_sec)),
            at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scale_range),
        cmocka_unit_test(test_scale_accuracy),
        cmocka_unit_test(test_same_as_pvclock),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_never),
        cmocka_unit_test(test_dates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
