/* SPDX-License-Identifier: MIT */
/*
 * What is behind the rows of ports.def.  Only ioport.c refers to these; it
 * has asked who may before it calls one.
 */
#pragma once

#include "hv/domain/domain.h"

#define PORT_DENIED(...)
#define PORT_EMULATED(first, last, width, who, name, ...)                      \
    uint32_t port_##name##_read(struct domain *domain, uint16_t port,          \
                                unsigned int size);                            \
    void port_##name##_write(struct domain *domain, uint16_t port,             \
                             unsigned int size, uint32_t value);
#define PORT_DIRECT(first, last, who, name, ...)                               \
    PORT_EMULATED(first, last, 4, who, name, )
#include "hv/hypercall/ports.def"
#undef PORT_DENIED
#undef PORT_EMULATED
#undef PORT_DIRECT
