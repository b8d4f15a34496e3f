/* SPDX-License-Identifier: MIT */
/*
 * Timers against an oracle: random timers on several CPUs are set, stopped
 * and fire; each must fire once, not before its time, in order, and on the CPU
 * that set it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "hv/base/spinlock.h"
#include "hv/cpu/apic.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/time.h"
#include "hv/sched/timer.h"

#define CPUS   3u
#define TIMERS 12u
#define STEPS  40000

static struct cpu machine_cpus[CPUS];
_Thread_local struct cpu *fake_cpu;
uint64_t fake_time_ns;
static uint64_t deadlines[CPUS];
static uint32_t programmed;

void cpu_poll(void)
{
    abort();
}

void lapic_timer_set(uint64_t deadline_ns)
{
    deadlines[fake_cpu->id] = deadline_ns;
    programmed++;
}

struct subject {
    struct timer timer;
    uint64_t expected_ns; /* 0: must not fire */
    uint32_t cpu_id;
    uint64_t rearm_ns; /* expired() sets it again by so much */
};

static struct subject subjects[TIMERS];
static uint64_t last_ns;
static uint32_t fired;

static void expired(void *object)
{
    struct subject *subject = object;

    assert_int_not_equal(subject->expected_ns, 0);
    assert_true(fake_time_ns >= subject->expected_ns);
    assert_int_equal(fake_cpu->id, subject->cpu_id);
    assert_true(subject->expected_ns >= last_ns); /* the earliest first */
    last_ns = subject->expected_ns;
    subject->expected_ns = 0;
    fired++;
    if (subject->rearm_ns != 0) {
        subject->expected_ns = fake_time_ns + subject->rearm_ns;
        subject->cpu_id = fake_cpu->id;
        timer_set(&subject->timer, subject->expected_ns);
    }
}

static void enter(uint32_t id)
{
    machine_cpus[id].id = id;
    fake_cpu = &machine_cpus[id];
}

static void start(void)
{
    fake_time_ns = 1000;
    for (uint32_t i = 0; i < TIMERS; i++) {
        subjects[i] = (struct subject){0};
        timer_init(&subjects[i].timer, expired, &subjects[i]);
    }
}

static void stop(void)
{
    enter(0);
    for (uint32_t i = 0; i < TIMERS; i++) {
        timer_destroy(&subjects[i].timer);
    }
    for (uint32_t id = 0; id < CPUS; id++) {
        enter(id);
        deadlines[id] = 0; /* it fired, for nothing */
        timer_interrupt();
        assert_int_equal(deadlines[id], 0);
    }
}

/* What the hardware does: interrupts every CPU whose deadline has passed. */
static void deliver(void)
{
    for (uint32_t id = 0; id < CPUS; id++) {
        if (deadlines[id] != 0 && deadlines[id] <= fake_time_ns) {
            enter(id);
            deadlines[id] = 0;
            last_ns = 0;
            timer_interrupt();
        }
    }
}

/* Nothing that should have fired has not; the LAPICs wait for the rest. */
static void check(void)
{
    for (uint32_t i = 0; i < TIMERS; i++) {
        const struct subject *subject = &subjects[i];

        if (subject->expected_ns != 0) {
            assert_true(subject->expected_ns > fake_time_ns);
            assert_int_equal(subject->timer.expires_ns, subject->expected_ns);
            assert_int_not_equal(deadlines[subject->cpu_id], 0);
            assert_true(deadlines[subject->cpu_id] <= subject->expected_ns);
        } else {
            assert_int_equal(subject->timer.expires_ns, 0);
        }
    }
}

static void test_oracle(void **state)
{
    (void)state;
    srand(3);
    start();
    for (uint32_t step = 0; step < STEPS; step++) {
        struct subject *subject = &subjects[(uint32_t)rand() % TIMERS];

        enter((uint32_t)rand() % CPUS);
        switch (rand() % 4) {
        case 0:
        case 1:
            subject->expected_ns = fake_time_ns + 1 + (uint64_t)rand() % 1000;
            subject->cpu_id = fake_cpu->id;
            subject->rearm_ns = rand() % 4 ? 0 : 1 + (uint64_t)rand() % 300;
            timer_set(&subject->timer, subject->expected_ns);
            break;
        case 2:
            subject->expected_ns = 0;
            timer_stop(&subject->timer);
            break;
        case 3:
            fake_time_ns += (uint64_t)rand() % 400;
            break;
        }
        deliver();
        check();
    }
    assert_true(fired > STEPS / 10);
    stop();
}

/* A deadline in the past is programmed, and fires at the next interrupt. */
static void test_past(void **state)
{
    (void)state;
    start();
    enter(1);
    subjects[0].expected_ns = 1;
    subjects[0].cpu_id = 1;
    timer_set(&subjects[0].timer, 0);
    assert_int_equal(deadlines[1], 1);
    fired = 0;
    deliver();
    assert_int_equal(fired, 1);
    stop();
}

/* The LAPIC is written only if the first deadline changes. */
static void test_programs_no_more_than_needed(void **state)
{
    (void)state;
    start();
    enter(0);
    timer_set(&subjects[0].timer, 2000);
    programmed = 0;
    timer_set(&subjects[1].timer, 3000);
    timer_stop(&subjects[1].timer);
    assert_int_equal(programmed, 0);
    timer_stop(&subjects[0].timer);
    assert_int_equal(programmed, 1);
    assert_int_equal(deadlines[0], 0);
    stop();
}

/* An interrupt that comes too early is not the last. */
static void test_early_interrupt(void **state)
{
    (void)state;
    start();
    enter(2);
    subjects[0].expected_ns = 5000;
    subjects[0].cpu_id = 2;
    timer_set(&subjects[0].timer, 5000);
    fired = 0;
    fake_time_ns = 4999;
    deadlines[2] = 4999; /* rounded */
    deliver();
    assert_int_equal(fired, 0);
    assert_int_equal(deadlines[2], 5000);
    fake_time_ns = 5000;
    deliver();
    assert_int_equal(fired, 1);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oracle),
        cmocka_unit_test(test_past),
        cmocka_unit_test(test_programs_no_more_than_needed),
        cmocka_unit_test(test_early_interrupt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
