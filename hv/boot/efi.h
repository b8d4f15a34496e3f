/* SPDX-License-Identifier: MIT */
/* UEFI boot services: the firmware's event log, its memory map, and goodbye. */
#pragma once

#include "hv/boot/memory_map.h"
#include <stdint.h>

/*
 * Takes the TCG event log, leaves the boot services, and appends what that
 * itself was logged as; fills boot_info's memory map and log.  Runs on the
 * firmware's own tables (with our image added), interrupts on until it
 * returns.  Without a TPM there is no log.
 */
void efi_leave_firmware(uint64_t system_table, uint64_t image_handle);

/* UEFI 2.10, 7.2.1, to what it is to us. */
enum memory_type efi_memory_type(uint32_t type);
