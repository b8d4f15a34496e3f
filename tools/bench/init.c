/* SPDX-License-Identifier: MIT */
/*
 * An /init that says at which TSC user space began, measures what a system
 * does all day, and ends the machine.  Under -icount a tick is an instruction:
 * the hypervisor's, the kernel's and the program's together.
 */
#include "tools/bench/init_io.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE  4096u
#define PAGES 1024u
#define CHILD "child" /* argv[0] of the program that fork_exec starts */

/* Seen by split.c, which counts from one mark to the next. */
#define bench_mark() __asm__ volatile("mov $0x55667700, %%eax" ::: "eax")

void fail(const char *what)
{
    perror(what);
    sleep(1);
    reboot(RB_POWER_OFF);
}

static void child_wait(pid_t child)
{
    int status;

    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        fail("child");
    }
}

static void system_call(unsigned int times)
{
    while (times-- > 0) {
        syscall(SYS_getppid);
    }
}

static void fork_exit(unsigned int times)
{
    while (times-- > 0) {
        pid_t child = fork();

        if (child == 0) {
            _exit(0);
        }
        child_wait(child);
    }
}

static void fork_exec(unsigned int times)
{
    while (times-- > 0) {
        pid_t child = fork();

        if (child == 0) {
            execl("/init", CHILD, NULL);
            _exit(1);
        }
        child_wait(child);
    }
}

static void pass_on(int from, int to, unsigned int times)
{
    char byte;

    while (times-- > 0) {
        if (read(from, &byte, 1) != 1 || write(to, &byte, 1) != 1) {
            fail("pipe");
        }
    }
}

/* A byte to another process and back: two switches. */
static void pipe_round_trip(unsigned int times)
{
    int there[2], back[2];
    char byte = 0;
    pid_t child;

    if (pipe(there) != 0 || pipe(back) != 0) {
        fail("pipe");
    }
    child = fork();
    if (child == 0) {
        pass_on(there[0], back[1], times);
        _exit(0);
    }
    if (write(there[1], &byte, 1) != 1) {
        fail("pipe");
    }
    pass_on(back[0], there[1], times - 1);
    if (read(back[0], &byte, 1) != 1) {
        fail("pipe");
    }
    child_wait(child);
    for (int i = 0; i < 2; i++) {
        close(there[i]);
        close(back[i]);
    }
}

static uint8_t *map_anonymous(void)
{
    uint8_t *memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) {
        fail("mmap");
    }
    return memory;
}

static void touch_all(uint8_t *memory)
{
    for (unsigned int i = 0; i < PAGES; i++) {
        *(volatile uint8_t *)(memory + i * PAGE) = 1;
    }
}

/* Fresh memory, page by page; times counts the pages. */
static void page_fault(unsigned int times)
{
    for (; times > 0; times -= PAGES) {
        uint8_t *memory = map_anonymous();

        touch_all(memory);
        munmap(memory, PAGES * PAGE);
    }
}

static volatile sig_atomic_t signals;

static void on_signal(int number)
{
    (void)number;
    signals++;
}

static void signal_self(unsigned int times)
{
    signal(SIGUSR1, on_signal);
    while (times-- > 0) {
        raise(SIGUSR1);
    }
}

/* Pages made read-only and writable again, as a garbage collector does. */
static void protect(unsigned int times)
{
    uint8_t *memory = map_anonymous();

    touch_all(memory);
    for (; times > 0; times -= PAGES) {
        mprotect(memory, PAGES * PAGE, PROT_READ);
        mprotect(memory, PAGES * PAGE, PROT_READ | PROT_WRITE);
        touch_all(memory);
    }
    munmap(memory, PAGES * PAGE);
}

static const struct workload {
    const char *name;
    void (*run)(unsigned int times);
    unsigned int times;
} processes[] = {
    {"system_call", system_call, 20000}, {"signal", signal_self, 2000},
    {"page_fault", page_fault, 8 * PAGES}, {"protect", protect, 8 * PAGES},
    {"pipe_round_trip", pipe_round_trip, 2000}, {"fork_exit", fork_exit, 200},
    {"fork_exec", fork_exec, 200},
}, devices[] = {
    {"block_read", block_read, 1000}, {"block_write", block_write, 1000},
    {"block_random", block_random, 2000}, {"net_request", net_request, 1000},
    {"net_send", net_send, 1000},
};

static void measure(const struct workload *loads, size_t count)
{
    for (const struct workload *load = loads; load < loads + count; load++) {
        uint64_t start;

        load->run(load->times / 4); /* once, to be warm */
        bench_mark();
        start = __builtin_ia32_rdtsc();
        load->run(load->times);
        bench_mark();
        printf("init: linux.%s %llu\n", load->name,
               (unsigned long long)((__builtin_ia32_rdtsc() - start) /
                                    load->times));
    }
}

int main(int argc, char **argv)
{
    uint64_t now = __builtin_ia32_rdtsc();

    if (strcmp(argv[0], CHILD) == 0) {
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "tsc") == 0) {
        bench_mark();
        printf("%llu\n", (unsigned long long)now);
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "server") == 0) {
        server_run();
        return 0;
    }
    bench_mark();
    printf("init: boot.reset_to_init %llu\n", (unsigned long long)now);
    measure(processes, sizeof(processes) / sizeof(processes[0]));
    if (devices_open()) {
        measure(devices, sizeof(devices) / sizeof(devices[0]));
    }
    printf("init: end\n");
    fflush(stdout);
    sleep(1);
    return reboot(RB_POWER_OFF);
}
