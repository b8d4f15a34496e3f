/* SPDX-License-Identifier: MIT */
/*
 * From a measured file to a domain that runs it.  The file's frames lie
 * anywhere; a window in the hypervisor's address space shows them in order, to
 * one launch at a time.
 */
#include "hv/base/atomic.h"
#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/paging.h"
#include "hv/cpu/tlb.h"
#include "hv/evtchn/evtchn.h"
#include "hv/launch/internal.h"
#include "hv/sched/sched.h"

static struct launch *window_owner; /* atomic */

int launch_take_window(struct launch *launch)
{
    struct launch *nobody = NULL;

    if (!atomic_cas(&window_owner, &nobody, launch)) {
        return launch_wait();
    }
    launch->has_window = 1;
    if (map_hv_reserve(LAUNCH_VIRT, launch->kernel.pages * PAGE_SIZE) != 0) {
        return launch_fail(launch, "no memory to look at its kernel");
    }
    return 0;
}

int launch_map_window(struct launch *launch)
{
    for (; launch->mapped < launch->kernel.pages; launch->mapped++) {
        if ((this_cpu()->budget -= 2) <= 0) {
            return -ERESTART;
        }
        map_hv_page(LAUNCH_VIRT + launch->mapped * PAGE_SIZE,
                    MFN(launch->kernel.frames[launch->mapped]), HV_PTE_READ);
    }
    tlb_flush_local(); /* other CPUs flush when they take this vCPU */
    return 0;
}

int launch_unmap_window(struct launch *launch)
{
    for (; launch->mapped > 0; launch->mapped--) {
        if ((this_cpu()->budget -= 2) <= 0) {
            return -ERESTART;
        }
        unmap_hv_page(LAUNCH_VIRT + (launch->mapped - 1) * PAGE_SIZE);
    }
    launch->has_window = 0;
    atomic_set(&window_owner, NULL);
    return 0;
}

/* Frames that are neither the kernel's file nor the initrd. */
static uint64_t free_pages(const struct launch *launch)
{
    return launch->frame_count - launch->kernel.pages - launch->initrd.pages;
}

static int build_prepare(struct launch *launch)
{
    struct build_input input = {
        .kernel = &launch->image,
        .command_line = launch->cmdline,
        .initrd_size = launch->initrd.size,
        .pages = launch->frame_count,
        .free_pages = free_pages(launch),
        .rings = launch->domain->is_hardware ? NULL : &launch->rings,
    };
    int rc = build_begin(&launch->build, launch->domain, &input);

    if (rc != 0) {
        return launch_fail(launch, rc == -ENOMEM
                                       ? "its kernel and initrd do not fit"
                                       : "its kernel cannot be laid out");
    }
    return 0;
}

int launch_parse_kernel(struct launch *launch)
{
    struct elf_fault fault;
    enum elf_status status =
        elf_parse(bytes_of((const void *)LAUNCH_VIRT, launch->kernel.size),
                  &launch->image, &fault);

    if (status == ELF_OK && launch->domain->is_hardware) {
        fault = (struct elf_fault){0};
        status = elf_check_dom0(&launch->image);
    }
    if (status != ELF_OK) {
        return launch_fail(launch, "its kernel: %s (offset 0x%zx, value 0x%lx)",
                           elf_status_text(status), fault.offset,
                           (unsigned long)fault.value);
    }
    return build_prepare(launch);
}

int launch_load_kernel(struct launch *launch)
{
    return build_load(&launch->build);
}

int launch_write_tables(struct launch *launch)
{
    return build_write(&launch->build);
}

/* Its vCPU 0 is not loaded. */
static int finish(struct launch *launch)
{
    struct vcpu *vcpu = launch->domain->vcpus[0];
    int rc;

    vcpu->root_kernel = 0;
    rc = build_finish(&launch->build);
    if (rc == 0) {
        vcpu->has_exception = VCPU_NO_EXCEPTION;
    } else {
        vcpu->root_kernel = idle_root.a;
    }
    return rc;
}

/* Pending rings are told of again, and the other vCPUs may be made. */
static void let_go(struct launch *launch)
{
    struct domain *domain = launch->domain;

    for (uint32_t i = 0; i < ARRAY_SIZE(launch->ports); i++) {
        if (launch->ports[i] != 0) {
            evtchn_tell_again(domain, launch->ports[i]);
        }
    }
    for (uint32_t id = 1; id < domain->vcpu_count; id++) {
        vcpu_unpause(domain->vcpus[id]);
    }
    log_line("domain %u: launched, %lu MiB, kernel 0x%lx-0x%lx", domain->id,
             (unsigned long)(launch->build.plan.pages >> 8),
             (unsigned long)launch->image.virtual_start,
             (unsigned long)launch->image.virtual_end);
}

int launch_start(struct launch *launch)
{
    struct vcpu *vcpu = launch->domain->vcpus[0];
    int rc;

    vcpu_switch(vcpu, NULL);
    rc = finish(launch);
    vcpu_switch(NULL, vcpu);
    if (rc == 0) {
        let_go(launch);
    } else if (rc != -ERESTART) {
        return launch_fail(launch, "its page tables were changed");
    }
    return rc;
}
