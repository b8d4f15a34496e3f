/* SPDX-License-Identifier: MIT */
/*
 * Who gets how much of CPUs that are short, measured on the simulated machine:
 * weights are the domain's, caps hold whatever else happens, nobody starves
 * and nobody gains by the moment at which he sleeps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "machine.h"

#include "hv/abi/handlers.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/time.h"

/* Within this many percent of what is expected. */
#define TOLERANCE 5

static struct domain *start(uint32_t id, uint32_t vcpus, uint16_t weight,
                            uint16_t cap)
{
    struct domain *domain = machine_domain(id, vcpus);

    share_set(domain, weight, cap);
    for (uint32_t v = 0; v < vcpus; v++) {
        vcpu_up(domain->vcpus[v]);
    }
    return domain;
}

/* vCPUs that sleep need a timer event. */
static void behave(struct domain *domain, struct behaviour behaviour)
{
    for (uint32_t v = 0; v < domain->vcpu_count; v++) {
        struct evtchn_bind_virq arg = {.virq = VIRQ_TIMER, .vcpu = v};
        struct call call = {.caller = domain->vcpus[0], .target = domain};

        assert_int_equal(do_event_channel_op_bind_virq(NULL, &call, &arg), 0);
        machine_behave(domain->vcpus[v], behaviour);
    }
}

static uint64_t ran_ns(const struct domain *domain)
{
    uint64_t sum_ns = 0;

    for (uint32_t v = 0; v < domain->vcpu_count; v++) {
        sum_ns += machine_ran_ns(domain->vcpus[v]);
    }
    return sum_ns;
}

static void assert_about(uint64_t ns, uint64_t expected_ns)
{
    if (ns > expected_ns * (100 + TOLERANCE) / 100 ||
        ns < expected_ns * (100 - TOLERANCE) / 100) {
        fail_msg("%lu ms, not %lu", ns / MS, expected_ns / MS);
    }
}

/* Of the domain on this CPU, one goes to sleep and wakes who slept longest. */
static void pass_turn(uint32_t cpu_id)
{
    struct vcpu *vcpu = machine_running(cpu_id);
    struct domain *domain = vcpu->domain;

    for (uint32_t i = 1; i < domain->vcpu_count; i++) {
        struct vcpu *next = domain->vcpus[(vcpu->id + i) % domain->vcpu_count];

        if (next->state == VCPU_BLOCKED) {
            machine_enter(cpu_id);
            vcpu_block();
            vcpu_wake(next);
            machine_settle();
            return;
        }
    }
}

/* All but some of them go to sleep, one after the other. */
static void sleep_all_but(struct domain *domain, uint32_t at_once)
{
    uint32_t awake = domain->vcpu_count;

    while (awake > at_once) {
        machine_run(MS / 10);
        for (uint32_t id = 0; id < cpu_count && awake > at_once; id++) {
            struct vcpu *vcpu = machine_running(id);

            if (vcpu != NULL && vcpu->domain == domain) {
                machine_enter(id);
                vcpu_block();
                machine_settle();
                awake--;
            }
        }
    }
}

static void run_turns(const struct domain *domain, uint64_t turn_ns,
                      uint64_t ns)
{
    uint64_t since_ns[MAX_VCPUS] = {0}, end_ns = fake_time_ns + ns;

    while (fake_time_ns < end_ns) {
        machine_run(MS / 10);
        for (uint32_t id = 0; id < cpu_count; id++) {
            const struct vcpu *vcpu = machine_running(id);

            if (vcpu != NULL && vcpu->domain == domain &&
                machine_ran_ns(vcpu) - since_ns[vcpu->id] >= turn_ns) {
                since_ns[vcpu->id] = machine_ran_ns(vcpu);
                pass_turn(id);
            }
        }
    }
}

/* As guests that look at their events do. */
static void run_and_consume(uint64_t ns)
{
    for (uint64_t done = 0; done < ns; done += MS) {
        machine_run(MS);
        for (uint32_t d = 0; d < 8; d++) {
            struct domain *domain = machine_domains[d];

            if (domain != NULL) {
                domain->shared->evtchn_pending[0] = 0;
                for (uint32_t v = 0; v < domain->vcpu_count; v++) {
                    domain->vcpus[v]->info->evtchn_pending_sel = 0;
                }
            }
        }
    }
}

static void test_weight_is_the_domains(void **state)
{
    struct domain *one = NULL, *many = NULL, *heavy = NULL;

    (void)state;
    machine_start(1);
    one = start(0, 1, 256, 0);
    many = start(1, 4, 256, 0);
    heavy = start(2, 2, 512, 0);
    machine_run(8000 * MS);
    assert_about(ran_ns(one), 2000 * MS);
    assert_about(ran_ns(many), 2000 * MS);
    assert_about(ran_ns(heavy), 4000 * MS);
    assert_about(machine_ran_ns(many->vcpus[3]), 500 * MS);
    machine_end();
}

