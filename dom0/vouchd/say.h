/* SPDX-License-Identifier: MIT */
/* One line on standard output for each thing that the daemon does. */
#ifndef VOUCH_DOM0_VOUCHD_SAY_H
#define VOUCH_DOM0_VOUCHD_SAY_H

__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

#endif
