/* SPDX-License-Identifier: MIT */
/*
 * Addresses for frames that are not in the domain's own memory, or that the
 * kernel knows by machine frame only: shared_info, rings, granted pages.
 */
#ifndef VOUCH_VTPM_BASE_WINDOW_H
#define VOUCH_VTPM_BASE_WINDOW_H

#include "vtpm/base/kernel.h"

/* 2 MiB, the end of the first GiB of the kernel's addresses. */
#define WINDOW_START 0xffffffffbfe00000ul

void window_init(void);

/* An address for one page, with nothing mapped; NULL when all are in use. */
NODISCARD void *window_alloc(void);
/* Nothing may be mapped there any more. */
void window_free(void *address);

/* The frame, readable and writable; NULL if the hypervisor refuses, or if
 * there is no room. For frames that the domain owns. */
NODISCARD void *window_map(uint64_t mfn);
/* What window_map() gave; NULL is allowed. */
void window_unmap(void *address);

#endif
