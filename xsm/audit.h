/* SPDX-License-Identifier: MIT */
/*
 * The audit ring: records in order, each with the hash of all before it, in
 * memory the caller gives. The oldest records give way to new ones; how many
 * went, and the hash they ended in, stays. What a domain writes beyond its
 * budget is not recorded but counted, and the count is a record of its own.
 *
 * A pure data structure: time comes from the caller, who also serialises.
 */
#ifndef VOUCH_XSM_AUDIT_H
#define VOUCH_XSM_AUDIT_H

#include "lib/attributes.h"
#include "lib/bytes.h"
#include "lib/sha2.h"

#define AUDIT_TEXT_MAX 1024

/* In the ring and when read: little-endian, text follows. */
struct audit_header {
    uint64_t sequence; /* counts records from 0 */
    uint64_t time_ns;
    uint16_t domid;
    uint16_t size; /* of the text */
    uint32_t reserved;
};
_Static_assert(sizeof(struct audit_header) == 24, "layout of a record");

/* One per domain, zero at first: a bucket of tokens, a record takes one. The
 * next domain that has it starts anew. */
struct audit_budget {
    uint64_t filled_at_ns;
    uint32_t spent;
    uint32_t suppressed; /* since its last record */
    uint16_t domid;      /* whose it is */
};

struct audit_limits {
    uint32_t burst;         /* records at once */
    uint64_t ns_per_record; /* then one per this time; not 0 */
};

struct audit_ring {
    struct buffer memory;
    struct audit_limits limits;
    size_t first;               /* where the oldest record starts */
    size_t used;                /* bytes in use, from there on and around */
    uint64_t sequence;          /* of the next record */
    uint64_t overwritten;       /* records that gave way */
    uint64_t suppressed;        /* records never made, all domains */
    struct sha256_digest chain; /* of all records ever */
    struct sha256_digest overwritten_chain; /* of those that gave way */
};

/* size is at least that of the largest record. */
void audit_init(struct audit_ring *ring, void *memory, size_t size,
                struct audit_limits limits);

/* Take one from the bucket; false, and counted, if it is empty. */
bool audit_take(const struct audit_limits *limits, struct audit_budget *budget,
                uint64_t now_ns);

/* Record text about domid, if its budget allows. Text beyond AUDIT_TEXT_MAX
 * is cut. True if there is a new record. */
bool audit_write(struct audit_ring *ring, struct audit_budget *budget,
                 uint16_t domid, uint64_t now_ns, struct bytes text);

/* Copy records from *sequence on, as many as fit, and move *sequence past
 * them. If *sequence is gone, reading starts with the oldest there is. */
void audit_read(const struct audit_ring *ring, uint64_t *sequence,
                struct buffer *out);

/* The chain after a record, from the chain before it: SHA-256 of both. */
struct sha256_digest audit_extend(const struct sha256_digest *chain,
                                  const struct audit_header *header,
                                  struct bytes text);

#endif
