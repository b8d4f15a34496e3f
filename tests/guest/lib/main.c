/* SPDX-License-Identifier: MIT */
/*
 * Bring-up of a test guest in the order Linux does it: trap table, callbacks,
 * shared_info, virtual IOPL; then the test; then the verdict and power-off.
 */
#include "guest.h"
#include "event.h"
#include "paging.h"
#include "tap.h"
#include "toolstack.h"
#include "trap.h"

struct start_info *start_info;
bool on_xen;

void guest_main(struct start_info *info);

static const char *cmdline_find(const char *name)
{
    size_t size = strlen(name);
    const char *at = (const char *)start_info->cmd_line;
    const char *end = at + sizeof(start_info->cmd_line);

    for (bool starts = true; at + size < end && *at != '\0'; at++) {
        if (starts && memcmp(at, name, size) == 0) {
            return at + size;
        }
        starts = *at == ' ';
    }
    return NULL;
}

bool cmdline_has(const char *word)
{
    const char *after = cmdline_find(word);

    return after != NULL && (*after == '\0' || *after == ' ');
}

uint64_t cmdline_number(const char *name, uint64_t otherwise)
{
    const char *at = cmdline_find(name);
    uint64_t value = 0;

    if (at == NULL) {
        return otherwise;
    }
    for (; *at >= '0' && *at <= '9'; at++) {
        value = value * 10 + (uint64_t)(*at - '0');
    }
    return value;
}

void guest_stop(unsigned int reason)
{
    struct sched_shutdown shutdown = {.reason = reason};

    for (;;) {
        sched_op(SCHEDOP_shutdown, &shutdown);
    }
}

void guest_fail(const char *why)
{
    print("Bail out! %s\n", why);
    print("# result: fail\n");
    guest_stop(SHUTDOWN_poweroff);
}

void guest_main(struct start_info *info)
{
    struct physdev_set_iopl iopl = {.iopl = 1};

    start_info = info;
    on_xen = cmdline_has("hv=xen");
    trap_init();
    paging_init();
    event_init();
    physdev_op(PHYSDEVOP_set_iopl, &iopl);
    if (child_entry != NULL) { /* another domain, made by toolstack.c */
        child_entry();
        guest_stop(SHUTDOWN_poweroff);
    }
    test_main();
    tap_done();
    guest_stop(SHUTDOWN_poweroff);
}
