/* SPDX-License-Identifier: MIT */
/*
 * Linux's system calls, by the numbers of x86-64, but those about memory
 * (memory.c). Each does what a static program needs and no more.
 */
#include "vtpm/base/linux.h"

#include "vtpm/base/clock.h"
#include "vtpm/base/console.h"
#include "vtpm/base/errno.h"
#include "vtpm/base/hypercall.h"
#include "vtpm/base/random.h"
#include "vtpm/base/space.h"
#include "vtpm/base/syscall.h"
#include "vtpm/base/user.h"

#define PROCESS_ID 1

static bool is_standard(uint64_t file)
{
    return file <= 2;
}

static long do_read(const struct call *call)
{
    return call->a == 0 ? 0 : -EBADF;
}

static long do_write(const struct call *call)
{
    struct bytes text;

    if (call->a != 1 && call->a != 2) {
        return -EBADF;
    }
    if (user_bytes(call->b, call->c, &text) != 0) {
        return -EFAULT;
    }
    console_write(text);
    return (long)text.size;
}

static long do_close(const struct call *call)
{
    return is_standard(call->a) ? 0 : -EBADF;
}

static long do_ioctl(const struct call *call)
{
    return is_standard(call->a) ? -ENOTTY : -EBADF;
}

/* There are no files. */
static long do_no_file(const struct call *call)
{
    return -ENOENT;
}

static long do_getpid(const struct call *call)
{
    return PROCESS_ID;
}

static long do_arch_prctl(const struct call *call)
{
    if (call->a != LINUX_ARCH_SET_FS) {
        return -EINVAL;
    }
    if (call->b >= SPACE_LIMIT) {
        return -EPERM;
    }
    return hypercall(__HYPERVISOR_set_segment_base, SEGBASE_FS, call->b, 0, 0);
}

/* Nobody else can be there to wake, or to wait for. */
static long do_futex(const struct call *call)
{
    switch (call->b & ~(uint64_t)(LINUX_FUTEX_PRIVATE | LINUX_FUTEX_REALTIME)) {
    case LINUX_FUTEX_WAKE:
    case LINUX_FUTEX_WAKE_BITSET:
        return 0;
    case LINUX_FUTEX_WAIT:
    case LINUX_FUTEX_WAIT_BITSET:
        return -EAGAIN;
    default:
        return -ENOSYS;
    }
}

static long do_getrandom(const struct call *call)
{
    struct buffer out;

    if (user_buffer(call->a, call->b, &out) != 0) {
        return -EFAULT;
    }
    return random_fill(&out) == 0 ? (long)out.used : -EAGAIN;
}

static long do_clock_gettime(const struct call *call)
{
    bool is_wall = call->a == LINUX_CLOCK_REALTIME ||
                   call->a == LINUX_CLOCK_REALTIME_COARSE;
    uint64_t ns = is_wall ? clock_wall_ns() : clock_ns();
    uint64_t timespec[2] = {ns / SECOND_NS, ns % SECOND_NS};

    if (call->a > LINUX_CLOCK_BOOTTIME) {
        return -EINVAL;
    }
    return user_write(call->b, timespec, sizeof(timespec));
}

static long do_gettimeofday(const struct call *call)
{
    uint64_t ns = clock_wall_ns();
    uint64_t timeval[2] = {ns / SECOND_NS, ns % SECOND_NS / 1000};

    return call->a == 0 ? 0 : user_write(call->a, timeval, sizeof(timeval));
}

static long do_time(const struct call *call)
{
    uint64_t seconds = clock_wall_ns() / SECOND_NS;

    if (call->a != 0 && user_write(call->a, &seconds, sizeof(seconds)) != 0) {
        return -EFAULT;
    }
    return (long)seconds;
}

static long do_exit(const struct call *call)
{
    if ((call->a & 0xff) == 0) {
        kernel_power_off();
    }
    console_line("the program ended with status %u",
                 (unsigned int)(call->a & 0xff));
    kernel_crash();
}

const struct call_row linux_calls[] = {
    {0, do_read},
    {1, do_write},
    {3, do_close},
    {9, do_mmap},
    {10, do_mprotect},
    {11, do_munmap},
    {12, do_brk},
    {16, do_ioctl},
    {39, do_getpid},
    {60, do_exit},
    {89, do_no_file}, /* readlink */
    {96, do_gettimeofday},
    {158, do_arch_prctl},
    {201, do_time},
    {202, do_futex},
    {218, do_getpid}, /* set_tid_address */
    {228, do_clock_gettime},
    {231, do_exit},
    {257, do_no_file}, /* openat */
    {262, do_no_file}, /* newfstatat */
    {318, do_getrandom},
    {0, NULL},
};
