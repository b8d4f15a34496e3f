/* SPDX-License-Identifier: MIT */
/*
 * physdev_op (public/physdev.h): device interrupts for the hardware domain,
 * and the I/O privileges of a vCPU.  Only the hardware domain has pirqs; for
 * any other they do not exist.  The hypervisor keeps no list of PCI devices,
 * so that being told of them needs no more than saying yes.
 */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/cpu/ioapic.h"
#include "hv/cpu/irq.h"
#include "hv/domain/domain.h"
#include "hv/evtchn/pirq.h"

#define IO_PORTS 0x10000u
#define IOPL_MAX 3u

/* map_pirq's bus: the segment in the high half. */
#define SEGMENT(bus)   ((uint32_t)(bus) >> 16)
#define BUS_MAX        0xffu
#define DEVFN_MAX      0xffu
#define MSIX_ENTRY_MAX 0x7ff

long do_physdev_op_set_iopl(const struct permit *permit, struct call *call,
                            struct physdev_set_iopl *arg)
{
    if (arg->iopl > IOPL_MAX) {
        return -EINVAL;
    }
    call->caller->virtual_iopl = (uint8_t)arg->iopl;
    return 0;
}

long do_physdev_op_set_iobitmap(const struct permit *permit, struct call *call,
                                struct physdev_set_iobitmap *arg)
{
    if (arg->nr_ports > IO_PORTS) {
        return -EINVAL;
    }
    call->caller->iobitmap = (uint64_t)arg->bitmap.p;
    call->caller->iobitmap_ports = arg->nr_ports;
    return 0;
}

long do_physdev_op_apic_read(const struct permit *permit, struct call *call,
                             struct physdev_apic *arg)
{
    return irq_read_ioapic(MADDR(arg->apic_physbase), arg->reg, &arg->value);
}

/* Vectors are ours; to the guest an interrupt's vector is its number. */
long do_physdev_op_alloc_irq_vector(const struct permit *permit,
                                    struct call *call, struct physdev_irq *arg)
{
    if (arg->irq >= PIRQ_COUNT) {
        return -EINVAL;
    }
    arg->vector = arg->irq;
    return 0;
}

static long map_gsi(struct physdev_map_pirq *arg)
{
    int status = 0;

    if (arg->index < 0 || (arg->pirq >= 0 && arg->pirq != arg->index)) {
        return -EINVAL;
    }
    status = pirq_map_gsi((uint32_t)arg->index);
    if (status == 0) {
        arg->pirq = arg->index;
    }
    return status;
}

static long map_msi(struct physdev_map_pirq *arg)
{
    struct msi msi = {.is_msix = arg->table_base != 0};
    uint32_t bus = (uint32_t)arg->bus;
    uint32_t pirq = 0;
    int status = 0;

    if (arg->type == MAP_PIRQ_TYPE_MSI_SEG && SEGMENT(bus) != 0) {
        return -ENODEV;
    }
    bus &= 0xffff;
    if (bus > BUS_MAX || (uint32_t)arg->devfn > DEVFN_MAX ||
        arg->entry_nr < 0 || arg->entry_nr > MSIX_ENTRY_MAX) {
        return -ENODEV;
    }
    msi.bdf = (uint16_t)(bus << 8 | (uint32_t)arg->devfn);
    msi.entry = msi.is_msix ? (uint16_t)arg->entry_nr : 0;
    status = pirq_map_msi(&msi, &pirq);
    if (status == 0) {
        arg->pirq = (int)pirq;
    }
    return status;
}

long do_physdev_op_map_pirq(const struct permit *permit, struct call *call,
                            struct physdev_map_pirq *arg)
{
    if (!call->target->is_hardware) {
        return -EOPNOTSUPP;
    }
    switch (arg->type) {
    case MAP_PIRQ_TYPE_GSI:
        return map_gsi(arg);
    case MAP_PIRQ_TYPE_MSI:
    case MAP_PIRQ_TYPE_MSI_SEG:
        return map_msi(arg);
    default: /* several messages in one block: drivers fall back to one */
        return -EOPNOTSUPP;
    }
}

long do_physdev_op_unmap_pirq(const struct permit *permit, struct call *call,
                              struct physdev_unmap_pirq *arg)
{
    if (!call->target->is_hardware || arg->pirq < 0) {
        return -EINVAL;
    }
    return pirq_unmap((uint32_t)arg->pirq);
}

long do_physdev_op_setup_gsi(const struct permit *permit, struct call *call,
                             struct physdev_setup_gsi *arg)
{
    if (arg->gsi < 0) {
        return -EINVAL;
    }
    return irq_configure_gsi((uint32_t)arg->gsi,
                             arg->triggering != 0 ? IRQ_LEVEL : IRQ_EDGE,
                             arg->polarity != 0 ? IRQ_LOW : IRQ_HIGH);
}

long do_physdev_op_irq_status_query(const struct permit *permit,
                                    struct call *call,
                                    struct physdev_irq_status_query *arg)
{
    if (!call->caller->domain->is_hardware) {
        return -EINVAL;
    }
    return pirq_status(arg->irq, &arg->flags);
}

long do_physdev_op_eoi(const struct permit *permit, struct call *call,
                       struct physdev_eoi *arg)
{
    if (!call->caller->domain->is_hardware) {
        return -EINVAL;
    }
    return pirq_end(arg->irq);
}

long do_physdev_op_pci_device_add(const struct permit *permit,
                                  struct call *call,
                                  struct physdev_pci_device_add *arg)
{
    return 0;
}

long do_physdev_op_pci_device_remove(const struct permit *permit,
                                     struct call *call,
                                     struct physdev_pci_device *arg)
{
    return 0;
}

/* No EHCI debug port is ours: the controller may be reset at will. */
long do_physdev_op_dbgp_op(const struct permit *permit, struct call *call,
                           struct physdev_dbgp_op *arg)
{
    return 0;
}
