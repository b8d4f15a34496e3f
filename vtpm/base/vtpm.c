/* SPDX-License-Identifier: MIT */
/*
 * The calls beyond Linux's that are not a driver's (calls.h): the ramdisk, the
 * hypervisor's operations, the next event.
 */
#include "vtpm/base/clock.h"
#include "vtpm/base/errno.h"
#include "vtpm/base/event.h"
#include "vtpm/base/hypercall.h"
#include "vtpm/base/launch.h"
#include "vtpm/base/module.h"
#include "vtpm/base/random.h"
#include "vtpm/base/space.h"
#include "vtpm/base/syscall.h"
#include "vtpm/base/user.h"

#include "lib/checked.h"

/* Mapped once; asked again, the answer is the same. */
static long do_module(const struct call *call)
{
    static uint64_t address;
    struct bytes ramdisk = module_ramdisk();
    uint64_t size = align_up(ramdisk.size, PAGE_SIZE);
    struct vtpm_module out;

    if (ramdisk.size == 0) {
        return -ENOENT;
    }
    if (!user_may_write(call->a, sizeof(out))) {
        return -EFAULT;
    }
    if (address == 0) {
        uint64_t place = space_find(size);

        if (place == 0 ||
            space_map_kernel(place, ramdisk.data, size, SPACE_READ) != 0) {
            return -ENOMEM;
        }
        address = place;
    }
    out.data = (const void *)address;
    out.size = ramdisk.size;
    return user_write(call->a, &out, sizeof(out));
}

/* Operations whose structure has no address in it. */
static const struct {
    uint64_t operation, size;
} operations[] = {
    {VOUCHOP_launch_info, sizeof(struct vouch_launch_info)},
    {VOUCHOP_state_key, sizeof(struct vouch_state_key)},
    {VOUCHOP_state_mark, sizeof(struct vouch_state_mark)},
    {VOUCHOP_identity, sizeof(struct vouch_identity)},
};

static bool is_operation(uint64_t operation, uint64_t size)
{
    for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
        if (operations[i].operation == operation) {
            return operations[i].size == size;
        }
    }
    return false;
}

static long do_op(const struct call *call)
{
    union { /* the largest of them, and its alignment */
        struct vouch_launch_info info;
        struct vouch_state_key key;
        uint8_t bytes[512];
    } structure;
    long result;

    if (!is_operation(call->a, call->c)) {
        return -EINVAL;
    }
    if (!user_may_write(call->b, call->c) ||
        user_read(&structure, call->b, call->c) != 0) {
        return -EFAULT;
    }
    result = vouch_op((unsigned int)call->a, &structure);
    if (result == 0) {
        result = user_write(call->b, &structure, call->c);
    }
    if (call->a == VOUCHOP_state_key) {
        random_add(bytes_of(&structure, call->c)); /* nobody else knows it */
    }
    /* It may have held a key, and the stack outlives this call. */
    memset(&structure, 0, sizeof(structure));
    __asm__ volatile("" ::"r"(&structure) : "memory");
    return result;
}

/* The driver after the one that had something last is asked first. */
static bool poll_drivers(struct vtpm_event *event)
{
    static size_t last;
    size_t count = 0;

    while (drivers[count] != NULL) {
        count++;
    }
    for (size_t i = 1; i <= count; i++) {
        size_t at = (last + i) % count;

        if (drivers[at]->poll(event)) {
            last = at;
            return true;
        }
    }
    return false;
}

static uint64_t earliest(uint64_t deadline_ns)
{
    for (size_t i = 0; drivers[i] != NULL; i++) {
        uint64_t own_ns = drivers[i]->deadline_ns == NULL
                              ? CLOCK_FOREVER
                              : drivers[i]->deadline_ns();

        deadline_ns = own_ns < deadline_ns ? own_ns : deadline_ns;
    }
    return deadline_ns;
}

static long do_wait(const struct call *call)
{
    uint64_t deadline_ns = clock_deadline_ns((int64_t)call->b);
    struct vtpm_event event = {0};

    if (!user_may_write(call->a, sizeof(event))) {
        return -EFAULT;
    }
    (void)event_run();
    while (!poll_drivers(&event)) {
        if (clock_ns() >= deadline_ns) {
            return -ETIMEDOUT;
        }
        (void)event_wait(earliest(deadline_ns));
    }
    return user_write(call->a, &event, sizeof(event));
}

const struct call_row vtpm_calls[] = {
    {VTPM_CALL_MODULE, do_module},
    {VTPM_CALL_LAUNCH, do_launch},
    {VTPM_CALL_OP, do_op},
    {VTPM_CALL_WAIT, do_wait},
    {0, NULL},
};
