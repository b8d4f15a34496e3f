/* SPDX-License-Identifier: MIT */
/*
 * A domain's memory map (E820): its toolstack sets it, its kernel reads it.
 * The hypervisor keeps the bytes and believes none of them.
 */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/domain/domain.h"
#include "hv/mem/guest_copy.h"
#include "lib/string.h"

long do_memory_op_set_memory_map(const struct permit *permit,
                                 struct call *call,
                                 struct xen_foreign_memory_map *arg)
{
    struct domain *domain = call->target;
    uint32_t count = arg->map.nr_entries;
    uint8_t map[sizeof(domain->memory_map)];

    if (count > MEMORY_MAP_ENTRIES) {
        return -EINVAL;
    }
    if (!guest_read(map, GVA((uint64_t)arg->map.buffer.p),
                    (size_t)count * MEMORY_MAP_ENTRY_SIZE)) {
        return -EFAULT;
    }
    spin_lock(&domain->memory.lock);
    domain->memory_map_count = count;
    memcpy(domain->memory_map, map, (size_t)count * MEMORY_MAP_ENTRY_SIZE);
    spin_unlock(&domain->memory.lock);
    return 0;
}

long do_memory_op_memory_map(const struct permit *permit, struct call *call,
                             struct xen_memory_map *arg)
{
    struct domain *domain = call->target;
    uint8_t map[sizeof(domain->memory_map)];
    uint32_t count;

    spin_lock(&domain->memory.lock);
    count = domain->memory_map_count;
    memcpy(map, domain->memory_map, (size_t)count * MEMORY_MAP_ENTRY_SIZE);
    spin_unlock(&domain->memory.lock);
    if (count == 0) {
        return -ENOSYS; /* then the kernel makes one up from its size */
    }
    if (arg->nr_entries < count) {
        return -EINVAL;
    }
    arg->nr_entries = count;
    return guest_write(GVA((uint64_t)arg->buffer.p), map,
                       (size_t)count * MEMORY_MAP_ENTRY_SIZE)
               ? 0
               : -EFAULT;
}
