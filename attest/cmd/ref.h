/* SPDX-License-Identifier: MIT */
/* The one command of vouch ref that is large enough for a file of its own. */
#ifndef VOUCH_ATTEST_CMD_REF_H
#define VOUCH_ATTEST_CMD_REF_H

int command_ref_make(int argc, char **argv);

#endif
