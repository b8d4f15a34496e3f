/* SPDX-License-Identifier: MIT */
/*
 * System time is system_time + ((TSC - stamp) << shift) * mul >> 32 (xen.h,
 * vcpu_time_info), read again while the version is odd or changes.
 */
#include "vtpm/base/clock.h"

#include "vtpm/base/hypercall.h"

uint64_t clock_count(void)
{
    uint32_t low, high;

    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

static uint64_t scaled(uint64_t delta, const struct vcpu_time_info *time)
{
    delta = time->tsc_shift >= 0 ? delta << time->tsc_shift
                                 : delta >> -time->tsc_shift;
    return (uint64_t)((unsigned __int128)delta * time->tsc_to_system_mul >> 32);
}

/* The shared structure, as it was at one moment. */
static struct vcpu_time_info time_read(void)
{
    const volatile struct vcpu_time_info *shared =
        &shared_info->vcpu_info[0].time;
    struct vcpu_time_info time;

    do {
        time.version = shared->version;
        memory_barrier();
        time.tsc_timestamp = shared->tsc_timestamp;
        time.system_time = shared->system_time;
        time.tsc_to_system_mul = shared->tsc_to_system_mul;
        time.tsc_shift = shared->tsc_shift;
        memory_barrier();
    } while ((time.version & 1) != 0 || time.version != shared->version);
    return time;
}

/* Two CPUs may differ by a little, and the vCPU runs on either. */
uint64_t clock_ns(void)
{
    static uint64_t last_ns;
    struct vcpu_time_info time = time_read();
    uint64_t ns =
        time.system_time + scaled(clock_count() - time.tsc_timestamp, &time);

    last_ns = ns > last_ns ? ns : last_ns;
    return last_ns;
}

uint64_t clock_since_ns(uint64_t count)
{
    struct vcpu_time_info time = time_read();

    return scaled(clock_count() - count, &time);
}

uint64_t clock_wall_ns(void)
{
    const volatile struct shared_info *shared = shared_info;
    uint32_t version;
    uint64_t seconds, ns;

    do {
        version = shared->wc_version;
        memory_barrier();
        seconds = (uint64_t)shared->wc_sec_hi << 32 | shared->wc_sec;
        ns = shared->wc_nsec;
        memory_barrier();
    } while ((version & 1) != 0 || version != shared->wc_version);
    return seconds * SECOND_NS + ns + clock_ns();
}

uint64_t clock_deadline_ns(int64_t timeout_ms)
{
    uint64_t ns;

    if (timeout_ms < 0 ||
        __builtin_mul_overflow((uint64_t)timeout_ms, MILLISECOND_NS, &ns) ||
        __builtin_add_overflow(ns, clock_ns(), &ns)) {
        return CLOCK_FOREVER;
    }
    return ns;
}
