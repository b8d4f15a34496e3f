/* SPDX-License-Identifier: MIT */
/*
 * The devices behind I/O ports that are simple: the real ports, the timer
 * model, and the CMOS clock, whose index register each access sets anew so
 * that nobody else's index is in the way.
 */
#include "hv/base/spinlock.h"
#include "hv/cpu/machine.h"
#include "hv/cpu/time.h"
#include "hv/hypercall/port_handlers.h"

#define CMOS_INDEX 0x70
#define CMOS_DATA  0x71
/* Bit 7 of the index switches NMIs off, which are the hypervisor's. */
#define CMOS_INDEX_MASK 0x7f

/* Index and data register of the CMOS are one operation. */
static spinlock_t cmos_lock;

uint32_t port_direct_read(struct domain *domain, uint16_t port,
                          unsigned int size)
{
    return machine_port_read(port, size);
}

void port_direct_write(struct domain *domain, uint16_t port, unsigned int size,
                       uint32_t value)
{
    machine_port_write(port, size, value);
}

uint32_t port_pit_read(struct domain *domain, uint16_t port, unsigned int size)
{
    return pit_read(&domain->pit, port, system_time_ns());
}

void port_pit_write(struct domain *domain, uint16_t port, unsigned int size,
                    uint32_t value)
{
    pit_write(&domain->pit, port, (uint8_t)value, system_time_ns());
}

uint32_t port_rtc_read(struct domain *domain, uint16_t port, unsigned int size)
{
    uint32_t value;

    if (port == CMOS_INDEX) {
        return 0xff; /* write-only */
    }
    spin_lock(&cmos_lock);
    machine_port_write(CMOS_INDEX, 1, domain->rtc_index);
    value = machine_port_read(CMOS_DATA, 1);
    spin_unlock(&cmos_lock);
    return value;
}

void port_rtc_write(struct domain *domain, uint16_t port, unsigned int size,
                    uint32_t value)
{
    if (port == CMOS_INDEX) {
        domain->rtc_index = value & CMOS_INDEX_MASK;
        return;
    }
    spin_lock(&cmos_lock);
    machine_port_write(CMOS_INDEX, 1, domain->rtc_index);
    machine_port_write(CMOS_DATA, 1, value);
    spin_unlock(&cmos_lock);
}
