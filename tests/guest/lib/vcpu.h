/* SPDX-License-Identifier: MIT */
/*
 * A second vCPU with a stack of its own, which runs one function.
 */
#ifndef TESTS_GUEST_LIB_VCPU_H
#define TESTS_GUEST_LIB_VCPU_H

#include "guest.h"

/* Fills a context that starts at body; used as it is or spoilt by tests. */
void vcpu_context(struct vcpu_guest_context *context, void (*body)(void));
long vcpu_initialise(unsigned int vcpu,
                     const struct vcpu_guest_context *context);
/* Initialise and up, or the first error. */
long vcpu_run(unsigned int vcpu, void (*body)(void));

#endif
