/* SPDX-License-Identifier: MIT */
/*
 * A virtual CPU: what the PV ABI says a guest CPU has.  While it runs its
 * registers are on the CPU's stack (guest_regs()); otherwise in saved_regs.
 * Offsets used by entry.S come from build/include/asm_offsets.h.
 */
#pragma once

#include "hv/abi/xen.h"
#include "hv/base/compiler.h"
#include "hv/base/types.h"
#include "hv/cpu/regs.h"

struct domain;
struct page;

enum vcpu_state { /* guarded by the scheduler's lock */
    VCPU_OFFLINE, /* not initialised, or down */
    VCPU_RUNNABLE,
    VCPU_RUNNING,
    VCPU_BLOCKED, /* until an event (or a polled port) is pending */
};

enum vcpu_exception {
    VCPU_NO_EXCEPTION,
    VCPU_EXCEPTION, /* one is to be injected */
    VCPU_LAUNCHES,  /* hv/launch/: it has no guest to go back to */
};

struct trap_entry {
    uint64_t address; /* 0: the guest has no handler */
    uint16_t cs;
    uint8_t flags; /* bits 0-1 DPL, bit 2 masks events */
};

struct guest_callback {
    uint64_t address;
    uint8_t mask_events;
};

/* One timer: what fires and when.  Owned by sched/timer.c. */
struct timer {
    uint64_t expires_ns; /* system time; 0: not armed */
    void (*expired)(void *object);
    void *object;
    struct timer *next;
    uint32_t cpu; /* whose list it is on */
};

struct vcpu {
    /* Hot: read on every entry and exit. */
    struct domain *domain;
    struct vcpu_info *info;  /* always valid: shared_info, registered or dummy */
    uint8_t kernel_mode;     /* 1: guest kernel, 0: guest user */
    uint8_t has_exception;   /* enum vcpu_exception: what waits for its exit */
    uint8_t virtual_iopl;
    uint8_t virtual_ts;
    uint8_t is_down, is_initialised;
    uint16_t id;
    uint64_t root_kernel;    /* machine address of the kernel L4 */
    uint64_t root_user;      /* machine address of the user L4, or 0 */
    uint64_t kernel_rsp;     /* stack_switch */
    uint16_t kernel_ss;
    struct guest_callback syscall, syscall32, event, failsafe, nmi, sysenter;
    struct trap_entry traps[256];

    /* Exception waiting (has_exception): injected at the next exit. */
    uint8_t exception_vector;
    uint32_t exception_code;

    /* Segment bases while not running; while running they are in the MSRs. */
    uint64_t fs_base, gs_base_kernel, gs_base_user;
    uint16_t ds, es, fs, gs;
    struct regs saved_regs;
    void *xsave_area; /* eager: saved and loaded at every switch */
    uint64_t xcr0;
    uint64_t tsc_aux;

    uint64_t cr2;         /* virtual; also in vcpu_info */
    uint64_t virtual_cr4; /* what the guest wrote, allowed bits only */
    uint64_t debugreg[8];
    uint64_t iobitmap; /* guest VA, 0: none */
    uint32_t iobitmap_ports;

    /* Descriptor tables, guarded by the domain's memory.lock. */
    uint32_t gdt_slot;      /* index into the VCPU_GDT_VIRT area */
    uint32_t gdt_entries;
    mfn_t gdt_frames[14];
    uint64_t ldt_base;      /* guest VA */
    uint32_t ldt_entries;
    uint16_t ldt_mapped;    /* bit per mapped LDT page (16) */
    mfn_t ldt_frames[16];

    struct page *info_page; /* registered vcpu_info's frame, or NULL */
    uint64_t runstate_area; /* guest VA of vcpu_runstate_info, or 0 */
    uint64_t time_area;     /* guest VA of vcpu_time_info, or 0 */
    uint8_t areas_stale;    /* write them at the next entry to kernel mode */
    uint8_t nmi_pending;    /* VCPUOP_send_nmi: to be delivered at an exit */
    struct vcpu_runstate_info runstate; /* guarded by the scheduler's lock */

    /* Events, guarded by the domain's event_lock. */
    uint16_t virq_port[24]; /* port bound to each VIRQ, 0: none */

    /* Scheduling, guarded by the scheduler's lock. */
    enum vcpu_state state;
    uint32_t cpu;          /* where it runs or last ran */
    uint32_t pause_count;
    uint8_t is_loaded;     /* its registers are on a CPU */
    uint8_t is_queued;     /* in the run queue */
    uint8_t is_active;     /* counted in its domain's active_vcpus */
    uint64_t affinity;     /* bit per CPU: where it may run */
    uint64_t soft_affinity; /* where it would rather run */
    uint8_t has_lent;       /* and did not run since: see sched/share.c */
    int64_t virtual_time;  /* what it has had: the least runs next */
    int64_t domain_time;   /* its domain's as it stopped being active */
    uint32_t time_rest;    /* charged once it makes up a unit of that */
    uint64_t scheduled_ns; /* up to when it is charged, while it runs */
    struct vcpu *run_next;
    uint16_t poll_port[128];
    uint16_t poll_count;   /* above 0: blocked in SCHEDOP_poll */
    struct timer singleshot, periodic, poll_timer;
    uint64_t periodic_ns;

    /* The last hypercalls, for a panic or a crash report: a ring of 256. */
    struct {
        uint32_t nr, arg1;
    } history[256];
    uint8_t history_next;
};

/* A vCPU of domain, down, with nothing in it; NULL without memory. */
struct vcpu *vcpu_create(struct domain *domain, uint16_t id);
/*
 * Makes one that is not loaded as new: what its guest set is gone.  It holds
 * neither tables nor frames any more; whether it is up is the scheduler's.
 */
void vcpu_reset(struct vcpu *vcpu);
/* Of a vCPU that nothing refers to, and that holds no frames. */
void vcpu_free(struct vcpu *vcpu);
/*
 * Takes prev's registers off this CPU and puts next's on it; either may be
 * NULL, the idle CPU.
 */
void vcpu_switch(struct vcpu *prev, struct vcpu *next);
/* The way out: enters the guest whose frame is on the CPU (entry.S). */
void resume_guest(void) noreturn;
/*
 * Writes runstate and time to the areas the guest registered.  The vCPU is
 * current and in kernel mode; otherwise it only sets vcpu->areas_stale, and
 * whoever enters kernel mode with that set calls this again.  Done by
 * hv/sched/runstate.c.
 */
void runstate_publish(struct vcpu *vcpu);
/* Its registers and last hypercalls on the console. */
void vcpu_log(const struct vcpu *vcpu, const struct regs *regs);

/*
 * Why domain->shutdown_code is what it is: kills the vCPU's domain, saying
 * what it did.  It never runs again; the caller returns to the exit path.
 */
void domain_crash(struct domain *domain, const char *format, ...)
    printf_like(2, 3);
