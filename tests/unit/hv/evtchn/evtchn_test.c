/* SPDX-License-Identifier: MIT */
/*
 * Event channels against an oracle: a second, slow description of what each
 * operation means.  After every random operation the whole state of three
 * domains is compared: channels, pending bits, the shape of interdomain pairs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hv/abi/handlers.h"
#include "hv/base/console.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/evtchn/evtchn.h"
#include "hv/evtchn/internal.h"
#include "hv/mem/heap.h"
#include "hv/sched/sched.h"

#define DOMAINS 3
#define VCPUS   2
#define PORTS   24u
#define PIRQS   4u
#define STEPS   60000

/* --- The fake rest of the hypervisor --- */

static struct cpu the_cpu;
_Thread_local struct cpu *fake_cpu = &the_cpu;
struct domain *domain0;

static struct domain domains[DOMAINS];
static struct vcpu vcpus[DOMAINS][VCPUS];
static struct shared_info shareds[DOMAINS];
static uint32_t pirq_port[PIRQS]; /* of domain 0 */
static uint32_t notified, woken;
static long continued;

void cpu_poll(void)
{
    abort(); /* nobody holds a lock here */
}

static uint64_t ring_end;

uint64_t console_ring_end(void)
{
    return ring_end;
}

void *heap_alloc(size_t size)
{
    return calloc(1, size);
}

void heap_free(void *object, size_t size)
{
    (void)size;
    free(object);
}

void domain_put(struct domain *domain)
{
    domain->refs--;
}

void vcpu_notify(struct vcpu *vcpu)
{
    assert_int_equal(vcpu->info->evtchn_upcall_pending, 1);
    notified++;
}

void vcpu_wake(struct vcpu *vcpu)
{
    (void)vcpu;
    woken++;
}

int pirq_bind(struct domain *domain, uint32_t pirq, uint32_t port)
{
    if (domain != &domains[0] || pirq >= PIRQS) {
        return -EINVAL;
    }
    if (pirq_port[pirq] != 0) {
        return -EEXIST;
    }
    pirq_port[pirq] = port;
    return 0;
}

void pirq_unbind(struct domain *domain, uint32_t pirq)
{
    assert_ptr_equal(domain, &domains[0]);
    assert_int_not_equal(pirq_port[pirq], 0);
    pirq_port[pirq] = 0;
}

long hypercall_continue(struct call *call)
{
    (void)call;
    continued++;
    return -ERESTART;
}

static void machine_make(uint32_t port_limit)
{
    memset(domains, 0, sizeof(domains));
    memset(vcpus, 0, sizeof(vcpus));
    memset(shareds, 0, sizeof(shareds));
    memset(pirq_port, 0, sizeof(pirq_port));
    domain0 = &domains[0];
    for (uint32_t d = 0; d < DOMAINS; d++) {
        domains[d].id = (domid_t)d;
        domains[d].refs = 1;
        domains[d].shared = &shareds[d];
        domains[d].port_limit = port_limit;
        domains[d].vcpu_count = VCPUS;
        for (uint32_t v = 0; v < VCPUS; v++) {
            vcpus[d][v].domain = &domains[d];
            vcpus[d][v].id = (uint16_t)v;
            vcpus[d][v].info = &shareds[d].vcpu_info[v];
            domains[d].vcpus[v] = &vcpus[d][v];
        }
        assert_int_equal(evtchn_domain_init(&domains[d]), 0);
    }
}

static void machine_end(void)
{
    for (uint32_t d = 0; d < DOMAINS; d++) {
        while (evtchn_domain_destroy(&domains[d]) != 0) {
        }
        evtchn_domain_free(&domains[d]);
        assert_null(domains[d].ports);
        assert_int_equal(domains[d].refs, 1);
        assert_false(spin_is_locked(&domains[d].event_lock));
    }
}

static struct call call_from(uint32_t d)
{
    return (struct call){.caller = &vcpus[d][0], .target = &domains[d]};
}

/* --- The oracle --- */

