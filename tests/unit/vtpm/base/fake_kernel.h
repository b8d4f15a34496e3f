/* SPDX-License-Identifier: MIT */
/*
 * The stub-domain kernel's services as its drivers see them, without a
 * hypervisor: ports are numbers, grants are pages of this process, and time
 * goes on only when somebody waits.
 */
#ifndef VOUCH_TESTS_UNIT_VTPM_BASE_FAKE_KERNEL_H
#define VOUCH_TESTS_UNIT_VTPM_BASE_FAKE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_PORTS  16
#define FAKE_GRANTS 32
#define FAKE_PAGE   4096

struct fake_kernel {
    /* What the other side is: called when the driver waits for a port. False:
     * nothing will come. */
    bool (*peer)(void);
    uint64_t now_ns;
    char lines[4096]; /* all that was said */
    void *store_page; /* what window_map() gives */
    struct {
        bool is_open;
        uint16_t domid;
        unsigned int sent;
        void (*handler)(void *context);
        void *context;
    } ports[FAKE_PORTS]; /* port 0 is never used */
    uint32_t last_port;
    struct {
        const void *page; /* NULL: not granted */
        bool is_mapped;   /* by the other side */
    } given[FAKE_GRANTS];
    /* The one grant that another domain has for us, and its port. */
    uint16_t guest;
    uint32_t guest_ref, guest_port;
    void *guest_page;
    unsigned int maps, unmaps;
};

extern struct fake_kernel fake;

void fake_reset(void);
/* Calls the handler of a port, as event_run() would. */
void fake_event(uint32_t port);

#endif
