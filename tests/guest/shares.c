/* SPDX-License-Identifier: MIT */
/*
 * What a domain gets of a CPU that is short: caps and weights as a toolstack
 * sets them, and where it may run; and time: the wall clock of a domain that
 * somebody else set.  One CPU that counts instructions, so that the shares are
 * the scheduler's and not those of the machine below.
 *
 * Runner: -s 1 -i
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/tap.h"
#include "lib/toolstack.h"
#include "lib/vcpu.h"

#define MS 1000000ull

static long scheduler_op(domid_t id, uint32_t cmd, uint16_t *weight,
                         uint16_t *cap)
{
    struct xen_domctl op = {.u.scheduler_op = {
                                .sched_id = XEN_SCHEDULER_CREDIT2,
                                .cmd = cmd,
                                .u.credit2 = {.weight = *weight, .cap = *cap},
                            }};
    long error = domctl(XEN_DOMCTL_scheduler_op, id, &op);

    *weight = op.u.scheduler_op.u.credit2.weight;
    *cap = op.u.scheduler_op.u.credit2.cap;
    return error;
}

static long share_set(domid_t id, uint16_t weight, uint16_t cap)
{
    return scheduler_op(id, XEN_DOMCTL_SCHEDOP_putinfo, &weight, &cap);
}

static long affinity_set(domid_t id, uint32_t vcpu, uint32_t flags,
                         uint64_t mask)
{
    struct xen_domctl op = {.u.vcpuaffinity = {.vcpu = vcpu, .flags = flags}};

    op.u.vcpuaffinity.cpumap_hard.bitmap.p = (void *)&mask;
    op.u.vcpuaffinity.cpumap_hard.nr_bits = 64;
    op.u.vcpuaffinity.cpumap_soft = op.u.vcpuaffinity.cpumap_hard;
    return domctl(XEN_DOMCTL_setvcpuaffinity, id, &op);
}

static uint64_t affinity_get(domid_t id, uint32_t flags)
{
    uint64_t mask = 0;
    struct xen_domctl op = {.u.vcpuaffinity = {.flags = flags}};

    op.u.vcpuaffinity.cpumap_hard.bitmap.p = (void *)&mask;
    op.u.vcpuaffinity.cpumap_hard.nr_bits = 8;
    op.u.vcpuaffinity.cpumap_soft = op.u.vcpuaffinity.cpumap_hard;
    return domctl(XEN_DOMCTL_getvcpuaffinity, id, &op) == 0 ? mask : ~0ull;
}

static struct xen_domctl_getvcpuinfo vcpu_info_get(domid_t id)
{
    struct xen_domctl op = {0};

    domctl(XEN_DOMCTL_getvcpuinfo, id, &op);
    return op.u.getvcpuinfo;
}

static void child_spins(void)
{
    for (;;) { /* no PAUSE: that one is slow where instructions count */
        __asm__ volatile("");
    }
}

/* Then the CPU is the children's. */
static void sleep_ns(uint64_t ns)
{
    struct sched_poll poll = {.timeout = clock_ns() + ns};

    sched_op(SCHEDOP_poll, &poll);
}

/* In thousandths of the time that passed. */
static uint64_t share_of(domid_t id, uint64_t ns)
{
    uint64_t before = vcpu_info_get(id).cpu_time, begin = clock_ns();

    sleep_ns(ns);
    return (vcpu_info_get(id).cpu_time - before) * 1000 / (clock_ns() - begin);
}

static void test_parameters(domid_t id)
{
    uint16_t weight = 0, cap = 9;
    struct xen_domctl op = {.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT};

    tap_is(
        (uint64_t)scheduler_op(id, XEN_DOMCTL_SCHEDOP_getinfo, &weight, &cap),
        0, "weight and cap are told");
    tap_is(weight, 256, "the weight at first");
    tap_is(cap, 0, "the cap at first: none");
    tap_is((uint64_t)domctl(XEN_DOMCTL_scheduler_op, id, &op),
           (uint64_t)-XEN_EINVAL, "another scheduler's parameters");
    tap_is((uint64_t)share_set(id, 512, 30), 0, "set both");
    weight = cap = 0;
    scheduler_op(id, XEN_DOMCTL_SCHEDOP_getinfo, &weight, &cap);
    tap_ok(weight == 512 && cap == 30, "they are set");
    tap_is((uint64_t)share_set(id, 0, 0), 0, "a weight of 0 leaves it");
    scheduler_op(id, XEN_DOMCTL_SCHEDOP_getinfo, &weight, &cap);
    tap_ok(weight == 512 && cap == 0, "and a cap of 0 is none");
    tap_is((uint64_t)share_set(id, 256, 0), 0, "as at first");
}

static void test_affinity(domid_t id)
{
    tap_is(affinity_get(id, XEN_VCPUAFFINITY_HARD), 1, "hard affinity: all");
    tap_is((uint64_t)affinity_set(id, 0, XEN_VCPUAFFINITY_HARD, 5), 0,
           "set to what there is and what may come");
    tap_is(affinity_get(id, XEN_VCPUAFFINITY_HARD), 1, "the former is told");
    tap_is(affinity_get(id, XEN_VCPUAFFINITY_SOFT), 1, "soft: all");
    tap_is((uint64_t)affinity_set(id, 0, XEN_VCPUAFFINITY_HARD, 2),
           (uint64_t)-XEN_EINVAL, "a CPU that there is not");
    tap_is((uint64_t)affinity_set(id, 0, XEN_VCPUAFFINITY_HARD, 0),
           (uint64_t)-XEN_EINVAL, "no CPU");
    tap_refused(affinity_set(id, 7, XEN_VCPUAFFINITY_HARD, 1),
                "a vCPU that there is not");
    tap_is((uint64_t)affinity_set(id, 0, XEN_VCPUAFFINITY_SOFT, 1), 0,
           "a CPU it would prefer");
    tap_is(affinity_get(id, XEN_VCPUAFFINITY_SOFT), 1, "is told");
    tap_is(vcpu_info_get(id).online, 1, "its vCPU is online");
}

