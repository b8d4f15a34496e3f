/* SPDX-License-Identifier: MIT */
/*
 * The scheduler on the simulated machine: shares, latencies, silence when
 * there is nothing to do, and that no wake is ever lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "machine.h"

#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/time.h"
#include "hv/evtchn/evtchn.h"

static void assert_share(const struct vcpu *vcpu, uint64_t expected_ns)
{
    assert_in_range(machine_ran_ns(vcpu), expected_ns - expected_ns / 20,
                    expected_ns + expected_ns / 20);
}

static void up_all(struct domain *domain)
{
    machine_enter(0);
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        vcpu_up(domain->vcpus[id]);
    }
}

static void test_hogs_share_one_cpu(void **state)
{
    struct domain *domain = NULL;

    (void)state;
    machine_start(1);
    domain = machine_domain(0, 3);
    up_all(domain);
    machine_run(3000 * MS);
    for (uint32_t id = 0; id < 3; id++) {
        assert_share(domain->vcpus[id], 1000 * MS);
    }
    machine_end();
}

static void test_weights(void **state)
{
    struct domain *light = NULL, *heavy = NULL;

    (void)state;
    machine_start(1);
    light = machine_domain(0, 1);
    heavy = machine_domain(1, 1);
    heavy->weight = 3 * SCHED_WEIGHT_DEFAULT;
    up_all(light);
    up_all(heavy);
    machine_run(4000 * MS);
    assert_share(light->vcpus[0], 1000 * MS);
    assert_share(heavy->vcpus[0], 3000 * MS);
    machine_end();
}

static void test_more_vcpus_than_cpus(void **state)
{
    struct domain *domain = NULL;

    (void)state;
    machine_start(2);
    domain = machine_domain(0, 5);
    up_all(domain);
    machine_run(5000 * MS);
    for (uint32_t id = 0; id < 5; id++) {
        assert_share(domain->vcpus[id], 2000 * MS);
    }
    machine_end();
}

static void test_affinity(void **state)
{
    struct domain *domain = NULL;

    (void)state;
    machine_start(2);
    domain = machine_domain(0, 3);
    for (uint32_t id = 0; id < 2; id++) {
        assert_int_equal(vcpu_set_affinity(domain->vcpus[id], 1), 0);
    }
    assert_int_equal(vcpu_set_affinity(domain->vcpus[2], 2), 0);
    assert_int_equal(vcpu_set_affinity(domain->vcpus[2], 4), -EINVAL);
    up_all(domain);
    machine_run(2000 * MS);
    assert_share(domain->vcpus[0], 1000 * MS);
    assert_share(domain->vcpus[1], 1000 * MS);
    assert_share(domain->vcpus[2], 2000 * MS);

    /* Moved while it runs: at once. */
    machine_enter(1);
    assert_int_equal(vcpu_set_affinity(domain->vcpus[2], 1), 0);
    machine_settle();
    assert_null(machine_running(1));
    machine_end();
}

/* One that sleeps much gets a CPU at once when it wakes, hogs or not. */
static void test_sleeper_latency(void **state)
{
    struct domain *domain = NULL;

    (void)state;
    machine_start(1);
    domain = machine_domain(0, 3);
    for (uint32_t v = 0; v < 3; v++) {
        struct evtchn_bind_virq arg = {.virq = VIRQ_TIMER, .vcpu = v};
        struct call call = {.caller = domain->vcpus[0], .target = domain};

        assert_int_equal(do_event_channel_op_bind_virq(NULL, &call, &arg), 0);
    }
    machine_behave(domain->vcpus[2], (struct behaviour){MS / 10, 5 * MS});
    up_all(domain);
    /* The guest clears pending bits in vcpu_switch only for the upcall. */
    for (uint32_t i = 0; i < 400; i++) {
        machine_run(5 * MS);
        domain->shared->evtchn_pending[0] = 0;
        for (uint32_t v = 0; v < 3; v++) {
            domain->vcpus[v]->info->evtchn_pending_sel = 0;
        }
    }
    assert_true(machine_ran_ns(domain->vcpus[2]) > 15 * MS);
    assert_in_range(machine_latency_ns(domain->vcpus[2]), 0, MS);
    assert_share(domain->vcpus[0], machine_ran_ns(domain->vcpus[1]));
    machine_end();
}

