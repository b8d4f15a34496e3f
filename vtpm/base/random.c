/* SPDX-License-Identifier: MIT */
/* See random.h. */
#include "vtpm/base/random.h"

#include "vtpm/base/clock.h"
#include "vtpm/base/drbg.h"
#include "vtpm/base/errno.h"
#include "vtpm/base/hypercall.h"

#define FEATURE_RDRAND (1u << 30) /* leaf 1, ECX */
#define FEATURE_RDSEED (1u << 18) /* leaf 7, EBX */
#define RETRIES        10000
#define SEED_WORDS     8 /* of RDSEED: twice the 256 bits that we need */
/* RDRAND is seeded anew at least once in 511 numbers of 128 bits (Intel's guide
 * to its random number generator, "generating seeds from RDRAND"), each time
 * with 128 bits of entropy: twice as many, for twice 128. */
#define RAND_WORDS   2048
#define RESEED_WORDS 4

enum source {
    SOURCE_NONE,
    SOURCE_RDSEED,
    SOURCE_RDRAND,
};

static struct drbg drbg;
static enum source source;
static bool is_seeded;
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

static enum source source_find(void)
{
    if (cpuid(0).eax >= 7 && (cpuid(7).ebx & FEATURE_RDSEED) != 0) {
        return SOURCE_RDSEED;
    }
    return (cpuid(1).ecx & FEATURE_RDRAND) != 0 ? SOURCE_RDRAND : SOURCE_NONE;
}

static bool instruction(uint64_t *out)
{
    bool is_valid = false;

    switch (source) {
    case SOURCE_NONE:
        break;
    case SOURCE_RDSEED:
        __asm__ volatile("rdseed %0" : "=r"(*out), "=@ccc"(is_valid));
        break;
    case SOURCE_RDRAND:
        __asm__ volatile("rdrand %0" : "=r"(*out), "=@ccc"(is_valid));
        break;
    }
    return is_valid;
}

/* Some CPUs were seen to give always the same, as a success. */
static bool word_get(uint64_t *out)
{
    for (unsigned int i = 0; i < RETRIES && source != SOURCE_NONE; i++) {
        if (instruction(out)) {
            bool is_new = *out != last_word && *out != 0 && *out != ~0ul;

            last_word = *out;
            return is_new;
        }
        __asm__ volatile("pause");
    }
    return false;
}

static bool seed_get(size_t words, struct sha256_digest *out)
{
    struct sha256_context context;
    uint64_t word = 0;

    sha256_init(&context);
    for (size_t i = 0; i < words; i++) {
        if (!word_get(&word)) {
            return false;
        }
        sha256_update(&context, bytes_of(&word, sizeof(word)));
    }
    sha256_final(&context, out);
    return true;
}

void random_init(void)
{
    struct sha256_digest seed = {{0}};
    uint64_t now[2] = {clock_ns(), clock_wall_ns()};

    source = source_find();
    is_seeded =
        seed_get(source == SOURCE_RDSEED ? SEED_WORDS : RAND_WORDS, &seed);
    drbg_init(&drbg, sha256_bytes(&seed));
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
    struct sha256_digest fresh;

    if (!is_seeded || !seed_get(RESEED_WORDS, &fresh)) {
        return -EAGAIN;
    }
    drbg_reseed(&drbg, sha256_bytes(&fresh));
    generate(out);
    return 0;
}

void random_fill_weakly(struct buffer *out)
{
    generate(out);
}
