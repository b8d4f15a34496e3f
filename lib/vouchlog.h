/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own events, written by it and read by the verifier.
 * Each is an EV_EVENT_TAG whose data is a TCG_PCClientTaggedEvent {le32 tag,
 * le32 size, payload}, the payload ASCII text:
 *     vouch <name> sha256:<64 hex> size:<decimal>
 *     vouch <name> text:<printable characters>
 * The digest in every bank is the hash of the event data, so no byte of it can
 * change under a kept digest. One meaning has one spelling; attest/record.h
 * accepts no other.
 */
#ifndef VOUCH_LIB_VOUCHLOG_H
#define VOUCH_LIB_VOUCHLOG_H

#include "lib/bytes.h"
#include "lib/sha2.h"

#define VOUCHLOG_MAX_PAYLOAD 900
#define VOUCHLOG_MAX_DATA    (8 + VOUCHLOG_MAX_PAYLOAD)

/* PCRs that only locality 2 can extend and reset ... */
#define VOUCHLOG_PCR_BOOT 21
#define VOUCHLOG_PCR_RUN  22
/* ... and those used where there is locality 0 only. */
#define VOUCHLOG_PCR_BOOT_SHARED 11
#define VOUCHLOG_PCR_RUN_SHARED  12

enum vouchlog_tag {
    /* PCR 21, in the order MODE, CMDLINE, POLICY, DOM0_KERNEL, DOM0_CMDLINE,
     * DOM0_INITRD */
    VOUCHLOG_MODE = 0x56010001,
    VOUCHLOG_CMDLINE = 0x56010002,
    VOUCHLOG_POLICY = 0x56010003,
    VOUCHLOG_DOM0_KERNEL = 0x56010004,
    VOUCHLOG_DOM0_INITRD = 0x56010005,
    VOUCHLOG_DOM0_CMDLINE = 0x56010006,
    VOUCHLOG_CAP = 0x560100ff, /* the last event a PCR will hold */
    /* PCR 22 */
    VOUCHLOG_POLICY_LOAD = 0x56020001,
    VOUCHLOG_MODE_CHANGE = 0x56020002,
    VOUCHLOG_LAUNCH = 0x56020010,   /* vouchlog_put_launch() */
    VOUCHLOG_IDENTITY = 0x56020011, /* vouchlog_put_identity() */
    /* In a vTPM's own log, lib/vtpm_wire.h says in which of its PCRs */
    VOUCHLOG_GUEST_KERNEL = 0x56030001,
    VOUCHLOG_GUEST_INITRD = 0x56030002,
    VOUCHLOG_GUEST_CMDLINE = 0x56030003,
};

enum vouchlog_status {
    VOUCHLOG_OK,
    VOUCHLOG_UNKNOWN_TAG, /* a number that is no tag */
    VOUCHLOG_NO_SPACE,
};

/* The parts of a payload, as in the grammar above. */
#define VOUCHLOG_FIRST  "vouch "
#define VOUCHLOG_DIGEST " sha256:"
#define VOUCHLOG_SIZE   " size:"
#define VOUCHLOG_TEXT   " text:"

/* "policy", "dom0-kernel"; NULL for a number that is no tag. */
const char *vouchlog_tag_name(enum vouchlog_tag tag);

/* Event data for a blob: its digest and size. */
NODISCARD enum vouchlog_status
vouchlog_build_blob(enum vouchlog_tag tag, const struct sha256_digest *digest,
                    uint64_t size, struct buffer *out);

/* Event data for a text; one that is too long or not printable is recorded as
 * a blob. Empty text is a text. */
NODISCARD enum vouchlog_status vouchlog_build_text(enum vouchlog_tag tag,
                                                   struct bytes text,
                                                   struct buffer *out);

/* What a MODE event says: how the hypervisor was entered ("efi64", "mb2",
 * "mb1"), "enforcing" or "permissive", and "yes" if the PCRs are its alone,
 * else "no". Puts "entry=... policy=... exclusive=...". */
struct vouchlog_mode {
    const char *entry, *policy, *exclusive;
};
void vouchlog_put_mode(struct writer *writer, const struct vouchlog_mode *mode);

/*
 * What a LAUNCH event says: which domain now runs what. Instances are numbers
 * that no other domain of this boot has. Puts "instance=N domid=N uuid=...
 * label=... pages=N vcpus=N kernel=HEX initrd=HEX cmdline=HEX"; no initrd is
 * the digest of no bytes.
 */
struct vouchlog_launch {
    uint64_t instance, domid, pages, vcpus;
    uint8_t uuid[16];
    const char *label;
    struct sha256_digest kernel, initrd, cmdline;
};
void vouchlog_put_launch(struct writer *writer,
                         const struct vouchlog_launch *launch);

/*
 * What an IDENTITY event says: the TPM keys that one launched domain keeps for
 * another, by their Names. Puts "vtpm=N guest=N ak=HEX ek=HEX", instances.
 */
#define VOUCHLOG_NAME_SIZE 34
struct vouchlog_identity {
    uint64_t vtpm, guest;
    uint8_t ak[VOUCHLOG_NAME_SIZE], ek[VOUCHLOG_NAME_SIZE];
};
void vouchlog_put_identity(struct writer *writer,
                           const struct vouchlog_identity *identity);

#endif