static void test_on_two_cpus(void **state)
{
    struct domain *few = NULL, *many = NULL;

    (void)state;
    machine_start(2);
    few = start(0, 2, 256, 0);
    many = start(1, 6, 256, 0);
    machine_run(6000 * MS);
    assert_about(ran_ns(few), 6000 * MS);
    assert_about(ran_ns(many), 6000 * MS);
    machine_end();
}

/* Its weight asks for more than one CPU: the others share what is left. */
static void test_weight_that_cannot_be_had(void **state)
{
    struct domain *huge = NULL, *light = NULL, *heavy = NULL;

    (void)state;
    machine_start(2);
    huge = start(0, 1, 20000, 0);
    light = start(1, 1, 100, 0);
    heavy = start(2, 1, 300, 0);
    machine_run(20000 * MS);
    assert_about(ran_ns(huge), 20000 * MS);
    assert_about(ran_ns(light), 5000 * MS);
    assert_about(ran_ns(heavy), 15000 * MS);
    machine_end();
}

/* vCPUs that run one after the other get no more than one that runs on. */
static void test_turns(void **state)
{
    static const struct {
        uint32_t cpus, vcpus, at_once;
        uint64_t turn_ns;
    } rows[] = {
        {1, 2, 1, MS},     {1, 4, 1, MS},     {1, 8, 1, MS},
        {1, 8, 1, MS / 2}, {1, 8, 1, 2 * MS}, {1, 8, 1, 10 * MS},
        {1, 8, 7, MS},     {2, 8, 2, MS},     {4, 8, 4, MS},
    };

    (void)state;
    for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct domain *hogs = NULL, *turns = NULL;
        uint64_t before_ns = 0;

        machine_start(rows[i].cpus);
        hogs = start(0, rows[i].cpus, 256, 0);
        turns = start(1, rows[i].vcpus, 256, 0);
        sleep_all_but(turns, rows[i].at_once);
        before_ns = ran_ns(turns);
        run_turns(turns, rows[i].turn_ns, 4000 * MS);
        assert_about(ran_ns(turns) - before_ns, 2000 * MS * rows[i].cpus);
        assert_true(ran_ns(hogs) >= 1900 * MS * rows[i].cpus);
        machine_end();
    }
}

static void test_pinned_pairs(void **state)
{
    struct domain *domains[4] = {NULL};

    (void)state;
    machine_start(2);
    for (uint32_t d = 0; d < 4; d++) {
        domains[d] = start(d, 1, d % 2 == 0 ? 256 : 768, 0);
        assert_int_equal(vcpu_set_affinity(domains[d]->vcpus[0], d < 2 ? 1 : 2),
                         0);
    }
    machine_run(8000 * MS);
    assert_about(ran_ns(domains[0]), 2000 * MS);
    assert_about(ran_ns(domains[1]), 6000 * MS);
    assert_about(ran_ns(domains[2]), 2000 * MS);
    assert_about(ran_ns(domains[3]), 6000 * MS);
    machine_end();
}

/* One that had a CPU for itself is not starved by who comes back later. */
static void test_the_past_is_forgiven(void **state)
{
    struct domain *alone = NULL, *pair[2], *late = NULL;
    uint64_t before_ns = 0;

    (void)state;
    machine_start(2);
    alone = start(0, 1, 256, 0);
    assert_int_equal(vcpu_set_affinity(alone->vcpus[0], 1), 0);
    for (uint32_t i = 0; i < 2; i++) {
        pair[i] = start(1 + i, 1, 256, 0);
        assert_int_equal(vcpu_set_affinity(pair[i]->vcpus[0], 2), 0);
    }
    machine_run(60000 * MS);
    assert_about(ran_ns(alone), 60000 * MS);
    machine_enter(0);
    late = start(3, 1, 256, 0);
    before_ns = ran_ns(alone);
    machine_run(1000 * MS);
    /* Two CPUs among four, or a little less for who is ahead. */
    assert_true(ran_ns(alone) - before_ns >= 250 * MS);
    assert_true(ran_ns(late) >= 400 * MS);
    machine_end();
}

static void test_least_weight_is_served(void **state)
{
    struct domain *least = NULL, *most = NULL;

    (void)state;
    machine_start(1);
    least = start(0, 1, 1, 0);
    most = start(1, 1, UINT16_MAX, 0);
    machine_run(120000 * MS);
    assert_in_range(ran_ns(least), 10 * MS, 60 * MS);
    assert_about(ran_ns(most), 120000 * MS);
    machine_end();
}

