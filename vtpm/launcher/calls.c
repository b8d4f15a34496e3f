/* SPDX-License-Identifier: MIT */
/* System calls with numbers of our own. */
#include "vtpm/launcher/calls.h"

#include <errno.h>
#include <unistd.h>

int call_module(struct vtpm_module *out)
{
    return syscall(VTPM_CALL_MODULE, out) < 0 ? errno : 0;
}

int call_launch(const struct vtpm_launch *launch)
{
    return syscall(VTPM_CALL_LAUNCH, launch) < 0 ? errno : 0;
}
