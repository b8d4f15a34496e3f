/* SPDX-License-Identifier: MIT */
/* See random.h. */
#include "vtpm/base/random.h"

#include "vtpm/base/clock.h"
#include "vtpm/base/drbg.h"
#include "vtpm/base/errno.h"
#include "vtpm/base/hypercall.h"

#define LEAF_FEATURES  7
#define FEATURE_RDSEED (1u << 18) /* EBX */
#define RDSEED_RETRIES 10000
#define SEED_WORDS     8 /* 512 bits: 256 of strength, and a nonce */
#define RESEED_WORDS   4

static struct drbg drbg;
static bool has_rdseed, is_seeded;
static uint64_t last_word;

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

/* As the hypervisor wants us to see the CPU: the ABI's prefix, then CPUID. */
static struct cpuid cpuid(uint32_t leaf)
{
    struct cpuid out = {.eax = leaf, .ecx = 0};

    __asm__ volatile("ud2; .ascii \"xen\"; cpuid"
                     : "+a"(out.eax), "=b"(out.ebx), "+c"(out.ecx),
                       "=d"(out.edx));
    return out;
}

static bool rdseed(uint64_t *out)
{
    for (unsigned int i = 0; i < RDSEED_RETRIES; i++) {
        bool is_valid;

        __asm__ volatile("rdseed %0" : "=r"(*out), "=@ccc"(is_valid));
        if (is_valid) {
            return true;
        }
        __asm__ volatile("pause");
    }
    return false;
}

/* Some CPUs were seen to give always the same, as a success. */
static bool entropy_get(uint64_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!has_rdseed || !rdseed(&words[i]) || words[i] == 0 ||
            words[i] == ~0ul || words[i] == last_word) {
            return false;
        }
        last_word = words[i];
    }
    return true;
}

void random_init(void)
{
    uint64_t seed[SEED_WORDS];
    uint64_t now[2] = {clock_ns(), clock_wall_ns()};

    has_rdseed = cpuid(0).eax >= LEAF_FEATURES &&
                 (cpuid(LEAF_FEATURES).ebx & FEATURE_RDSEED) != 0;
    is_seeded = entropy_get(seed, SEED_WORDS);
    drbg_init(&drbg, bytes_of(seed, is_seeded ? sizeof(seed) : 0));
    memset(seed, 0, sizeof(seed));
    __asm__ volatile("" ::"r"(seed) : "memory");
    random_add(bytes_of(now, sizeof(now)));
    random_add(bytes_of(start_info, sizeof(*start_info)));
}

void random_add(struct bytes bytes)
{
    drbg_reseed(&drbg, bytes);
}

static void generate(struct buffer *out)
{
    while (buffer_room(out) != 0) {
        size_t size = buffer_room(out) < DRBG_REQUEST_MAX ? buffer_room(out)
                                                          : DRBG_REQUEST_MAX;
        struct buffer part = buffer_over(out->data + out->used, size);

        drbg_generate(&drbg, &part);
        out->used += size;
    }
}

int random_fill(struct buffer *out)
{
    uint64_t fresh[RESEED_WORDS];

    if (!is_seeded || !entropy_get(fresh, RESEED_WORDS)) {
        return -EAGAIN;
    }
    drbg_reseed(&drbg, bytes_of(fresh, sizeof(fresh)));
    generate(out);
    return 0;
}

void random_fill_weakly(struct buffer *out)
{
    generate(out);
}
