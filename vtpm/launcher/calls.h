/* SPDX-License-Identifier: MIT */
/* The two calls of vtpm/base/calls.h that the launcher makes, so that its
 * tests can stand in for the kernel under it. */
#ifndef VOUCH_VTPM_LAUNCHER_CALLS_H
#define VOUCH_VTPM_LAUNCHER_CALLS_H

#include "vtpm/base/calls.h"

/* 0, or an errno. */
int call_module(struct vtpm_module *out);
int call_launch(const struct vtpm_launch *launch);

#endif
