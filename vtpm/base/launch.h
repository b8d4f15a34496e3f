/* SPDX-License-Identifier: MIT */
/* VTPM_CALL_LAUNCH: the program's memory, as machine frames, to the
 * hypervisor, which starts what is in it in our place. */
#ifndef VOUCH_VTPM_BASE_LAUNCH_H
#define VOUCH_VTPM_BASE_LAUNCH_H

#include "vtpm/base/driver.h"

long do_launch(const struct call *call);

#endif
