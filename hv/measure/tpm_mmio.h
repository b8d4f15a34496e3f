/* SPDX-License-Identifier: MIT */
/*
 * The TPM's registers in the hypervisor: a mapping of machine memory, not
 * cached.
 */
#ifndef VOUCH_HV_MEASURE_TPM_MMIO_H
#define VOUCH_HV_MEASURE_TPM_MMIO_H

#include "hv/measure/tpm_io.h"

struct tpm_mmio {
    volatile uint8_t *registers; /* mapping of [base, base + size) */
    void (*delay_us)(uint32_t microseconds);
};

/* Registers at machine address base, mapped at mmio->registers; *mmio must
 * outlive what is made from it. */
struct tpm_io tpm_mmio_io(struct tpm_mmio *mmio, uint64_t base, uint32_t size);

#endif