struct model {
    int state; /* EVTCHNSTAT_* */
    uint32_t remote_domain, remote_port, vcpu, number;
    uint16_t label; /* of the end, as the dispatcher decided; 0: no end */
    bool pending;
};

static struct model models[DOMAINS][PORTS];

/* What the policy calls an end of d towards remote. */
static label_t end_label(uint32_t d, uint32_t remote)
{
    return (label_t){(uint16_t)(1 + d * DOMAINS + remote)};
}

static struct model *model_of(uint32_t d, uint32_t port)
{
    return port < PORTS ? &models[d][port] : NULL;
}

static uint32_t model_free(uint32_t d)
{
    for (uint32_t port = 1; port < PORTS; port++) {
        if (models[d][port].state == EVTCHNSTAT_closed) {
            return port;
        }
    }
    return 0;
}

static void model_open(uint32_t d, uint32_t port, struct model model)
{
    model.pending = models[d][port].pending;
    models[d][port] = model;
}

static void model_close(uint32_t d, uint32_t port)
{
    struct model *model = &models[d][port];

    if (model->state == EVTCHNSTAT_interdomain) {
        struct model *peer = &models[model->remote_domain][model->remote_port];

        peer->state = EVTCHNSTAT_unbound;
        peer->remote_domain = d;
    }
    *model = (struct model){.state = EVTCHNSTAT_closed};
}

static bool model_has_virq(uint32_t d, uint32_t virq, uint32_t vcpu)
{
    for (uint32_t port = 1; port < PORTS; port++) {
        const struct model *model = &models[d][port];

        if (model->state == EVTCHNSTAT_virq && model->number == virq &&
            (virq_is_global(virq) || model->vcpu == vcpu)) {
            return true;
        }
    }
    return false;
}

static void compare_port(uint32_t d, uint32_t port)
{
    const struct model *model = &models[d][port];
    struct evtchn_status status = {.dom = (domid_t)d, .port = port};
    struct call call = call_from(d);

    assert_int_equal(do_event_channel_op_status(NULL, &call, &status), 0);
    assert_int_equal(status.status, model->state);
    assert_int_equal(test_bit(shareds[d].evtchn_pending, port), model->pending);
    assert_int_equal(domains[d].ports[port].label.index, model->label);
    if (model->state == EVTCHNSTAT_closed) {
        return;
    }
    assert_int_equal(status.vcpu, model->vcpu);
    switch (model->state) {
    case EVTCHNSTAT_unbound:
        assert_int_equal(status.u.unbound.dom, model->remote_domain);
        break;
    case EVTCHNSTAT_interdomain:
        assert_int_equal(status.u.interdomain.dom, model->remote_domain);
        assert_int_equal(status.u.interdomain.port, model->remote_port);
        break;
    case EVTCHNSTAT_virq:
        assert_int_equal(status.u.virq, model->number);
        break;
    case EVTCHNSTAT_pirq:
        assert_int_equal(status.u.pirq, model->number);
        assert_int_equal(pirq_port[model->number], port);
        break;
    }
}

static void compare_all(void)
{
    for (uint32_t d = 0; d < DOMAINS; d++) {
        for (uint32_t port = 0; port < PORTS; port++) {
            compare_port(d, port);
        }
        assert_false(spin_is_locked(&domains[d].event_lock));
        assert_int_equal(domains[d].refs, 1);
    }
}

/* --- Random operations; each is done to both --- */

static uint32_t pick(uint32_t end)
{
    return (uint32_t)rand() % end;
}

/* Often a port in use, sometimes 0, sometimes too large. */
static uint32_t pick_port(void)
{
    return pick(PORTS + 2);
}

static void do_alloc(uint32_t d)
{
    uint32_t remote = pick(DOMAINS), port = model_free(d);
    struct evtchn_alloc_unbound arg = {.dom = DOMID_SELF};
    struct call call = call_from(d);

    call.second = &domains[remote];
    call.end = end_label(d, remote);
    assert_int_equal(do_event_channel_op_alloc_unbound(NULL, &call, &arg),
                     port == 0 ? -ENOSPC : 0);
    if (port != 0) {
        assert_int_equal(arg.port, port);
        model_open(d, port,
                   (struct model){.state = EVTCHNSTAT_unbound,
                                  .label = call.end.index,
                                  .remote_domain = remote});
    }
}

