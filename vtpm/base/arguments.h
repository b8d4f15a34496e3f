/* SPDX-License-Identifier: MIT */
/*
 * What a program finds on its stack (psABI 3.4.1): arguments, an empty
 * environment, the auxiliary vector. Arguments are the words behind "--" on
 * the domain's command line.
 */
#ifndef VOUCH_VTPM_BASE_ARGUMENTS_H
#define VOUCH_VTPM_BASE_ARGUMENTS_H

#include "vtpm/base/program.h"

#define ARGUMENTS_MAX    32
#define ARGUMENTS_RANDOM 16
#define ARGUMENTS_ROOM   4096 /* bytes of stack that this takes at most */

/* Puts them below end (16-byte aligned); the stack pointer, which is an
 * address, or 0: there are too many words. The command line ends with NUL. */
uint64_t arguments_put(uint8_t *end, const struct program *program,
                       const char *command_line,
                       const uint8_t random[ARGUMENTS_RANDOM]);

#endif
