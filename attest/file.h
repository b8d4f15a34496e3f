/* SPDX-License-Identifier: MIT */
#ifndef VOUCH_ATTEST_FILE_H
#define VOUCH_ATTEST_FILE_H

#include "lib/bytes.h"

/* All of it to an open file. False: errno says why, and some may be there. */
NODISCARD bool file_write(int file, struct bytes content);

#endif
