/* SPDX-License-Identifier: MIT */
/*
 * domctl: what a toolstack asks for a domain as a whole.  A new domain is
 * paused and has nothing; what it may have at most is fixed when it is made.
 */
#include "hv/abi/handlers.h"
#include "hv/base/atomic.h"
#include "hv/base/errno.h"
#include "hv/cpu/time.h"
#include "hv/domain/domain.h"
#include "hv/hypercall/hypercall.h"
#include "hv/hypercall/lifecycle.h"
#include "hv/mem/guest_copy.h"
#include "hv/sched/sched.h"
#include "lib/string.h"

#define GUEST_BITS        64u
#define GRANT_VERSION_MAX 2u /* what a guest may ask about: it gets version 1 */
#define TSC_DEFAULT        0u /* modes of tsc_info: xen/arch-x86/cpuid.h */
#define TSC_NEVER_EMULATED 2u
#define PAGES_PER_KIB(kib) ((kib) >> (PAGE_SHIFT - 10))

static bool is_creatable(const struct xen_domctl_createdomain *create)
{
    return create->flags == 0 && create->iommu_opts == 0 &&
           create->vmtrace_size == 0 && create->cpupool_id == 0 &&
           create->arch.emulation_flags == 0 && create->arch.misc_flags == 0 &&
           create->max_vcpus != 0 && create->max_vcpus <= MAX_VCPUS &&
           create->grant_opts <= GRANT_VERSION_MAX;
}

/* What the caller names stands before anybody can find the domain. */
static void publish(struct domain *domain,
                    const struct xen_domctl_createdomain *create)
{
    memcpy(domain->handle, create->handle, sizeof(domain->handle));
    domain->memory.max_pages = 0; /* until max_mem says more */
    domain->pause_count = 1;
    domain->toolstack_pauses = 1;
    atomic_set(&domain->is_complete, 1);
}

long do_domctl_createdomain(const struct permit *permit, struct call *call,
                            struct xen_domctl *arg)
{
    const struct xen_domctl_createdomain *create = &arg->u.createdomain;
    bool is_chosen = arg->domain != 0 && arg->domain < DOMID_FIRST_RESERVED;
    struct domain_config config = {
        .id = is_chosen ? arg->domain : DOMID_INVALID,
        .label = call->label,
        .max_vcpus = create->max_vcpus,
        .ports = MIN(create->max_evtchn_port, EVTCHN_PORTS - 1) + 1,
        .max_grant_frames = create->max_grant_frames,
        .max_maptrack_frames = create->max_maptrack_frames,
    };
    struct domain *domain;
    int rc;

    if (!is_creatable(create)) {
        return -EINVAL;
    }
    rc = domain_create(&config, &domain);
    if (rc != 0) {
        return rc;
    }
    arg->domain = domain->id; /* before it can be destroyed */
    publish(domain, create);
    return 0;
}

long do_domctl_destroydomain(const struct permit *permit, struct call *call,
                             struct xen_domctl *arg)
{
    int rc;

    if (call->target == call->caller->domain || call->target->is_hardware) {
        return -EINVAL;
    }
    rc = domain_kill(call->target);
    return rc == -ERESTART ? hypercall_continue(call) : rc;
}

long do_domctl_max_vcpus(const struct permit *permit, struct call *call,
                         struct xen_domctl *arg)
{
    if (arg->u.max_vcpus.max != call->target->max_vcpus) {
        return -EINVAL;
    }
    return domain_make_vcpus(call->target);
}

long do_domctl_max_mem(const struct permit *permit, struct call *call,
                       struct xen_domctl *arg)
{
    struct memory *memory = &call->target->memory;
    long rc = -ESRCH;

    spin_lock(&memory->lock);
    if (!call->target->is_dying) { /* 0 would say that it is */
        memory->max_pages = MAX(PAGES_PER_KIB(arg->u.max_mem.max_memkb), 1);
        rc = 0;
    }
    spin_unlock(&memory->lock);
    return rc;
}

long do_domctl_setdomainhandle(const struct permit *permit, struct call *call,
                               struct xen_domctl *arg)
{
    domain_set_handle(call->target, arg->u.setdomainhandle.handle);
    return 0;
}

long do_domctl_resumedomain(const struct permit *permit, struct call *call,
                            struct xen_domctl *arg)
{
    if (call->target->is_crashing) {
        return -EINVAL; /* there is nothing to go on with */
    }
    domain_resume(call->target);
    return 0;
}

long do_domctl_set_address_size(const struct permit *permit, struct call *call,
                                struct xen_domctl *arg)
{
    return arg->u.address_size.size == GUEST_BITS ? 0 : -EINVAL;
}

long do_domctl_get_address_size(const struct permit *permit, struct call *call,
                                struct xen_domctl *arg)
{
    arg->u.address_size.size = GUEST_BITS;
    return 0;
}

long do_domctl_gettscinfo(const struct permit *permit, struct call *call,
                          struct xen_domctl *arg)
{
    arg->u.tsc_info = (struct xen_domctl_tsc_info){
        .tsc_mode = TSC_NEVER_EMULATED,
        .gtsc_khz = (uint32_t)tsc_khz,
        .elapsed_nsec = system_time_ns(),
    };
    return 0;
}

/* RDTSC is never emulated: every CPU's counter is the same. */
long do_domctl_settscinfo(const struct permit *permit, struct call *call,
                          struct xen_domctl *arg)
{
    return arg->u.tsc_info.tsc_mode == TSC_DEFAULT ||
                   arg->u.tsc_info.tsc_mode == TSC_NEVER_EMULATED
               ? 0
               : -EINVAL;
}

/* All memory is one node, number 0. */
long do_domctl_setnodeaffinity(const struct permit *permit, struct call *call,
                               struct xen_domctl *arg)
{
    struct xenctl_bitmap *map = &arg->u.nodeaffinity.nodemap;
    uint8_t first = 0;

    if (map->nr_bits != 0 && !guest_read_u8(&first, GVA(map->bitmap.p))) {
        return -EFAULT;
    }
    return first & 1 ? 0 : -EINVAL;
}

long do_domctl_getnodeaffinity(const struct permit *permit, struct call *call,
                               struct xen_domctl *arg)
{
    struct xenctl_bitmap *map = &arg->u.nodeaffinity.nodemap;
    static const uint8_t node_0[8] = {1};
    size_t size = MIN((map->nr_bits + 7ul) / 8, sizeof(node_0));

    return guest_write(GVA(map->bitmap.p), node_0, size) ? 0 : -EFAULT;
}
