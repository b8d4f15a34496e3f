/* SPDX-License-Identifier: MIT */
/*
 * Any sequence of what two domains may do with grants and page tables: after
 * each step the oracle recounts all that there is, and after the last the
 * domains die.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "tests/unit/hv/grant/moves.h"
#include "tests/unit/hv/grant/world.h"

#define STEPS 60u /* the oracle is slow */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *rest;
static size_t left;

uint64_t any(uint64_t limit)
{
    uint64_t number = 0;

    for (uint64_t most = limit - 1; most != 0; most >>= 8) {
        number = number << 8 | (left > 0 ? *rest : 0);
        rest += left > 0;
        left -= left > 0;
    }
    return number % limit;
}

static void check(void)
{
    const char *problem = oracle_check();

    if (problem != NULL) {
        fprintf(stderr, "%s\n", problem);
        abort();
    }
}

static void die(unsigned int side)
{
    machine_run(1 - side);
    while (grant_domain_destroy(&sides[side]) == -ERESTART) {
        machine_run(1 - side);
    }
    memset(held[side], 0, sizeof(held[side]));
    check();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rest = data;
    left = size;
    world_reset();
    for (unsigned int i = 0; i < STEPS && left > 0; i++) {
        any_move();
        check();
    }
    die(size % 2);
    die(1 - size % 2);
    if (sides[0].refs != 1 || sides[1].refs != 1) {
        abort();
    }
    return 0;
}