static void do_bind_interdomain(uint32_t d)
{
    uint32_t remote = pick(DOMAINS), remote_port = pick_port();
    struct model *peer = model_of(remote, remote_port);
    uint32_t port = model_free(d);
    struct evtchn_bind_interdomain arg = {.remote_port = remote_port};
    struct call call = call_from(d);
    long expected = port == 0 ? -ENOSPC : 0;

    if (peer == NULL || peer->state != EVTCHNSTAT_unbound ||
        peer->remote_domain != d) {
        expected = -EINVAL;
    }
    call.second = &domains[remote];
    call.end = end_label(d, remote);
    call.peer_end.index = peer == NULL ? 0 : peer->label;
    if (pick(8) == 0) { /* the port is not the one that was asked about */
        call.peer_end.index++;
        expected = expected == -EINVAL ? -EINVAL : -ERESTART;
    }
    assert_int_equal(do_event_channel_op_bind_interdomain(NULL, &call, &arg),
                     expected);
    if (expected == 0) {
        assert_int_equal(arg.local_port, port);
        models[d][port] = (struct model){.state = EVTCHNSTAT_interdomain,
                                         .label = call.end.index,
                                         .remote_domain = remote,
                                         .remote_port = remote_port,
                                         .pending = true};
        peer->state = EVTCHNSTAT_interdomain;
        peer->remote_domain = d;
        peer->remote_port = port;
    }
}

static long expect_virq(uint32_t d, uint32_t virq, uint32_t vcpu)
{
    if (vcpu >= VCPUS) {
        return -ENOENT;
    }
    if (model_free(d) == 0) {
        return -ENOSPC;
    }
    if (model_has_virq(d, virq, vcpu)) {
        return -EEXIST;
    }
    for (uint32_t other = 0; virq_is_global(virq) && other < DOMAINS; other++) {
        if (model_has_virq(other, virq, 0)) {
            return -EBUSY;
        }
    }
    return 0;
}

static void do_bind_virq(uint32_t d)
{
    struct evtchn_bind_virq arg = {.virq = pick(NR_VIRQS + 2),
                                   .vcpu = pick(VCPUS + 1)};
    struct call call = call_from(d);
    uint32_t port = model_free(d);
    bool global = virq_is_global(arg.virq);
    long expected = expect_virq(d, arg.virq, arg.vcpu);

    if (arg.virq >= NR_VIRQS || (global && arg.vcpu != 0)) {
        expected = -EINVAL;
    }
    if (global) {
        assert_int_equal(
            do_event_channel_op_bind_virq_global(NULL, &call, &arg), expected);
    } else {
        assert_int_equal(do_event_channel_op_bind_virq(NULL, &call, &arg),
                         expected);
    }
    if (expected == 0) {
        assert_int_equal(arg.port, port);
        model_open(d, port,
                   (struct model){.state = EVTCHNSTAT_virq,
                                  .vcpu = arg.vcpu,
                                  .number = arg.virq});
    }
}

static void do_bind_ipi(uint32_t d)
{
    struct evtchn_bind_ipi arg = {.vcpu = pick(VCPUS + 1)};
    struct call call = call_from(d);
    uint32_t port = model_free(d);
    long expected = port == 0 ? -ENOSPC : 0;

    if (arg.vcpu >= VCPUS) {
        expected = -ENOENT;
    }
    assert_int_equal(do_event_channel_op_bind_ipi(NULL, &call, &arg), expected);
    if (expected == 0) {
        assert_int_equal(arg.port, port);
        model_open(d, port,
                   (struct model){.state = EVTCHNSTAT_ipi, .vcpu = arg.vcpu});
    }
}

