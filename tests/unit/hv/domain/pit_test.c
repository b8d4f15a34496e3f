/* SPDX-License-Identifier: MIT */
/*
 * The timer model, asked as kernels ask it: Linux's two calibrations, the
 * output, latching, and the gate.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hv/domain/pit.h"

#define US 1000ull

static uint64_t now;
static struct pit pit;

static int reset(void **state)
{
    (void)state;
    now = 12345678;
    memset(&pit, 0, sizeof(pit));
    return 0;
}

static void out(uint16_t port, uint8_t value)
{
    pit_write(&pit, port, value, now);
}

static uint8_t in(uint16_t port)
{
    return pit_read(&pit, port, now);
}

static uint16_t count(void)
{
    uint8_t low = in(0x42);

    return (uint16_t)(in(0x42) << 8 | low);
}

/* quick_pit_calibrate(): mode 0 from 0xffff; the high byte falls by one every
 * 256 ticks, which is 214.6 us. */
static void quick_calibration_sees_every_step(void **state)
{
    uint64_t start;

    (void)state;
    out(0x61, (in(0x61) & ~0x02) | 0x01);
    out(0x43, 0xb0);
    out(0x42, 0xff);
    out(0x42, 0xff);
    start = now;
    for (uint8_t expected = 0xff; expected > 0xf0; expected--) {
        unsigned int seen = 0;

        while (count() >> 8 == expected) {
            now += 2 * US;
            seen++;
        }
        assert_true(seen > 100);
    }
    assert_in_range(now - start, 15 * 214 * US, 15 * 217 * US);
}

/* pit_calibrate_tsc(): output (bit 5 of port 0x61) rises after the count. */
static void output_rises_after_the_count(void **state)
{
    uint64_t start;

    (void)state;
    out(0x61, 0x01);
    out(0x43, 0xb0);
    out(0x42, 11931 & 0xff); /* 10 ms */
    out(0x42, 11931 >> 8);
    start = now;
    while ((in(0x61) & 0x20) == 0) {
        now += 10 * US;
        assert_true(now - start < 100000 * US);
    }
    assert_in_range(now - start, 9990 * US, 10020 * US);
}

static void closed_gate_stops_counting(void **state)
{
    uint16_t before;

    (void)state;
    out(0x61, 0x01);
    out(0x43, 0xb0);
    out(0x42, 0x00);
    out(0x42, 0x80);
    now += 1000 * US;
    out(0x61, 0x00);
    before = count();
    assert_in_range(before, 0x8000 - 1194, 0x8000 - 1192);
    now += 5000 * US;
    assert_int_equal(count(), before);
    out(0x61, 0x01);
    now += 1000 * US;
    assert_in_range(before - count(), 1192, 1194);
}

static void latch_freezes_one_count(void **state)
{
    uint16_t latched;

    (void)state;
    out(0x61, 0x01);
    out(0x43, 0xb0);
    out(0x42, 0x00);
    out(0x42, 0x10);
    now += 100 * US;
    out(0x43, 0x80);
    now += 100 * US;
    latched = count();
    assert_in_range(latched, 0x1000 - 120, 0x1000 - 118);
    assert_in_range(latched - count(), 118, 121);
    out(0x43, 0xd8); /* read-back is not for a single channel: no latch */
    assert_int_equal(pit.latch_left, 0);
}

static void single_byte_access(void **state)
{
    (void)state;
    out(0x61, 0x00);
    out(0x43, 0x90); /* low byte only */
    out(0x42, 0x34);
    assert_int_equal(in(0x42), 0x34);
    assert_int_equal(in(0x42), 0x34);
    out(0x43, 0xa0); /* high byte only */
    out(0x42, 0x12);
    assert_int_equal(in(0x42), 0x12);
}

static void output_before_a_count(void **state)
{
    (void)state;
    out(0x43, 0xb0); /* low until it ended */
    assert_int_equal(in(0x61) & 0x20, 0);
    assert_int_equal(count(), 0);
}

static void refresh_bit_toggles(void **state)
{
    uint8_t first = in(0x61);

    (void)state;
    assert_int_equal((first ^ in(0x61)) & 0x10, 0x10);
}

static void other_channels_are_not_there(void **state)
{
    (void)state;
    out(0x61, 0x01);
    out(0x43, 0xb0);
    out(0x42, 0x00);
    out(0x42, 0x80);
    out(0x43, 0x34); /* channel 0 */
    out(0x43, 0x74); /* channel 1 */
    assert_int_equal(count(), 0x8000);
    assert_int_equal(in(0x43), 0xff);
}

/* Whatever is written in whatever order: no arithmetic goes wrong, also when
 * time stands still, runs backwards between CPUs, or is far away. */
static void any_sequence(void **state)
{
    static const uint16_t ports[] = {0x42, 0x43, 0x61};
    uint64_t random = 42;

    (void)state;
    for (unsigned int i = 0; i < 300000; i++) {
        uint16_t port;

        random = random * 6364136223846793005u + 1442695040888963407u;
        port = ports[(random >> 33) % 3];
        if ((random >> 40 & 1) != 0) {
            out(port, (uint8_t)(random >> 48));
        } else {
            (void)in(port);
        }
        if (i % 1000 == 0) {
            now += random >> 1;
        } else {
            now += (random >> 20) % 4096 - 1024;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(quick_calibration_sees_every_step, reset),
        cmocka_unit_test_setup(output_rises_after_the_count, reset),
        cmocka_unit_test_setup(closed_gate_stops_counting, reset),
        cmocka_unit_test_setup(latch_freezes_one_count, reset),
        cmocka_unit_test_setup(single_byte_access, reset),
        cmocka_unit_test_setup(output_before_a_count, reset),
        cmocka_unit_test_setup(refresh_bit_toggles, reset),
        cmocka_unit_test_setup(other_channels_are_not_there, reset),
        cmocka_unit_test_setup(any_sequence, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
