/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing the records of a crypto-agile event log. All sizes come
 * from the log and are checked against what is left of it; the digest sizes
 * come from the header, which is checked against the algorithm registry.
 */
#include "lib/eventlog.h"

#include "lib/checked.h"

/* TCG_EfiSpecIDEvent (PFP 1.06, 10.4.5.1) in a TCG_PCClientPCREvent. */
#define SHA1_SIZE         20
#define SIGNATURE_SIZE    16
#define SPEC_FIXED_SIZE   28 /* signature to number of algorithms */

static const char spec_signature[SIGNATURE_SIZE] = "Spec ID Event03";

static bool is_filled_with(struct bytes bytes, uint8_t value)
{
    for (size_t i = 0; i < bytes.size; i++) {
        if (bytes.data[i] != value) {
            return false;
        }
    }
    return true;
}

static bool find_bank(const struct eventlog_header *header, uint16_t algorithm,
                      size_t *index)
{
    for (size_t i = 0; i < header->bank_count; i++) {
        if (header->banks[i].algorithm == algorithm) {
            *index = i;
            return true;
        }
    }
    return false;
}

static bool bank_is_valid(const struct eventlog_header *header,
                          const struct tpm_bank *bank)
{
    size_t index;
    uint16_t known_size = tpm_alg_digest_size(bank->algorithm);
    if (bank->digest_size == 0 || bank->digest_size > TPM_MAX_DIGEST_SIZE ||
        (known_size != 0 && known_size != bank->digest_size)) {
        return false;
    }
    return !find_bank(header, bank->algorithm, &index);
}

static enum eventlog_status take_banks(struct cursor *spec,
                                       struct eventlog_header *header)
{
    uint32_t count = take_le32(spec);
    if (spec->failed) {
        return EVENTLOG_TRUNCATED;
    }
    if (count == 0 || count > TPM_MAX_BANKS) {
        return EVENTLOG_TOO_MANY_BANKS;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct tpm_bank bank = {.algorithm = take_le16(spec)};
        bank.digest_size = take_le16(spec);
        if (spec->failed) {
            return EVENTLOG_TRUNCATED;
        }
        if (!bank_is_valid(header, &bank)) {
            return EVENTLOG_BAD_BANK;
        }
        header->banks[header->bank_count++] = bank;
    }
    return EVENTLOG_OK;
}

static enum eventlog_status take_spec_id(struct cursor *spec,
                                         struct eventlog_header *header)
{
    struct bytes signature = take_bytes(spec, SIGNATURE_SIZE);
    if (!bytes_equal(signature, bytes_of(spec_signature, SIGNATURE_SIZE))) {
        return EVENTLOG_BAD_HEADER;
    }
    take_skip(spec, 4 + 3 + 1); /* platform class, version, size of UINTN */
    enum eventlog_status status = take_banks(spec, header);
    if (status != EVENTLOG_OK) {
        return status;
    }
    take_skip(spec, take_u8(spec)); /* vendor information */
    return cursor_is_done(spec) ? EVENTLOG_OK : EVENTLOG_BAD_HEADER;
}

enum eventlog_status eventlog_parse_header(struct bytes log,
                                           struct eventlog_header *out)
{
    struct eventlog_header header = {.bank_count = 0};
    struct cursor cursor = cursor_over(log);
    uint32_t pcr = take_le32(&cursor);
    uint32_t type = take_le32(&cursor);
    struct bytes digest = take_bytes(&cursor, SHA1_SIZE);
    struct bytes data = take_bytes(&cursor, take_le32(&cursor));
    if (cursor.failed) {
        return EVENTLOG_TRUNCATED;
    }
    if (pcr != 0 || type != EV_NO_ACTION || !is_filled_with(digest, 0)) {
        return EVENTLOG_BAD_HEADER;
    }
    struct cursor spec = cursor_over(data);
    enum eventlog_status status = take_spec_id(&spec, &header);
    if (status != EVENTLOG_OK) {
        return status;
    }
    header.size = cursor.offset;
    *out = header;
    return EVENTLOG_OK;
}