static void do_bind_pirq(uint32_t d)
{
    struct evtchn_bind_pirq arg = {.pirq = pick(PIRQS + 1)};
    struct call call = call_from(d);
    uint32_t port = model_free(d);
    long expected = port == 0 ? -ENOSPC : 0;

    if (expected == 0 && (d != 0 || arg.pirq >= PIRQS)) {
        expected = -EINVAL;
    } else if (expected == 0 && pirq_port[arg.pirq] != 0) {
        expected = -EEXIST;
    }
    assert_int_equal(do_event_channel_op_bind_pirq(NULL, &call, &arg),
                     expected);
    if (expected == 0) {
        assert_int_equal(arg.port, port);
        model_open(
            d, port,
            (struct model){.state = EVTCHNSTAT_pirq, .number = arg.pirq});
    }
}

static void do_close(uint32_t d)
{
    struct evtchn_close arg = {.port = pick_port()};
    struct model *model = model_of(d, arg.port);
    struct call call = call_from(d);
    bool exists = model != NULL && model->state != EVTCHNSTAT_closed;

    assert_int_equal(do_event_channel_op_close(NULL, &call, &arg),
                     exists ? 0 : -EINVAL);
    if (exists) {
        model_close(d, arg.port);
    }
}

/* As the dispatcher does it: by the label that it found in the port. */
static long send(uint32_t d, uint32_t port, uint16_t label)
{
    struct evtchn_send arg = {.port = port};
    struct call call = call_from(d);

    call.end.index = label;
    call.channel = evtchn_of(&domains[d], port);
    return label == 0 ? do_event_channel_op_send_ipi(NULL, &call, &arg)
                      : do_event_channel_op_send(NULL, &call, &arg);
}

static void do_send(uint32_t d)
{
    uint32_t port = pick_port();
    struct model *model = model_of(d, port);

    if (model == NULL || model->label == 0) {
        long expected = -EINVAL;

        if (model != NULL && model->state == EVTCHNSTAT_ipi) {
            model->pending = true;
            expected = 0;
        }
        assert_int_equal(send(d, port, 0), expected);
        /* It was an end when it was asked about. */
        assert_int_equal(send(d, port, 1), -ERESTART);
        return;
    }
    assert_int_equal(send(d, port, model->label + 1), -ERESTART);
    assert_int_equal(send(d, port, 0), -EINVAL);
    compare_port(d, port);
    if (model->state == EVTCHNSTAT_interdomain) {
        models[model->remote_domain][model->remote_port].pending = true;
    }
    assert_int_equal(send(d, port, model->label), 0);
}

static void do_send_virq(uint32_t d)
{
    uint32_t virq = pick(NR_VIRQS), vcpu = pick(VCPUS);
    bool global = virq_is_global(virq);

    for (uint32_t other = 0; other < DOMAINS; other++) {
        for (uint32_t port = 1; port < PORTS; port++) {
            struct model *model = &models[other][port];

            if (model->state == EVTCHNSTAT_virq && model->number == virq &&
                (global || (other == d && model->vcpu == vcpu))) {
                model->pending = true;
            }
        }
    }
    if (global) {
        send_global_virq(virq);
    } else {
        send_virq(&vcpus[d][vcpu], virq);
    }
}

static void do_bind_vcpu(uint32_t d)
{
    struct evtchn_bind_vcpu arg = {.port = pick_port(),
                                   .vcpu = pick(VCPUS + 1)};
    struct model *model = model_of(d, arg.port);
    struct call call = call_from(d);
    long expected = -EINVAL;

    if (arg.vcpu >= VCPUS) {
        expected = -ENOENT;
    } else if (model != NULL && (model->state == EVTCHNSTAT_unbound ||
                                 model->state == EVTCHNSTAT_interdomain ||
                                 model->state == EVTCHNSTAT_pirq ||
                                 (model->state == EVTCHNSTAT_virq &&
                                  virq_is_global(model->number)))) {
        expected = 0;
        model->vcpu = arg.vcpu;
    }
    assert_int_equal(do_event_channel_op_bind_vcpu(NULL, &call, &arg),
                     expected);
}

