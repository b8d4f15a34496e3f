// SPDX-License-Identifier: GPL-2.0-only
/* See answer.h. */
#include "answer.h"

int answer_fits(__u32 size, unsigned long room)
{
    return size >= TPM_MESSAGE_HEADER_SIZE && size <= TPM_MESSAGE_MAX &&
           size <= room;
}

int answer_is_whole(const __u8 *answer, __u32 size)
{
    return (((__u32)answer[2] << 24) | ((__u32)answer[3] << 16) |
            ((__u32)answer[4] << 8) | answer[5]) == size;
}