/* Who slept for long has not saved up the time: others go on running. */
static void test_sleep_saves_nothing(void **state)
{
    struct domain *domain = NULL;

    (void)state;
    machine_start(1);
    domain = machine_domain(0, 2);
    machine_enter(0);
    vcpu_up(domain->vcpus[0]);
    machine_run(100000 * MS); /* alone, never rescheduled */
    assert_int_equal(machine_interrupts, 0);
    machine_enter(0);
    vcpu_up(domain->vcpus[1]);
    machine_run(1000 * MS);
    assert_share(domain->vcpus[1], 500 * MS);
    machine_end();
}

static void test_idle_is_silent(void **state)
{
    struct domain *domain = NULL;

    (void)state;
    machine_start(4);
    domain = machine_domain(0, 2);
    up_all(domain);
    machine_run(10 * MS);
    for (uint32_t id = 0; id < 4; id++) {
        if (machine_running(id) != NULL) {
            machine_enter(id);
            vcpu_block();
        }
    }
    machine_settle();
    machine_interrupts = 0;
    machine_run(60000 * MS);
    assert_int_equal(machine_interrupts, 0);
    machine_end();
}

static void test_yield(void **state)
{
    struct domain *domain = NULL;
    struct vcpu *first = NULL;

    (void)state;
    machine_start(1);
    domain = machine_domain(0, 2);
    up_all(domain);
    machine_settle();
    first = machine_running(0);
    machine_enter(0);
    vcpu_yield();
    machine_settle();
    assert_ptr_not_equal(machine_running(0), first);

    /* Alone, it runs on. */
    vcpu_pause(first);
    machine_settle();
    machine_enter(0);
    vcpu_yield();
    assert_int_equal(fake_cpu->need_resched, 0);
    machine_end();
}

static void test_pause_and_down(void **state)
{
    struct domain *domain = NULL;

    (void)state;
    machine_start(2);
    domain = machine_domain(0, 2);
    up_all(domain);
    machine_run(10 * MS);
    machine_enter(0);
    domain_pause(domain);
    assert_false(domain_is_stopped(domain)); /* still on their CPUs */
    machine_settle();
    assert_true(domain_is_stopped(domain));
    domain_pause(domain);
    domain_unpause(domain);
    machine_run(10 * MS);
    assert_in_range(machine_ran_ns(domain->vcpus[0]), 10 * MS, 10 * MS);
    domain_unpause(domain);
    machine_run(10 * MS);
    assert_in_range(machine_ran_ns(domain->vcpus[0]), 20 * MS, 20 * MS);

    /* Down, and up again before it was taken off its CPU. */
    machine_enter(0);
    vcpu_down(domain->vcpus[1]);
    vcpu_up(domain->vcpus[1]);
    machine_run(10 * MS);
    assert_in_range(machine_ran_ns(domain->vcpus[1]), 30 * MS, 30 * MS);
    machine_end();
}

static struct vcpu *paused_while_switching;

static void pause_while_switching(struct vcpu *prev)
{
    struct cpu *cpu = fake_cpu;

    if (prev != NULL && paused_while_switching == NULL) {
        paused_while_switching = prev;
        machine_enter(1);
        vcpu_pause(prev);
        fake_cpu = cpu;
    }
}

/* A pause while its registers are being saved: it is active no longer. */
static void test_pause_while_switching(void **state)
{
    struct domain *domain = NULL;
    struct vcpu *vcpu = NULL;

    (void)state;
    machine_start(2);
    domain = machine_domain(0, 3);
    up_all(domain);
    machine_run(5 * MS);
    machine_while_switching = pause_while_switching;
    machine_run(50 * MS);
    machine_while_switching = NULL;
    vcpu = paused_while_switching;
    assert_non_null(vcpu);
    assert_int_equal(vcpu->is_loaded, 0);
    assert_int_equal(vcpu->is_active, 0);
    assert_int_equal(domain->active_vcpus, 2);
    assert_int_equal(vcpu->runstate.state, RUNSTATE_offline);
    machine_end();
}

static uint32_t bind_ipi(struct domain *domain, uint32_t vcpu)
{
    struct evtchn_bind_ipi arg = {.vcpu = vcpu};
    struct call call = {.caller = domain->vcpus[0], .target = domain};

    assert_int_equal(do_event_channel_op_bind_ipi(NULL, &call, &arg), 0);
    return arg.port;
}

static void poll(struct vcpu *vcpu, uint32_t port, uint64_t timeout_ns)
{
    evtchn_port_t ports[1] = {port};
    struct sched_poll arg = {.nr_ports = 1, .timeout = timeout_ns};
    struct call call = {.caller = vcpu};

    arg.ports.p = ports;
    machine_enter(vcpu->cpu);
    assert_int_equal(do_sched_op_poll(NULL, &call, &arg), 0);
    machine_settle();
}

