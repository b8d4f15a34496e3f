/* SPDX-License-Identifier: MIT */
/* The states of vTPMs: hv/measure/seal.h on the machine's TPM. */
#pragma once

#include "lib/sha2.h"

/* At boot, after the TPM was found. key: state= of the command line, or NULL:
 * then there are no states. */
void state_ops_start(const struct sha256_digest *key);
