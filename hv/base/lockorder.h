/* SPDX-License-Identifier: MIT */
/*
 * The locks, outermost first.  A CPU that holds one may take only those below
 * it.  No lock is held when a guest runs, and none across a vCPU switch.
 *
 *   domain.death_lock hv/hypercall/lifecycle.c  the steps of one domain's death
 *   launch_lock       hv/launch/           whether a launch has begun, and which
 *                                          TPMs have an identity
 *   memory.lock       hv/mem/              page tables, table types, vCPU roots
 *                                          and descriptor tables of one domain
 *   grants.lock       hv/grant/            the entries one domain grants
 *   grants.maps_lock  hv/grant/            the handles of what one domain maps;
 *                                          never with another of these three
 *   domain.event_lock hv/evtchn/           event channels of one domain; two of
 *                                          them only in order of domid
 *   virq_lock         hv/evtchn/virq.c     who has bound each global VIRQ
 *   irq_lock          hv/cpu/irq.c         IOAPIC, MSI, vector assignment
 *   sched.lock        hv/sched/            run queue and vCPU states
 *   timer_lock        hv/sched/timer.c     all CPUs' timers
 *   paging_lock       hv/cpu/paging.c      the hypervisor's own page tables
 *   heap_lock         hv/mem/heap.c        free frames
 *   label_lock        hv/security/         the labels in use
 *   audit_lock        hv/security/         the audit ring
 *
 * Leaves, below all of these: with one of them held, none but the last is taken.
 *   domains_lock      hv/domain/domain.c   the table of domains
 *   handle_lock       hv/domain/domain.c   the domains' handles (UUIDs)
 *   wallclock_lock    hv/domain/clock.c    the time of day
 *   pci_lock          hv/cpu/pci.c         PCI configuration ports
 *   cmos_lock         hv/hypercall/ports.c CMOS ports
 *   console_lock      hv/base/console.c    the serial line and its ring
 */
#pragma once
