/* SPDX-License-Identifier: MIT */
/*
 * The five memory functions that the compiler may call by itself. Hosted
 * builds take the C library's; the freestanding hypervisor has lib/string.c,
 * and lets the compiler expand small constant sizes in line.
 */
#ifndef VOUCH_LIB_STRING_H
#define VOUCH_LIB_STRING_H

#if __STDC_HOSTED__
#include <string.h>
#else
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);

#ifndef VOUCH_LIB_STRING_DEFINE
#define memcpy  __builtin_memcpy
#define memmove __builtin_memmove
#define memset  __builtin_memset
#define memcmp  __builtin_memcmp
#define strlen  __builtin_strlen
#endif
#endif

#endif
