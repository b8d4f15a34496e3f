/* SPDX-License-Identifier: MIT */
/*
 * What every test guest has: its start_info, its words on the command line,
 * a console to print whole lines on, and how to stop the machine.
 */
#ifndef TESTS_GUEST_LIB_GUEST_H
#define TESTS_GUEST_LIB_GUEST_H

#include "hypercall.h"

#define VIRT_BASE     0xffffffff80000000ull
#define PAGE_SIZE     4096ull
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
/* The hypervisor's window: L4 slots 256 to 271, the m2p table at its start. */
#define HV_START   0xffff800000000000ull
#define HV_END     0xffff880000000000ull
#define HV_PRIVATE 0xffff830000000000ull

extern struct start_info *start_info;
extern struct shared_info *shared_info;
extern uint64_t first_tsc, first_rflags, first_rsp;

/* Which hypervisor this is, as the runner said ("hv=xen"): deliberate
 * differences are stated by tests, never guessed. */
extern bool on_xen;

/* The test itself: the only function a guest must define. */
void test_main(void);

bool cmdline_has(const char *word);
uint64_t cmdline_number(const char *name, uint64_t otherwise);

/* printf subset: %s %c %d %u %x %lx %lu %ld %p, width and 0 flag. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
int format_text(char *out, size_t size, const char *format,
                __builtin_va_list args);

void *memset(void *to, int byte, size_t size);
void *memcpy(void *to, const void *from, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);

void __attribute__((noreturn)) guest_stop(unsigned int reason);
void __attribute__((noreturn)) guest_fail(const char *why);

static inline uint64_t rdtsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

#endif
