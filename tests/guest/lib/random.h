/* SPDX-License-Identifier: MIT */
/*
 * Repeatable random numbers (xorshift64): "seed=N" on the command line gives
 * another run of the same length, and every failure names its seed.
 */
#ifndef TESTS_GUEST_LIB_RANDOM_H
#define TESTS_GUEST_LIB_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};

static inline struct random random_from(uint64_t seed)
{
    return (struct random){seed * 0x9e3779b97f4a7c15ull + 1};
}

static inline uint64_t random_next(struct random *random)
{
    uint64_t x = random->state;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return random->state = x;
}

static inline unsigned int random_below(struct random *random,
                                        unsigned int limit)
{
    return (unsigned int)((random_next(random) >> 20) % limit);
}

#endif
