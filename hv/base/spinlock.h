/* SPDX-License-Identifier: MIT */
/*
 * Ticket locks.  The hypervisor runs with interrupts off from entry to exit,
 * so a lock is never taken twice on one CPU by an interrupt; whoever spins
 * serves the TLB flushes that the holder may be waiting for (cpu_poll).
 * The order in which locks are taken is in lockorder.h.
 */
#pragma once

#include "hv/base/atomic.h"
#include "hv/base/compiler.h"

typedef struct {
    uint16_t next;  /* ticket to be handed out */
    uint16_t owner; /* ticket being served */
} spinlock_t;

#define SPINLOCK_FREE ((spinlock_t){0, 0})

/* Serves what other CPUs ask of this one while it spins (hv/cpu/smp.c). */
void cpu_poll(void);

static noinline maybe_unused saves_registers void
spin_wait(const spinlock_t *lock, uint16_t ticket)
{
    while (__atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) != ticket) {
        cpu_poll();
        cpu_relax();
    }
}

static inline void spin_lock(spinlock_t *lock)
{
    uint16_t ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_ACQUIRE);

    if (unlikely(__atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) != ticket)) {
        spin_wait(lock, ticket);
    }
}

static inline void spin_unlock(spinlock_t *lock)
{
    __asm__ volatile("incw %0" : "+m"(lock->owner) : : "memory", "cc");
}

static inline bool spin_is_locked(const spinlock_t *lock)
{
    return __atomic_load_n(&lock->owner, __ATOMIC_RELAXED) !=
           __atomic_load_n(&lock->next, __ATOMIC_RELAXED);
}
