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
 * files, a dynamic launch, and what the hypervisor measured at boot: of these,
 * those that have a value. */
#define APPROVE_DEFAULT 0x260395u

/* Those of these PCRs that something was measured into. All 00 and all FF are
 * what any machine shows where nothing was. */
uint32_t approve_measured(uint32_t pcrs,
                          const struct sha256_digest values[APPROVE_PCRS]);

/* A loader that nobody vouched for could show any other PCR: an approval covers
 * what GRUB (PCR 4, 8, 9) or a dynamic launch (17, 18) measured. */
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
