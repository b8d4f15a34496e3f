/* SPDX-License-Identifier: MIT */
/*
 * Register access by plain loads and stores of the register's own width.
 */
#include "hv/measure/tpm_mmio.h"

static uint8_t read8(void *context, uint32_t offset)
{
    const struct tpm_mmio *mmio = context;
    return mmio->registers[offset];
}

static uint32_t read32(void *context, uint32_t offset)
{
    const struct tpm_mmio *mmio = context;
    return *(volatile uint32_t *)(mmio->registers + offset);
}

static void write8(void *context, uint32_t offset, uint8_t value)
{
    const struct tpm_mmio *mmio = context;
    mmio->registers[offset] = value;
}

static void write32(void *context, uint32_t offset, uint32_t value)
{
    const struct tpm_mmio *mmio = context;
    *(volatile uint32_t *)(mmio->registers + offset) = value;
}

static void delay(void *context, uint32_t microseconds)
{
    const struct tpm_mmio *mmio = context;
    mmio->delay_us(microseconds);
}

struct tpm_io tpm_mmio_io(struct tpm_mmio *mmio, uint64_t base, uint32_t size)
{
    return (struct tpm_io){.read8 = read8,
                           .read32 = read32,
                           .write8 = write8,
                           .write32 = write32,
                           .delay_us = delay,
                           .context = mmio,
                           .base = base,
                           .size = size};
}