static void test_caps(domid_t a)
{
    uint64_t share;

    tap_is((uint64_t)share_set(a, 256, 20), 0, "a cap of 20%%");
    share = share_of(a, 150 * MS);
    tap_ok(share > 150 && share < 240, "alone on a CPU: %lu/1000", share);
    share_set(a, 256, 0);
    share = share_of(a, 30 * MS);
    tap_ok(share > 900, "no cap: %lu/1000", share);
}

static void test_weights(domid_t a, domid_t b)
{
    uint64_t before_a, before_b, ratio;

    share_set(a, 256, 0);
    share_set(b, 768, 0);
    sleep_ns(20 * MS);
    before_a = vcpu_info_get(a).cpu_time;
    before_b = vcpu_info_get(b).cpu_time;
    sleep_ns(240 * MS);
    ratio = (vcpu_info_get(b).cpu_time - before_b) * 100 /
            (vcpu_info_get(a).cpu_time - before_a + 1);
    tap_ok(ratio > 220 && ratio < 400, "weights 1 to 3: %lu/100", ratio);
}

static unsigned int turns[2]; /* whose turn it is: a port of each vCPU */

static void take_turns(unsigned int vcpu)
{
    evtchn_port_t ports[1] = {turns[vcpu]};
    struct sched_poll poll = {.nr_ports = 1};

    set_xen_guest_handle(poll.ports, ports);
    for (;;) {
        while (!event_pending(turns[vcpu])) {
            sched_op(SCHEDOP_poll, &poll);
        }
        event_clear(turns[vcpu]);
        for (unsigned int i = 0; i < 300000; i++) { /* about a millisecond */
            __asm__ volatile("");
        }
        event_send(turns[1 - vcpu]);
    }
}

static void second_takes_turns(void)
{
    take_turns(1);
}

static void child_takes_turns(void)
{
    turns[0] = event_bind_ipi(0);
    turns[1] = event_bind_ipi(1);
    event_send(turns[0]);
    if (vcpu_run(1, second_takes_turns) == 0) {
        take_turns(0);
    }
}

static uint64_t cpu_time_of_both(domid_t id)
{
    struct xen_domctl op = {.u.getvcpuinfo.vcpu = 1};

    domctl(XEN_DOMCTL_getvcpuinfo, id, &op);
    return vcpu_info_get(id).cpu_time + op.u.getvcpuinfo.cpu_time;
}

/* Two vCPUs of which one runs at a time get no more than one that runs on. */
static void test_turns(domid_t hog)
{
    domid_t id = toolstack_create(child_takes_turns, 0, 2);
    uint64_t before, before_hog, ratio;

    share_set(hog, 256, 0);
    sleep_ns(40 * MS);
    before = cpu_time_of_both(id);
    before_hog = vcpu_info_get(hog).cpu_time;
    sleep_ns(240 * MS);
    ratio = (cpu_time_of_both(id) - before) * 100 /
            (vcpu_info_get(hog).cpu_time - before_hog + 1);
    tap_ok(ratio > 75 && ratio < 130, "two vCPUs that take turns: %lu/100",
           ratio);
    tap_is((uint64_t)toolstack_destroy(id), 0, "destroyed as they do");
}

/* Its clock is ours, and its wall clock follows when we set the time. */
static void test_wallclock(void)
{
    domid_t id = toolstack_build(child_spins, 0, 1);
    struct xen_platform_op set = {.cmd = XENPF_settime64,
                                  .interface_version = XENPF_INTERFACE_VERSION,
                                  .u.settime64 = {.secs = 2000000000}};
    struct xen_domctl op = {0};
    const volatile struct shared_info *child;
    uint32_t version;

    domctl(XEN_DOMCTL_getdomaininfo, id, &op);
    child =
        toolstack_map_frame(id, op.u.getdomaininfo.shared_info_frame, false);
    version = child->wc_version;
    set.u.settime64.system_time = 0;
    tap_is((uint64_t)hypercall(__HYPERVISOR_platform_op, &set), 0,
           "the time is set");
    tap_ok(child->wc_version != version && (child->wc_version & 1) == 0,
           "another domain's wall clock changes");
    tap_is(child->wc_sec, 2000000000, "to what was set");
    tap_is(child->wc_sec, shared_info->wc_sec, "and so does ours");
    toolstack_unmap(child);
    toolstack_destroy(id);
}

void test_main(void)
{
    domid_t a = toolstack_build(child_spins, 0, 1);
    domid_t b = toolstack_build(child_spins, 0, 1);

    test_parameters(a);
    toolstack_start(a);
    sleep_ns(10 * MS);
    test_affinity(a);
    test_caps(a);
    toolstack_start(b);
    test_weights(a, b);
    tap_is((uint64_t)toolstack_destroy(a), 0, "destroyed while it spins");
    test_turns(b);
    share_set(b, 256, 1);
    sleep_ns(20 * MS);
    tap_is((uint64_t)toolstack_destroy(b), 0, "destroyed while it is parked");
    test_wallclock();
}
