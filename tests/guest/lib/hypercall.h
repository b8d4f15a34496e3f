/* SPDX-License-Identifier: MIT */
/*
 * The public ABI seen from a guest: the headers of libxen-dev, and one inline
 * SYSCALL per hypercall (number in rax, arguments in rdi rsi rdx r10 r8).  A
 * preempted hypercall is re-executed with rewritten registers, so all of them
 * are in-out.
 */
#ifndef TESTS_GUEST_LIB_HYPERCALL_H
#define TESTS_GUEST_LIB_HYPERCALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define __XEN_INTERFACE_VERSION__ 0x00040e00
#ifndef __XEN_TOOLS__
#define __XEN_TOOLS__ 1 /* domctl and sysctl structures too */
#endif
#include <xen/xen.h>
#include <xen/callback.h>
#include <xen/domctl.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/xsm/flask_op.h>

#include "hv/abi/vouch.h"

static inline long hypercall5(long nr, uint64_t a, uint64_t b, uint64_t c,
                              uint64_t d, uint64_t e)
{
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = e;

    __asm__ volatile("syscall"
                     : "+a"(nr), "+D"(a), "+S"(b), "+d"(c), "+r"(r10), "+r"(r8)
                     :
                     : "rcx", "r11", "memory");
    return nr;
}

/* hypercall(number, up to five arguments), pointers and integers alike. */
#define HYPERCALL_PICK(nr, a, b, c, d, e, ...)                                 \
    hypercall5((nr), (uint64_t)(a), (uint64_t)(b), (uint64_t)(c),              \
               (uint64_t)(d), (uint64_t)(e))
#define hypercall(...) HYPERCALL_PICK(__VA_ARGS__, 0, 0, 0, 0, 0, 0)

#define mmu_update(reqs, count, done, domid)                                   \
    hypercall(__HYPERVISOR_mmu_update, reqs, count, done, domid)
#define mmuext_op(ops, count, done, domid)                                     \
    hypercall(__HYPERVISOR_mmuext_op, ops, count, done, domid)
#define update_va_mapping(va, pte, flags)                                      \
    hypercall(__HYPERVISOR_update_va_mapping, va, pte, flags)
#define memory_op(cmd, arg)     hypercall(__HYPERVISOR_memory_op, cmd, arg)
#define sched_op(cmd, arg)      hypercall(__HYPERVISOR_sched_op, cmd, arg)
#define evtchn_op(cmd, arg)     hypercall(__HYPERVISOR_event_channel_op, cmd, arg)
#define vcpu_op(cmd, vcpu, arg) hypercall(__HYPERVISOR_vcpu_op, cmd, vcpu, arg)
#define xen_version(cmd, arg)   hypercall(__HYPERVISOR_xen_version, cmd, arg)
#define physdev_op(cmd, arg)    hypercall(__HYPERVISOR_physdev_op, cmd, arg)
#define grant_op(cmd, ops, count)                                              \
    hypercall(__HYPERVISOR_grant_table_op, cmd, ops, count)
#define multicall(list, count)  hypercall(__HYPERVISOR_multicall, list, count)

#endif
