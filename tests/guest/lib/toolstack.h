/* SPDX-License-Identifier: MIT */
/*
 * A second domain, built by the test as a toolstack builds it: a copy of this
 * very image, which comes up in the same way and then runs one function.  What
 * the two say to each other is in the child's copy of the image's variables,
 * which the parent maps.
 */
#ifndef TESTS_GUEST_LIB_TOOLSTACK_H
#define TESTS_GUEST_LIB_TOOLSTACK_H

#include "guest.h"

#define TOOLSTACK_CHILDREN  4
#define TOOLSTACK_PAGES_MAX 2048 /* of one child */
#define TOOLSTACK_SID       12   /* an unlabelled guest */

/* In a child: what it is to run instead of the test.  NULL in the parent. */
extern void (*child_entry)(void);

/* The domctl for the domain, with the rest as the caller filled it. */
long domctl(uint32_t cmd, domid_t domid, struct xen_domctl *op);
/* createdomain's structure as xl fills it for a PV guest. */
void toolstack_config(struct xen_domctl *op, unsigned int vcpus);

/*
 * A domain that is complete but paused; pages of memory or (0) as many as it
 * needs.  When entry returns, it shuts down with SHUTDOWN_poweroff.  Ends the
 * test if anything is refused.
 */
domid_t toolstack_build(void (*entry)(void), unsigned int pages,
                        unsigned int vcpus);
/* The same under the label of this SID. */
domid_t toolstack_build_labelled(void (*entry)(void), unsigned int pages,
                                 unsigned int vcpus, uint32_t sid);
/* The id of what is built next; 0, as it is again after that: any. */
extern domid_t toolstack_wanted;
/* The SID of a context; ends the test if the policy does not have it. */
uint32_t toolstack_sid(const char *context);
/* Starts what was built paused. */
void toolstack_start(domid_t domid);
/* Built and started. */
domid_t toolstack_create(void (*entry)(void), unsigned int pages,
                         unsigned int vcpus);
/* Returns destroydomain's answer. */
long toolstack_destroy(domid_t domid);
/* Of a child that somebody else destroyed. */
void toolstack_forget(domid_t domid);

/*
 * The child's frame behind one of its pages below VIRT_BASE + its size, and
 * that page mapped here for reading and writing, until unmapped by any address
 * in it.
 */
uint64_t toolstack_mfn(domid_t domid, const void *child_va);
void *toolstack_map(domid_t domid, const void *child_va);
void toolstack_unmap(const volatile void *mapped);
/* Any frame of the child's, a page of its own. */
void *toolstack_map_frame(domid_t domid, uint64_t mfn, bool is_writable);

/* XEN_DOMINF_* and the code above them; 0 if there is no such domain. */
uint32_t toolstack_flags(domid_t domid);
/*
 * Lets others run until the child shut down; its code, or -1 if it did not in
 * some seconds.
 */
int toolstack_wait(domid_t domid);

/* Frames that nobody has; and the test point that they are as many again. */
uint64_t toolstack_free_pages(void);
void toolstack_memory_is(uint64_t before, const char *what);

#endif