static void do_unmask(uint32_t d)
{
    struct evtchn_unmask arg = {.port = pick_port()};
    struct model *model = model_of(d, arg.port);
    struct call call = call_from(d);
    bool exists = model != NULL && model->state != EVTCHNSTAT_closed;
    const struct vcpu_info *info = NULL;
    bool must_raise = false;

    if (exists) {
        info = &shareds[d].vcpu_info[model->vcpu];
        must_raise = test_bit(shareds[d].evtchn_mask, arg.port) &&
                     model->pending && info->evtchn_pending_sel == 0;
    }
    assert_int_equal(do_event_channel_op_unmask(NULL, &call, &arg),
                     exists ? 0 : -EINVAL);
    if (exists) {
        assert_false(test_bit(shareds[d].evtchn_mask, arg.port));
        assert_true(!must_raise || (info->evtchn_upcall_pending == 1 &&
                                    info->evtchn_pending_sel == 1));
    }
}

/* What the guest does: masks, consumes. */
static void do_guest(uint32_t d)
{
    uint32_t port = pick(PORTS);
    struct vcpu_info *info = &shareds[d].vcpu_info[pick(VCPUS)];

    if (pick(2) == 0) {
        (void)atomic_test_and_set_bit(shareds[d].evtchn_mask, port);
    }
    (void)atomic_test_and_clear_bit(shareds[d].evtchn_pending, port);
    models[d][port].pending = false;
    info->evtchn_upcall_pending = 0;
    info->evtchn_pending_sel = 0;
}

static void do_reset(uint32_t d)
{
    struct evtchn_reset arg = {.dom = DOMID_SELF};
    struct call call = call_from(d);

    assert_int_equal(do_event_channel_op_reset(NULL, &call, &arg), 0);
    for (uint32_t port = 1; port < PORTS; port++) {
        if (models[d][port].state != EVTCHNSTAT_closed) {
            model_close(d, port);
        }
    }
}

static void test_oracle(void **state)
{
    static void (*const operations[])(uint32_t) = {
        do_alloc,  do_alloc,     do_bind_interdomain, do_bind_interdomain,
        do_close,  do_bind_virq, do_bind_ipi,         do_bind_pirq,
        do_send,   do_send,      do_send_virq,        do_bind_vcpu,
        do_unmask, do_guest,     do_bind_interdomain, do_close,
    };

    (void)state;
    srand(1);
    machine_make(PORTS);
    memset(models, 0, sizeof(models));
    for (uint32_t step = 0; step < STEPS; step++) {
        operations[pick(ARRAY_SIZE(operations))](pick(DOMAINS));
        if (pick(400) == 0) {
            do_reset(pick(DOMAINS));
        }
        compare_all();
    }
    machine_end();
}

/* --- Single properties --- */

static uint32_t ipi_port(uint32_t d, uint32_t vcpu)
{
    struct evtchn_bind_ipi arg = {.vcpu = vcpu};
    struct call call = call_from(d);

    assert_int_equal(do_event_channel_op_bind_ipi(NULL, &call, &arg), 0);
    return arg.port;
}

/* Pending bit, then selector, then upcall; each only if the one before is new.
 */
static void test_pending_protocol(void **state)
{
    struct vcpu_info *info = &shareds[0].vcpu_info[1];
    uint32_t port = 0;

    (void)state;
    machine_make(0);
    port = ipi_port(0, 1);
    notified = 0;
    evtchn_set_pending(&domains[0], port);
    assert_int_equal(notified, 1);
    assert_int_equal(info->evtchn_upcall_pending, 1);
    assert_int_equal(info->evtchn_pending_sel, 1ull << (port / 64));
    assert_int_equal(shareds[0].vcpu_info[0].evtchn_upcall_pending, 0);

    evtchn_set_pending(&domains[0], port); /* already pending */
    assert_int_equal(notified, 1);

    /* The guest took the upcall and works: a second port notifies again. */
    info->evtchn_upcall_pending = 0;
    info->evtchn_pending_sel = 0;
    evtchn_set_pending(&domains[0], ipi_port(0, 1));
    assert_int_equal(notified, 2);
    machine_end();
}

