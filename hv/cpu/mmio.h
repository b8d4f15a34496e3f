/* SPDX-License-Identifier: MIT */
/* Device registers of 32 bits: one access each, in program order. */
#pragma once

#include <stdint.h>

static inline uint32_t mmio_read(const volatile uint32_t *word)
{
    return *word;
}

static inline void mmio_write(volatile uint32_t *word, uint32_t value)
{
    *word = value;
}
