/* SPDX-License-Identifier: MIT */
/*
 * Lines for the domain's console: what happened, and the number that says why.
 */
#ifndef VOUCH_VTPM_TPM_SAY_H
#define VOUCH_VTPM_TPM_SAY_H

#include <stdint.h>

void say(const char *text);
/* "text: 0x910" */
void say_code(const char *text, uint32_t code);
/* "text: -11": what the hypervisor or the kernel answered */
void say_error(const char *text, int error);

#endif
