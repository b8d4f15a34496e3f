/* SPDX-License-Identifier: MIT */
/* The first C code: everything in order, then the program. */
#include "lib/checked.h"
#include "vtpm/base/clock.h"
#include "vtpm/base/console.h"
#include "vtpm/base/driver.h"
#include "vtpm/base/event.h"
#include "vtpm/base/exec.h"
#include "vtpm/base/grant.h"
#include "vtpm/base/hypercall.h"
#include "vtpm/base/image.h"
#include "vtpm/base/module.h"
#include "vtpm/base/page.h"
#include "vtpm/base/paging.h"
#include "vtpm/base/random.h"
#include "vtpm/base/space.h"
#include "vtpm/base/syscall.h"
#include "vtpm/base/trap.h"
#include "vtpm/base/window.h"

const struct start_info *start_info;
struct shared_info *shared_info;

_Noreturn void kernel_main(const struct start_info *info);

static _Noreturn void stop(unsigned int reason)
{
    struct sched_shutdown shutdown = {.reason = reason};

    for (;;) {
        (void)sched_op(SCHEDOP_shutdown, &shutdown);
    }
}

void kernel_power_off(void)
{
    stop(SHUTDOWN_poweroff);
}

void kernel_crash(void)
{
    stop(SHUTDOWN_crash);
}

void kernel_panic(const char *why)
{
    console_line("the kernel stops: %s", why);
    kernel_crash();
}

static void memory_init(void)
{
    paging_init();
    page_init();
    window_init();
    shared_info = window_map(start_info->shared_info / PAGE_SIZE);
    if (shared_info == NULL) {
        kernel_panic("shared_info cannot be mapped");
    }
    space_init();
}

static void drivers_init(void)
{
    for (size_t i = 0; drivers[i] != NULL; i++) {
        drivers[i]->init();
    }
}

/* Where the domain's pages are, and how long it took. */
static void report(uint64_t program_pages, uint64_t start)
{
    console_line(
        "pages: %lu, image %lu, ramdisk %lu, program %lu, free %lu; "
        "%lu us",
        start_info->nr_pages, (uint64_t)(image_end - image_start) / PAGE_SIZE,
        align_up(module_ramdisk().size, PAGE_SIZE) / PAGE_SIZE, program_pages,
        page_free_count(), clock_since_ns(start) / 1000);
}

void kernel_main(const struct start_info *info)
{
    struct registers registers;
    uint64_t start = clock_count(), free_pages;

    start_info = info;
    memory_init();
    event_init();
    console_init();
    trap_init();
    grant_init();
    random_init();
    drivers_init();
    free_pages = page_free_count();
    exec_load(&registers);
    report(free_pages - page_free_count(), start);
    user_enter(&registers);
}
