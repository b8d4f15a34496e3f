/* SPDX-License-Identifier: MIT */
/* The domain's ramdisk, and where the program is: in the image, or it. */
#ifndef VOUCH_VTPM_BASE_MODULE_H
#define VOUCH_VTPM_BASE_MODULE_H

#include "lib/bytes.h"

/* Page aligned; size 0: there is none. */
struct bytes module_ramdisk(void);
struct bytes module_program(void);

#endif
