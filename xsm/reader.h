/* SPDX-License-Identifier: MIT */
/*
 * Reading a policy file: a cursor, and the first refusal. Once refused, numbers
 * read are 0 and every further step fails, so a step checks once at its end.
 * Every count is bounded by the bytes that are left before it is used.
 */
#ifndef VOUCH_XSM_READER_H
#define VOUCH_XSM_READER_H

#include "xsm/policy.h"

struct reader {
    struct cursor in;
    struct xsm_arena *arena;
    struct policy *policy;
    const char *section;
    struct bytes object; /* the name that is being read */
    enum xsm_status status;
    struct xsm_refusal *why;
};

/* Only the first refusal counts. Returns false, to be returned in turn. */
bool reader_refuse(struct reader *reader, const char *reason);
bool reader_refuse_at(struct reader *reader, const char *reason, size_t offset);
/* Refuse what is not ok. False: this, or something before it, was refused. */
bool reader_check(struct reader *reader, bool ok, const char *reason);

static inline bool reader_is_ok(const struct reader *reader)
{
    return reader->status == XSM_OK;
}

/* A new section of the file; nothing in it is being read yet. */
void reader_section(struct reader *reader, const char *section);

uint32_t reader_u32(struct reader *reader);
uint16_t reader_u16(struct reader *reader);
uint64_t reader_u64(struct reader *reader);

/* How many entries of at least entry_size bytes follow. */
uint32_t reader_count(struct reader *reader, size_t entry_size);

/* A number that must be 0; reason says what it would mean. */
bool reader_zero(struct reader *reader, const char *reason);

/* size characters of [A-Za-z0-9_.-], the object from now on. */
struct bytes reader_name(struct reader *reader, uint32_t size);

/* Read a set, with room for values up to size even if it holds none of them.
 * The file's bit n is value n + 1. */
void reader_set(struct reader *reader, uint32_t size, struct bitset *out);

/* Once table is there: every member of set is a value of it, counted from the
 * member that value 1 of the table is. */
bool reader_check_set(struct reader *reader, const struct bitset *set,
                      const struct symbols *table, uint32_t first);

/* Zeroed memory, or NULL and refused. */
void *reader_take(struct reader *reader, size_t count, size_t size);

/* ---- the parts of a file, in order ---- */

bool read_classes(struct reader *reader);
bool read_constraints(struct reader *reader, const struct policy_class *class,
                      uint32_t count);
bool read_roles(struct reader *reader);
bool read_types(struct reader *reader);
bool read_users(struct reader *reader);
bool read_booleans(struct reader *reader);
bool read_mls_tables(struct reader *reader);
bool read_rules(struct reader *reader);
bool read_conditions(struct reader *reader);
bool read_role_rules(struct reader *reader);
bool read_contexts(struct reader *reader);
bool read_type_attributes(struct reader *reader);

/* A context's unused MLS range, which is there all the same. */
bool read_range(struct reader *reader);

/* Of what was read before the table that it is about. */
bool check_roles(struct reader *reader);
bool check_users(struct reader *reader);
bool check_constraints(struct reader *reader);
bool check_bounds(struct reader *reader);

#endif
