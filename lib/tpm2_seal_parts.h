/* SPDX-License-Identifier: MIT */
/* What commands and responses of lib/tpm2_seal.h have in common. */
#ifndef VOUCH_LIB_TPM2_SEAL_PARTS_H
#define VOUCH_LIB_TPM2_SEAL_PARTS_H

#include "lib/tpm2_seal.h"

/* Part 2: 6.3 algorithms, 7.4 handles */
#define TPM_ALG_HMAC      0x0005
#define TPM_ALG_KEYEDHASH 0x0008
#define TPM_ALG_NULL      0x0010
#define TPM_RH_OWNER      0x40000001u

/* Part 2, 8.3: fixedTPM, fixedParent, sensitiveDataOrigin, adminWithPolicy,
 * noDA, sign. Without userWithAuth nothing but the policy lets it be used. */
#define ROOT_ATTRIBUTES    0x000404b2u
#define ROOT_TEMPLATE_SIZE 46 /* without unique */
#define NAME_SIZE          34 /* SHA-256 */
#define COUNTER_SIZE       8

/* The root key's public area up to its unique part. */
void tpm2_put_root_template(struct writer *writer,
                            const struct sha256_digest *policy);

#endif
