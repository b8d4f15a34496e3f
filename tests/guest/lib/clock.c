/* SPDX-License-Identifier: MIT */
/*
 * pvclock: system_time + ((tsc - stamp) << shift) * mul >> 32, read again
 * while the version is odd or changes.
 */
#include "clock.h"
#include "event.h"

uint64_t clock_of(const volatile struct vcpu_time_info *time)
{
    uint32_t version;
    uint64_t ns;

    do {
        uint64_t delta;

        version = time->version;
        __asm__ volatile("lfence" ::: "memory");
        delta = rdtsc() - time->tsc_timestamp;
        if (time->tsc_shift >= 0) {
            delta <<= time->tsc_shift;
        } else {
            delta >>= -time->tsc_shift;
        }
        ns = time->system_time +
             (uint64_t)((unsigned __int128)delta * time->tsc_to_system_mul >>
                        32);
        __asm__ volatile("lfence" ::: "memory");
    } while ((version & 1) != 0 || version != time->version);
    return ns;
}

uint64_t clock_ns(void)
{
    return clock_of(&vcpu_info_self()->time);
}

long timer_set(uint64_t deadline_ns)
{
    struct vcpu_set_singleshot_timer timer = {.timeout_abs_ns = deadline_ns};

    return vcpu_op(VCPUOP_set_singleshot_timer, vcpu_self(), &timer);
}

long timer_stop(void)
{
    return vcpu_op(VCPUOP_stop_singleshot_timer, vcpu_self(), NULL);
}