enum eventlog_status eventlog_open(struct bytes log,
                                   struct eventlog_reader *out)
{
    struct eventlog_reader reader = {
        .cursor = cursor_over(log), .index = 0, .limit = SIZE_MAX};
    enum eventlog_status status = eventlog_parse_header(log, &reader.header);
    if (status == EVENTLOG_OK) {
        reader.cursor.offset = reader.header.size;
        *out = reader;
    }
    return status;
}

struct eventlog_reader
eventlog_open_events(const struct eventlog_header *header, struct bytes events)
{
    return (struct eventlog_reader){.header = *header,
                                    .cursor = cursor_over(events),
                                    .index = 0,
                                    .limit = SIZE_MAX};
}

enum eventlog_status eventlog_open_final(const struct eventlog_header *header,
                                         struct bytes table,
                                         struct eventlog_reader *out)
{
    struct cursor cursor = cursor_over(table);
    uint64_t version = take_le64(&cursor);
    uint64_t count = take_le64(&cursor);
    if (cursor.failed) {
        return EVENTLOG_TRUNCATED;
    }
    if (version != 1) {
        return EVENTLOG_BAD_FINAL_TABLE;
    }
    *out = (struct eventlog_reader){
        .header = *header, .cursor = cursor, .index = 0, .limit = count};
    return EVENTLOG_OK;
}

/* TPML_DIGEST_VALUES: each bank of the header once, in any order. */
static enum eventlog_status take_digests(struct cursor *cursor,
                                         const struct eventlog_header *header,
                                         struct bytes *digests)
{
    uint32_t count = take_le32(cursor);
    if (cursor->failed) {
        return EVENTLOG_TRUNCATED;
    }
    if (count != header->bank_count) {
        return EVENTLOG_BAD_DIGESTS;
    }
    for (uint32_t i = 0; i < count; i++) {
        size_t bank;
        uint16_t algorithm = take_le16(cursor);
        if (cursor->failed) {
            return EVENTLOG_TRUNCATED;
        }
        if (!find_bank(header, algorithm, &bank) || digests[bank].size != 0) {
            return EVENTLOG_BAD_DIGESTS;
        }
        digests[bank] = take_bytes(cursor, header->banks[bank].digest_size);
    }
    return cursor->failed ? EVENTLOG_TRUNCATED : EVENTLOG_OK;
}

enum eventlog_status eventlog_next(struct eventlog_reader *reader,
                                   struct eventlog_event *out)
{
    struct cursor cursor = reader->cursor;
    if (reader->index == reader->limit || cursor_remaining(&cursor) == 0) {
        bool complete =
            reader->limit == SIZE_MAX || reader->index == reader->limit;
        return complete ? EVENTLOG_END : EVENTLOG_TRUNCATED;
    }
    struct eventlog_event event = {.offset = cursor.offset,
                                   .index = reader->index};
    event.pcr = take_le32(&cursor);
    event.type = take_le32(&cursor);
    enum eventlog_status status =
        take_digests(&cursor, &reader->header, event.digests);
    if (status != EVENTLOG_OK) {
        return status;
    }
    event.data = take_bytes(&cursor, take_le32(&cursor));
    if (cursor.failed) {
        return EVENTLOG_TRUNCATED;
    }
    event.raw =
        bytes_of(cursor.all.data + event.offset, cursor.offset - event.offset);
    reader->cursor = cursor;
    reader->index++;
    *out = event;
    return EVENTLOG_OK;
}

bool eventlog_find_digest(const struct eventlog_header *header,
                          const struct eventlog_event *event,
                          uint16_t algorithm, struct bytes *out)
{
    size_t bank;
    if (!find_bank(header, algorithm, &bank)) {
        return false;
    }
    *out = event->digests[bank];
    return true;
}

