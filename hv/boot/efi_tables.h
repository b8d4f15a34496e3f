/* SPDX-License-Identifier: MIT */
/* Reading UEFI's system table into efi_tables. */
#pragma once

#include "hv/hypercall/firmware.h"

void efi_tables_init(void);
