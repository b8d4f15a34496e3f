/* SPDX-License-Identifier: MIT */
/*
 * A domain's beginning and its sudden end: what takes more than one part of
 * the hypervisor.
 */
#include "hv/hypercall/lifecycle.h"

#include "hv/base/log.h"
#include "hv/cpu/cpu.h"
#include "hv/domain/clock.h"
#include "hv/evtchn/evtchn.h"
#include "hv/grant/grant.h"
#include "hv/sched/sched.h"
#include "hv/security/security.h"

static bool label_make(struct domain *domain, label_t label)
{
    domain->label = label;
    if (!security_label_transition(label, label, XSM_CLASS_domain,
                                   &domain->self_label)) {
        return false;
    }
    domain->self_access =
        xsm_vectors(&security_policy, label, domain->self_label);
    return true;
}

struct domain *domain_create(domid_t id, uint32_t vcpu_count, label_t label)
{
    struct domain *domain = domain_alloc(id, vcpu_count);

    if (domain == NULL || !label_make(domain, label) ||
        evtchn_domain_init(domain) != 0 ||
        grant_domain_init(domain, -1, -1) != 0) {
        return NULL; /* only at boot: who calls refuses to go on */
    }
    for (uint32_t i = 0; i < vcpu_count; i++) {
        vcpu_sched_init(domain->vcpus[i]);
    }
    clock_update_wallclock(domain);
    return domain;
}

void domain_crash(struct domain *domain, const char *format, ...)
{
    char reason[128];
    va_list args;

    if (domain->is_crashing) {
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