static void test_poll(void **state)
{
    struct domain *domain = NULL;
    struct vcpu *vcpu = NULL;
    uint32_t port = 0;

    (void)state;
    machine_start(1);
    domain = machine_domain(0, 1);
    vcpu = domain->vcpus[0];
    vcpu->info->evtchn_upcall_mask = 1;
    up_all(domain);
    machine_settle();
    port = bind_ipi(domain, 0);
    (void)atomic_test_and_set_bit(domain->shared->evtchn_mask, port);

    /* A masked port ends it. */
    poll(vcpu, port, 0);
    assert_null(machine_running(0));
    evtchn_set_pending(domain, port);
    machine_settle();
    assert_ptr_equal(machine_running(0), vcpu);
    assert_int_equal(domain->polling, 0);

    /* A port already pending: no wait. */
    poll(vcpu, port, 0);
    assert_ptr_equal(machine_running(0), vcpu);
    assert_int_equal(domain->polling, 0);

    /* The timeout ends it. */
    domain->shared->evtchn_pending[0] = 0;
    poll(vcpu, port, fake_time_ns + 7 * MS);
    assert_null(machine_running(0));
    machine_run(6 * MS);
    assert_null(machine_running(0));
    machine_run(1 * MS);
    assert_ptr_equal(machine_running(0), vcpu);
    machine_end();
}

/* In one multicall: what the poll began, the block ends with an event there. */
static void test_poll_then_block(void **state)
{
    struct domain *domain = NULL;
    struct vcpu *vcpu = NULL;
    evtchn_port_t ports[1] = {0};
    struct sched_poll arg = {.ports.p = ports};
    struct call call = {0};

    (void)state;
    machine_start(1);
    domain = machine_domain(0, 1);
    up_all(domain);
    machine_settle();
    vcpu = domain->vcpus[0];
    call.caller = vcpu;
    vcpu->info->evtchn_upcall_mask = 1;
    vcpu->info->evtchn_upcall_pending = 1;
    machine_enter(0);
    assert_int_equal(do_sched_op_poll(NULL, &call, &arg), 0);
    assert_int_equal(vcpu->state, VCPU_BLOCKED);
    vcpu_block();
    machine_settle();
    assert_ptr_equal(machine_running(0), vcpu);
    assert_int_equal(vcpu->state, VCPU_RUNNING);
    assert_int_equal(domain->polling, 0);
    machine_end();
}

/* An NMI for oneself comes at the end of the hypercall. */
static void test_nmi_for_oneself(void **state)
{
    struct domain *domain = NULL;
    struct call call = {0};

    (void)state;
    machine_start(1);
    domain = machine_domain(0, 2);
    up_all(domain);
    machine_settle();
    machine_enter(0);
    fake_cpu->has_work = 0;
    call.caller = machine_running(0);
    call.vcpu = domain->vcpus[1 - call.caller->id];
    assert_int_equal(do_vcpu_op_send_nmi(NULL, &call, NULL), 0);
    assert_int_equal(fake_cpu->has_work, 0);
    call.vcpu = call.caller;
    assert_int_equal(do_vcpu_op_send_nmi(NULL, &call, NULL), 0);
    assert_int_equal(call.caller->nmi_pending, 1);
    assert_int_equal(fake_cpu->has_work, 1);
    machine_end();
}

static void test_poll_refuses(void **state)
{
    struct domain *domain = NULL;
    evtchn_port_t ports[129] = {EVTCHN_PORTS};
    struct sched_poll arg = {.nr_ports = 129};
    struct call call = {0};

    (void)state;
    machine_start(1);
    domain = machine_domain(0, 1);
    up_all(domain);
    machine_settle();
    call.caller = domain->vcpus[0];
    arg.ports.p = ports;
    machine_enter(0);
    assert_int_equal(do_sched_op_poll(NULL, &call, &arg), -EINVAL);
    arg.nr_ports = 1;
    assert_int_equal(do_sched_op_poll(NULL, &call, &arg), -EINVAL);
    assert_int_equal(domain->polling, 0);
    machine_end();
}

