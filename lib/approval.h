/* SPDX-License-Identifier: MIT */
/*
 * What the operator approves: the PCRs of a machine whose hypervisor may have
 * the root key of vTPM state. A file made offline by `vouch vtpm authorize`,
 * kept by dom0, handed to the hypervisor, and judged by the TPM: the root
 * key's policy is PolicyAuthorize(the approval key, APPROVAL_POLICY_REF), then
 * PolicyLocality(2), so a planned update needs a new approval and nothing else.
 *
 * Layout, APPROVAL_SIZE bytes, nothing else:
 *     0    magic "VOUCHAP1"
 *     8    PCRs, le32: bit n selects PCR n of the SHA-256 bank; 1 to 2^24 - 1
 *     12   SHA-256 of the selected PCRs' values, lowest first
 *     44   the approval key, P-256: x, y, 32 bytes each, big endian
 *     108  ECDSA signature: r, s, likewise
 * What is signed, with SHA-256, is approval_policy() and then the reference.
 */
#ifndef VOUCH_LIB_APPROVAL_H
#define VOUCH_LIB_APPROVAL_H

#include "lib/sha2.h"

#define APPROVAL_MAGIC       "VOUCHAP1"
#define APPROVAL_MAGIC_SIZE  8
#define APPROVAL_POLICY_REF  "vouch state"
#define APPROVAL_NUMBER_SIZE 32 /* of a coordinate, of half a signature */
#define APPROVAL_SIZE        172
#define APPROVAL_PUBLIC_SIZE 86   /* of a key's TPMT_PUBLIC */
#define APPROVAL_LOCALITY    0x04 /* TPMA_LOCALITY: two */
#define APPROVAL_ALL_PCRS    0xffffffu

/*
 * The counter that makes old tables of versions worthless: an index of the
 * owner's, made by `vouch vtpm setup` with exactly these attributes, eight
 * bytes, SHA-256 as name algorithm and no policy. The hypervisor refuses any
 * other, but for TPMA_NV_WRITTEN.
 */
#define APPROVAL_COUNTER_INDEX 0x01805601u
/* Part 2, 13.4: OWNERWRITE, TPM_NT_COUNTER, OWNERREAD, NO_DA */
#define APPROVAL_COUNTER_ATTRIBUTES 0x02020012u

struct approval_key {
    uint8_t x[APPROVAL_NUMBER_SIZE], y[APPROVAL_NUMBER_SIZE];
};

struct approval {
    uint32_t pcrs;
    struct sha256_digest pcr_digest;
    struct approval_key key;
    uint8_t r[APPROVAL_NUMBER_SIZE], s[APPROVAL_NUMBER_SIZE];
};

/* False if it is no approval. Whether it is the operator's is for the TPM. */
NODISCARD bool approval_parse(struct bytes bytes, struct approval *out);
void approval_put(struct writer *writer, const struct approval *approval);

/* TPMT_PUBLIC of the key (Part 2, 12.2.4), and its hash: the digest in the
 * key's Name, which the hypervisor's command line says as state=. */
void approval_put_public(struct writer *writer, const struct approval_key *key);
struct sha256_digest approval_key_digest(const struct approval_key *key);

/* The policy approved: PolicyPCR of these PCRs and values. And what is signed,
 * hashed: that policy and the reference. */
struct sha256_digest approval_policy(const struct approval *approval);
struct sha256_digest approval_signed(const struct approval *approval);

/* The root key's policy, from the digest of the approval key's Name. */
struct sha256_digest approval_root_policy(const struct sha256_digest *key);

#endif
