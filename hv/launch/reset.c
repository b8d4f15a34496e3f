/* SPDX-License-Identifier: MIT */
/*
 * The first half of a launch: what the domain was ends.  First nothing of it
 * runs, here or in anybody's name; then all that its vCPUs, channels, grants
 * and tables had is dropped, as when it dies.
 */
#include "hv/base/errno.h"
#include "hv/cpu/paging.h"
#include "hv/domain/clock.h"
#include "hv/domain/vcpu_roots.h"
#include "hv/evtchn/evtchn.h"
#include "hv/grant/grant.h"
#include "hv/launch/internal.h"
#include "hv/sched/sched.h"
#include "hv/security/security.h"
#include "lib/string.h"

#define E820_RAM 1

int launch_stop_others(struct launch *launch)
{
    const struct domain *domain = launch->domain;

    for (uint32_t id = 1; id < domain->vcpu_count; id++) {
        if (!vcpu_is_stopped(domain->vcpus[id])) {
            return launch_wait();
        }
    }
    return 0;
}

int launch_ask_proofs(struct launch *launch)
{
    cpu_ask_proofs(launch->proofs);
    return 0;
}

/* What was permitted under the old label is over; so the label may go. */
int launch_wait_proofs(struct launch *launch)
{
    if (!cpu_has_proofs(launch->proofs)) {
        return launch_wait();
    }
    launch->was_labelled = 0;
    security_label_put(launch->old_self);
    security_label_put(launch->old_label);
    /* Until now another of dom0's vCPUs could make one. */
    if (launch->domain->is_hardware && !domain_had_no_others()) {
        return launch_fail(launch, "there was another domain");
    }
    return 0;
}

int launch_reset_timers(struct launch *launch)
{
    sched_domain_reset(launch->domain);
    return 0;
}

int launch_reset_ports(struct launch *launch)
{
    return evtchn_domain_reset(launch->domain, launch->ports,
                               ARRAY_SIZE(launch->ports));
}

int launch_drop_grants(struct launch *launch)
{
    return grant_drop_maps(launch->domain);
}

/*
 * The map that its toolstack gave, unless it says more than how large the
 * domain may grow: nobody measures it.
 */
static void memory_map_check(struct domain *domain)
{
    uint64_t start;
    uint32_t type;

    memcpy(&start, domain->memory_map, sizeof(start));
    memcpy(&type, domain->memory_map + 2 * sizeof(start), sizeof(type));
    if (domain->memory_map_count != 1 || start != 0 || type != E820_RAM) {
        domain->memory_map_count = 0;
    }
}

/* memory.lock held; none of the vCPUs is loaded. */
static void vcpus_reset(struct domain *domain)
{
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        vcpu_drop_tables(domain->vcpus[id]);
        vcpu_reset(domain->vcpus[id]);
    }
    domain->vcpus[0]->is_initialised = 1; /* by us */
    domain->vcpus[0]->has_exception = VCPU_LAUNCHES;
    domain->vcpus[0]->root_kernel = idle_root.a; /* not counted */
    memory_map_check(domain);
}

int launch_reset_vcpus(struct launch *launch)
{
    struct domain *domain = launch->domain;

    domain_drop_infos(domain);
    vcpu_switch(domain->vcpus[0], NULL);
    spin_lock(&domain->memory.lock);
    vcpus_reset(domain);
    spin_unlock(&domain->memory.lock);
    vcpu_switch(NULL, domain->vcpus[0]);
    domain->vm_assist = 0;
    domain->cf8 = 0;
    domain->rtc_index = 0;
    domain->pit = (struct pit){0};
    return 0;
}

int launch_drop_tables(struct launch *launch)
{
    return memory_drop_tables(&launch->domain->memory);
}

/*
 * The pages of ours that are lent to it: not before it is known that nobody maps
 * them, or whoever did would write there again.
 */
int launch_empty_lent(struct launch *launch)
{
    struct domain *domain = launch->domain;
    const mfn_t keep[2] = {MFN(launch->rings.console_mfn),
                           MFN(launch->rings.store_mfn)};

    grant_empty(domain, keep);
    domain_reset_shared(domain, launch->ports, ARRAY_SIZE(launch->ports));
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        clock_update_vcpu(domain->vcpus[id]);
    }
    clock_update_wallclock(domain);
    return 0;
}
