/* SPDX-License-Identifier: MIT */
/* Other programs, run to their end. Words end with NULL. */
#ifndef VOUCH_ATTEST_CMD_PROGRAM_H
#define VOUCH_ATTEST_CMD_PROGRAM_H

#include "lib/bytes.h"

/* Its exit status, or -1 if it could not be run or was killed. */
NODISCARD int program_run(const char *const *words);
/* ... and, if that is 0, what it prints, to be given to free. */
NODISCARD int program_output(const char *const *words, struct bytes *out);
/* Each line that it prints, on both of its outputs, as it does so. */
NODISCARD int program_lines(const char *const *words,
                            void (*take)(void *context, const char *line),
                            void *context);

#endif
