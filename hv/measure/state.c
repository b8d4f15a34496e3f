/* SPDX-License-Identifier: MIT */
/*
 * The table of versions, and what is derived from the root key. A guest that
 * is forgotten leaves the table, and whoever enters it from then on gets a
 * higher generation: so no key is ever used for a second beginning.
 *
 * dom0 can give the table of an epoch again that was already the beginning of
 * another boot. No two boots have one epoch, so versions and generations are an
 * epoch's own: what the other boot did, which this table knows nothing of, is
 * below all that comes now, and has other keys.
 */
#include "hv/measure/state.h"

#include "lib/hmac.h"

#define MAGIC      "VOUCHST1"
#define MAGIC_SIZE 8
/* What each derived key is for. None begins as another does. */
#define FOR_TABLE "vouch vtpm table 1"
#define FOR_STATE "vouch vtpm state 1"
#define FOR_SIZE  18

void state_begin(struct state_table *table, uint64_t birth)
{
    memset(table, 0, sizeof(*table));
    table->birth = birth;
    table->epoch = birth;
}

static struct state_entry *find(struct state_table *table, const uint8_t *uuid)
{
    for (size_t i = 0; i < table->count; i++) {
        if (memcmp(table->entries[i].uuid, uuid, STATE_UUID_SIZE) == 0) {
            return &table->entries[i];
        }
    }
    return NULL;
}

/* ---- bytes ---- */

static bool take_entry(struct cursor *cursor, struct state_table *table)
{
    struct state_entry *entry = &table->entries[table->count];
    struct bytes uuid = take_bytes(cursor, STATE_UUID_SIZE);
    entry->generation = take_le64(cursor);
    entry->version = take_le64(cursor);
    if (cursor->failed || entry->generation > table->generation ||
        find(table, uuid.data) != NULL) {
        return false;
    }
    memcpy(entry->uuid, uuid.data, STATE_UUID_SIZE);
    entry->holder = 0;
    entry->first = 0;
    table->count++;
    return true;
}

enum state_status state_parse(struct bytes bytes, struct state_table *out)
{
    struct cursor cursor = cursor_over(bytes);
    struct bytes magic = take_bytes(&cursor, MAGIC_SIZE);
    state_begin(out, take_le64(&cursor));
    out->epoch = take_le64(&cursor);
    out->generation = take_le64(&cursor);
    uint32_t count = take_le32(&cursor);
    uint32_t zero = take_le32(&cursor);
    if (cursor.failed || !bytes_equal(magic, bytes_of_text(MAGIC)) ||
        zero != 0 || count > STATE_MAX_GUESTS || out->epoch < out->birth) {
        return STATE_MALFORMED;
    }
    while (out->count < count) {
        if (!take_entry(&cursor, out)) {
            return STATE_MALFORMED;
        }
    }
    take_skip(&cursor, SHA256_SIZE); /* see state_verify() */
    return cursor_is_done(&cursor) ? STATE_OK : STATE_MALFORMED;
}

static struct sha256_digest mac_of(const struct sha256_digest *root,
                                   struct bytes bytes)
{
    struct sha256_digest key =
        hmac_sha256(sha256_bytes(root), bytes_of_text(FOR_TABLE));
    return hmac_sha256(sha256_bytes(&key), bytes);
}

enum state_status state_verify(const struct sha256_digest *root,
                               struct bytes bytes)
{
    struct sha256_digest found;
    if (bytes.size < SHA256_SIZE) {
        return STATE_MALFORMED;
    }
    struct bytes inside = bytes_of(bytes.data, bytes.size - SHA256_SIZE);
    struct sha256_digest expected = mac_of(root, inside);
    memcpy(found.bytes, bytes.data + inside.size, SHA256_SIZE);
    return hmac_equal(&found, &expected) ? STATE_OK : STATE_FOREIGN;
}

/*
 * One epoch is the counter's value. The exception is the very first table: the
 * step that gave birth to it leaves nothing else to open, and no key was given
 * while the counter stood there.
 */
enum state_status state_check_epoch(const struct state_table *table,
                                    uint64_t counter)
{
    bool is_first = counter == table->birth && table->count == 0 &&
                    table->epoch - table->birth == 1;
    return table->epoch == counter || is_first ? STATE_OK : STATE_STALE;
}

static void put_entry(struct writer *writer, const struct state_entry *entry)
{
    put_bytes(writer, bytes_of(entry->uuid, STATE_UUID_SIZE));
    put_le64(writer, entry->generation);
    put_le64(writer, entry->version);
}

enum state_status state_build(const struct sha256_digest *root,
                              const struct state_table *table, uint64_t epoch,
                              struct buffer *out)
{
    out->used = 0;
    struct writer writer = writer_begin(out);
    put_bytes(&writer, bytes_of_text(MAGIC));
    put_le64(&writer, table->birth);
    put_le64(&writer, epoch);
    put_le64(&writer, table->generation);
    put_le32(&writer, (uint32_t)table->count);
    put_le32(&writer, 0);
    for (size_t i = 0; i < table->count; i++) {
        put_entry(&writer, &table->entries[i]);
    }
    struct sha256_digest mac = mac_of(root, buffer_bytes(out));
    put_bytes(&writer, sha256_bytes(&mac));
    return writer_end(&writer) ? STATE_OK : STATE_NO_SPACE;
}

