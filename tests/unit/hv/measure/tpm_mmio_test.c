/* SPDX-License-Identifier: MIT */
/*
 * Registers in memory: each access touches its own bytes and no others, at the
 * offset asked for, and time goes to the clock that was given.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hv/measure/tpm_mmio.h"

static uint32_t registers[TPM_IO_SIZE / 4];
static uint32_t delayed_us;

static void delay_us(uint32_t microseconds)
{
    delayed_us += microseconds;
}

static void accesses_have_their_width(void **state)
{
    (void)state;
    struct tpm_mmio mmio = {.registers = (volatile uint8_t *)registers,
                            .delay_us = delay_us};
    struct tpm_io io = tpm_mmio_io(&mmio, TPM_IO_BASE, TPM_IO_SIZE);
    uint8_t expected[TPM_IO_SIZE] = {0};
    assert_true(io.base == TPM_IO_BASE);
    assert_int_equal(io.size, TPM_IO_SIZE);

    io.write8(io.context, 0x2018, 0x40);
    expected[0x2018] = 0x40;
    assert_memory_equal(registers, expected, TPM_IO_SIZE);
    io.write32(io.context, TPM_IO_SIZE - 4, 0x04030201);
    memcpy(expected + TPM_IO_SIZE - 4, "\1\2\3\4", 4);
    assert_memory_equal(registers, expected, TPM_IO_SIZE);
    assert_int_equal(io.read32(io.context, TPM_IO_SIZE - 4), 0x04030201);
    assert_int_equal(io.read8(io.context, TPM_IO_SIZE - 2), 3);

    io.delay_us(io.context, 7);
    io.delay_us(io.context, 9);
    assert_int_equal(delayed_us, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accesses_have_their_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