static void test_masked_port_notifies_nobody_but_pollers(void **state)
{
    uint32_t port = 0;

    (void)state;
    machine_make(0);
    port = ipi_port(0, 0);
    (void)atomic_test_and_set_bit(shareds[0].evtchn_mask, port);
    notified = woken = 0;
    evtchn_set_pending(&domains[0], port);
    assert_int_equal(notified + woken, 0);
    assert_true(test_bit(shareds[0].evtchn_pending, port));

    (void)atomic_test_and_clear_bit(shareds[0].evtchn_pending, port);
    vcpus[0][1].poll_port[0] = (uint16_t)port;
    vcpus[0][1].poll_count = 1;
    domains[0].polling = 2;
    evtchn_set_pending(&domains[0], port);
    assert_int_equal(notified, 0);
    assert_int_equal(woken, 1);
    machine_end();
}

static void test_unmask_delivers_what_waits(void **state)
{
    struct evtchn_unmask arg = {0};
    struct call call = call_from(0);

    (void)state;
    machine_make(0);
    arg.port = ipi_port(0, 0);
    (void)atomic_test_and_set_bit(shareds[0].evtchn_mask, arg.port);
    evtchn_set_pending(&domains[0], arg.port);
    notified = 0;
    assert_int_equal(do_event_channel_op_unmask(NULL, &call, &arg), 0);
    assert_int_equal(notified, 1);
    machine_end();
}

static void test_last_port_and_limits(void **state)
{
    struct call call = call_from(1);
    uint32_t last = 0;

    (void)state;
    machine_make(0);
    assert_int_equal(send(1, EVTCHN_PORTS, 0), -EINVAL);
    assert_int_equal(send(1, UINT32_MAX, 0), -EINVAL);
    for (uint32_t i = 1; i < EVTCHN_PORTS; i++) {
        last = ipi_port(1, 0);
        assert_int_equal(last, i);
    }
    struct evtchn_bind_ipi one_more = {.vcpu = 0};
    assert_int_equal(do_event_channel_op_bind_ipi(NULL, &call, &one_more),
                     -ENOSPC);
    assert_int_equal(send(1, last, 0), 0);
    assert_true(test_bit(shareds[1].evtchn_pending, EVTCHN_PORTS - 1));
    machine_end();
}

/* Closing 4095 ports takes several bounded steps, and ends. */
static void test_reset_and_destroy_are_bounded(void **state)
{
    struct evtchn_reset arg = {0};
    struct call call = call_from(2);
    uint32_t steps = 0;

    (void)state;
    machine_make(0);
    for (uint32_t i = 1; i < EVTCHN_PORTS; i++) {
        (void)ipi_port(2, 1);
    }
    continued = 0;
    while (do_event_channel_op_reset(NULL, &call, &arg) == -ERESTART) {
        steps++;
    }
    assert_int_equal(continued, steps);
    assert_in_range(steps, 4, 16);
    assert_int_equal(ipi_port(2, 0), 1);
    machine_end();
}

/* A domain that dies leaves its peers unbound and takes no new channels. */
static void test_dying_domain(void **state)
{
    struct evtchn_alloc_unbound alloc = {0};
    struct evtchn_bind_interdomain bind = {0};
    struct evtchn_status status = {0};
    struct call call = call_from(0);

    (void)state;
    machine_make(0);
    call.second = &domains[1];
    assert_int_equal(do_event_channel_op_alloc_unbound(NULL, &call, &alloc), 0);
    call = call_from(1);
    call.second = &domains[0];
    bind.remote_port = alloc.port;
    assert_int_equal(do_event_channel_op_bind_interdomain(NULL, &call, &bind),
                     0);
    domains[1].is_dying = 1;
    assert_int_equal(do_event_channel_op_alloc_unbound(NULL, &call, &alloc),
                     -ESRCH);
    assert_int_equal(evtchn_domain_destroy(&domains[1]), 0);

    call = call_from(0);
    status.port = bind.remote_port;
    assert_int_equal(do_event_channel_op_status(NULL, &call, &status), 0);
    assert_int_equal(status.status, EVTCHNSTAT_unbound);
    assert_int_equal(status.u.unbound.dom, 1);
    assert_int_equal(send(0, bind.remote_port, call.end.index + 1), -ERESTART);
    struct evtchn_send to_nobody = {.port = bind.remote_port};
    call.channel = evtchn_of(&domains[0], bind.remote_port);
    assert_int_equal(do_event_channel_op_send(NULL, &call, &to_nobody), 0);
    machine_end();
}

