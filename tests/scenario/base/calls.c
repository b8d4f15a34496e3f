/* SPDX-License-Identifier: MIT */
/* Each system call: what it does, and what it refuses. */
#include <errno.h>
#include <linux/futex.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ioctl.h>
#include <time.h>

#include "tests/scenario/base/tap.h"
#include "vtpm/base/calls.h"

#define KERNEL_VA   0xffffffff80001000ul /* the stub-domain kernel's text */
#define M2P_VA      0xffff800000000000ul
#define HIGH_VA     0x8000000000ul /* the first address behind the program's */
#define FREE_VA     0x30000000ul   /* nothing is there */
#define ARCH_SET_FS 0x1002
#define ANONYMOUS   (MAP_PRIVATE | MAP_ANONYMOUS)

static void files(void)
{
    char byte;

    ok(raw(SYS_read, 0, (long)&byte, 1, 0) == 0, "read: standard input ends");
    ok(raw(SYS_read, 5, (long)&byte, 1, 0) == -EBADF, "read: no other file");
    ok(raw(SYS_write, 1, (long)"", 0, 0) == 0, "write: nothing");
    ok(raw(SYS_write, 7, (long)"x", 1, 0) == -EBADF, "write: no other file");
    ok(raw(SYS_openat, -100, (long)"/etc/ssl/openssl.cnf", 0, 0) == -ENOENT,
       "openat: there are no files");
    ok(raw(SYS_readlink, (long)"/proc/self/exe", (long)&byte, 1, 0) == -ENOENT,
       "readlink: nor links");
    ok(raw(SYS_newfstatat, -100, (long)"/", (long)&byte, 0) == -ENOENT,
       "newfstatat");
    ok(raw(SYS_ioctl, 1, TCGETS, (long)&byte, 0) == -ENOTTY,
       "ioctl: no terminal");
    ok(raw(SYS_close, 0, 0, 0, 0) == 0 && raw(SYS_close, 9, 0, 0, 0) == -EBADF,
       "close");
}

static void processes(void)
{
    int word = 1;

    ok(raw(SYS_getpid, 0, 0, 0, 0) == 1, "getpid");
    ok(raw(SYS_set_tid_address, (long)&word, 0, 0, 0) == 1, "set_tid_address");
    ok(raw(SYS_futex, (long)&word, FUTEX_WAKE_PRIVATE, 1, 0) == 0,
       "futex: nobody to wake");
    ok(raw(SYS_futex, (long)&word, FUTEX_WAIT_PRIVATE, 1, 0) == -EAGAIN,
       "futex: nobody to wait for");
    ok(raw(SYS_futex, (long)&word, FUTEX_LOCK_PI, 1, 0) == -ENOSYS,
       "futex: nothing else");
    ok(raw(SYS_arch_prctl, ARCH_SET_FS, (long)KERNEL_VA, 0, 0) == -EPERM,
       "arch_prctl: FS stays in the program's space");
    ok(raw(SYS_arch_prctl, 0x1001, 0, 0, 0) == -EINVAL, "arch_prctl: no GS");
    ok(raw(SYS_fork, 0, 0, 0, 0) == -ENOSYS, "fork is not there");
    ok(raw(-1, 0, 0, 0, 0) == -ENOSYS, "a number that Linux does not have");
    ok(raw(0x5605, 0, 0, 0, 0) != 0, "SERVE without a guest fails");
}

static void clocks(void)
{
    struct timespec first, second, wall;

    clock_gettime(CLOCK_MONOTONIC, &first);
    for (volatile int i = 0; i < 100000; i++) {
    }
    clock_gettime(CLOCK_MONOTONIC, &second);
    clock_gettime(CLOCK_REALTIME, &wall);
    ok(second.tv_sec > first.tv_sec ||
           (second.tv_sec == first.tv_sec && second.tv_nsec > first.tv_nsec),
       "clock_gettime: time goes on");
    ok(second.tv_sec < 600, "clock_gettime: since the start");
    ok(wall.tv_sec > 1700000000 && labs(time(NULL) - wall.tv_sec) < 2,
       "clock_gettime: since 1970");
    ok(raw(SYS_clock_gettime, 99, (long)&wall, 0, 0) == -EINVAL,
       "clock_gettime: no such clock");
}

