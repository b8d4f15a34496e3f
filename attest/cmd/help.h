/* SPDX-License-Identifier: MIT */
/* How each command is called: the one place that says so in the program. */
#ifndef VOUCH_ATTEST_CMD_HELP_H
#define VOUCH_ATTEST_CMD_HELP_H

#include <stdio.h>

#include "lib/bytes.h"

/* argv[1] is a command. Do the arguments ask for help, behind the command's
 * words or at the end? Then it was given. */
NODISCARD bool help_is_asked(int argc, char **argv);

/* On standard error, how this command, or each of its family, is called. */
void help_after_error(const char *words);

#endif
