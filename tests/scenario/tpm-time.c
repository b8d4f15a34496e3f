/* SPDX-License-Identifier: MIT */
/*
 * tpm-time DEVICE COUNT: so many times 16 random bytes from a TPM 2.0, each
 * asked for and read with one system call; prints the least and the median
 * time in microseconds. For tests/scenario/front.t, in a guest.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define COUNT_MAX 10000

static const uint8_t command[] = {0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 16};

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static int ask(int device)
{
    uint8_t answer[64];
    return write(device, command, sizeof(command)) == sizeof(command) &&
                   read(device, answer, sizeof(answer)) == 28 && answer[9] == 0
               ? 0
               : -1;
}

int main(int argc, char **argv)
{
    static uint64_t times[COUNT_MAX];
    long count = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    if (count < 1 || count > COUNT_MAX) {
        return 2;
    }
    int device = open(argv[1], O_RDWR);
    for (long i = 0; i < count; i++) {
        uint64_t begin = now_us();
        if (ask(device) != 0) {
            perror(argv[1]);
            return 1;
        }
        times[i] = now_us() - begin;
    }
    qsort(times, (size_t)count, sizeof(times[0]), compare);
    printf("least %llu us, median %llu us\n", (unsigned long long)times[0],
           (unsigned long long)times[count / 2]);
    return 0;
}
