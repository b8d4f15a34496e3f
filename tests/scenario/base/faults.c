/* SPDX-License-Identifier: MIT */
/* Each way to die, by its name. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/base/tap.h"

static uint8_t data[4096] __attribute__((aligned(4096)));
static const uint8_t constant[16] = {0xc3};

static int deeper(volatile int depth)
{
    volatile char frame[4096];

    frame[0] = (char)depth;
    return depth == 0 ? 0 : deeper(depth + 1) + frame[0];
}

/* The compiler does not see where it points. */
static volatile int *at(uintptr_t address)
{
    __asm__("" : "+r"(address));
    return (volatile int *)address;
}

static void call(const void *code)
{
    ((void (*)(void))(uintptr_t)code)();
}

static void die(const char *how)
{
    if (strcmp(how, "null") == 0) {
        *at(8) = 1;
    } else if (strcmp(how, "text") == 0) {
        *at((uintptr_t)deeper) = 0;
    } else if (strcmp(how, "constant") == 0) {
        *at((uintptr_t)constant) = 0;
    } else if (strcmp(how, "data") == 0) {
        data[0] = 0xc3;
        call(data);
    } else if (strcmp(how, "rodata") == 0) {
        call(constant);
    } else if (strcmp(how, "kernel") == 0) {
        printf("%d\n", *at(0xffffffff80001000));
    } else if (strcmp(how, "m2p") == 0) {
        printf("%d\n", *at(0xffff800000000000));
    } else if (strcmp(how, "stack") == 0) {
        deeper(1);
    } else if (strcmp(how, "illegal") == 0) {
        __asm__ volatile("ud2");
    } else if (strcmp(how, "halt") == 0) {
        __asm__ volatile("hlt");
    } else if (strcmp(how, "port") == 0) {
        __asm__ volatile("outb %%al, $0x80" ::"a"(0));
    } else if (strcmp(how, "divide") == 0) {
        __asm__ volatile("div %%ecx" ::"a"(1), "d"(0), "c"(0));
    } else if (strcmp(how, "breakpoint") == 0) {
        __asm__ volatile("int3");
    } else if (strcmp(how, "interrupt") == 0) {
        __asm__ volatile("int $0x80");
    } else if (strcmp(how, "step") == 0) {
        __asm__ volatile("pushf; orl $0x100, (%%rsp); popf; nop" ::: "memory");
    } else if (strcmp(how, "abort") == 0) {
        abort();
    } else if (strcmp(how, "exit") == 0) {
        exit(3);
    }
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    die(argv[1]);
    printf("# it lives\n");
    return 0;
}
