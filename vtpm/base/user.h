/* SPDX-License-Identifier: MIT */
/*
 * The program's memory as the kernel may use it. A pointer of the program's is
 * checked against its page tables before it is followed; since the program
 * does not run meanwhile, what was checked stays so until the call returns.
 */
#ifndef VOUCH_VTPM_BASE_USER_H
#define VOUCH_VTPM_BASE_USER_H

#include "lib/bytes.h"
#include "vtpm/base/kernel.h"

/* All of it is the program's, and mapped so that it may read or write it
 * itself. A size of 0 is always good. */
NODISCARD bool user_may_read(uint64_t address, uint64_t size);
NODISCARD bool user_may_write(uint64_t address, uint64_t size);

/* 0 or -EFAULT. */
NODISCARD int user_read(void *to, uint64_t address, uint64_t size);
NODISCARD int user_write(uint64_t address, const void *from, uint64_t size);

/* The memory itself, good until the call returns; -EFAULT. */
NODISCARD int user_bytes(uint64_t address, uint64_t size, struct bytes *out);
NODISCARD int user_buffer(uint64_t address, uint64_t size, struct buffer *out);

#endif
