/* SPDX-License-Identifier: MIT */
/* Test points of a program, and its last word for boot-guest.sh. */
#ifndef TESTS_SCENARIO_BASE_TAP_H
#define TESTS_SCENARIO_BASE_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>

static unsigned int tap_count;
static bool tap_failed;

static inline void ok(bool is_good, const char *what)
{
    tap_count++;
    tap_failed = tap_failed || !is_good;
    printf("%s %u - %s\n", is_good ? "ok" : "not ok", tap_count, what);
}

static inline int tap_done(void)
{
    printf("# result: %s\n", tap_failed ? "fail" : "pass");
    fflush(stdout);
    return 0;
}

/* A system call as it is, without the C library's errno. */
static inline long raw(long number, long a, long b, long c, long d)
{
    register long r10 __asm__("r10") = d;

    __asm__ volatile("syscall"
                     : "+a"(number)
                     : "D"(a), "S"(b), "d"(c), "r"(r10)
                     : "rcx", "r11", "memory");
    return number;
}

#endif
