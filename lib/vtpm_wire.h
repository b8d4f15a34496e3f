/* SPDX-License-Identifier: MIT */
/*
 * What a vTPM domain and the daemon in dom0 say to each other over one byte
 * stream, and a guest to its vTPM by a TPM command of our own. The daemon is
 * trusted with availability only: what it returns is ciphertext, or goes to a
 * verifier.
 *
 * Stream: messages of a header and size bytes. The vTPM asks; each question
 * has one answer with the same type and id. Little endian.
 */
#ifndef VOUCH_LIB_VTPM_WIRE_H
#define VOUCH_LIB_VTPM_WIRE_H

#include <stdint.h>

/* In xenstore, under the vTPM's own domain: ring-ref, event-channel (as
 * libxenvchan's clients read them; the vTPM is the server). */
#define VTPM_WIRE_PATH "data/vouch"
#define VTPM_WIRE_MAX  (1u << 20) /* of size */
/* Platform evidence in an answer: what a vTPM domain whose TPM is full has room
 * for. */
#define VTPM_EVIDENCE_MAX (768u << 10)

enum vtpm_wire_type {
    /* uuid[16], slot (one byte, 0 or 1) -> status, the slot's bytes */
    VTPM_WIRE_LOAD = 1,
    /* uuid[16], slot, bytes -> status, once they are on stable storage */
    VTPM_WIRE_STORE = 2,
    /* nonce[32], AK's Name[34], SHA-256 of the guest's quote[32] ->
     * status, platform evidence (JSON text) */
    VTPM_WIRE_EVIDENCE = 3,
    /* uuid[16] -> status, the EK's certificate (X.509 in DER, at most
     * VTPM_CERTIFICATE_MAX bytes, which nobody between looks at) */
    VTPM_WIRE_CERTIFICATE = 4,
};

struct vtpm_wire_header {
    uint32_t type;
    uint32_t size;
    uint64_t id;
};

/* First four bytes of each answer. */
enum vtpm_wire_status {
    VTPM_WIRE_OK = 0,
    VTPM_WIRE_ABSENT = 1, /* nothing is stored there */
    VTPM_WIRE_FAILED = 2,
};

/*
 * The guest's command: TPM2_CC of the vendor, no sessions, no handles.
 *   tag 0x8001, size, VTPM_CC_EVIDENCE, operation (one byte), its parameters:
 *   BEGIN  nonce[32], SHA-256 of the guest's quote[32]   -> nothing
 *   READ   offset (be32), most bytes (be16) -> total (be32), TPM2B of bytes
 * READ answers TPM_RC_RETRY until the platform's part is there, and TPM_RC_NV_
 * UNINITIALIZED when nothing was begun or it failed.
 */
#define VTPM_CC_EVIDENCE 0x20005601u
enum vtpm_evidence_operation {
    VTPM_EVIDENCE_BEGIN = 1,
    VTPM_EVIDENCE_READ = 2,
};

/* The vTPM's own event log (TCG crypto-agile), read-only, and where its keys'
 * certificates are if an issuer made them. */
#define VTPM_NV_LOG            0x01c10180u
#define VTPM_NV_EK_CERTIFICATE 0x01c0000au /* EK profile 2.5, ECC P-256 */
#define VTPM_CERTIFICATE_MAX   2048u       /* libtpms: MAX_NV_INDEX_SIZE */

/* The vTPM's PCRs that it extends before it answers the first command. */
#define VTPM_PCR_KERNEL  4
#define VTPM_PCR_CMDLINE 8
#define VTPM_PCR_INITRD  9
/* What a guest's quote covers: 0 to 9, SHA-256. */
#define VTPM_QUOTE_PCRS 0x3ffu

/* Leaf of the tree whose root the hardware TPM signs (RFC 9162, 2.1.1):
 * SHA-256(0x00 || "vouch leaf 1" || nonce || AK's Name || quote's digest). */
#define VTPM_LEAF_PREFIX "vouch leaf 1"

#endif
