/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own events (lib/vouchlog.h), read. Only the one spelling
 * that each meaning has is accepted.
 */
#ifndef VOUCH_ATTEST_RECORD_H
#define VOUCH_ATTEST_RECORD_H

#include "lib/vouchlog.h"

enum record_form {
    RECORD_BLOB, /* digest and size of something too big for a log */
    RECORD_TEXT, /* the text itself */
};

struct record {
    enum vouchlog_tag tag;
    enum record_form form;
    struct sha256_digest digest; /* RECORD_BLOB */
    uint64_t size;               /* RECORD_BLOB: bytes */
    struct bytes text;           /* RECORD_TEXT: points into the event */
};

enum record_status {
    RECORD_OK,
    RECORD_NOT_OURS,    /* an EV_EVENT_TAG of somebody else */
    RECORD_BAD_SIZE,    /* tagged event's size differs from the data's */
    RECORD_BAD_NAME,    /* payload names another event than the tag */
    RECORD_BAD_PAYLOAD, /* neither of the two forms, spelt exactly */
    RECORD_UNKNOWN_TAG, /* in our range, but not one we know */
};

NODISCARD enum record_status record_parse(struct bytes event_data,
                                          struct record *out);

/* ---- what run-time records say ---- */

struct record_launch {
    uint64_t instance, domid, pages, vcpus;
    uint8_t uuid[16];
    struct bytes label; /* user:role:type; points into the record's text */
    struct sha256_digest kernel, initrd, cmdline;
};

struct record_identity {
    uint64_t vtpm, guest; /* instances */
    uint8_t ak[VOUCHLOG_NAME_SIZE], ek[VOUCHLOG_NAME_SIZE];
};

/* From a record with that tag. False if it is spelt in any other way than
 * vouchlog_put_launch and vouchlog_put_identity do. */
NODISCARD bool record_parse_launch(const struct record *record,
                                   struct record_launch *out);
NODISCARD bool record_parse_identity(const struct record *record,
                                     struct record_identity *out);

/* Parts of a label that was parsed: what stands before the first colon, and
 * from the second one on. */
struct bytes record_label_user(struct bytes label);
struct bytes record_label_type(struct bytes label);

#endif
