/* SPDX-License-Identifier: MIT */
/*
 * Which module is what.  The first is dom0's kernel; a policy is recognised by
 * its magic number; the one that is left is the initrd.
 */
#pragma once

#include "hv/boot/boot_info.h"

struct boot_modules {
    struct bytes kernel, initrd, policy; /* in the direct map */
    const char *kernel_command_line;
};

/* Refuses to boot without a kernel or a policy, or with too many modules. */
void modules_find(struct boot_modules *out);
