/* SPDX-License-Identifier: MIT */
/*
 * Making the operator's approvals of machines' states (lib/approval.h), with
 * the P-256 key that `vouch ref keygen` makes.
 */
#ifndef VOUCH_ATTEST_APPROVE_H
#define VOUCH_ATTEST_APPROVE_H

#include <openssl/evp.h>

#include "lib/approval.h"

#define APPROVE_PCRS 24
/* Firmware, its drivers, the boot loader, Secure Boot, GRUB's commands and
 * files, and what the hypervisor measured at boot: what is approved unless the
 * operator chooses. A source that has no value for one of them tells of a part
 * of a boot. */
#define APPROVE_NEEDED 0x200395u
/* And a dynamic launch, where the source tells of it. */
#define APPROVE_DEFAULT (APPROVE_NEEDED | 1u << 17 | 1u << 18)

/* Those of these PCRs that something was measured into. All 00 and all FF are
 * what any machine shows where nothing was. */
uint32_t approve_measured(uint32_t pcrs,
                          const struct sha256_digest values[APPROVE_PCRS]);

/* A loader that nobody vouched for could show any other PCR: the least that an
 * approval covers is what GRUB (PCR 4, 8, 9) or a dynamic launch (17, 18)
 * measured. It is no more than that: a firmware or a driver of its that lies
 * shows only in PCR 0 and 2. */
bool approve_is_enough(uint32_t pcrs,
                       const struct sha256_digest values[APPROVE_PCRS]);

/* The public half of a P-256 key. */
NODISCARD bool approve_key(EVP_PKEY *key, struct approval_key *out);

/* Approve these PCRs with these values; values of others are not looked at.
 * False also if they are not enough. */
NODISCARD bool approve_sign(EVP_PKEY *key, uint32_t pcrs,
                            const struct sha256_digest values[APPROVE_PCRS],
                            struct approval *out);

#endif
