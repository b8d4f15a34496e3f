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

#endif