/* To be charged often, in parts that are less than a unit, gains nothing. */
static void test_often_charged(void **state)
{
    struct domain *heavy = NULL, *light = NULL;
    struct call call = {0};

    (void)state;
    machine_start(1);
    heavy = start(0, 2, 8192, 0);
    light = start(1, 1, 2048, 0);
    machine_settle();
    machine_enter(0);
    vcpu_pause(heavy->vcpus[1]); /* or "down" of the other ends the domain */
    call.caller = call.vcpu = heavy->vcpus[0];
    call.target = heavy;
    while (fake_time_ns < 400 * MS) {
        machine_run(997);
        if (machine_running(0) == heavy->vcpus[0]) {
            machine_enter(0);
            (void)do_vcpu_op_down(NULL, &call, NULL);
            (void)do_vcpu_op_up(NULL, &call, NULL);
        }
    }
    assert_about(ran_ns(light), 80 * MS);
    machine_end();
}

static void test_cap_on_an_idle_machine(void **state)
{
    struct domain *one = NULL, *three = NULL;

    (void)state;
    machine_start(4);
    one = start(0, 1, 256, 25);
    three = start(1, 3, 256, 150);
    machine_run(4000 * MS);
    assert_about(ran_ns(one), 1000 * MS);
    assert_about(ran_ns(three), 6000 * MS);

    /* Another cap holds from now on, and none lets it run. */
    machine_enter(0);
    share_set(one, 256, 75);
    machine_run(4000 * MS);
    assert_about(ran_ns(one), 4000 * MS);
    machine_enter(0);
    share_set(one, 256, 0);
    machine_run(4000 * MS);
    assert_about(ran_ns(one), 8000 * MS);
    machine_end();
}

static void test_every_cap_holds(void **state)
{
    static const uint16_t caps[] = {1, 2, 5, 10, 33, 50, 80, 99, 100};

    (void)state;
    for (uint32_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
        struct domain *capped = NULL, *other = NULL;

        machine_start(1);
        capped = start(0, 2, 65535, caps[i]);
        other = start(1, 1, 256, 0);
        machine_run(10000 * MS);
        assert_about(ran_ns(capped), MIN(100u, caps[i]) * 100 * MS);
        assert_true(ran_ns(capped) + ran_ns(other) == 10000 * MS);
        machine_end();
    }
}

static void test_caps_and_weights(void **state)
{
    struct domain *capped = NULL, *light = NULL, *heavy = NULL;

    (void)state;
    machine_start(1);
    capped = start(0, 1, 1024, 40);
    light = start(1, 1, 256, 0);
    heavy = start(2, 2, 512, 0);
    machine_run(10000 * MS);
    assert_about(ran_ns(capped), 4000 * MS);
    assert_about(ran_ns(light), 2000 * MS);
    assert_about(ran_ns(heavy), 4000 * MS);
    machine_end();
}

/* Sleeping is no way around a cap, and costs nobody a timer. */
static void test_cap_of_a_sleeper(void **state)
{
    struct domain *domain = NULL;

    (void)state;
    machine_start(2);
    domain = start(0, 2, 256, 30);
    behave(domain, (struct behaviour){4 * MS, MS});
    run_and_consume(5000 * MS);
    assert_in_range(ran_ns(domain), 1000 * MS, 1560 * MS);
    machine_behave(domain->vcpus[0], (struct behaviour){0, 0});
    machine_behave(domain->vcpus[1], (struct behaviour){0, 0});
    machine_enter(0);
    domain_pause(domain);
    machine_run(100 * MS);
    machine_interrupts = 0;
    machine_run(10000 * MS);
    assert_int_equal(machine_interrupts, 0);
    machine_end();
}

/* A parked domain can be paused, gone on with, and taken down. */
static void test_parked_and_paused(void **state)
{
    struct domain *domain = NULL;
    uint64_t before_ns = 0;

    (void)state;
    machine_start(1);
    domain = start(0, 2, 256, 5);
    machine_run(52 * MS);
    while (domain->is_parked == 0) {
        machine_run(MS / 10);
    }
    machine_enter(0);
    domain_pause(domain);
    before_ns = ran_ns(domain);
    machine_run(1000 * MS);
    assert_int_equal(ran_ns(domain), before_ns);
    assert_true(domain_is_stopped(domain));
    machine_enter(0);
    domain_unpause(domain);
    machine_run(1000 * MS);
    assert_in_range(ran_ns(domain) - before_ns, 45 * MS, 56 * MS);
    machine_end();
}

