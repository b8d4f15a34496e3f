/* SPDX-License-Identifier: MIT */
/*
 * Reference values: which events a good boot measures, in which order, with
 * which digests, whose proof is accepted and until when. A manifest is their
 * signed form; once loaded it is read-only. vouch-ref(1) has the format.
 */
#ifndef VOUCH_ATTEST_REFERENCE_H
#define VOUCH_ATTEST_REFERENCE_H

#include <jansson.h>

#include "attest/component.h"
#include "attest/key.h"
#include "attest/quote.h"

#define REFERENCE_FORMAT           "vouch-reference-1"
#define REFERENCE_MAX_ALTERNATIVES 32
#define REFERENCE_MAX_IMAGES       256
/* The label's type of a launched guest, if a manifest says no other, and of a
 * launched vTPM. */
#define REFERENCE_GUEST_TYPE "launched_t"
#define REFERENCE_VTPM_TYPE  "vtpm_launched_t"

/* How the data of an event is tied to its digest. */
enum reference_data {
    REFERENCE_DATA_COVERED, /* the digest is a hash of it */
    REFERENCE_DATA_EXACT,   /* it has this digest of its own */
    REFERENCE_DATA_PATH,    /* a file name */
    REFERENCE_DATA_FOUND,   /* a file name after some (device) */
    REFERENCE_DATA_IMAGE,   /* a loaded image of this size, at any address */
};

struct reference_event {
    uint32_t pcr, type;
    enum component component;
    bool is_primary; /* its digest stands for the component in the table */
    size_t digest_count;
    const struct sha256_digest *digests; /* one per alternative, or one */
    enum reference_data data;
    struct sha256_digest data_digest; /* EXACT */
    uint32_t image_size;              /* IMAGE */
    struct bytes text; /* what a command said, or the file's name */
    /* A statement of a configuration file: which one, where, and how much of
     * text is not the component's command line but the configuration. */
    int script;
    size_t start, end, fixed;
    bool is_block; /* other statements lie inside this one */
    int opens;     /* the file is this configuration file; else -1 */
};

struct reference_events {
    struct reference_event *items;
    size_t count;
};

struct reference_script {
    const char *path;
    struct bytes text;
};

/* One firmware build with its settings: what it measures before it starts
 * GRUB's image, and after. */
struct reference_firmware {
    const char *name;
    struct reference_events before, after;
    struct sha256_digest pcr0; /* what the events lead to */
};

struct reference_launch {
    unsigned pcr; /* 17 to 19 */
    struct sha256_digest value;
};

struct reference_blob {
    struct sha256_digest digest;
    uint64_t size;
};

/* What a domain may be launched with: all three parts, together. */
struct reference_image {
    const char *name;
    struct reference_blob kernel, initrd, cmdline;
    const char *user; /* of its label; NULL: any */
    const char *type;
    bool is_wanted; /* see reference_want_guest() */
};

struct reference_images {
    struct reference_image *items;
    size_t count;
};

struct reference {
    json_t *root;            /* owns the strings that the rest points to */
    const char *expires;     /* YYYY-MM-DD, or NULL */
    int64_t expires_at;      /* end of that day, seconds since 1970 */
    bool is_shared_accepted; /* PCR 11 and 12 instead of 21 and 22 */
    struct reference_launch launches[3];
    size_t launch_count;
    struct attest_key *keys;
    size_t key_count;
    struct reference_firmware *firmwares;
    size_t firmware_count;
    struct reference_events boot;       /* PCR 4, 8, 9 */
    struct reference_events hypervisor; /* PCR 21 */
    struct reference_script *scripts;
    size_t script_count;
    struct reference_images guests, vtpms; /* alternatives */
    bool is_guest_required;
};

/* From the payload of a manifest. False if it is not of our form; then there
 * is nothing to free. Takes its own reference to root. */
NODISCARD bool reference_load(struct hasher *hasher, json_t *root,
                              struct reference *out);
void reference_free(struct reference *reference);

/* From now on only evidence of a guest will do, and only of one with this name
 * (NULL: of any). False if the manifest has no such guest. */
NODISCARD bool reference_want_guest(struct reference *reference,
                                    const char *name);

/* Seconds since 1970 at the end of the day YYYY-MM-DD (UTC); false if text is
 * no date. */
NODISCARD bool reference_parse_date(const char *text, int64_t *out);

#endif
