/* SPDX-License-Identifier: MIT */
/*
 * What the operator and dom0 do once for the states of vTPMs: `vouch vtpm`'s
 * verbs authorize and state-key (offline), setup and pcrs (dom0); and once for
 * a guest's TPM: certify (offline). argv[0] is the verb.
 */
#ifndef VOUCH_ATTEST_CMD_STATE_H
#define VOUCH_ATTEST_CMD_STATE_H

#define STATE_FOLDER "/var/lib/vouch"

int command_vtpm_authorize(int argc, char **argv);
int command_vtpm_state_key(int argc, char **argv);
int command_vtpm_setup(int argc, char **argv);
int command_vtpm_pcrs(int argc, char **argv);
int command_vtpm_certify(int argc, char **argv);

/* All other verbs, which are about one folder: argv[0] is not looked at. */
int command_vtpm_kept(int argc, char **argv);

#endif
