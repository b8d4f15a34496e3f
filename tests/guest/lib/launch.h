/* SPDX-License-Identifier: MIT */
/*
 * A child that launches.  The kernel it hands over is this very image again, in
 * an ELF file that it makes in its own memory, or one of a few instructions.
 * What the launched kernel finds it tells in the page of its console's ring,
 * which the parent maps all the time.
 */
#ifndef TESTS_GUEST_LIB_LAUNCH_H
#define TESTS_GUEST_LIB_LAUNCH_H

#include "toolstack.h"

#define vouch_op(cmd, arg)    hypercall(__HYPERVISOR_vouch_op, cmd, arg)

#define LAUNCH_INITRD_BYTE(i) ((uint8_t)((i)*7 + ((i) >> 12)))
#define TINY_REASON           SHUTDOWN_suspend /* the tiny kernel's last word */

/* What the child does, as the parent says before it starts. */
struct launch_order {
    struct vouch_launch arg; /* as asked for: lists and sizes are filled in */
    uint64_t initrd_size;
    void (*entry)(void); /* of the launched kernel; NULL: the tiny one */
    char cmdline[1024];
    void (*before)(void); /* what the launcher does first; NULL: nothing */
    /* Changes what was made before it is handed over; NULL: nothing. */
    void (*spoil)(struct vouch_launch *arg, uint64_t *kernel, uint64_t *initrd);
    uint64_t console_pfn, store_pfn; /* in the child */
    uint32_t console_port, store_port;
    uint32_t label; /* SID; 0: an unlabelled guest */
    unsigned int pages, vcpus;
};
extern struct launch_order launch_order;

/* In the child's console page. */
struct launch_report {
    volatile uint64_t stage; /* 1: the launcher ran, 2: the launched kernel */
    volatile int64_t error;  /* of a launch that came back */
    volatile uint64_t words[64];
    struct start_info start_info;
    char cmdline[1024];
};

/* In the parent: a child that is paused and will carry out launch_order. */
domid_t launch_build(struct launch_report **report);
/* Its other ends of the two ports, bound here. */
extern uint32_t launch_console_end, launch_store_end;

/* In the child: what launch_build() makes it run; and after the launch. */
void launch_child(void);
struct launch_report *launch_report(void);

/* The bytes of the kernel that the child handed over, for their digest: in the
 * parent, from the child's memory, while that can be mapped. */
uint64_t launch_kernel_size(void);

#endif
