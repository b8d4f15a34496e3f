/* SPDX-License-Identifier: MIT */
/*
 * Two-level event channels and the upcall.  Upcalls stay masked unless a test
 * unmasks them; each delivered port is counted, so a test can say how often.
 */
#ifndef TESTS_GUEST_LIB_EVENT_H
#define TESTS_GUEST_LIB_EVENT_H

#include "trap.h"

struct event_record {
    struct frame frame;   /* the last upcall's */
    unsigned int upcalls; /* since event_reset */
    uint8_t handler_mask; /* in the handler: must be 1 */
    uint64_t time_ns;     /* when the first one since event_reset came */
};

extern volatile struct event_record event_last;
extern volatile unsigned int event_count[4096];

void event_init(void);
void event_reset(void);
void event_upcall(struct frame *frame);

/* vCPU number by stack, and the vcpu_info in use for it. */
unsigned int vcpu_self(void);
volatile struct vcpu_info *vcpu_info_of(unsigned int vcpu);
#define vcpu_info_self() vcpu_info_of(vcpu_self())

/* As Linux does it: unmask, then a null hypercall if something is pending. */
void events_on(void);
void events_off(void);
void event_deliver(void);

bool event_pending(unsigned int port);
void event_clear(unsigned int port);
void event_mask(unsigned int port);
void event_unmask(unsigned int port); /* the bit only, no hypercall */

/* Binding to a vCPU also says who takes the event in an upcall. */
void event_owner(unsigned int port, unsigned int vcpu);

/* Each stops the guest on failure: tests of refusals call the op itself. */
unsigned int event_bind_ipi(unsigned int vcpu);
unsigned int event_bind_virq(unsigned int virq, unsigned int vcpu);
void event_loopback(unsigned int port[2]);
long event_send(unsigned int port);
long event_close(unsigned int port);

/* Waits with upcalls off until the port is pending; false after the time. */
bool event_wait(unsigned int port, uint64_t timeout_ns);

/* A page that follows one vCPU once it is registered. */
void vcpu_info_moved(unsigned int vcpu, volatile struct vcpu_info *info);

#endif
