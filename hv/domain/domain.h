/* SPDX-License-Identifier: MIT */
/* A domain: memory, vCPUs, event channels and rights under one label. */
#pragma once

#include "hv/domain/pit.h"
#include "hv/domain/vcpu.h"
#include "hv/mem/memory.h"
#include "xsm/xsm.h"

#define MAX_VCPUS       8
#define MAX_DOMAINS     256
#define DOMAIN_HANDLE_SIZE    16u
#define MEMORY_MAP_ENTRIES    32u
#define MEMORY_MAP_ENTRY_SIZE 20u /* E820: start, size, type */
#define CPUID_WORDS     11    /* of feature bits: hv/hypercall/cpuid.h */
#define EVTCHN_PORTS    4096u /* 2-level ABI */

struct evtchn;
struct grant_table;

struct domain {
    struct memory memory;
    domid_t id;
    uint8_t is_hardware;  /* dom0: owns the machine's devices */
    uint8_t is_shut_down, shutdown_code, has_shutdown_code; /* sched.lock */
    uint8_t is_crashing;
    uint8_t is_dying;     /* set under memory.lock and event_lock, for good */
    uint8_t is_complete;  /* may be found by its id */
    uint8_t vm_assist;    /* bits of VMASST_TYPE_0..5 */
    label_t label;        /* who it is to the policy */
    label_t self_label;   /* as the object of its own operations */
    const uint32_t *self_access; /* the policy's vectors for the two, by class */
    uint64_t instance;    /* no other domain of this boot has it */
    uint32_t refs;        /* atomic */
    uint8_t handle[DOMAIN_HANDLE_SIZE]; /* UUID; see domain_handle() */

    struct shared_info *shared; /* our mapping of the shared page */
    struct page *shared_page;

    /* What its toolstack says of its memory, for its kernel; memory.lock. */
    uint32_t memory_map_count;
    uint8_t memory_map[MEMORY_MAP_ENTRIES * MEMORY_MAP_ENTRY_SIZE];

    uint32_t cpuid_hidden[CPUID_WORDS]; /* features its toolstack took away */

    /* Launch and the TPM kept for it: hv/launch/, whose lock guards these. */
    struct launch *launch;          /* of one that did not end well, too */
    struct launch_record *launched; /* what runs, once it does */
    uint8_t is_launching;           /* from its beginning on, for good */
    uint64_t tpm_wait_ns; /* since when an identity waits for it; 0: not */
    uint64_t keeps; /* atomic: the instance it keeps a TPM for; 0: none yet */
    uint8_t identity; /* enum launch_identity: of the TPM kept for it, or by it */

    spinlock_t death_lock; /* one CPU at a time carries out its death */
    uint8_t death_step;

    uint32_t max_vcpus;   /* as its creator said */
    uint32_t vcpu_count;  /* those that are made; never falls */
    struct vcpu *vcpus[MAX_VCPUS];

    label_t end_labels[8]; /* those its ends had so far; see hv/security/labels.c */
    struct grant_table *grants; /* hv/grant/; NULL until made */

    /* Event channels. */
    spinlock_t event_lock;
    struct evtchn *ports;    /* as many as port_count; as long as the domain */
    uint32_t port_limit;     /* first port that may not be used */
    uint32_t port_count;     /* how many were allocated */
    uint32_t port_hint;      /* no port below it is free */
    uint64_t polling;        /* atomic: bit per vCPU in SCHEDOP_poll */

    /* Scheduling, guarded by the scheduler's lock. */
    uint32_t pause_count;     /* its vCPUs run while this is 0 */
    uint8_t toolstack_pauses; /* how many of them pausedomain made */
    uint16_t weight;          /* its part of the CPUs that are short */
    uint16_t cap;             /* percent of one CPU at most; 0: no limit */
    uint16_t active_vcpus;    /* those that run or wait for a CPU */
    uint32_t time_rest;       /* as a vCPU's */
    int64_t virtual_time;     /* what all its vCPUs have had */
    uint8_t is_parked;        /* it has used up what the cap gives it */
    int64_t cap_budget_ns;    /* what it may still run, as of: */
    uint64_t cap_updated_ns;
    struct timer cap_timer;   /* ends the parking */
    struct timer watchdog[2];
    uint32_t watchdog_used;  /* bit per watchdog; event_lock */

    /* What emulated I/O ports remember of the last access. */
    uint32_t cf8;      /* PCI configuration address, OUT 0xcf8 */
    uint8_t rtc_index; /* CMOS address, OUT 0x70 */
    struct pit pit;
};

extern struct domain *domain0;
/* Stands for the hypervisor itself where something acts on "xen". */
extern struct domain hv_domain;
/* Owner of device memory: never a real domain; only its label is used. */
extern struct domain io_domain;

/*
 * A reference on the domain with this id (DOMID_SELF: the current one), or
 * NULL.  domain_put releases it.
 */
struct domain *domain_get(domid_t id);
/* The same for the domain with the lowest id from this one on. */
struct domain *domain_get_next(domid_t id);
/* Whether that domain (see struct domain) is there, and not stopped for good. */
bool domain_may_run(uint64_t instance);
void domain_put(struct domain *domain);
/*
 * A domain with its shared page and one reference: no label, no vCPU, not to
 * be found yet.  Its id is the wanted one, or (DOMID_INVALID) the next in
 * turn.  NULL: no memory, or no such id is free.
 */
struct domain *domain_alloc(domid_t wanted);
/* Whether there has been one domain only since the machine started: dom0. */
bool domain_had_no_others(void);
/*
 * Takes the shared page and registered vcpu_infos back: once, from a domain
 * that does not run and whose ports are closed.
 */
void domain_drop_shared(struct domain *domain);
/* Registered vcpu_infos go, and the shared page's are every vCPU's again: of a
 * domain that does not run.  Who is just writing to one is waited for. */
void domain_drop_infos(struct domain *domain);
/* ... Empties the shared page, but for whether the ports of keep are pending. */
void domain_reset_shared(struct domain *domain, const uint32_t *keep,
                         uint32_t count);
/*
 * What the last domain_put() calls: frees all parts of the domain, in
 * hv/hypercall/lifecycle.c, and then by domain_release() the rest.
 */
void domain_free(struct domain *domain);
void domain_release(struct domain *domain);

/* The UUID, as a whole: its toolstack may give it another at any time. */
void domain_handle(const struct domain *domain,
                   uint8_t out[DOMAIN_HANDLE_SIZE]);
void domain_set_handle(struct domain *domain,
                       const uint8_t handle[DOMAIN_HANDLE_SIZE]);

static inline struct domain *domain_of_memory(struct memory *memory)
{
    return (struct domain *)((uint8_t *)memory -
                             offsetof(struct domain, memory));
}

/* Whether the policy lets the domain do this to itself, without a record. */
static inline bool domain_may_itself(const struct domain *domain,
                                     struct xsm_perm perm)
{
    if (unlikely(!(domain->self_access[perm.class] >> (perm.bit & 31) & 1))) {
        return false;
    }
    __asm__ volatile("lfence" ::: "memory"); /* no running ahead of a no */
    return true;
}

static inline struct vcpu *domain_vcpu(const struct domain *domain, uint64_t id)
{
    if (id >= domain->vcpu_count) {
        return NULL;
    }
    return domain->vcpus[index_mask_nospec(id, MAX_VCPUS)];
}
