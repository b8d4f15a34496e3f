/* SPDX-License-Identifier: MIT */
/* The commands of vouch ref that are large enough for files of their own. */
#ifndef VOUCH_ATTEST_CMD_REF_H
#define VOUCH_ATTEST_CMD_REF_H

int command_ref_make(int argc, char **argv);
int command_ref_guest(int argc, char **argv);
int command_ref_vtpm(int argc, char **argv);

#endif