static void test_shutdown_tells_dom0(void **state)
{
    struct domain *toolstack = NULL, *guest = NULL;
    struct evtchn_bind_virq bind = {.virq = VIRQ_DOM_EXC};
    struct call call = {0};

    (void)state;
    machine_start(2);
    toolstack = machine_domain(0, 1);
    guest = machine_domain(1, 1);
    up_all(toolstack);
    up_all(guest);
    machine_settle();
    call = (struct call){.caller = toolstack->vcpus[0], .target = toolstack};
    assert_int_equal(do_event_channel_op_bind_virq_global(NULL, &call, &bind),
                     0);

    /* Its last vCPU goes down. */
    call = (struct call){
        .caller = guest->vcpus[0], .vcpu = guest->vcpus[0], .target = guest};
    machine_enter(guest->vcpus[0]->cpu);
    assert_int_equal(do_vcpu_op_down(NULL, &call, NULL), 0);
    machine_settle();
    assert_int_equal(guest->is_shut_down, 1);
    assert_int_equal(guest->shutdown_code, SHUTDOWN_poweroff);
    assert_true(domain_is_stopped(guest));
    assert_true(test_bit(toolstack->shared->evtchn_pending, bind.port));
    machine_end();
}

static void test_watchdog(void **state)
{
    struct domain *domain = NULL;
    struct sched_watchdog arg = {.timeout = 2};
    struct call call = {0};

    (void)state;
    machine_start(1);
    (void)machine_domain(0, 1);
    domain = machine_domain(1, 1);
    up_all(domain);
    machine_settle();
    call.caller = domain->vcpus[0];
    assert_int_equal(do_sched_op_watchdog(NULL, &call, &arg), 1);
    machine_run(1500 * MS);
    arg.id = 1;
    assert_int_equal(do_sched_op_watchdog(NULL, &call, &arg), 0);
    machine_run(1900 * MS);
    assert_int_equal(domain->is_shut_down, 0);
    arg.id = 2;
    assert_int_equal(do_sched_op_watchdog(NULL, &call, &arg), -EINVAL);
    machine_run(200 * MS);
    assert_int_equal(domain->is_shut_down, 1);
    assert_int_equal(domain->shutdown_code, SHUTDOWN_watchdog);
    machine_end();
}

static void test_runstate_area(void **state)
{
    struct vcpu_runstate_info area = {0};
    struct domain *domain = NULL;
    struct vcpu *vcpu = NULL;

    (void)state;
    machine_start(1);
    domain = machine_domain(0, 2);
    vcpu = domain->vcpus[0];
    vcpu->runstate_area = (uint64_t)&area;
    domain->vm_assist = 1u << VMASST_TYPE_runstate_update_flag;
    machine_enter(0);
    vcpu_up(vcpu);
    machine_run(3 * MS);
    assert_int_equal(area.state, RUNSTATE_running);
    assert_int_equal(area.state_entry_time, 1);

    /* In user mode it is written later. */
    vcpu->kernel_mode = 0;
    vcpu_pause(vcpu);
    machine_settle();
    assert_int_equal(area.state, RUNSTATE_running);
    assert_int_equal(vcpu->areas_stale, 1);
    vcpu->kernel_mode = 1;
    runstate_publish(vcpu);
    assert_int_equal(area.state, RUNSTATE_offline);
    assert_int_equal(area.time[RUNSTATE_running], 3 * MS);
    assert_int_equal(vcpu->areas_stale, 0);
    machine_end();
}

/* --- Anything at any time --- */

static void check_vcpu(struct vcpu *vcpu)
{
    struct vcpu_runstate_info info;
    uint64_t sum_ns = 0;
    bool is_loaded = false;

    for (uint32_t id = 0; id < cpu_count; id++) {
        is_loaded |= machine_running(id) == vcpu;
    }
    assert_int_equal(vcpu->is_loaded, is_loaded);
    assert_int_equal(vcpu->is_queued,
                     vcpu->state == VCPU_RUNNABLE && sched_may_run(vcpu) &&
                         !vcpu->domain->is_parked && !is_loaded);
    assert_int_equal(vcpu->is_active, vcpu->is_queued || is_loaded);
    if (vcpu->state == VCPU_BLOCKED) {
        assert_true(vcpu->info->evtchn_upcall_pending == 0 ||
                    vcpu->info->evtchn_upcall_mask != 0);
    }
    runstate_get(vcpu, &info);
    for (uint32_t i = 0; i < 4; i++) {
        sum_ns += info.time[i];
    }
    assert_int_equal(sum_ns, fake_time_ns - 1);
    assert_int_equal(info.time[RUNSTATE_running], machine_ran_ns(vcpu));
    if (is_loaded) {
        assert_int_equal(info.state, RUNSTATE_running);
    } else if (!sched_may_run(vcpu)) {
        assert_int_equal(info.state, RUNSTATE_offline);
    } else if (vcpu->state == VCPU_BLOCKED) {
        assert_int_equal(info.state, RUNSTATE_blocked);
    } else {
        assert_int_equal(info.state, RUNSTATE_runnable);
    }
}

