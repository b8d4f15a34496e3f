/* SPDX-License-Identifier: MIT */
/*
 * The locks, outermost first.  A CPU that holds one may take only those below
 * it.  No lock is held when a guest runs, and none across a vCPU switch.
 *
 *   domains_lock      hv/domain/domain.c   the list of domains
 *   domain.mm_lock    hv/mem/              page tables, table types, vcpu roots
 *                                          and descriptor tables of one domain
 *   domain.event_lock hv/evtchn/           event channels of one domain; two of
 *                                          them only in order of domid
 *   irq_lock          hv/cpu/irq.c         IOAPIC, MSI, vector assignment
 *   sched.lock        hv/sched/            run queue and vCPU states
 *   timer_lock[cpu]   hv/sched/timer.c     one CPU's timers
 *   paging_lock       hv/cpu/paging.c      the hypervisor's own page tables
 *   heap_lock         hv/mem/heap.c        free frames
 *   audit_lock        hv/security/audit.c  the audit ring
 *   console_lock      hv/base/console.c    the serial line
 */
#pragma once
