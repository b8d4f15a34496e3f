/* SPDX-License-Identifier: MIT */
/* Where entry.S goes: one C function per way in. */
#pragma once

#include "hv/cpu/regs.h"

/* An exception or interrupt while the current vCPU ran. */
void guest_exception(struct regs *regs);
/* The same while the hypervisor ran. */
void hypervisor_exception(struct regs *regs);
/* #DB at the first instruction of an entry (MOV SS before it). */
void hypervisor_debug(struct regs *regs);
/* NMI, #DF, #MC, on stacks of their own. */
void ist_exception(struct regs *regs);
/* Our IRETQ refused the guest's frame. */
void guest_iret_fault(struct regs *regs);
/* cpu->has_work: an exception to inject, another vCPU to run. */
void exit_work(void);
