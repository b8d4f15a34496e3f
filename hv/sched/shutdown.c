/* SPDX-License-Identifier: MIT */
/*
 * Domains that stop: by their own wish, by another's, by a watchdog or by a
 * crash.  A domain shuts down once; the hardware domain takes the machine
 * with it.
 */
#include "hv/abi/handlers.h"
#include "hv/base/atomic.h"
#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/power.h"
#include "hv/cpu/time.h"
#include "hv/evtchn/evtchn.h"
#include "hv/sched/internal.h"
#include "hv/sched/timer.h"

#define NS_PER_S 1000000000ull

static const char *reason_name(uint32_t reason)
{
    static const char *const names[SHUTDOWN_MAX + 1] = {
        [SHUTDOWN_poweroff] = "power off", [SHUTDOWN_reboot] = "reboot",
        [SHUTDOWN_suspend] = "suspend",    [SHUTDOWN_crash] = "crash",
        [SHUTDOWN_watchdog] = "watchdog",  [SHUTDOWN_soft_reset] = "soft reset",
    };

    return reason <= SHUTDOWN_MAX ? names[reason] : "unknown reason";
}

static void machine_shutdown(uint32_t reason) noreturn;
static void machine_shutdown(uint32_t reason)
{
    log_line("dom0 shut down: %s", reason_name(reason));
    if (reason == SHUTDOWN_poweroff) {
        machine_power_off();
    }
    if (reason == SHUTDOWN_crash || reason == SHUTDOWN_watchdog) {
        machine_stop(); /* as after a panic of our own */
    }
    machine_restart();
}

/* Whether it ran until now.  The code is there before the flag says so. */
static bool shutdown_begin(struct domain *domain, uint8_t reason)
{
    bool is_first;

    spin_lock(&sched.lock);
    is_first = !domain->is_shut_down;
    if (is_first) {
        if (!domain->has_shutdown_code) {
            domain->shutdown_code = reason;
        }
        sched_hold(domain);
        atomic_set(&domain->is_shut_down, 1);
    }
    spin_unlock(&sched.lock);
    return is_first;
}

void domain_shutdown(struct domain *domain, uint8_t reason)
{
    if (!shutdown_begin(domain, reason)) {
        return;
    }
    if (domain->is_hardware) {
        machine_shutdown(domain->shutdown_code);
    }
    send_global_virq(VIRQ_DOM_EXC);
}

void domain_resume(struct domain *domain)
{
    spin_lock(&sched.lock);
    if (domain->is_shut_down) {
        domain->is_shut_down = 0;
        domain->has_shutdown_code = 0;
        sched_let_go(domain);
    }
    spin_unlock(&sched.lock);
}

long do_sched_op_shutdown(const struct permit *permit, struct call *call,
                          struct sched_shutdown *arg)
{
    if (arg->reason > SHUTDOWN_MAX ||
        (call->caller->domain->is_hardware &&
         arg->reason == SHUTDOWN_suspend)) { /* nobody could resume it */
        return -EINVAL;
    }
    domain_shutdown(call->caller->domain, (uint8_t)arg->reason);
    return 0;
}

long do_sched_op_remote_shutdown(const struct permit *permit, struct call *call,
                                 struct sched_remote_shutdown *arg)
{
    if (arg->reason > SHUTDOWN_MAX ||
        (call->target->is_hardware && arg->reason == SHUTDOWN_suspend)) {
        return -EINVAL;
    }
    domain_shutdown(call->target, (uint8_t)arg->reason);
    return 0;
}

/* What a crash dump or a suspend is to be taken for, before it happens. */
long do_sched_op_shutdown_code(const struct permit *permit, struct call *call,
                               struct sched_shutdown *arg)
{
    if (arg->reason > SHUTDOWN_MAX) {
        return -EINVAL;
    }
    spin_lock(&sched.lock);
    call->caller->domain->shutdown_code = (uint8_t)arg->reason;
    call->caller->domain->has_shutdown_code = 1;
    spin_unlock(&sched.lock);
    return 0;
}

/* --- Watchdogs: two per domain, ids 1 and 2 --- */

static void watchdog_expired(void *object)
{
    struct domain *domain = object;

    log_line("d%u: watchdog expired", domain->id);
    domain_shutdown(domain, SHUTDOWN_watchdog);
}

static void watchdog_arm(struct domain *domain, uint32_t index,
                         uint32_t timeout_s)
{
    struct timer *timer = &domain->watchdog[index];

    if (timer->expired == NULL) {
        timer_init(timer, watchdog_expired, domain);
    }
    timer_set(timer, system_time_ns() + timeout_s * NS_PER_S);
}

/* event_lock held. */
static long watchdog_new(struct domain *domain, uint32_t timeout_s)
{
    for (uint32_t i = 0; i < ARRAY_SIZE(domain->watchdog); i++) {
        if ((domain->watchdog_used >> i & 1) == 0) {
            domain->watchdog_used |= 1u << i;
            watchdog_arm(domain, i, timeout_s);
            return i + 1;
        }
    }
    return -ENOSPC;
}

/* event_lock held. */
static long watchdog_change(struct domain *domain, uint32_t id,
                            uint32_t timeout_s)
{
    uint32_t index = id - 1;

    if (index >= ARRAY_SIZE(domain->watchdog)) {
        return -EINVAL;
    }
    index = (uint32_t)index_nospec(index, ARRAY_SIZE(domain->watchdog));
    if ((domain->watchdog_used >> index & 1) == 0) {
        return -EINVAL;
    }
    if (timeout_s == 0) {
        domain->watchdog_used &= ~(1u << index);
        timer_stop(&domain->watchdog[index]);
    } else {
        watchdog_arm(domain, index, timeout_s);
    }
    return 0;
}

long do_sched_op_watchdog(const struct permit *permit, struct call *call,
                          struct sched_watchdog *arg)
{
    struct domain *domain = call->caller->domain;
    long status = -EINVAL;

    spin_lock(&domain->event_lock);
    if (arg->id != 0) {
        status = watchdog_change(domain, arg->id, arg->timeout);
    } else if (arg->timeout != 0) {
        status = watchdog_new(domain, arg->timeout);
    }
    spin_unlock(&domain->event_lock);
    return status;
}

void watchdogs_destroy(struct domain *domain)
{
    for (uint32_t i = 0; i < ARRAY_SIZE(domain->watchdog); i++) {
        timer_destroy(&domain->watchdog[i]);
    }
    domain->watchdog_used = 0;
}
