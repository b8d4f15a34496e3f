/* SPDX-License-Identifier: MIT */
/*
 * Error numbers of the PV ABI (xen/errno.h: the numbers of Linux on x86).
 * Fallible functions return 0 or one of these negated.
 */
#pragma once

enum {
#define XEN_ERRNO(name, value) name = (value),
#include <xen/errno.h>
    ERESTART = 85, /* ours alone: the operation continues; no guest sees it */
};
