/* SPDX-License-Identifier: MIT */
/*
 * Event channels.  The upcall follows the protocol of xen.h: clear
 * upcall_pending, exchange pending_sel, scan the words it names.  shared_info
 * is mapped by its machine address at a page of our own tables.
 */
#include "event.h"
#include "clock.h"
#include "paging.h"

#define SHARED_INFO_VA (TEST_VA - 0x40000000ull)

struct shared_info *shared_info;
volatile struct event_record event_last;
volatile unsigned int event_count[4096];

/* Ports whose events vCPU 1 takes; all others are vCPU 0's. */
static uint64_t owned_by_1[64];

static volatile struct vcpu_info *vcpu_infos[XEN_LEGACY_MAX_VCPUS];
/* Until shared_info is mapped: traps may come before. */
static struct vcpu_info vcpu_info_early = {.evtchn_upcall_mask = 1};
extern char vcpu_stacks[], vcpu_stacks_end[];

unsigned int vcpu_self(void)
{
    char *here = __builtin_frame_address(0);

    return here >= vcpu_stacks && here < vcpu_stacks_end ? 1 : 0;
}

volatile struct vcpu_info *vcpu_info_of(unsigned int vcpu)
{
    if (shared_info == NULL) {
        return &vcpu_info_early;
    }
    return vcpu_infos[vcpu];
}

void vcpu_info_moved(unsigned int vcpu, volatile struct vcpu_info *info)
{
    vcpu_infos[vcpu] = info;
}

void event_init(void)
{
    map_page(SHARED_INFO_VA, (start_info->shared_info & PTE_MFN_MASK) | PTE_P |
                                 PTE_RW | PTE_US);
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++) {
        vcpu_infos[i] = &((struct shared_info *)SHARED_INFO_VA)->vcpu_info[i];
    }
    shared_info = (struct shared_info *)SHARED_INFO_VA;
    for (unsigned int i = 0; i < 64; i++) {
        shared_info->evtchn_mask[i] = ~0ull;
    }
}

void event_reset(void)
{
    event_last.upcalls = 0;
    for (unsigned int i = 0; i < ARRAY_SIZE(event_count); i++) {
        event_count[i] = 0;
    }
}

static uint64_t take_word(volatile uint64_t *word, uint64_t keep)
{
    return __atomic_fetch_and(word, keep, __ATOMIC_SEQ_CST);
}

void event_upcall(struct frame *frame)
{
    volatile struct vcpu_info *vcpu = vcpu_info_self();
    bool is_first = vcpu_self() == 0;
    uint64_t selected;

    event_last.frame = *frame;
    event_last.handler_mask = vcpu->evtchn_upcall_mask;
    event_last.time_ns =
        event_last.upcalls == 0 ? clock_ns() : event_last.time_ns;
    event_last.upcalls++;
    vcpu->evtchn_upcall_pending = 0;
    selected =
        __atomic_exchange_n(&vcpu->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
    while (selected != 0) {
        unsigned int word = (unsigned int)__builtin_ctzll(selected);
        uint64_t mine = is_first ? ~owned_by_1[word] : owned_by_1[word];
        uint64_t ready = mine & ~shared_info->evtchn_mask[word];

        ready &= take_word(&shared_info->evtchn_pending[word], ~ready);

        selected &= selected - 1;
        for (; ready != 0; ready &= ready - 1) {
            event_count[word * 64 + (unsigned int)__builtin_ctzll(ready)]++;
        }
    }
}

void event_deliver(void)
{
    xen_version(XENVER_version, NULL);
}

void events_on(void)
{
    volatile struct vcpu_info *vcpu = vcpu_info_self();

    vcpu->evtchn_upcall_mask = 0;
    __asm__ volatile("" ::: "memory");
    if (vcpu->evtchn_upcall_pending != 0) {
        event_deliver();
    }
}

void events_off(void)
{
    vcpu_info_self()->evtchn_upcall_mask = 1;
}

bool event_pending(unsigned int port)
{
    return (shared_info->evtchn_pending[port / 64] >> port % 64 & 1) != 0;
}

void event_clear(unsigned int port)
{
    take_word(&shared_info->evtchn_pending[port / 64], ~(1ull << port % 64));
}

void event_mask(unsigned int port)
{
    __atomic_fetch_or(&shared_info->evtchn_mask[port / 64], 1ull << port % 64,
                      __ATOMIC_SEQ_CST);
}

void event_unmask(unsigned int port)
{
    take_word(&shared_info->evtchn_mask[port / 64], ~(1ull << port % 64));
}

void event_owner(unsigned int port, unsigned int vcpu)
{
    uint64_t bit = 1ull << port % 64;

    if (vcpu == 1) {
        owned_by_1[port / 64] |= bit;
    } else {
        owned_by_1[port / 64] &= ~bit;
    }
}

unsigned int event_bind_ipi(unsigned int vcpu)
{
    struct evtchn_bind_ipi bind = {.vcpu = vcpu};

    if (evtchn_op(EVTCHNOP_bind_ipi, &bind) != 0) {
        guest_fail("EVTCHNOP_bind_ipi");
    }
    event_owner(bind.port, vcpu);
    return bind.port;
}

unsigned int event_bind_virq(unsigned int virq, unsigned int vcpu)
{
    struct evtchn_bind_virq bind = {.virq = virq, .vcpu = vcpu};

    if (evtchn_op(EVTCHNOP_bind_virq, &bind) != 0) {
        guest_fail("EVTCHNOP_bind_virq");
    }
    event_owner(bind.port, vcpu);
    return bind.port;
}

void event_loopback(unsigned int port[2])
{
    struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF,
                                         .remote_dom = DOMID_SELF};
    struct evtchn_bind_interdomain bind = {.remote_dom = DOMID_SELF};

    if (evtchn_op(EVTCHNOP_alloc_unbound, &alloc) != 0) {
        guest_fail("EVTCHNOP_alloc_unbound");
    }
    bind.remote_port = alloc.port;
    if (evtchn_op(EVTCHNOP_bind_interdomain, &bind) != 0) {
        guest_fail("EVTCHNOP_bind_interdomain");
    }
    port[0] = alloc.port;
    port[1] = bind.local_port;
    /* Binding may mark the new port pending: start from nothing. */
    event_clear(port[0]);
    event_clear(port[1]);
}

long event_send(unsigned int port)
{
    struct evtchn_send send = {.port = port};

    return evtchn_op(EVTCHNOP_send, &send);
}

long event_close(unsigned int port)
{
    struct evtchn_close close = {.port = port};

    return evtchn_op(EVTCHNOP_close, &close);
}

bool event_wait(unsigned int port, uint64_t timeout_ns)
{
    uint64_t until = clock_ns() + timeout_ns;

    while (!event_pending(port)) {
        if (clock_ns() > until) {
            return false;
        }
        sched_op(SCHEDOP_yield, NULL);
    }
    return true;
}
