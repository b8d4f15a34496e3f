/* SPDX-License-Identifier: MIT */
/*
 * Register access by plain loads and stores of the register's own width. The
 * unit tests have a device of their own in place of this file.
 */
#include "hv/measure/tpm.h"

uint8_t tpm_read8(const struct tpm *tpm, uint32_t offset)
{
    return tpm->io.registers[offset];
}

uint32_t tpm_read32(const struct tpm *tpm, uint32_t offset)
{
    return *(volatile uint32_t *)(tpm->io.registers + offset);
}

void tpm_write8(const struct tpm *tpm, uint32_t offset, uint8_t value)
{
    tpm->io.registers[offset] = value;
}

void tpm_write32(const struct tpm *tpm, uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(tpm->io.registers + offset) = value;
}
