/* SPDX-License-Identifier: MIT */
/*
 * The PV ABI's hypercalls: an inline SYSCALL each, number in rax, arguments in
 * rdi rsi rdx r10 r8. One that was preempted is executed again with registers
 * rewritten, so all of them are in and out.
 */
#ifndef VOUCH_VTPM_BASE_HYPERCALL_H
#define VOUCH_VTPM_BASE_HYPERCALL_H

#include <stddef.h>
#include <stdint.h>

#define __XEN_INTERFACE_VERSION__ 0x00040e00
#include <xen/xen.h>
#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/sched.h>
#include <xen/version.h>

#include "hv/abi/vouch.h"

static inline long hypercall(long number, uint64_t a, uint64_t b, uint64_t c,
                             uint64_t d)
{
    register uint64_t r10 __asm__("r10") = d;

    __asm__ volatile("syscall"
                     : "+a"(number), "+D"(a), "+S"(b), "+d"(c), "+r"(r10)
                     :
                     : "rcx", "r8", "r11", "memory");
    return number;
}

static inline long mmu_update(struct mmu_update *updates, size_t count)
{
    return hypercall(__HYPERVISOR_mmu_update, (uint64_t)updates, count, 0,
                     DOMID_SELF);
}

static inline long mmuext_op(struct mmuext_op *operations, size_t count)
{
    return hypercall(__HYPERVISOR_mmuext_op, (uint64_t)operations, count, 0,
                     DOMID_SELF);
}

static inline long update_va_mapping(const void *va, uint64_t entry,
                                     uint64_t flags)
{
    return hypercall(__HYPERVISOR_update_va_mapping, (uint64_t)va, entry, flags,
                     0);
}

static inline long sched_op(unsigned int command, void *argument)
{
    return hypercall(__HYPERVISOR_sched_op, command, (uint64_t)argument, 0, 0);
}

static inline long evtchn_op(unsigned int command, void *argument)
{
    return hypercall(__HYPERVISOR_event_channel_op, command, (uint64_t)argument,
                     0, 0);
}

static inline long grant_table_op(unsigned int command, void *operations,
                                  size_t count)
{
    return hypercall(__HYPERVISOR_grant_table_op, command, (uint64_t)operations,
                     count, 0);
}

static inline long console_io(unsigned int command, size_t size,
                              const void *text)
{
    return hypercall(__HYPERVISOR_console_io, command, size, (uint64_t)text, 0);
}

static inline long vouch_op(unsigned int operation, void *structure)
{
    return hypercall(__HYPERVISOR_vouch_op, operation, (uint64_t)structure, 0,
                     0);
}

#endif
