/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Those of the TPM core's exported functions that linux/tpm.h leaves to drivers
 * within the kernel's tree.
 */
#ifndef VOUCH_TPMFRONT_CHIP_H
#define VOUCH_TPMFRONT_CHIP_H

#include <linux/tpm.h>

/* Freed with the device's driver; becomes the device's data. */
struct tpm_chip *tpmm_chip_alloc(struct device *device,
                                 const struct tpm_class_ops *ops);
int tpm_chip_register(struct tpm_chip *chip);
void tpm_chip_unregister(struct tpm_chip *chip);

#endif
