/* SPDX-License-Identifier: MIT */
/* The last words, with the registers of the place that is to blame. */
#pragma once

#include "hv/base/log.h"

struct regs;

/* As panic(), for an exception within the hypervisor: regs are its frame. */
void panic_at(const struct regs *regs, const char *format, ...) noreturn
    printf_like(2, 3);

/* Prints the callers from this frame pointer up, by name. */
void log_trace(uint64_t rip, uint64_t rbp);

struct vcpu;
/* The vCPU's last hypercalls, newest first (hv/domain/vcpu.c). */
void vcpu_log_history(const struct vcpu *vcpu);