static void mappings(void)
{
    uint8_t *pages =
        mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, ANONYMOUS, -1, 0);
    bool is_zero = true;

    for (unsigned int i = 0; i < 3 * 4096; i++) {
        is_zero = is_zero && pages[i] == 0;
    }
    ok(is_zero, "mmap: zeroed pages");
    memset(pages, 0x55, 3 * 4096);
    ok(mprotect(pages + 4096, 4096, PROT_READ) == 0 && pages[4096] == 0x55,
       "mprotect: read only");
    ok(raw(SYS_getrandom, (long)pages + 4000, 200, 0, 0) == -EFAULT,
       "a buffer whose second page is read only is refused");
    ok(mprotect(pages + 4096, 4096, PROT_NONE) == 0 &&
           raw(SYS_write, 1, (long)pages + 4096, 1, 0) == -EFAULT,
       "mprotect: none");
    ok(mprotect(pages, 3 * 4096, PROT_READ | PROT_WRITE) == 0 &&
           pages[4096] == 0x55,
       "mprotect: back, with what was there");
    ok(mprotect(pages, 4096, PROT_READ | PROT_EXEC) == -1 && errno == EACCES,
       "mprotect: nothing becomes executable");
    ok(munmap(pages + 4096, 4096) == 0 &&
           raw(SYS_write, 1, (long)pages + 4096, 1, 0) == -EFAULT,
       "munmap: a page in the middle");
    ok(mmap(NULL, 4096, PROT_READ | PROT_WRITE, ANONYMOUS, -1, 0) ==
               pages + 4096 &&
           pages[4096] == 0,
       "mmap: it is used again, zeroed");
    ok(munmap(pages, 3 * 4096) == 0, "munmap");
}

static void mappings_refused(void)
{
    ok(raw(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, ANONYMOUS) == -EACCES,
       "mmap: nothing to execute");
    ok(raw(SYS_mmap, 0, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS) == -EINVAL,
       "mmap: nothing shared");
    ok(raw(SYS_mmap, 0x400000, 4096, PROT_READ, ANONYMOUS | MAP_FIXED) ==
           -EINVAL,
       "mmap: nothing at an address of the program's choice");
    ok(raw(SYS_mmap, 0, 0, PROT_READ, ANONYMOUS) == -EINVAL, "mmap: no size");
    ok(raw(SYS_mmap, 0, -1, PROT_READ, ANONYMOUS) == -EINVAL,
       "mmap: a size that wraps");
    ok(raw(SYS_munmap, (long)KERNEL_VA - 0x1000, 0x1000, 0, 0) == -EINVAL,
       "munmap: not the kernel");
    ok(raw(SYS_munmap, 0, 0x1000, 0, 0) == -EINVAL, "munmap: not address 0");
    ok(raw(SYS_munmap, 0x40000000, -0x40000000l, 0, 0) == -EINVAL,
       "munmap: a range that wraps");
    ok(raw(SYS_mprotect, (long)M2P_VA, 0x1000, PROT_READ, 0) == -EINVAL,
       "mprotect: not the hypervisor");
    ok(raw(SYS_mprotect, 0x400000, 0x1000, PROT_READ | PROT_WRITE, 0) ==
           -EACCES,
       "mprotect: the program's text stays as it is");
}

static void heap(void)
{
    long start = raw(SYS_brk, 0, 0, 0, 0);

    ok(start > 0x400000, "brk: where it is");
    ok(raw(SYS_brk, start + 10000, 0, 0, 0) == start + 10000, "brk: more");
    memset((void *)start, 1, 10000);
    ok(raw(SYS_brk, start, 0, 0, 0) == start &&
           raw(SYS_write, 1, start + 8192, 1, 0) == -EFAULT,
       "brk: less, and the pages are gone");
    ok(raw(SYS_brk, 0x100000, 0, 0, 0) == start &&
           raw(SYS_brk, (long)KERNEL_VA, 0, 0, 0) == start &&
           raw(SYS_brk, 0x3ffff000, 0, 0, 0) == start,
       "brk: not into the program, the kernel or the stack");
}

/* Pointers that the program must not make the kernel follow. */
static void pointers(void)
{
    static const unsigned long bad[] = {
        KERNEL_VA, M2P_VA, HIGH_VA, FREE_VA, ~0ul - 4, HIGH_VA - 4, 0};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        long at = (long)bad[i];
        char what[80];

        snprintf(what, sizeof(what), "no call follows %lx", bad[i]);
        ok(raw(SYS_write, 1, at, 8, 0) == -EFAULT &&
               raw(SYS_getrandom, at, 8, 0, 0) == -EFAULT &&
               raw(SYS_clock_gettime, 0, at, 0, 0) == -EFAULT &&
               (at == 0 || raw(SYS_time, at, 0, 0, 0) == -EFAULT) &&
               (at == 0 || raw(SYS_gettimeofday, at, 0, 0, 0) == -EFAULT) &&
               raw(VTPM_CALL_WAIT, at, 0, 0, 0) == -EFAULT &&
               raw(VTPM_CALL_LAUNCH, at, 0, 0, 0) == -EFAULT &&
               raw(VTPM_CALL_OP, 1, at, 288, 0) < 0,
           what);
    }
    ok(raw(SYS_write, 1, (long)pointers, -1, 0) == -EFAULT,
       "nor a size that wraps");
    ok(raw(SYS_getrandom, (long)pointers, 8, 0, 0) == -EFAULT,
       "nor writes to text");
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    files();
    processes();
    clocks();
    mappings();
    mappings_refused();
    heap();
    pointers();
    return tap_done();
}
