/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 (FIPS 180-4, 6.2). Tens of megabytes are hashed at boot without
 * vector registers, so sixteen rounds are written out with the working
 * variables renamed instead of moved, the message schedule is made in place
 * just before each word is used, and rotations are nested to share their moves.
 */
#include "lib/sha2.h"

#define BLOCK_SIZE 64

/* FIPS 180-4, 4.2.2 */
static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t rotate(uint32_t x, unsigned count)
{
    return x >> count | x << (32 - count);
}

static inline uint32_t load_be32(const uint8_t *from)
{
    uint32_t value;
    memcpy(&value, from, sizeof(value));
    return __builtin_bswap32(value);
}

static inline void store_be32(uint8_t *to, uint32_t value)
{
    value = __builtin_bswap32(value);
    memcpy(to, &value, sizeof(value));
}

/* ror 6 ^ ror 11 ^ ror 25, ror 2 ^ ror 13 ^ ror 22, ror 17 ^ ror 19 ^ shr 10,
 * ror 7 ^ ror 18 ^ shr 3 (4.1.2) */
#define BIG_SIGMA1(e)   rotate(rotate(rotate(e, 14) ^ (e), 5) ^ (e), 6)
#define BIG_SIGMA0(a)   rotate(rotate(rotate(a, 9) ^ (a), 11) ^ (a), 2)
#define SMALL_SIGMA1(x) (rotate(rotate(x, 2) ^ (x), 17) ^ ((x) >> 10))
#define SMALL_SIGMA0(x) (rotate(rotate(x, 11) ^ (x), 7) ^ ((x) >> 3))

/*
 * One round. Maj(a, b, c) = b ^ ((a ^ b) & (b ^ c)), and this round's a ^ b is
 * the next round's b ^ c: the two values take turns in ab and bc.
 */
#define ROUND(a, b, c, d, e, f, g, h, ab, bc, k, word)                         \
    do {                                                                       \
        h += (k) + (word);                                                     \
        h += ((f ^ g) & e) ^ g;                                                \
        h += BIG_SIGMA1(e);                                                    \
        d += h;                                                                \
        ab = a ^ b;                                                            \
        bc = (bc & ab) ^ b;                                                    \
        h += bc;                                                               \
        h += BIG_SIGMA0(a);                                                    \
    } while (0)

#define WORD_FIRST(i) (w[i] = load_be32(data + 4 * (i)))
#define WORD_NEXT(i)                                                           \
    (w[i] += SMALL_SIGMA0(w[((i) + 1) & 15]) + w[((i) + 9) & 15] +             \
             SMALL_SIGMA1(w[((i) + 14) & 15]))

/* Eight leave every variable where it was. */
#define EIGHT_ROUNDS(WORD, k, i)                                               \
    ROUND(a, b, c, d, e, f, g, h, x, y, (k)[i], WORD(i));                      \
    ROUND(h, a, b, c, d, e, f, g, y, x, (k)[i + 1], WORD(i + 1));              \
    ROUND(g, h, a, b, c, d, e, f, x, y, (k)[i + 2], WORD(i + 2));              \
    ROUND(f, g, h, a, b, c, d, e, y, x, (k)[i + 3], WORD(i + 3));              \
    ROUND(e, f, g, h, a, b, c, d, x, y, (k)[i + 4], WORD(i + 4));              \
    ROUND(d, e, f, g, h, a, b, c, y, x, (k)[i + 5], WORD(i + 5));              \
    ROUND(c, d, e, f, g, h, a, b, x, y, (k)[i + 6], WORD(i + 6));              \
    ROUND(b, c, d, e, f, g, h, a, y, x, (k)[i + 7], WORD(i + 7))

static void hash_block(uint32_t state[8], const uint8_t *data)
{
    uint32_t w[16];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    uint32_t x, y = b ^ c;

    EIGHT_ROUNDS(WORD_FIRST, round_constants, 0);
    EIGHT_ROUNDS(WORD_FIRST, round_constants, 8);
    for (size_t round = 16; round < 64; round += 16) {
        EIGHT_ROUNDS(WORD_NEXT, round_constants + round, 0);
        EIGHT_ROUNDS(WORD_NEXT, round_constants + round, 8);
    }

    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

static void hash_blocks(uint32_t state[8], const uint8_t *data, size_t count)
{
    for (; count > 0; count--, data += BLOCK_SIZE) {
        hash_block(state, data);
    }
}

void sha256_init(struct sha256_context *context)
{
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                        0xa54ff53a, 0x510e527f, 0x9b05688c,
                                        0x1f83d9ab, 0x5be0cd19};
    memcpy(context->state, initial, sizeof(initial));
    context->size = 0;
}

void sha256_update(struct sha256_context *context, struct bytes message)
{
    size_t held = context->size % BLOCK_SIZE;
    context->size += message.size;
    if (held != 0) {
        size_t room = BLOCK_SIZE - held;
        size_t part = message.size < room ? message.size : room;
        if (part != 0) {
            memcpy(context->block + held, message.data, part);
        }
        if (part < room) {
            return;
        }
        hash_blocks(context->state, context->block, 1);
        message = bytes_of(message.data + part, message.size - part);
    }
    size_t whole = message.size / BLOCK_SIZE;
    if (whole != 0) {
        hash_blocks(context->state, message.data, whole);
    }
    size_t rest = message.size % BLOCK_SIZE;
    if (rest != 0) {
        memcpy(context->block, message.data + whole * BLOCK_SIZE, rest);
    }
}

void sha256_final(struct sha256_context *context, struct sha256_digest *out)
{
    size_t held = context->size % BLOCK_SIZE;
    context->block[held++] = 0x80;
    if (held > BLOCK_SIZE - 8) {
        memset(context->block + held, 0, BLOCK_SIZE - held);
        hash_blocks(context->state, context->block, 1);
        held = 0;
    }
    memset(context->block + held, 0, BLOCK_SIZE - 8 - held);
    store_be32(context->block + 56, (uint32_t)(context->size >> 29));
    store_be32(context->block + 60, (uint32_t)(context->size << 3));
    hash_blocks(context->state, context->block, 1);
    for (size_t i = 0; i < 8; i++) {
        store_be32(out->bytes + 4 * i, context->state[i]);
    }
    memset(context, 0, sizeof(*context));
}

struct sha256_digest sha256_of(struct bytes message)
{
    struct sha256_context context;
    struct sha256_digest digest;
    sha256_init(&context);
    sha256_update(&context, message);
    sha256_final(&context, &digest);
    return digest;
}
