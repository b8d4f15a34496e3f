/* SPDX-License-Identifier: MIT */
/* ring: bytes come out as they went in, across pieces and the wrap of the
 * indexes; no index of the peer's gives more than the ring holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vtpm/base/ring.h"

#define PIECE 16
#define SIZE  (2 * PIECE)

/* Guard bytes around each piece. */
static uint8_t memory[2][PIECE + 16];
static const struct ring ring = {{memory[0] + 8, memory[1] + 8}, PIECE, SIZE};

static void copies_wherever_it_begins(void **state)
{
    (void)state;
    for (uint32_t at = UINT32_MAX - 70; at != 70; at++) {
        for (uint32_t size = 0; size <= SIZE; size++) {
            uint8_t in[SIZE], out[SIZE] = {0};
            for (uint32_t i = 0; i < SIZE; i++) {
                in[i] = (uint8_t)(at + i * 7);
            }
            memset(memory, 0xee, sizeof(memory));
            ring_copy_in(&ring, at, bytes_of(in, size));
            ring_copy_out(&ring, at, out, size);
            assert_memory_equal(in, out, size);
            for (size_t i = 0; i < 8; i++) {
                assert_int_equal(memory[0][i], 0xee);
                assert_int_equal(memory[1][i], 0xee);
                assert_int_equal(memory[0][8 + PIECE + i], 0xee);
                assert_int_equal(memory[1][8 + PIECE + i], 0xee);
            }
        }
    }
}

static void believes_no_index_that_cannot_be(void **state)
{
    (void)state;
    uint32_t used;
    static const uint32_t consumed[] = {0, 1, 1000, UINT32_MAX - 3, UINT32_MAX};
    for (size_t i = 0; i < 5; i++) {
        for (uint32_t more = 0; more <= SIZE; more++) {
            assert_true(
                ring_used(&ring, consumed[i] + more, consumed[i], &used));
            assert_int_equal(used, more);
        }
        assert_false(
            ring_used(&ring, consumed[i] + SIZE + 1, consumed[i], &used));
        assert_false(ring_used(&ring, consumed[i] - 1, consumed[i], &used));
        assert_false(
            ring_used(&ring, consumed[i] + 0x80000000u, consumed[i], &used));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_wherever_it_begins),
        cmocka_unit_test(believes_no_index_that_cannot_be),
    };
    return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
