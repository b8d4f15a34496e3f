/* SPDX-License-Identifier: MIT */
/*
 * How the TPM drivers reach the device's registers and let time pass. The
 * hypervisor's is tpm_mmio.c; the unit tests' fake machine is another. Offsets
 * count from the start of locality 0 and stay below size.
 */
#ifndef VOUCH_HV_MEASURE_TPM_IO_H
#define VOUCH_HV_MEASURE_TPM_IO_H

#include <stdint.h>

#define TPM_IO_BASE          0xfed40000u /* PTP 1.05, 6.2 */
#define TPM_IO_LOCALITY_SIZE 0x1000u
#define TPM_IO_SIZE          0x5000u /* five localities */

struct tpm_io {
    uint8_t (*read8)(void *context, uint32_t offset);
    uint32_t (*read32)(void *context, uint32_t offset);
    void (*write8)(void *context, uint32_t offset, uint8_t value);
    void (*write32)(void *context, uint32_t offset, uint32_t value);
    void (*delay_us)(void *context, uint32_t microseconds);
    void *context;
    uint64_t base; /* machine address of offset 0 */
    uint32_t size;
};

#endif