/* ---- guests ---- */

static struct state_entry *add(struct state_table *table, const uint8_t *uuid)
{
    if (table->count == STATE_MAX_GUESTS) {
        return NULL;
    }
    struct state_entry *entry = &table->entries[table->count++];
    memcpy(entry->uuid, uuid, STATE_UUID_SIZE);
    entry->generation = table->generation;
    entry->version = 0;
    entry->holder = 0;
    entry->first = 0;
    table->changes++;
    return entry;
}

/* The label is last: it is the only part that has no fixed size. */
static struct sha256_digest derive(const struct sha256_digest *root,
                                   const struct state_entry *entry,
                                   struct bytes label)
{
    uint8_t data[FOR_SIZE + STATE_UUID_SIZE + sizeof(uint64_t)];
    struct buffer out = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&out);
    put_bytes(&writer, bytes_of_text(FOR_STATE));
    put_bytes(&writer, bytes_of(entry->uuid, STATE_UUID_SIZE));
    put_le64(&writer, entry->generation);
    (void)!writer_end(&writer); /* fits: the size is fixed */
    return hmac_sha256_pair(sha256_bytes(root), buffer_bytes(&out), label);
}
_Static_assert(sizeof(FOR_STATE) == FOR_SIZE + 1, "derive()");

#define EPOCH_VERSIONS (STATE_STARTS * STATE_VERSIONS)
#define EPOCHS         (UINT64_MAX / EPOCH_VERSIONS)

static bool has_epoch(const struct state_table *table)
{
    return table->epoch - table->birth < EPOCHS;
}

/* The first version of a start, above all others of this epoch and of those
 * before it; 0: there is none. */
static uint64_t next_start(const struct state_table *table,
                           const struct state_entry *entry)
{
    uint64_t last =
        entry->version > entry->first ? entry->version : entry->first;
    uint64_t begin = (table->epoch - table->birth) * EPOCH_VERSIONS;
    if (!has_epoch(table) || last >= begin + EPOCH_VERSIONS - STATE_VERSIONS) {
        return 0;
    }
    uint64_t next = (last / STATE_VERSIONS + 1) * STATE_VERSIONS;
    return next > begin ? next : begin;
}

/* Above all of this epoch and of those before it; 0: there is none. */
static uint64_t next_generation(const struct state_table *table)
{
    uint64_t begin = (table->epoch - table->birth) * STATE_GENERATIONS;
    if (!has_epoch(table) ||
        table->generation >= begin + STATE_GENERATIONS - 1) {
        return 0;
    }
    return table->generation < begin ? begin : table->generation + 1;
}

static struct state_entry *find_holder(struct state_table *table,
                                       uint64_t holder)
{
    for (size_t i = 0; holder != 0 && i < table->count; i++) {
        if (table->entries[i].holder == holder) {
            return &table->entries[i];
        }
    }
    return NULL;
}

uint64_t state_holder(struct state_table *table, const uint8_t *uuid)
{
    const struct state_entry *entry = find(table, uuid);
    return entry == NULL ? 0 : entry->holder;
}

enum state_status state_key(struct state_table *table,
                            const struct sha256_digest *root,
                            const struct state_claim *claim,
                            struct state_grant *out)
{
    struct state_entry *entry = find(table, claim->uuid);
    const struct state_entry *held = find_holder(table, claim->holder);
    if (held != NULL && held != entry) {
        return STATE_ANOTHER;
    }
    if (entry == NULL) {
        entry = add(table, claim->uuid);
    }
    if (entry == NULL) {
        return STATE_FULL;
    }
    if (held == NULL) {
        uint64_t first = next_start(table, entry);
        if (first == 0) {
            return STATE_FULL;
        }
        entry->first = first;
        entry->holder = claim->holder;
    }
    *out = (struct state_grant){.key = derive(root, entry, claim->label),
                                .version = entry->version,
                                .first = entry->first};
    return STATE_OK;
}

enum state_status state_mark(struct state_table *table, uint64_t holder,
                             uint64_t version)
{
    struct state_entry *entry = find_holder(table, holder);
    if (entry == NULL) {
        return STATE_FENCED;
    }
    if (version > entry->version) {
        entry->version = version;
        table->changes++;
    }
    return STATE_OK;
}

enum state_status state_forget(struct state_table *table, const uint8_t *uuid)
{
    struct state_entry *entry = find(table, uuid);
    if (entry == NULL) {
        return STATE_UNKNOWN;
    }
    uint64_t generation = next_generation(table);
    if (generation == 0) {
        return STATE_FULL;
    }
    *entry = table->entries[--table->count];
    table->generation = generation;
    table->changes++;
    return STATE_OK;
}

STATUS_TEXT(state_status, STATE_STATUS, "unknown status of the table")