/* One that does input and output gets a CPU soon, whoever computes. */
static void test_latency(void **state)
{
    struct domain *io = NULL;

    (void)state;
    machine_start(2);
    (void)start(1, 4, 256, 0);
    (void)start(2, 4, 512, 60);
    (void)start(3, 2, 256, 0);
    machine_run(200 * MS);
    io = start(0, 2, 256, 0);
    behave(io, (struct behaviour){MS / 5, 3 * MS});
    run_and_consume(3000 * MS);
    assert_in_range(machine_latency_ns(io->vcpus[0]), 0, 5 * MS);
    assert_in_range(machine_latency_ns(io->vcpus[1]), 0, 5 * MS);
    assert_true(ran_ns(io) > 300 * MS);
    machine_end();
}

/* Nor does it wait for its siblings, though all get no more than is due. */
static void test_latency_among_siblings(void **state)
{
    struct domain *mixed = NULL, *hogs = NULL;
    struct vcpu *sleeper = NULL;
    uint64_t before_ns = 0;

    (void)state;
    machine_start(1);
    mixed = machine_domain(0, 3);
    sleeper = mixed->vcpus[0];
    vcpu_up(mixed->vcpus[1]);
    vcpu_up(mixed->vcpus[2]);
    hogs = start(1, 2, 256, 0);
    machine_run(200 * MS);
    before_ns = ran_ns(mixed);
    behave(mixed, (struct behaviour){0, 0});
    machine_behave(sleeper, (struct behaviour){MS / 10, 5 * MS});
    machine_enter(0);
    vcpu_up(sleeper);
    run_and_consume(4000 * MS);
    assert_in_range(machine_latency_ns(sleeper), 0, MS);
    assert_true(machine_ran_ns(sleeper) > 70 * MS);
    assert_about(machine_ran_ns(mixed->vcpus[1]),
                 machine_ran_ns(mixed->vcpus[2]));
    assert_about(ran_ns(mixed) - before_ns, 2000 * MS);
    assert_about(ran_ns(hogs), 2100 * MS);
    machine_end();
}

/* A sleeper pinned to another's CPU, while its siblings have CPUs alone. */
static void test_latency_when_pinned(void **state)
{
    struct domain *pinned = NULL, *hog = NULL;

    (void)state;
    machine_start(4);
    pinned = machine_domain(0, 4);
    hog = start(1, 1, 256, 0);
    assert_int_equal(vcpu_set_affinity(hog->vcpus[0], 1), 0);
    behave(pinned, (struct behaviour){0, 0});
    machine_behave(pinned->vcpus[0], (struct behaviour){MS, 60 * MS});
    for (uint32_t v = 0; v < 4; v++) {
        assert_int_equal(vcpu_set_affinity(pinned->vcpus[v], 1ull << v), 0);
        machine_enter(0);
        vcpu_up(pinned->vcpus[v]);
    }
    run_and_consume(4000 * MS);
    /* As many slices as it has siblings, and one. */
    assert_in_range(machine_latency_ns(pinned->vcpus[0]), 0, 50 * MS);
    assert_true(machine_ran_ns(pinned->vcpus[0]) > 30 * MS);
    machine_end();
}

/* A sibling counts for as long as it is active: to sleep just when others are
 * charged gains nothing. */
static void test_siblings_count_while_active(void **state)
{
    struct domain *domain = NULL;
    struct vcpu *stays = NULL;
    uint32_t other = 0;

    (void)state;
    machine_start(2);
    domain = start(0, 2, 256, 0);
    machine_run(MS);
    stays = machine_running(0);
    other = 1;
    machine_enter(0);
    sched_request();
    machine_settle();
    stays->virtual_time = 0; /* charged till now */
    machine_run(99 * MS / 10);
    machine_enter(other);
    vcpu_block();
    machine_settle();
    machine_run(MS / 10);
    machine_enter(0);
    sched_request();
    machine_settle();
    assert_int_equal(domain->active_vcpus, 1);
    assert_int_equal(stays->virtual_time,
                     SHARE_DEFAULT(2 * 99 * MS / 10) + SHARE_DEFAULT(MS / 10));
    machine_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weight_is_the_domains),
        cmocka_unit_test(test_on_two_cpus),
        cmocka_unit_test(test_weight_that_cannot_be_had),
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_pinned_pairs),
        cmocka_unit_test(test_the_past_is_forgiven),
        cmocka_unit_test(test_least_weight_is_served),
        cmocka_unit_test(test_often_charged),
        cmocka_unit_test(test_cap_on_an_idle_machine),
        cmocka_unit_test(test_every_cap_holds),
        cmocka_unit_test(test_caps_and_weights),
        cmocka_unit_test(test_cap_of_a_sleeper),
        cmocka_unit_test(test_parked_and_paused),
        cmocka_unit_test(test_latency),
        cmocka_unit_test(test_latency_among_siblings),
        cmocka_unit_test(test_latency_when_pinned),
        cmocka_unit_test(test_siblings_count_while_active),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
