/* SPDX-License-Identifier: MIT */
/*
 * What a domain asks of its tables, with the handlers of the hypercalls: 0, or
 * a negative errno.  A slot is an entry's number, a value the entry.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

int update(unsigned int side, uint64_t mfn, unsigned int slot, uint64_t value);
int pin(unsigned int side, uint64_t mfn, unsigned int level);
int unpin(unsigned int side, uint64_t mfn);
int set_root(unsigned int side, uint64_t mfn, bool user);
int release(unsigned int side, uint64_t mfn);

/* What a toolstack does: side 0 maps, pins and unpins what is side 1's. */
int foreign_update(uint64_t mfn, unsigned int slot, uint64_t value);
int foreign_pin(uint64_t mfn, unsigned int level);
int foreign_unpin(uint64_t mfn);

/* Fails the test if the oracle finds anything wrong after that step. */
void check(unsigned int step);
