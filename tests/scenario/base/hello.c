/* SPDX-License-Identifier: MIT */
/* The least that a program does, by the C library: it prints its arguments. */
#include <stdio.h>

int main(int argc, char **argv)
{
    printf("hello from %s\n", argv[0]);
    for (int i = 1; i < argc; i++) {
        printf("argument %d: %s\n", i, argv[i]);
    }
    printf("# result: pass\n");
    return 0;
}
