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
    size_t offset = reader->in.offset;
    if (reader_u32(reader) != 0) {
        reader_refuse_at(reader, reason, offset);
    }
    return reader_is_ok(reader);
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
    if (!reader_is_ok(reader)) {
        return bytes_none();
    }
    if (size == 0 || size > POLICY_NAME_MAX) {
        reader_refuse(reader, "a name is empty or too long");
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

static bool set_header(struct reader *reader, uint32_t *end, uint32_t *entries)
{
    size_t offset = reader->in.offset;
    uint32_t unit = reader_u32(reader);
    *end = reader_u32(reader);
    *entries = reader_count(reader, SET_ENTRY_SIZE);
    if (reader_is_ok(reader) && (unit != SET_UNIT || *end % SET_UNIT != 0 ||
                                 *end > POLICY_VALUES_MAX + SET_UNIT ||
                                 (*end == 0) != (*entries == 0))) {
        reader_refuse_at(reader, "a set with a bad header", offset);
    }
    return reader_is_ok(reader);
}

size_t reader_set(struct reader *reader)
{
    size_t offset = reader->in.offset;
    uint32_t end, entries, reached = 0;
    if (!set_header(reader, &end, &entries)) {
        return offset;
    }
    for (uint32_t i = 0; i < entries; i++) {
        uint32_t start = reader_u32(reader);
        uint64_t map = reader_u64(reader);
        if (start % SET_UNIT != 0 || start < reached || start >= end ||
            map == 0) {
            reader_refuse(reader, "a set with an entry that is empty, out of "
                                  "order or out of range");
            return offset;
        }
        reached = start + SET_UNIT;
    }
    if (reached != end) {
        reader_refuse(reader, "a set that ends before its last entry");
    }
    return offset;
}

static bool set_word(struct reader *reader, size_t offset, uint32_t first,
                     uint64_t map, const struct symbols *table,
                     struct bitset *out)
{
    for (uint32_t i = 0; i < SET_UNIT; i++) {
        if ((map >> i & 1) == 0) {
            continue;
        }
        if (!symbols_has(table, first + i)) {
            return reader_refuse_at(
                reader, "a set has a member that does not exist", offset);
        }
        bitset_add(out, first + i);
    }
    return true;
}

bool reader_set_at(struct reader *reader, size_t offset,
                   const struct symbols *table, uint32_t base,
                   struct bitset *out)
{
    out->size = table->values;
    out->words =
        reader_take(reader, bitset_words(table->values), sizeof(uint64_t));
    if (!reader_is_ok(reader)) {
        return false;
    }
    struct cursor set = reader->in;
    set.offset = offset + 8;
    uint32_t entries = take_le32(&set);
    for (uint32_t i = 0; i < entries; i++) {
        uint32_t start = take_le32(&set);
        if (!set_word(reader, offset, start + base, take_le64(&set), table,
                      out)) {
            return false;
        }
    }
    return true;
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
