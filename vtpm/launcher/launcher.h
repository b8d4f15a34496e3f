/* SPDX-License-Identifier: MIT */
/*
 * From the domain's bundle to a launch. Nobody trusts the launcher: what it
 * hands over is measured. So it has one duty more than to work, which is to
 * say on the console what it does, or why it cannot.
 */
#ifndef VOUCH_VTPM_LAUNCHER_LAUNCHER_H
#define VOUCH_VTPM_LAUNCHER_LAUNCHER_H

/* Returns only if nothing was launched: the program's exit status. */
int launcher_run(void);

#endif
