/* SPDX-License-Identifier: MIT */
/*
 * The order is the promise: each thing is measured before it is parsed beyond
 * its header, loaded or run.
 */
#include "hv/boot/dom0.h"

#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/boot/cmdline.h"
#include "hv/boot/machine_map.h"
#include "hv/boot/measured.h"
#include "hv/boot/modules.h"
#include "hv/boot/paging.h"
#include "hv/boot/platform.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/paging.h"
#include "hv/domain/build.h"
#include "hv/hypercall/lifecycle.h"
#include "hv/hypercall/state_ops.h"
#include "hv/launch/launch.h"
#include "hv/measure/tpm_io.h"
#include "hv/mem/heap.h"
#include "hv/mem/page.h"
#include "hv/sched/sched.h"
#include "hv/security/security.h"

#define MIB           (1ul << 20)
#define DOM0_DEFAULT  (1024 * MIB)
#define DOM0_MINIMUM  (64 * MIB)
#define HV_RESERVE    (32 * MIB) /* what dom0 never gets by default */
#define DENIED_MAX    32u

static struct number_range denied[DENIED_MAX]; /* constant after boot */
static uint32_t denied_count;

static void kernel_parse(struct bytes file, struct elf_image *kernel)
{
    struct elf_fault fault;
    enum elf_status status = elf_parse(file, kernel, &fault);

    if (status != ELF_OK) {
        refuse_boot("dom0 kernel: %s (offset 0x%zx, value 0x%lx)",
                    elf_status_text(status), fault.offset,
                    (unsigned long)fault.value);
    }
    status = elf_check_dom0(kernel);
    if (status != ELF_OK) {
        refuse_boot("dom0 kernel: %s", elf_status_text(status));
    }
}

static uint64_t dom0_pages(void)
{
    uint64_t available = heap_free_count() * PAGE_SIZE;
    uint64_t size = cmdline.dom0_memory;

    if (size == 0) {
        size = MIN(DOM0_DEFAULT, available - available / 4);
    }
    if (size + HV_RESERVE > available) {
        size = available > HV_RESERVE ? available - HV_RESERVE : 0;
        log_line("dom0_mem: only %lu MiB are there", size / MIB);
    }
    if (size < DOM0_MINIMUM) {
        refuse_boot("too little memory for dom0: %lu MiB, needs %lu",
                    size / MIB, DOM0_MINIMUM / MIB);
    }
    return size / PAGE_SIZE;
}

static void deny(uint64_t first, uint64_t size)
{
    CHECK(denied_count < DENIED_MAX);
    denied[denied_count++] = (struct number_range){
        first >> PAGE_SHIFT, (first + size - 1) >> PAGE_SHIFT};
}

/* Device memory that is the hypervisor's alone. */
static void devices_deny(struct domain *domain)
{
    uint64_t pages[ACPI_MAX_IOAPICS];
    size_t count = 0;

    deny(0xfee00000, 0x100000); /* local APICs and message interrupts */
    deny(TPM_IO_BASE + TPM_IO_LOCALITY_SIZE, 4 * TPM_IO_LOCALITY_SIZE);
    for (size_t i = 0; i < platform.madt.ioapic_count; i++) {
        pages[count] = platform.madt.ioapics[i].address & PAGE_MASK;
        deny(pages[count++], PAGE_SIZE);
    }
    if (platform.hpet.present) {
        domain->memory.iomem.read_only.first = platform.hpet.address >> PAGE_SHIFT;
        domain->memory.iomem.read_only.last = domain->memory.iomem.read_only.first;
    }
    domain->memory.iomem.denied = denied;
    domain->memory.iomem.denied_count = denied_count;
    machine_map_init(pages, count);
}

static void dom0_build(const struct boot_modules *modules,
                       const struct elf_image *kernel)
{
    uint32_t vcpus = cmdline.dom0_max_vcpus != 0
                         ? MIN(cmdline.dom0_max_vcpus, MAX_VCPUS)
                         : cpu_count;
    struct domain_config config = {
        .label = XSM_LABEL(dom0),
        .max_vcpus = vcpus,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
    };
    struct build_input input = {
        .kernel = kernel,
        .initrd_size = modules->initrd.size,
        .command_line = modules->kernel_command_line,
    };
    int rc;

    if (domain_create(&config, &domain0) != 0 ||
        domain_make_vcpus(domain0) != 0) {
        refuse_boot("no memory for dom0's own structures");
    }
    domain0->is_complete = 1;
    domain0->is_hardware = 1;
    devices_deny(domain0);
    input.pages = dom0_pages();
    input.free_pages = input.pages;
    rc = domain_build(domain0, &input, modules->initrd);
    if (rc != 0) {
        refuse_boot("dom0: %s",
                    rc == -ENOMEM
                        ? "kernel and initrd do not fit its memory"
                        : "the kernel cannot be laid out in memory");
    }
}

void dom0_boot(void)
{
    static struct elf_image kernel;
    struct boot_modules modules;

    measured_start();
    launch_know_vtpms(cmdline.vtpm, cmdline.vtpm_count);
    state_ops_start(cmdline.has_state ? &cmdline.state : NULL);
    modules_find(&modules);
    measured_blob(VOUCHLOG_POLICY, modules.policy);
    security_init(modules.policy, cmdline.policy == CMDLINE_ENFORCING);
    measured_blob(VOUCHLOG_DOM0_KERNEL, modules.kernel);
    measured_text(VOUCHLOG_DOM0_CMDLINE,
                  bytes_of_text(modules.kernel_command_line));
    measured_blob(VOUCHLOG_DOM0_INITRD, modules.initrd);
    kernel_parse(modules.kernel, &kernel);
    dom0_build(&modules, &kernel);
    measured_end();
    for (size_t i = 0; i < boot_info.module_count; i++) {
        release_memory(boot_info.modules[i].start, boot_info.modules[i].size);
    }
    vcpu_up(domain0->vcpus[0]);
}
