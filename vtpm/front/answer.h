/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of a back end's answer is believed: its size, if it can be an answer and
 * fits, and its bytes, if their own size agrees. Pure functions, which the
 * tests also build outside of a kernel.
 */
#ifndef VOUCH_TPMFRONT_ANSWER_H
#define VOUCH_TPMFRONT_ANSWER_H

#include <linux/types.h>

/* A TPM's commands and answers begin so: tag, size, code (TPM 2.0 part 1, 18).
 */
#define TPM_MESSAGE_HEADER_SIZE 10

/* The page holds 8 bytes of the protocol, then a command or answer. */
#define TPM_MESSAGE_MAX (4096 - 8)

/* So many bytes may be copied to where there is so much room. */
int answer_fits(__u32 size, unsigned long room);

/* Of a private copy of so many bytes, which fitted. */
int answer_is_whole(const __u8 *answer, __u32 size);

#endif