/* New lines are announced once, to whoever bound the VIRQ, or to nobody. */
static void test_console_ring(void **state)
{
    struct evtchn_bind_virq arg = {.virq = VIRQ_CON_RING};
    struct call call = call_from(1);

    (void)state;
    machine_make(0);
    ring_end = 100;
    virq_console_ring();
    assert_int_equal(do_event_channel_op_bind_virq_global(NULL, &call, &arg),
                     0);
    virq_console_ring();
    assert_false(test_bit(shareds[1].evtchn_pending, arg.port));
    ring_end = 120;
    virq_console_ring();
    assert_true(test_bit(shareds[1].evtchn_pending, arg.port));
    (void)atomic_test_and_clear_bit(shareds[1].evtchn_pending, arg.port);
    virq_console_ring();
    assert_false(test_bit(shareds[1].evtchn_pending, arg.port));
    machine_end();
}

/* A launch: the rings' ports stay as they are, the others are closed. */
static void test_launch_keeps_two(void **state)
{
    struct call call = {.caller = &vcpus[1][0], .target = &domains[1],
                        .second = &domains[0]};
    struct evtchn_alloc_unbound ring = {0}, other = {0};
    struct evtchn_bind_ipi ipi = {.vcpu = 1};
    uint32_t keep[2] = {0};

    (void)state;
    machine_make(PORTS);
    assert_int_equal(do_event_channel_op_alloc_unbound(NULL, &call, &other), 0);
    assert_int_equal(do_event_channel_op_alloc_unbound(NULL, &call, &ring), 0);
    assert_int_equal(do_event_channel_op_bind_ipi(NULL, &call, &ipi), 0);
    assert_true(evtchn_is_open_to_others(&domains[1], ring.port));
    assert_false(evtchn_is_open_to_others(&domains[1], ipi.port));
    assert_false(evtchn_is_open_to_others(&domains[1], 0));
    assert_false(evtchn_is_open_to_others(&domains[1], PORTS));
    assert_false(evtchn_is_open_to_others(&domains[1], ~0u));
    domains[1].ports[ring.port].vcpu = 1;
    evtchn_set_pending(&domains[1], ring.port);
    keep[0] = ring.port;
    assert_int_equal(evtchn_domain_reset(&domains[1], keep, 2), 0);
    assert_int_equal(domains[1].ports[ring.port].state, EVTCHN_UNBOUND);
    assert_int_equal(domains[1].ports[ring.port].vcpu, 0);
    assert_int_equal(domains[1].ports[other.port].state, EVTCHN_FREE);
    assert_int_equal(domains[1].ports[ipi.port].state, EVTCHN_FREE);
    memset(shareds[1].vcpu_info, 0, sizeof(shareds[1].vcpu_info));
    evtchn_tell_again(&domains[1], ring.port);
    assert_int_equal(shareds[1].vcpu_info[0].evtchn_upcall_pending, 1);
    assert_int_equal(shareds[1].vcpu_info[1].evtchn_upcall_pending, 0);
    assert_int_equal(do_event_channel_op_alloc_unbound(NULL, &call, &other), 0);
    machine_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oracle),
        cmocka_unit_test(test_pending_protocol),
        cmocka_unit_test(test_masked_port_notifies_nobody_but_pollers),
        cmocka_unit_test(test_unmask_delivers_what_waits),
        cmocka_unit_test(test_last_port_and_limits),
        cmocka_unit_test(test_reset_and_destroy_are_bounded),
        cmocka_unit_test(test_launch_keeps_two),
        cmocka_unit_test(test_dying_domain),
        cmocka_unit_test(test_console_ring),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
