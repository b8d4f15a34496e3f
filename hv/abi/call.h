/* SPDX-License-Identifier: MIT */
/*
 * One operation a guest asked for, as its handler sees it: objects resolved
 * and referenced, permission granted, arguments copied in.  A handler is
 *     long do_<hypercall>_<op>(const struct permit *, struct call *, T *arg);
 * where T is the row's argument structure (hypercalls.def), copied in before
 * and out after as the row says; rows without one get NULL.  It returns 0 or a
 * positive count, a negated errno, or hypercall_continue().
 */
#pragma once

#include "hv/abi/permit.h"
#include "hv/abi/vouch.h"
#include "hv/abi/xen.h"
#include "lib/attributes.h"
#include "xsm/xsm.h"

struct domain;
struct evtchn;
struct vcpu;

struct call {
    struct vcpu *caller;    /* the vCPU that asks; always the current one */
    struct domain *target;  /* whom the row acts on; referenced */
    struct domain *second;  /* of rows with two objects */
    struct vcpu *vcpu;      /* of vcpu_op: the vCPU named */
    label_t label;          /* of rows on NEW: what it shall have; referenced */
    struct evtchn *channel; /* of send: the caller's end */
    label_t end, peer_end;  /* of event channels: the ends that were asked
                               about, the caller's or new one and the other */
    uint64_t nr;            /* hypercall number */
    uint64_t *args;         /* five registers, or their private copy */
};

/*
 * For a long operation: what was done stays done, the registers at call->args
 * describe the rest, and the guest will issue the call again by itself after
 * events were looked at.  Return its value from the handler.
 */
long hypercall_continue(struct call *call) NODISCARD;

/*
 * One element of mmu_update: call->target owns what is to be mapped, the
 * caller's domain owns the table.  address is as the guest gave it: a machine
 * address with MMU_* in its low bits.
 */
struct mmu_element {
    uint64_t address;
    uint64_t value;
};

/*
 * One element of unmap_grant_ref, and the first of those handles unmapped
 * before it that still wait for a flush.
 */
struct grant_unmap {
    struct gnttab_unmap_grant_ref op;
    uint32_t waiting;
};

/* The structure of memory_op's questions about a domain. */
struct xen_domid {
    domid_t domid;
};

/* Of memory_op: the operation is below, the first extent to do above. */
#define MEMOP_EXTENT_SHIFT 6
