/* SPDX-License-Identifier: MIT */
/* What every part of a policy file is made of. */
#include "xsm/reader.h"

#include "xsm/arena.h"

#define SET_UNIT       64
#define SET_ENTRY_SIZE 12

bool reader_refuse_at(struct reader *reader, const char *reason, size_t offset)
{
    if (reader->status != XSM_OK) {
        return false;
    }
    struct xsm_refusal *why = reader->why;
    reader->status = XSM_BAD_POLICY;
    why->section = reader->section;
    why->reason = reason;
    why->offset = offset;
    _Static_assert(POLICY_NAME_MAX < sizeof(why->object), "room for a name");
    memset(why->object, 0, sizeof(why->object));
    if (reader->object.size != 0) {
        memcpy(why->object, reader->object.data, reader->object.size);
    }
    return false;
}

bool reader_refuse(struct reader *reader, const char *reason)
{
    return reader_refuse_at(reader, reason, reader->in.offset);
}

bool reader_check(struct reader *reader, bool ok, const char *reason)
{
    return reader_is_ok(reader) && (ok || reader_refuse(reader, reason));
}

void reader_section(struct reader *reader, const char *section)
{
    reader->section = section;
    reader->object = bytes_none();
}

static uint64_t reader_number(struct reader *reader, size_t size)
{
    if (reader->status != XSM_OK) {
        return 0;
    }
    uint64_t value = take_little(&reader->in, size);
    if (reader->in.failed) {
        reader_refuse(reader, "the file ends here");
    }
    return value;
}

uint32_t reader_u32(struct reader *reader)
{
    return (uint32_t)reader_number(reader, 4);
}

uint16_t reader_u16(struct reader *reader)
{
    return (uint16_t)reader_number(reader, 2);
}

uint64_t reader_u64(struct reader *reader)
{
    return reader_number(reader, 8);
}

uint32_t reader_count(struct reader *reader, size_t entry_size)
{
    size_t offset = reader->in.offset;
    uint32_t count = reader_u32(reader);
    if (count > cursor_remaining(&reader->in) / entry_size) {
        reader_refuse_at(reader, "more entries than the file has room for",
                         offset);
        return 0;
    }
    return count;
}

bool reader_zero(struct reader *reader, const char *reason)
{
    return reader_check(reader, reader_u32(reader) == 0, reason);
}

static bool is_name_character(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

struct bytes reader_name(struct reader *reader, uint32_t size)
{
    size_t offset = reader->in.offset;
    reader->object = bytes_none();
    if (!reader_check(reader, size != 0 && size <= POLICY_NAME_MAX,
                      "a name is empty or too long")) {
        return bytes_none();
    }
    struct bytes name = take_bytes(&reader->in, size);
    for (size_t i = 0; i < name.size; i++) {
        if (!is_name_character(name.data[i])) {
            reader_refuse_at(reader, "a name has a character it may not have",
                             offset + i);
            return bytes_none();
        }
    }
    if (reader->in.failed) {
        reader_refuse(reader, "the file ends in a name");
    }
    reader->object = name;
    return name;
}

/* How many entries follow; *end is the first bit after the set. */
static uint32_t set_header(struct reader *reader, uint32_t *end)
{
    size_t offset = reader->in.offset;
    uint32_t unit = reader_u32(reader);
    *end = reader_u32(reader);
    uint32_t entries = reader_count(reader, SET_ENTRY_SIZE);
    if (unit != SET_UNIT || *end % SET_UNIT != 0 ||
        *end > POLICY_VALUES_MAX + SET_UNIT || (*end == 0) != (entries == 0)) {
        reader_refuse_at(reader, "a set with a bad header", offset);
    }
    return entries;
}

void reader_set(struct reader *reader, uint32_t size, struct bitset *out)
{
    uint32_t end, reached = 0;
    uint32_t entries = set_header(reader, &end);
    size = end > size ? end : size;
    out->words = reader_take(reader, bitset_words(size), sizeof(uint64_t));
    out->size = reader_is_ok(reader) ? size : 0;
    for (uint32_t i = 0; i < entries && reader_is_ok(reader); i++) {
        uint32_t start = reader_u32(reader);
        uint64_t map = reader_u64(reader);
        if (reader_check(reader,
                         start % SET_UNIT == 0 && start >= reached &&
                             start < end && map != 0,
                         "a set with an entry that is empty, out of order or "
                         "out of range")) {
            out->words[start / SET_UNIT] = map;
            reached = start + SET_UNIT;
        }
    }
    reader_check(reader, reached == end,
                 "a set that ends before its last entry");
}

bool reader_check_set(struct reader *reader, const struct bitset *set,
                      const struct symbols *table, uint32_t first)
{
    for (uint32_t value = 1; value <= set->size; value++) {
        if (bitset_has(set, value) &&
            !symbols_has(table, value - first + 1)) {
            return reader_refuse(reader,
                                 "a set has a member that does not exist");
        }
    }
    return reader_is_ok(reader);
}

void *reader_take(struct reader *reader, size_t count, size_t size)
{
    if (reader->status != XSM_OK) {
        return NULL;
    }
    void *taken = arena_take(reader->arena, count, size);
    if (taken == NULL) {
        reader_refuse(reader, "the policy needs more memory than it has");
        reader->status = XSM_NO_MEMORY;
    }
    return taken;
}
