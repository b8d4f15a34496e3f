/* SPDX-License-Identifier: MIT */
/*
 * The rest of the hypervisor, as far as scheduler and event channels call it:
 * the same for the machine of coroutines and for that of threads.
 */
#include <stdlib.h>
#include <string.h>

#include "hv/abi/handlers.h"
#include "hv/base/console.h"
#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/power.h"
#include "hv/domain/clock.h"
#include "hv/domain/vcpu.h"
#include "hv/evtchn/internal.h"
#include "hv/mem/guest_copy.h"
#include "hv/mem/heap.h"

void resume_guest(void)
{
    abort();
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

int pirq_bind(struct domain *domain, uint32_t pirq, uint32_t port)
{
    (void)domain;
    (void)pirq;
    (void)port;
    return -EINVAL;
}

void pirq_unbind(struct domain *domain, uint32_t pirq)
{
    (void)domain;
    (void)pirq;
}

long hypercall_continue(struct call *call)
{
    (void)call;
    return -ERESTART;
}

bool guest_read(void *to, gva_t from, size_t size)
{
    memcpy(to, (const void *)from.va, size);
    return true;
}

bool guest_write(gva_t to, const void *from, size_t size)
{
    memcpy((void *)to.va, from, size);
    return true;
}

void clock_write_area(const struct vcpu *vcpu)
{
    (void)vcpu;
}

void log_line(const char *format, ...)
{
    (void)format;
}

void panic(const char *format, ...)
{
    (void)format;
    abort();
}

void machine_power_off(void)
{
    abort();
}

void machine_restart(void)
{
    abort();
}

void machine_stop(void)
{
    abort();
}

uint64_t console_ring_end(void)
{
    return 0;
}
