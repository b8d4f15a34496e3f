/* SPDX-License-Identifier: MIT */
/*
 * Guests' clocks: what a guest computes from pvclock is the hypervisor's time,
 * for any frequency; the wall clock carries; versions tell of a change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hv/cpu/cpu.h"
#include "hv/cpu/time.h"
#include "hv/domain/clock.h"
#include "hv/mem/guest_copy.h"

_Thread_local struct cpu *fake_cpu;
uint64_t fake_time_ns;
uint64_t tsc_at_zero;
uint32_t tsc_to_system_mul;
int8_t tsc_shift;
bool tsc_is_stable;
uint64_t boot_wallclock_s = 1600000000;

static struct vcpu vcpu;
static struct shared_info shared;
static struct domain domain;
static uint32_t writes_until_fault;
static uint32_t versions[8], version_count;

void cpu_poll(void)
{
    abort();
}

bool guest_write(gva_t to, const void *from, size_t size)
{
    if (writes_until_fault-- == 0) {
        return false;
    }
    memcpy((void *)to.va, from, size);
    versions[version_count++] = *(const uint32_t *)from;
    return true;
}

/* As a guest does it (public/xen.h, struct vcpu_time_info). */
static uint64_t guest_ns(const struct vcpu_time_info *time, uint64_t tsc)
{
    uint64_t delta = tsc - time->tsc_timestamp;

    if (time->tsc_shift >= 0) {
        delta <<= time->tsc_shift;
    } else {
        delta >>= -time->tsc_shift;
    }
    return time->system_time +
           (uint64_t)(((unsigned __int128)delta * time->tsc_to_system_mul) >>
                      32);
}

static void setup(void)
{
    memset(&vcpu, 0, sizeof(vcpu));
    memset(&shared, 0, sizeof(shared));
    domain.shared = &shared;
    vcpu.domain = &domain;
    vcpu.info = (struct vcpu_info *)&shared.vcpu_info[0];
    tsc_at_zero = 123456789;
    tsc_is_stable = true;
    version_count = 0;
}

static void test_pvclock_is_system_time(void **state)
{
    static const struct {
        uint32_t mul;
        int8_t shift;
    } scales[] = {
        {0x80000000u, 0},
        {0xffffffffu, -1},
        {0x80000000u, 1},
        {0xd5555555u, -2},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(scales); i++) {
        setup();
        tsc_to_system_mul = scales[i].mul;
        tsc_shift = scales[i].shift;
        clock_update_vcpu(&vcpu);
        assert_int_equal(vcpu.info->time.version, 2);
        assert_int_equal(vcpu.info->time.flags, XEN_PVCLOCK_TSC_STABLE_BIT);
        for (uint64_t ticks = 1; ticks < 1ull << 55; ticks *= 3) {
            assert_int_equal(guest_ns(&vcpu.info->time, tsc_at_zero + ticks),
                             tsc_to_ns(tsc_at_zero + ticks));
        }
    }
}

/* Whatever a guest wrote there, the version ends even, and another. */
static void test_version_of_any_guest(void **state)
{
    (void)state;
    for (uint32_t before = 0xfffffff0; before != 16; before++) {
        setup();
        vcpu.info->time.version = before;
        clock_update_vcpu(&vcpu);
        assert_int_equal(vcpu.info->time.version & 1, 0);
        assert_int_not_equal(vcpu.info->time.version, before);
        shared.wc_version = before;
        clock_update_wallclock(&domain);
        assert_int_equal(shared.wc_version & 1, 0);
        assert_int_not_equal(shared.wc_version, before);
    }
}

static void test_time_area(void **state)
{
    struct vcpu_time_info area = {0};

    (void)state;
    setup();
    tsc_is_stable = false;
    vcpu.time_area = (uint64_t)&area;
    writes_until_fault = 10;
    clock_write_area(&vcpu);
    assert_int_equal(version_count, 3);
    assert_int_equal(versions[0] & 1, 1); /* while it changes */
    assert_int_equal(versions[1] & 1, 1);
    assert_int_equal(area.version & 1, 0);
    assert_int_equal(area.tsc_timestamp, tsc_at_zero);
    assert_int_equal(area.flags, 0);

    /* Not mapped: left alone, never half a clock with an even version. */
    for (uint32_t writes = 0; writes < 2; writes++) {
        memset(&area, 0, sizeof(area));
        writes_until_fault = writes;
        clock_write_area(&vcpu);
        assert_int_equal(area.version, writes);
    }
}

static void assert_wallclock(uint64_t s, uint32_t ns)
{
    clock_update_wallclock(&domain);
    assert_int_equal(shared.wc_sec, (uint32_t)s);
    assert_int_equal(shared.wc_sec_hi, (uint32_t)(s >> 32));
    assert_int_equal(shared.wc_nsec, ns);
}

static void test_wallclock(void **state)
{
    (void)state;
    setup();
    assert_wallclock(1600000000, 0); /* the RTC's, at boot */
    clock_set_wallclock(1700000000, 0, 0);
    assert_wallclock(1700000000, 0);
    clock_set_wallclock(1700000000, 5, 10);
    assert_wallclock(1699999999, 999999995);
    clock_set_wallclock(1700000000, 999999999, 3000000000ull);
    assert_wallclock(1699999997, 999999999);
    clock_set_wallclock(0x123456789aull, 1, 0);
    assert_wallclock(0x123456789aull, 1);
    clock_set_wallclock(100, UINT32_MAX, 0); /* more than a second of ns */
    assert_wallclock(104, 294967295);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pvclock_is_system_time),
        cmocka_unit_test(test_version_of_any_guest),
        cmocka_unit_test(test_time_area),
        cmocka_unit_test(test_wallclock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
