/* SPDX-License-Identifier: MIT */
/* See moves.c. */
#pragma once

#include <stdint.h>

/* A number below limit: who makes the moves provides it. */
uint64_t any(uint64_t limit);

/* One operation of one of the domains, with any arguments. */
void any_move(void);
