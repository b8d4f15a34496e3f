/* SPDX-License-Identifier: MIT */
/* Giving a guest its traps: bounce frames, injection, the iret hypercall. */
#pragma once

#include "hv/domain/vcpu.h"

/*
 * Queues an exception for the current vCPU; the exit path delivers it.  A
 * second one while one waits kills the domain.
 */
void inject_exception(struct vcpu *vcpu, uint8_t vector, uint32_t error_code);
/* As above for #PF: also sets the guest's CR2. */
void inject_page_fault(struct vcpu *vcpu, uint64_t va, uint32_t error_code);

/*
 * Switches the current vCPU between guest kernel and guest user: page-table
 * root and GS base.
 */
void vcpu_enter_kernel_mode(struct vcpu *vcpu);
void vcpu_enter_user_mode(struct vcpu *vcpu);
