/* SPDX-License-Identifier: MIT */
/*
 * The guests' clocks: TSC parameters in each vcpu_info (pvclock) and the wall
 * clock in each shared page.  All CPUs' TSCs count alike, so that one pair of
 * stamp and time, that of boot, serves every vCPU for good.
 */
#pragma once

#include "hv/domain/domain.h"

/* Writes pvclock into vcpu->info; once, and again when info moves. */
void clock_update_vcpu(struct vcpu *vcpu);
/*
 * Writes it to vcpu->time_area.  The guest's kernel memory is loaded; an area
 * that is not mapped stays as it is.
 */
void clock_write_area(const struct vcpu *vcpu);

/* Writes the wall clock into the shared page, at creation and when it is set.
 */
void clock_update_wallclock(struct domain *domain);
/*
 * The time of day (UTC) was seconds.nanoseconds when system time was
 * system_time_ns.  For all domains made from now on; the caller updates those
 * there are (clock_update_wallclock).
 */
void clock_set_wallclock(uint64_t seconds, uint32_t nanoseconds,
                         uint64_t system_time_ns);
