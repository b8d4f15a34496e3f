/* SPDX-License-Identifier: MIT */
/*
 * A domain's beginning and its end: what takes more than one part of the
 * hypervisor.  A domain dies in steps, each bounded, in an order such that
 * nothing is given back while something may still use it: first it stops,
 * then nobody can reach it, then its memory goes.
 */
#include "hv/hypercall/lifecycle.h"

#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/cpu.h"
#include "hv/domain/clock.h"
#include "hv/domain/vcpu_roots.h"
#include "hv/evtchn/evtchn.h"
#include "hv/grant/grant.h"
#include "hv/launch/launch.h"
#include "hv/sched/sched.h"
#include "hv/security/security.h"

static bool labels_make(struct domain *domain, label_t label)
{
    label_t held;

    if (!security_label_get(label.index, &held)) {
        return false;
    }
    domain->label = held; /* from now on domain_free() puts it */
    if (!security_label_transition(label, label, XSM_CLASS_domain,
                                   &domain->self_label)) {
        return false;
    }
    domain->self_access =
        xsm_vectors(&security_policy, label, domain->self_label);
    return true;
}

int domain_create(const struct domain_config *config, struct domain **out)
{
    struct domain *domain = domain_alloc(config->id);
    int rc;

    if (domain == NULL) {
        return -ENOMEM;
    }
    domain->max_vcpus = config->max_vcpus;
    domain->port_limit = config->ports;
    sched_domain_init(domain);
    rc = labels_make(domain, config->label) ? evtchn_domain_init(domain)
                                            : -ENOMEM;
    if (rc == 0) {
        rc = grant_domain_init(domain, config->max_grant_frames,
                               config->max_maptrack_frames);
    }
    if (rc != 0) {
        domain_drop_shared(domain);
        domain_put(domain);
        return rc;
    }
    clock_update_wallclock(domain);
    *out = domain;
    return 0;
}

static int vcpus_make(struct domain *domain)
{
    for (uint32_t id = domain->vcpu_count; id < domain->max_vcpus; id++) {
        struct vcpu *vcpu = vcpu_create(domain, (uint16_t)id);

        if (vcpu == NULL) {
            return -ENOMEM;
        }
        vcpu_sched_init(vcpu);
        domain->vcpus[id] = vcpu;
        atomic_set(&domain->vcpu_count, id + 1);
    }
    return 0;
}

int domain_make_vcpus(struct domain *domain)
{
    int rc;

    spin_lock(&domain->memory.lock);
    rc = domain->is_dying ? -ESRCH : vcpus_make(domain);
    spin_unlock(&domain->memory.lock);
    return rc;
}

/* --- The end, in steps; each says -ERESTART until it is done --- */

static int death_begin(struct domain *domain)
{
    spin_lock(&domain->memory.lock);
    spin_lock(&domain->event_lock);
    domain->is_dying = 1;
    domain->memory.max_pages = 0;
    spin_unlock(&domain->event_lock);
    spin_unlock(&domain->memory.lock);
    domain_pause(domain);
    return 0;
}

static int death_wait(struct domain *domain)
{
    return domain_is_stopped(domain) ? 0 : -ERESTART;
}

static int timers_destroy(struct domain *domain)
{
    sched_domain_destroy(domain);
    return 0;
}

static int tables_drop(struct domain *domain)
{
    spin_lock(&domain->memory.lock);
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        vcpu_drop_tables(domain->vcpus[id]);
    }
    spin_unlock(&domain->memory.lock);
    domain_drop_shared(domain);
    return 0;
}

static int frames_drop(struct domain *domain)
{
    return memory_relinquish(&domain->memory);
}

/* From here on only what others have mapped keeps it. */
static int death_end(struct domain *domain)
{
    send_global_virq(VIRQ_DOM_EXC);
    domain_put(domain); /* its creation's */
    return 0;
}

int domain_kill(struct domain *domain)
{
    static int (*const steps[])(struct domain *) = {
        death_begin,
        death_wait,
        launch_abandon,
        timers_destroy,
        evtchn_domain_destroy,
        grant_domain_destroy,
        tables_drop,
        frames_drop,
        death_end,
    };
    int rc = 0;

    spin_lock(&domain->death_lock);
    while (rc == 0 && domain->death_step < ARRAY_SIZE(steps)) {
        rc = steps[domain->death_step](domain);
        domain->death_step += rc == 0;
    }
    spin_unlock(&domain->death_lock);
    return rc;
}

bool domain_may_run(uint64_t instance)
{
    struct domain *domain = domain_get_next(0);
    bool does = false;

    while (domain != NULL) {
        domid_t id = domain->id;

        does |= domain->instance == instance &&
                !(domain->is_dying && domain_is_stopped(domain));
        domain_put(domain);
        domain = domain_get_next(id + 1u);
    }
    return does;
}

void domain_free(struct domain *domain)
{
    grant_domain_free(domain);
    evtchn_domain_free(domain);
    launch_forget(domain);
    security_domain_forget(domain);
    security_label_put(domain->self_label);
    security_label_put(domain->label);
    domain_release(domain);
}

void domain_crash(struct domain *domain, const char *format, ...)
{
    char reason[128];
    va_list args;

    if (domain->is_crashing) {
        /* Its other vCPU says why, and then stops this one: until that it may
         * come here again and again, which must not keep others waiting. */
        cpu_poll();
        sched_request();
        return;
    }
    domain->is_crashing = 1;
    va_start(args, format);
    format_text_v(reason, sizeof(reason), format, args);
    va_end(args);
    log_line("domain %u killed: %s", domain->id, reason);
    if (current_vcpu() != NULL && current_vcpu()->domain == domain) {
        vcpu_log(current_vcpu(), guest_regs());
    }
    domain_shutdown(domain, SHUTDOWN_crash);
    sched_request();
}