static void check_domain(const struct domain *domain)
{
    uint32_t active = 0;

    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        active += domain->vcpus[id]->is_active;
    }
    assert_int_equal(domain->active_vcpus, active);
    if (domain->is_parked) {
        assert_int_not_equal(domain->cap, 0);
        assert_int_not_equal(domain->cap_timer.expires_ns, 0);
    }
}

/* Nobody who may run on a CPU waits while it is idle. */
static void check_work_conserving(void)
{
    for (uint32_t id = 0; id < cpu_count; id++) {
        if (machine_running(id) == NULL) {
            assert_null(run_queue_find(&sched.queue, 1ull << id));
        }
    }
}

static void act_as_guest(uint32_t cpu_id, uint32_t port)
{
    struct vcpu *vcpu = machine_running(cpu_id);

    if (vcpu == NULL) {
        return;
    }
    machine_enter(cpu_id);
    switch (rand() % 4) {
    case 0:
        vcpu_block();
        break;
    case 1:
        vcpu_yield();
        break;
    case 2:
        poll(vcpu, port, rand() % 2 ? 0 : fake_time_ns + MS);
        break;
    case 3:
        vcpu->info->evtchn_upcall_mask = rand() % 2;
        break;
    }
}

static void act_on(struct vcpu *vcpu, uint32_t port)
{
    switch (rand() % 8) {
    case 0:
        vcpu_pause(vcpu);
        break;
    case 1:
    case 2:
        if (vcpu->pause_count > 0) {
            vcpu_unpause(vcpu);
        }
        break;
    case 3:
        vcpu_down(vcpu);
        break;
    case 4:
        vcpu_up(vcpu);
        break;
    case 5:
        (void)!vcpu_set_affinity(vcpu, (uint64_t)rand() % 8);
        break;
    default:
        evtchn_set_pending(vcpu->domain, port);
        break;
    }
}

static void test_anything(void **state)
{
    struct domain *domain = NULL;
    uint32_t ports[6];

    (void)state;
    srand(7);
    machine_start(3);
    domain = machine_domain(0, 6);
    for (uint32_t v = 0; v < 6; v++) {
        ports[v] = bind_ipi(domain, v);
    }
    up_all(domain);
    for (uint32_t step = 0; step < 30000; step++) {
        uint32_t v = (uint32_t)rand() % 6;

        if (rand() % 40 == 0) {
            machine_enter((uint32_t)rand() % 3);
            share_set(domain, 256, rand() % 2 ? 0 : (uint16_t)(rand() % 400));
        } else if (rand() % 2) {
            act_as_guest((uint32_t)rand() % 3, ports[v]);
        } else {
            machine_enter((uint32_t)rand() % 3);
            act_on(domain->vcpus[v], ports[v]);
        }
        /* Sometimes several things happen before anyone reacts. */
        if (rand() % 3 == 0) {
            continue;
        }
        machine_run((uint64_t)rand() % (2 * MS));
        for (uint32_t id = 0; id < 6; id++) {
            check_vcpu(domain->vcpus[id]);
            domain->vcpus[id]->info->evtchn_pending_sel = 0;
        }
        domain->shared->evtchn_pending[0] = 0;
        check_domain(domain);
        check_work_conserving();
    }
    machine_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hogs_share_one_cpu),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_more_vcpus_than_cpus),
        cmocka_unit_test(test_affinity),
        cmocka_unit_test(test_sleeper_latency),
        cmocka_unit_test(test_sleep_saves_nothing),
        cmocka_unit_test(test_idle_is_silent),
        cmocka_unit_test(test_yield),
        cmocka_unit_test(test_pause_and_down),
        cmocka_unit_test(test_pause_while_switching),
        cmocka_unit_test(test_poll),
        cmocka_unit_test(test_poll_then_block),
        cmocka_unit_test(test_nmi_for_oneself),
        cmocka_unit_test(test_poll_refuses),
        cmocka_unit_test(test_shutdown_tells_dom0),
        cmocka_unit_test(test_watchdog),
        cmocka_unit_test(test_runstate_area),
        cmocka_unit_test(test_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
