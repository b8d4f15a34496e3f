/* SPDX-License-Identifier: MIT */
/*
 * pvclock and wall clock.  A guest reads them without a lock: the version is
 * odd while they change and differs after.
 */
#include "hv/domain/clock.h"

#include "hv/base/spinlock.h"
#include "hv/cpu/time.h"
#include "hv/mem/guest_copy.h"

#define NS_PER_S 1000000000u

/*
 * Time of day at system time 0, once somebody has set it; what the RTC said at
 * boot till then.
 */
static spinlock_t wallclock_lock; /* guards these three */
static bool wallclock_is_set;
static uint64_t wallclock_s;
static uint32_t wallclock_ns;

static void fill(struct vcpu_time_info *time)
{
    time->tsc_timestamp = tsc_at_zero;
    time->system_time = 0;
    time->tsc_to_system_mul = tsc_to_system_mul;
    time->tsc_shift = tsc_shift;
    time->flags = tsc_is_stable ? XEN_PVCLOCK_TSC_STABLE_BIT : 0;
}

void clock_update_vcpu(struct vcpu *vcpu)
{
    struct vcpu_time_info *time = &vcpu->info->time;
    uint32_t version = READ_ONCE(time->version) | 1;

    WRITE_ONCE(time->version, version);
    compiler_barrier();
    fill(time);
    compiler_barrier();
    WRITE_ONCE(time->version, version + 1);
}

void clock_write_area(const struct vcpu *vcpu)
{
    gva_t area = GVA(vcpu->time_area);
    struct vcpu_time_info time = {.version = 1};
    uint32_t version = 2;

    fill(&time);
    if (guest_write(area, &time.version, sizeof(time.version)) &&
        guest_write(area, &time, sizeof(time))) {
        (void)!guest_write(area, &version, sizeof(version));
    }
}

void clock_update_wallclock(struct domain *domain)
{
    struct shared_info *shared;
    uint32_t version = 0;
    uint64_t seconds = 0;

    spin_lock(&wallclock_lock);
    shared = READ_ONCE(domain->shared);
    seconds = wallclock_is_set ? wallclock_s : boot_wallclock_s;
    version = READ_ONCE(shared->wc_version) | 1;
    WRITE_ONCE(shared->wc_version, version);
    compiler_barrier();
    shared->wc_sec = (uint32_t)seconds;
    shared->wc_sec_hi = (uint32_t)(seconds >> 32);
    shared->wc_nsec = wallclock_ns;
    compiler_barrier();
    WRITE_ONCE(shared->wc_version, version + 1);
    spin_unlock(&wallclock_lock);
}

void clock_set_wallclock(uint64_t seconds, uint32_t nanoseconds,
                         uint64_t system_time_ns)
{
    uint64_t ns = nanoseconds + (uint64_t)NS_PER_S -
                  system_time_ns % NS_PER_S; /* above 0 */

    spin_lock(&wallclock_lock);
    wallclock_is_set = true;
    wallclock_s = seconds - 1 - system_time_ns / NS_PER_S + ns / NS_PER_S;
    wallclock_ns = (uint32_t)(ns % NS_PER_S);
    spin_unlock(&wallclock_lock);
}