enum eventlog_status eventlog_measure_area(struct bytes area, size_t *used)
{
    struct eventlog_reader reader;
    struct eventlog_event event;
    enum eventlog_status status = eventlog_open(area, &reader);
    while (status == EVENTLOG_OK) {
        struct bytes rest = bytes_of(area.data + reader.cursor.offset,
                                     area.size - reader.cursor.offset);
        if (is_filled_with(rest, 0) || is_filled_with(rest, 0xff)) {
            *used = reader.cursor.offset;
            return EVENTLOG_OK;
        }
        status = eventlog_next(&reader, &event);
    }
    return status;
}

enum eventlog_status eventlog_create(struct buffer *log,
                                     const struct tpm_bank *banks,
                                     size_t bank_count)
{
    static const uint8_t no_digest[SHA1_SIZE];
    struct eventlog_header header = {.bank_count = 0};
    if (bank_count == 0 || bank_count > TPM_MAX_BANKS) {
        return EVENTLOG_TOO_MANY_BANKS;
    }
    struct writer writer = writer_begin(log);
    put_le32(&writer, 0);
    put_le32(&writer, EV_NO_ACTION);
    put_bytes(&writer, bytes_of(no_digest, sizeof(no_digest)));
    put_le32(&writer, (uint32_t)(SPEC_FIXED_SIZE + 4 * bank_count + 1));
    put_bytes(&writer, bytes_of(spec_signature, SIGNATURE_SIZE));
    put_le32(&writer, 0); /* platform class: client */
    put_u8(&writer, 0);   /* minor, major, errata: 2.0 errata 2 */
    put_u8(&writer, 2);
    put_u8(&writer, 2);
    put_u8(&writer, 2); /* UINTN is 64 bits */
    put_le32(&writer, (uint32_t)bank_count);
    for (size_t i = 0; i < bank_count; i++) {
        if (!bank_is_valid(&header, &banks[i])) {
            log->used = writer.start;
            return EVENTLOG_BAD_BANK;
        }
        header.banks[header.bank_count++] = banks[i];
        put_le16(&writer, banks[i].algorithm);
        put_le16(&writer, banks[i].digest_size);
    }
    put_u8(&writer, 0); /* no vendor information */
    return writer_end(&writer) ? EVENTLOG_OK : EVENTLOG_NO_SPACE;
}

enum eventlog_status eventlog_append(const struct eventlog_header *header,
                                     struct buffer *log,
                                     const struct eventlog_event *event)
{
    struct writer writer = writer_begin(log);
    put_le32(&writer, event->pcr);
    put_le32(&writer, event->type);
    put_le32(&writer, (uint32_t)header->bank_count);
    for (size_t i = 0; i < header->bank_count; i++) {
        if (event->digests[i].size != header->banks[i].digest_size) {
            log->used = writer.start;
            return EVENTLOG_BAD_DIGESTS;
        }
        put_le16(&writer, header->banks[i].algorithm);
        put_bytes(&writer, event->digests[i]);
    }
    if (event->data.size > UINT32_MAX) {
        writer.failed = true;
    }
    put_le32(&writer, (uint32_t)event->data.size);
    put_bytes(&writer, event->data);
    return writer_end(&writer) ? EVENTLOG_OK : EVENTLOG_NO_SPACE;
}

void eventlog_extend_sha256(struct sha256_digest *pcr,
                            const struct sha256_digest *digest)
{
    uint8_t both[2 * SHA256_SIZE];
    memcpy(both, pcr->bytes, SHA256_SIZE);
    memcpy(both + SHA256_SIZE, digest->bytes, SHA256_SIZE);
    *pcr = sha256_of(bytes_of(both, sizeof(both)));
}

STATUS_TEXT(eventlog_status, EVENTLOG_STATUS, "unknown event log status")
