/* SPDX-License-Identifier: MIT */
/*
 * platform_op: what the hardware domain may ask about and do to the machine.
 */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/power.h"
#include "hv/domain/clock.h"
#include "hv/domain/domain.h"
#include "hv/hypercall/firmware.h"
#include "hv/mem/guest_copy.h"

static long efi_info(struct xenpf_firmware_info *info)
{
    const struct efi_tables *efi = &efi_tables;

    if (!efi->present) {
        return -ENOSYS;
    }
    switch (info->index) {
    case XEN_FW_EFI_VERSION:
        info->u.efi_info.version = efi->revision;
        return 0;
    case XEN_FW_EFI_CONFIG_TABLE:
        info->u.efi_info.cfg.addr = efi->configuration;
        info->u.efi_info.cfg.nent = efi->configurations;
        return 0;
    case XEN_FW_EFI_RT_VERSION:
        info->u.efi_info.version = 0; /* no run-time services for guests */
        return 0;
    default:
        return -EINVAL;
    }
}

long do_platform_op_firmware_info(const struct permit *permit,
                                  struct call *call,
                                  struct xen_platform_op *op)
{
    switch (op->u.firmware_info.type) {
    case XEN_FW_DISK_INFO:
    case XEN_FW_DISK_MBR_SIGNATURE:
    case XEN_FW_VBEDDC_INFO:
    case XEN_FW_KBD_SHIFT_FLAGS:
        return -ESRCH;
    case XEN_FW_EFI_INFO:
        return efi_info(&op->u.firmware_info);
    default:
        return -EINVAL;
    }
}

long do_platform_op_enter_acpi_sleep(const struct permit *permit,
                                     struct call *call,
                                     struct xen_platform_op *op)
{
    const struct xenpf_enter_acpi_sleep *sleep = &op->u.enter_acpi_sleep;

    if (sleep->sleep_state != 5 || sleep->flags != 0) {
        return -EINVAL;
    }
    power_enter_sleep(sleep->val_a, sleep->val_b);
    return 0;
}

long do_platform_op_get_cpuinfo(const struct permit *permit,
                                struct call *call, struct xen_platform_op *op)
{
    struct xenpf_pcpuinfo *info = &op->u.pcpu_info;

    info->max_present = cpu_count - 1;
    if (info->xen_cpuid >= cpu_count) {
        info->flags = XEN_PCPU_FLAGS_INVALID;
        return 0;
    }
    info->flags = XEN_PCPU_FLAGS_ONLINE;
    info->apic_id = cpus[index_nospec(info->xen_cpuid, cpu_count)]->apic_id;
    info->acpi_id = firmware_acpi_id(info->apic_id);
    return 0;
}

long do_platform_op_settime64(const struct permit *permit, struct call *call,
                              struct xen_platform_op *op)
{
    const struct xenpf_settime64 *time = &op->u.settime64;
    struct domain *domain = NULL;
    domid_t id = 0;

    if (time->mbz != 0) {
        return -EINVAL;
    }
    clock_set_wallclock(time->secs, time->nsecs, time->system_time);
    while ((domain = domain_get_next(id)) != NULL) {
        clock_update_wallclock(domain);
        id = domain->id + 1;
        domain_put(domain);
    }
    return 0;
}

/* Of each CPU no more than who it is: there are no machine-check banks. */
long do_mca_physcpuinfo(const struct permit *permit, struct call *call,
                        struct xen_mc *mc)
{
    struct xen_mc_physcpuinfo *info = &mc->u.mc_physcpuinfo;
    uint32_t count = MIN(info->ncpus, cpu_count);

    info->ncpus = cpu_count;
    for (uint32_t i = 0; info->info.p != NULL && i < count; i++) {
        xen_mc_logical_cpu_t cpu = {
            .mc_cpunr = i,
            .mc_apicid = cpus[i]->apic_id,
            .mc_ncores = 1,
            .mc_ncores_active = 1,
            .mc_nthreads = 1,
        };

        if (!guest_write(GVA(info->info.p + i), &cpu, sizeof(cpu))) {
            return -EFAULT;
        }
    }
    return 0;
}

long do_memory_op_machine_memory_map(const struct permit *permit,
                                     struct call *call,
                                     struct xen_memory_map *arg)
{
    size_t count;
    const struct e820_entry *map = machine_map(&count);

    if (arg->buffer.p != NULL) {
        if (arg->nr_entries < count) {
            return -EINVAL;
        }
        if (!guest_write(GVA(arg->buffer.p), map, count * sizeof(*map))) {
            return -EFAULT;
        }
    }
    arg->nr_entries = (uint32_t)count;
    return 0;
}
