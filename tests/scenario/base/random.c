/* SPDX-License-Identifier: MIT */
/* What getrandom gives: "seeded" numbers that differ, "unseeded" nothing. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include "tests/scenario/base/tap.h"

static uint8_t large[200000];

static void seeded(void)
{
    uint8_t first[64] = {0}, second[64] = {0};
    unsigned int counts[256] = {0}, least = ~0u;

    ok(getrandom(first, sizeof(first), 0) == sizeof(first), "64 bytes");
    ok(getrandom(second, sizeof(second), 0) == sizeof(second), "and others");
    ok(memcmp(first, second, sizeof(first)) != 0, "that differ");
    ok(getrandom(large, sizeof(large), 0) == sizeof(large), "many at once");
    for (size_t i = 0; i < sizeof(large); i++) {
        counts[large[i]]++;
    }
    for (size_t i = 0; i < 256; i++) {
        least = counts[i] < least ? counts[i] : least;
    }
    ok(least > 500, "each value is among them");
    printf("random ");
    for (size_t i = 0; i < sizeof(first); i++) {
        printf("%02x", first[i]);
    }
    printf("\n");
}

static void unseeded(void)
{
    uint8_t bytes[8] = {0}, zero[8] = {0};

    for (int flags = 0; flags < 8; flags++) {
        ok(getrandom(bytes, sizeof(bytes), flags) == -1 && errno == EAGAIN &&
               memcmp(bytes, zero, sizeof(bytes)) == 0,
           "no random numbers without entropy");
    }
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1 && strcmp(argv[1], "unseeded") == 0) {
        unseeded();
    } else {
        seeded();
    }
    return tap_done();
}
