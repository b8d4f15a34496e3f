/* SPDX-License-Identifier: MIT */
/*
 * Where the TPM's registers are. Offsets count from the start of locality 0
 * and stay below size.
 */
#ifndef VOUCH_HV_MEASURE_TPM_IO_H
#define VOUCH_HV_MEASURE_TPM_IO_H

#include <stdint.h>

#define TPM_IO_BASE          0xfed40000u /* PTP 1.05, 6.2 */
#define TPM_IO_LOCALITY_SIZE 0x1000u
#define TPM_IO_SIZE          0x5000u /* five localities */

struct tpm_io {
    volatile uint8_t *registers; /* mapping of [base, base + size) */
    uint64_t base;               /* machine address of offset 0 */
    uint32_t size;
};

#endif
