/* SPDX-License-Identifier: MIT */
/*
 * I/O ports.  Guests run with hardware IOPL 0, so that each access of theirs
 * faults and is done here, by the rows of ports.def.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/domain/domain.h"

/* Ports that only this machine's tables and command line tell; 0: none. */
struct ioport_layout {
    uint16_t console;  /* the hypervisor's UART: 8 ports */
    uint16_t pm_timer; /* the ACPI timer: 4 ports */
};
/* Once, before any guest runs. */
void ioport_init(const struct ioport_layout *layout);

/* A guest kernel stands for privilege level 1, a guest user for 3. */
static inline bool ioport_has_iopl(const struct vcpu *vcpu)
{
    return vcpu->virtual_iopl >= (vcpu->kernel_mode ? 1 : 3);
}

/* Whether IOPL or the I/O bitmap lets the current vCPU use these ports. */
bool ioport_guest_may(struct vcpu *vcpu, uint16_t port,
                      unsigned int size) NODISCARD;

/* The access itself: size is 1, 2 or 4 bytes. */
uint32_t ioport_read(struct vcpu *vcpu, uint16_t port, unsigned int size);
void ioport_write(struct vcpu *vcpu, uint16_t port, unsigned int size,
                  uint32_t value);
