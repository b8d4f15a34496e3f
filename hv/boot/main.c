/* SPDX-License-Identifier: MIT */
/*
 * From the boot loader to dom0's first instruction.  hv_main is the table of
 * contents: everything that is set up, in order.
 */
#include "hv/base/asm.h"
#include "hv/base/console.h"
#include "hv/base/log.h"
#include "hv/boot/boot_info.h"
#include "hv/boot/dom0.h"
#include "hv/boot/efi_tables.h"
#include "hv/boot/paging.h"
#include "hv/boot/platform.h"
#include "hv/cpu/apic.h"
#include "hv/cpu/descriptors.h"
#include "hv/cpu/features.h"
#include "hv/cpu/irq.h"
#include "hv/cpu/smp.h"
#include "hv/cpu/time.h"
#include "hv/domain/clock.h"
#include "hv/evtchn/evtchn.h"
#include "hv/hypercall/cpuid.h"
#include "hv/hypercall/ioport.h"
#include "hv/mem/heap.h"
#include "hv/mem/page.h"
#include "hv/sched/sched.h"

#define MINIMUM_MEMORY (256ul << 20)

extern uint64_t __stack_chk_guard;

/* From head.S, on the boot stack. */
void boot_start(uint32_t magic, uint32_t info, uint64_t image) noreturn;
void switch_stack(uint64_t top, void (*function)(void)) noreturn;

static void hv_main(void) noreturn;

static void check_memory(void)
{
    uint64_t ram = memory_map_total(&boot_info.memory, MEMORY_RAM) +
                   memory_map_total(&boot_info.memory, MEMORY_FIRMWARE_RAM);

    if (ram < MINIMUM_MEMORY) {
        refuse_boot("too little memory: %lu MiB, needs %lu", ram >> 20,
                    MINIMUM_MEMORY >> 20);
    }
}

static void banner(void)
{
    static const char *const entries[] = {"multiboot 1", "multiboot 2",
                                          "multiboot 2, EFI"};

    log_line("Vouch, loaded by %s (%s) at %lx", boot_info.loader_name,
             entries[boot_info.entry], boot_info.image.a);
    log_line("command line: %s", boot_info.command_line);
    if (boot_info.firmware_log_size != 0) {
        log_line("firmware's event log: %zu bytes%s",
                 boot_info.firmware_log_size,
                 boot_info.firmware_log_truncated ? ", truncated" : "");
    }
}

/* Until our own page tables are loaded; then to CPU 0's stack. */
void boot_start(uint32_t magic, uint32_t info, uint64_t image)
{
    time_start();
    console_init(1, 0);
    boot_info_collect(magic, MADDR(info), MADDR(image));
    platform_parse_command_line();
    banner();
    check_memory();

    image_base = boot_info.image;
    features_init();
    __stack_chk_guard = features_random(); /* we never return through it */
    descriptors_init();
    early_init();
    paging_build();
    paging_map_stacks(0);
    switch_stack(STACKS_VIRT + CPU_STACK_STRIDE - sizeof(struct cpu_block),
                 (void (*)(void))hv_main);
}

static void start_cpus(void)
{
    uint32_t limit = cmdline.max_cpus != 0 ? cmdline.max_cpus : MAX_CPUS;
    uint32_t apic_ids[MAX_CPUS];
    uint32_t count = platform_cpus(apic_ids, MIN(limit, MAX_CPUS));
    maddr_t trampoline = early_low_page();

    for (uint32_t id = 1; id < count; id++) {
        paging_map_stacks(id);
    }
    paging_map_trampoline(trampoline);
    smp_start(apic_ids, count, trampoline);
    paging_unmap_trampoline(trampoline);
    log_line("%u CPUs", cpu_count);
}

static void console_interrupt(void)
{
    if (console_poll_input()) {
        send_global_virq(VIRQ_CONSOLE);
    }
}

static void console_start_input(void)
{
    if (console_port() != 0 &&
        irq_request_hv(console_irq(), console_interrupt) == 0) {
        console_enable_input();
    }
}

static void hv_main(void)
{
    smp_init_boot_cpu();
    platform_init();
    apic_init(MADDR(platform.madt.lapic_address));
    struct time_sources sources = platform_time_sources();
    time_init(&sources);
    start_cpus();
    heap_fill();
    log_line("%lu MiB of memory free", heap_free_count() >> 8);
    efi_tables_init();
    platform_add_ioapics();
    irq_init();
    cpuid_init();
    ioport_init(&(struct ioport_layout){
        .console = console_port(),
        .pm_timer = platform.fadt.pm_timer,
    });
    sched_init();
    clock_set_wallclock(boot_wallclock_s, 0, 0);
    dom0_boot();
    console_start_input();
    smp_release();
    cpu_start();
}
