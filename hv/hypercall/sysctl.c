/* SPDX-License-Identifier: MIT */
/*
 * sysctl: what a toolstack asks of the machine as a whole.  There is one node,
 * one pool of CPUs and one scheduler, and nothing of that can be changed.
 */
#include "hv/abi/handlers.h"
#include "hv/base/console.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/time.h"
#include "hv/domain/domain.h"
#include "hv/hypercall/cpuid.h"
#include "hv/mem/guest_copy.h"
#include "hv/mem/heap.h"

#define CHUNK 256u

static uint64_t handle_va(const void *pointer)
{
    return (uint64_t)pointer;
}

long do_sysctl_readconsole(const struct permit *permit, struct call *call,
                           struct xen_sysctl *arg)
{
    struct xen_sysctl_readconsole *read = &arg->u.readconsole;
    uint64_t end = console_ring_end(), position = 0;
    uint32_t limit = MIN(read->count, CONSOLE_RING_SIZE);
    char text[CHUNK];
    size_t size;

    if (read->incremental) { /* the stream position's low half */
        position = end - (uint32_t)(end - read->index);
    }
    read->count = 0;
    do {
        size = console_ring_read(text, MIN(CHUNK, limit - read->count),
                                 &position);
        if (!guest_write(GVA(handle_va(read->buffer.p) + read->count), text,
                         size)) {
            return -EFAULT;
        }
        read->count += (uint32_t)size;
    } while (size != 0);
    read->index = (uint32_t)position;
    return 0;
}

long do_sysctl_readconsole_clear(const struct permit *permit,
                                 struct call *call, struct xen_sysctl *arg)
{
    long rc = do_sysctl_readconsole(permit, call, arg);

    if (rc == 0) {
        console_ring_clear();
    }
    return rc;
}

long do_sysctl_physinfo(const struct permit *permit, struct call *call,
                        struct xen_sysctl *arg)
{
    struct xen_sysctl_physinfo *info = &arg->u.physinfo;

    *info = (struct xen_sysctl_physinfo){
        .threads_per_core = 1,
        .cores_per_socket = cpu_count,
        .nr_cpus = cpu_count,
        .max_cpu_id = cpu_count - 1,
        .nr_nodes = 1,
        .cpu_khz = (uint32_t)tsc_khz,
        .capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1,
        .total_pages = heap_total_count(),
        .free_pages = heap_free_count(),
        .max_mfn = max_mfn - 1,
    };
    for (unsigned int i = 0; i < ARRAY_SIZE(info->hw_cap); i++) {
        info->hw_cap[i] = cpuid_word(NULL, i);
    }
    return 0;
}

/* Tools know our kind of scheduler, weights and caps, by this name. */
long do_sysctl_sched_id(const struct permit *permit, struct call *call,
                        struct xen_sysctl *arg)
{
    arg->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT2;
    return 0;
}

long do_sysctl_cputopoinfo(const struct permit *permit, struct call *call,
                           struct xen_sysctl *arg)
{
    struct xen_sysctl_cputopoinfo *info = &arg->u.cputopoinfo;
    uint64_t va = handle_va(info->cputopo.p);
    uint32_t count = va == 0 ? 0 : MIN(info->num_cpus, cpu_count);

    for (uint32_t i = 0; i < count; i++) {
        struct xen_sysctl_cputopo cpu = {.core = i};

        if (!guest_write(GVA(va + i * sizeof(cpu)), &cpu, sizeof(cpu))) {
            return -EFAULT;
        }
    }
    info->num_cpus = va == 0 ? cpu_count : count;
    return 0;
}

long do_sysctl_numainfo(const struct permit *permit, struct call *call,
                        struct xen_sysctl *arg)
{
    struct xen_sysctl_numainfo *info = &arg->u.numainfo;
    struct xen_sysctl_meminfo node = {
        .memsize = heap_total_count() * PAGE_SIZE,
        .memfree = heap_free_count() * PAGE_SIZE,
    };
    const uint32_t distance = 10; /* ACPI SLIT: to itself */
    bool is_question = info->meminfo.p == NULL && info->distance.p == NULL;

    if (!is_question && info->num_nodes > 0) {
        if ((info->meminfo.p != NULL &&
             !guest_write(GVA(handle_va(info->meminfo.p)), &node,
                          sizeof(node))) ||
            (info->distance.p != NULL &&
             !guest_write(GVA(handle_va(info->distance.p)), &distance,
                          sizeof(distance)))) {
            return -EFAULT;
        }
    }
    info->num_nodes = is_question ? 1 : MIN(info->num_nodes, 1u);
    return 0;
}

static long cpus_write(const struct xenctl_bitmap *map, uint64_t set)
{
    size_t size = MIN((map->nr_bits + 7ull) / 8, sizeof(set));

    return guest_write(GVA(handle_va(map->bitmap.p)), &set, size) ? 0
                                                                   : -EFAULT;
}

static uint32_t domains_count(void)
{
    struct domain *domain;
    uint32_t count = 0;

    for (domid_t id = 0; (domain = domain_get_next(id)) != NULL; count++) {
        id = domain->id + 1;
        domain_put(domain);
    }
    return count;
}

/* The one pool has all CPUs, so none is free for another. */
long do_sysctl_cpupool_op(const struct permit *permit, struct call *call,
                          struct xen_sysctl *arg)
{
    struct xen_sysctl_cpupool_op *op = &arg->u.cpupool_op;

    switch (op->op) {
    case XEN_SYSCTL_CPUPOOL_OP_INFO:
        if (op->cpupool_id != 0) {
            return -ENOENT;
        }
        op->sched_id = XEN_SCHEDULER_CREDIT2;
        op->n_dom = domains_count();
        return cpus_write(&op->cpumap, UINT64_MAX >> (64 - cpu_count));
    case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
        return cpus_write(&op->cpumap, 0);
    default:
        return -EOPNOTSUPP;
    }
}
