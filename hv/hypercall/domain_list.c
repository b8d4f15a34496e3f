/* SPDX-License-Identifier: MIT */
/*
 * What a toolstack sees of domains: one, or the list of all.  Part of the
 * dispatcher: the list asks for each domain whether the caller may see it, and
 * leaves out those that it may not.
 */
#include "hv/abi/handlers.h"
#include "hv/base/atomic.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/hypercall/rows.h"
#include "hv/mem/guest_copy.h"
#include "hv/mem/page.h"
#include "hv/sched/sched.h"

static uint32_t flag_if(bool is_set, uint32_t flag)
{
    return is_set ? flag : 0;
}

static void vcpus_describe(const struct domain *domain,
                           struct xen_domctl_getdomaininfo *info)
{
    bool is_blocked = true, is_running = false;

    info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        struct vcpu *vcpu = domain->vcpus[id];
        struct vcpu_runstate_info runstate;

        runstate_get(vcpu, &runstate);
        info->cpu_time += runstate.time[RUNSTATE_running];
        info->max_vcpu_id = id;
        if (!vcpu->is_down) {
            info->nr_online_vcpus++;
            is_blocked &= READ_ONCE(vcpu->state) == VCPU_BLOCKED;
            is_running |= runstate.state == RUNSTATE_running;
        }
    }
    info->flags |= flag_if(is_blocked, XEN_DOMINF_blocked) |
                   flag_if(is_running, XEN_DOMINF_running);
}

static uint32_t shutdown_flags(const struct domain *domain)
{
    if (!atomic_read(&domain->is_shut_down)) {
        return 0;
    }
    return XEN_DOMINF_shutdown |
           (uint32_t)domain->shutdown_code << XEN_DOMINF_shutdownshift;
}

static uint64_t shared_frame(const struct domain *domain)
{
    const struct page *page = READ_ONCE(domain->shared_page);

    return page == NULL ? ~0ull : page_mfn(page).n;
}

static void describe(const struct domain *domain,
                     struct xen_domctl_getdomaininfo *info)
{
    *info = (struct xen_domctl_getdomaininfo){
        .domain = domain->id,
        .flags = flag_if(domain->is_dying, XEN_DOMINF_dying) |
                 flag_if(domain->toolstack_pauses != 0, XEN_DOMINF_paused) |
                 shutdown_flags(domain),
        .tot_pages = READ_ONCE(domain->memory.page_count),
        .max_pages = MIN(domain->memory.max_pages, UINT32_MAX), /* none */
        .shared_info_frame = shared_frame(domain),
        .ssidref = domain->label.index,
        .gpaddr_bits = cpu_features.physical_bits,
    };
    domain_handle(domain, info->handle);
    vcpus_describe(domain, info);
}

long do_domctl_getdomaininfo(const struct permit *permit, struct call *call,
                             struct xen_domctl *arg)
{
    describe(call->target, &arg->u.getdomaininfo);
    arg->domain = call->target->id;
    return 0;
}

long do_sysctl_getdomaininfolist(const struct permit *permit, struct call *call,
                                 struct xen_sysctl *arg)
{
    struct xen_sysctl_getdomaininfolist *list = &arg->u.getdomaininfolist;
    struct xen_domctl_getdomaininfo info;
    domid_t id = list->first_domain;
    struct domain *domain;

    list->num_domains = 0;
    while (list->num_domains < list->max_domains &&
           (domain = row_next_domain(&rows[row_domctl_getdomaininfo], call,
                                     id)) != NULL) {
        describe(domain, &info);
        id = domain->id + 1;
        domain_put(domain);
        if (!guest_write(GVA(list->buffer.p + list->num_domains), &info,
                         sizeof(info))) {
            return -EFAULT;
        }
        list->num_domains++;
    }
    return 0;
}
