/* SPDX-License-Identifier: MIT */
/*
 * The event log reader against logs that OVMF and SeaBIOS wrote in QEMU
 * (expected PCRs computed by tpm2_eventlog 5.4), against hand-made ones, and
 * against those cut, padded and changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "lib/checked.h"
#include "lib/eventlog.h"
#include "lib/text.h"
#include "tests/unit/lib/eventlog_replay.h"

#define LOG_SIZE 8192
#define OVMF     "tests/unit/lib/data/ovmf.eventlog"
#define SEABIOS  "tests/unit/lib/data/seabios.eventlog"

static const char *const ovmf_pcrs[8] = {
    "93b4db75f808ff05b1cc1d62e7921d13e9424e3cbbf4226fa6323d8043f300b2",
    "38cc739fefc308c7692dffc3d28b5c797f5a01b66eaad8cce47005daa15074e9",
    "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969",
    "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969",
    "50291ed1a756661b8e9904f21b66ecdaf747e6a99002202125de060ef5f16c4b",
    "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969",
    "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969",
    "65caf8dd1e0ea7a6347b635d2b379c93b9a1351edc2afc3ecda700e534eb3068",
};
static const char *const seabios_pcrs[8] = {
    "e21b703ee69c77476bccb43ec0336a9a1b2914b378944f7b00a10214ca8fea93",
    "ce6829d31a6dfc5b780e96a9f585014d45491631cbb909d5b1a405c8603505a3",
    "75493ca74d1c3e6a5c946e670aa39ada384b375ddac11b1c328ae9ae42e6bf51",
    "e21b703ee69c77476bccb43ec0336a9a1b2914b378944f7b00a10214ca8fea93",
    "1eb9aa21337cc1fa31ce5f56900d7bf59b9dda366823095aed06544caa2557ca",
    "e21b703ee69c77476bccb43ec0336a9a1b2914b378944f7b00a10214ca8fea93",
    "e21b703ee69c77476bccb43ec0336a9a1b2914b378944f7b00a10214ca8fea93",
    "e21b703ee69c77476bccb43ec0336a9a1b2914b378944f7b00a10214ca8fea93",
};

static struct buffer read_log(const char *path, uint8_t *data)
{
    struct buffer log = buffer_over(data, LOG_SIZE);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    log.used = fread(data, 1, LOG_SIZE, file);
    assert_true(log.used > 1000 && log.used < LOG_SIZE);
    fclose(file);
    return log;
}

static void assert_replay(const char *path, const char *const expected[8])
{
    uint8_t data[LOG_SIZE];
    struct buffer log = read_log(path, data);
    struct eventlog_pcrs pcrs;
    assert_int_equal(eventlog_replay_sha256(buffer_bytes(&log), &pcrs),
                     EVENTLOG_OK);
    assert_int_equal(pcrs.extended, 0xff);
    for (size_t i = 0; i < 8; i++) {
        struct sha256_digest digest;
        assert_true(text_parse_hex(bytes_of_text(expected[i]), digest.bytes,
                                   SHA256_SIZE));
        assert_true(sha256_equal(&pcrs.pcr[i], &digest));
    }
}

static void firmware_logs_replay(void **state)
{
    (void)state;
    assert_replay(OVMF, ovmf_pcrs);
    assert_replay(SEABIOS, seabios_pcrs);
}

static size_t count_events(struct bytes log, enum eventlog_status *status)
{
    struct eventlog_reader reader;
    struct eventlog_event event;
    size_t count = 0;
    *status = eventlog_open(log, &reader);
    while (*status == EVENTLOG_OK) {
        *status = eventlog_next(&reader, &event);
        count += *status == EVENTLOG_OK;
    }
    return count;
}

static void firmware_logs_are_walked(void **state)
{
    (void)state;
    uint8_t data[LOG_SIZE];
    enum eventlog_status status;
    struct buffer log = read_log(OVMF, data);
    assert_int_equal(count_events(buffer_bytes(&log), &status), 24);
    assert_int_equal(status, EVENTLOG_END);
    log = read_log(SEABIOS, data);
    assert_int_equal(count_events(buffer_bytes(&log), &status), 13);
    assert_int_equal(status, EVENTLOG_END);

    struct eventlog_reader reader;
    struct eventlog_event event;
    assert_int_equal(eventlog_open(buffer_bytes(&log), &reader), EVENTLOG_OK);
    assert_int_equal(reader.header.bank_count, 4);
    assert_int_equal(eventlog_next(&reader, &event), EVENTLOG_OK);
    assert_int_equal(event.index, 0);
    assert_int_equal(event.offset, reader.header.size);
    struct bytes digest;
    assert_true(
        eventlog_find_digest(&reader.header, &event, TPM_ALG_SHA512, &digest));
    assert_int_equal(digest.size, 64);
    assert_false(
        eventlog_find_digest(&reader.header, &event, TPM_ALG_SM3_256, &digest));
}

/* A log cut elsewhere than between two events never reads as complete. */
static void cut_logs_are_truncated(void **state)
{
    (void)state;
    uint8_t data[LOG_SIZE];
    struct buffer log = read_log(SEABIOS, data);
    size_t complete = 0;
    for (size_t size = 0; size <= log.used; size++) {
        enum eventlog_status status;
        (void)count_events(bytes_of(data, size), &status);
        assert_true(status == EVENTLOG_END || status == EVENTLOG_TRUNCATED);
        complete += status == EVENTLOG_END;
    }
    assert_int_equal(complete, 14); /* after the header and each event */
}

static void padding_is_no_log(void **state)
{
    (void)state;
    static uint8_t data[LOG_SIZE];
    memset(data, 0, sizeof(data));
    struct buffer log = read_log(OVMF, data);
    enum eventlog_status status;
    struct bytes area = bytes_of(data, LOG_SIZE);
    (void)count_events(area, &status);
    assert_int_equal(status, EVENTLOG_BAD_DIGESTS);

    size_t used = 0;
    assert_int_equal(eventlog_measure_area(area, &used), EVENTLOG_OK);
    assert_int_equal(used, log.used);
    assert_int_equal(eventlog_measure_area(bytes_of(data, log.used), &used),
                     EVENTLOG_OK);
    assert_int_equal(used, log.used);
    memset(data + log.used, 0xff, LOG_SIZE - log.used);
    assert_int_equal(eventlog_measure_area(area, &used), EVENTLOG_OK);
    assert_int_equal(used, log.used);
    data[LOG_SIZE - 1] = 1;
    assert_int_equal(eventlog_measure_area(area, &used), EVENTLOG_BAD_DIGESTS);

    memset(data, 0, sizeof(data));
    assert_int_equal(eventlog_measure_area(area, &used), EVENTLOG_BAD_HEADER);
}

/* ---- hand-made logs ---- */

static const struct tpm_bank two_banks[] = {{TPM_ALG_SHA1, 20},
                                            {TPM_ALG_SHA256, 32}};
static const uint8_t ones[64] = {1, 1, 1, 1};

static struct buffer new_log(uint8_t *data)
{
    struct buffer log = buffer_over(data, LOG_SIZE);
    assert_int_equal(eventlog_create(&log, two_banks, 2), EVENTLOG_OK);
    return log;
}

static void add(struct buffer *log, uint32_t pcr, uint32_t type,
                struct bytes event_data)
{
    struct eventlog_header header;
    struct eventlog_event event = {
        .pcr = pcr,
        .type = type,
        .digests = {bytes_of(ones, 20), bytes_of(ones, 32)},
        .data = event_data};
    assert_int_equal(eventlog_parse_header(buffer_bytes(log), &header),
                     EVENTLOG_OK);
    assert_int_equal(eventlog_append(&header, log, &event), EVENTLOG_OK);
}

static enum eventlog_status replay(const struct buffer *log)
{
    struct eventlog_pcrs pcrs;
    return eventlog_replay_sha256(buffer_bytes(log), &pcrs);
}

static void created_logs_read_back(void **state)
{
    (void)state;
    uint8_t data[LOG_SIZE];
    struct buffer log = new_log(data);
    struct eventlog_header header;
    assert_int_equal(eventlog_parse_header(buffer_bytes(&log), &header),
                     EVENTLOG_OK);
    assert_int_equal(header.size, log.used);
    assert_int_equal(header.bank_count, 2);
    assert_int_equal(header.banks[1].algorithm, TPM_ALG_SHA256);

    add(&log, 21, EV_EVENT_TAG, bytes_of("data", 4));
    struct eventlog_reader reader;
    struct eventlog_event event;
    assert_int_equal(eventlog_open(buffer_bytes(&log), &reader), EVENTLOG_OK);
    assert_int_equal(eventlog_next(&reader, &event), EVENTLOG_OK);
    assert_int_equal(event.pcr, 21);
    assert_int_equal(event.type, EV_EVENT_TAG);
    assert_true(bytes_equal(event.data, bytes_of("data", 4)));
    assert_true(bytes_equal(event.digests[1], bytes_of(ones, 32)));
    assert_int_equal(event.raw.size, log.used - header.size);
    assert_int_equal(eventlog_next(&reader, &event), EVENTLOG_END);
    assert_int_equal(eventlog_next(&reader, &event), EVENTLOG_END);
}

static void append_is_all_or_nothing(void **state)
{
    (void)state;
    uint8_t data[LOG_SIZE];
    struct buffer log = new_log(data);
    struct eventlog_header header;
    assert_int_equal(eventlog_parse_header(buffer_bytes(&log), &header),
                     EVENTLOG_OK);
    struct eventlog_event event = {
        .pcr = 1,
        .type = EV_SEPARATOR,
        .digests = {bytes_of(ones, 20), bytes_of(ones, 32)},
        .data = bytes_of("abcd", 4)};
    size_t event_size = 12 + 22 + 34 + 4 + 4;
    for (size_t room = 0; room < event_size; room++) {
        log.size = header.size + room;
        assert_int_equal(eventlog_append(&header, &log, &event),
                         EVENTLOG_NO_SPACE);
        assert_int_equal(log.used, header.size);
    }
    event.digests[0].size = 19;
    log.size = LOG_SIZE;
    assert_int_equal(eventlog_append(&header, &log, &event),
                     EVENTLOG_BAD_DIGESTS);
    assert_int_equal(log.used, header.size);
    event.digests[0].size = 20;
    log.size = header.size + event_size;
    assert_int_equal(eventlog_append(&header, &log, &event), EVENTLOG_OK);
    assert_int_equal(log.used, log.size);
}

static void bad_banks_are_not_created(void **state)
{
    (void)state;
    uint8_t data[LOG_SIZE];
    struct buffer log = buffer_over(data, sizeof(data));
    static const struct tpm_bank twice[] = {{TPM_ALG_SHA256, 32},
                                            {TPM_ALG_SHA256, 32}};
    static const struct tpm_bank wrong[] = {{TPM_ALG_SHA256, 31}};
    static const struct tpm_bank many[TPM_MAX_BANKS + 1];
    assert_int_equal(eventlog_create(&log, twice, 2), EVENTLOG_BAD_BANK);
    assert_int_equal(eventlog_create(&log, wrong, 1), EVENTLOG_BAD_BANK);
    assert_int_equal(eventlog_create(&log, wrong, 0), EVENTLOG_TOO_MANY_BANKS);
    assert_int_equal(eventlog_create(&log, many, ARRAY_SIZE(many)),
                     EVENTLOG_TOO_MANY_BANKS);
    assert_int_equal(log.used, 0);
}

/* Offsets in the header of new_log(): 32 signature, 48 class, 52 versions,
 * 56 number of banks, 60 first bank, 68 vendor size. */
static void changed_headers_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t offset;
        uint8_t value;
        enum eventlog_status expected;
    } changes[] = {
        {0, 1, EVENTLOG_BAD_HEADER},
        {4, 4, EVENTLOG_BAD_HEADER},
        {8, 1, EVENTLOG_BAD_HEADER},
        {27, 1, EVENTLOG_BAD_HEADER},
        {28, 36, EVENTLOG_BAD_HEADER},
        {31, 0xff, EVENTLOG_TRUNCATED},
        {46, '2', EVENTLOG_BAD_HEADER},
        {47, 'x', EVENTLOG_BAD_HEADER},
        {56, 0, EVENTLOG_TOO_MANY_BANKS},
        {56, 1, EVENTLOG_BAD_HEADER},
        {56, 9, EVENTLOG_TOO_MANY_BANKS},
        {59, 0x80, EVENTLOG_TOO_MANY_BANKS},
        {60, 0x0b, EVENTLOG_BAD_BANK},
        {62, 0, EVENTLOG_BAD_BANK},
        {62, 21, EVENTLOG_BAD_BANK},
        {63, 1, EVENTLOG_BAD_BANK},
        {64, TPM_ALG_SHA1, EVENTLOG_BAD_BANK},
        {68, 1, EVENTLOG_BAD_HEADER},
    };
    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        uint8_t data[LOG_SIZE];
        struct buffer log = new_log(data);
        struct eventlog_header header;
        assert_int_equal(log.used, 69);
        data[changes[i].offset] = changes[i].value;
        assert_int_equal(eventlog_parse_header(buffer_bytes(&log), &header),
                         changes[i].expected);
    }
}

/* Offsets in an event after new_log(): 0 pcr, 4 type, 8 digest count, 12 first
 * algorithm, 34 second algorithm, 68 data size. */
static void changed_events_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t offset;
        uint8_t value;
        enum eventlog_status expected;
    } changes[] = {
        {0, 24, EVENTLOG_BAD_PCR},
        {3, 0xff, EVENTLOG_BAD_PCR},
        {8, 1, EVENTLOG_BAD_DIGESTS},
        {8, 3, EVENTLOG_BAD_DIGESTS},
        {11, 0xff, EVENTLOG_BAD_DIGESTS},
        {12, TPM_ALG_SHA384, EVENTLOG_BAD_DIGESTS},
        {34, TPM_ALG_SHA1, EVENTLOG_BAD_DIGESTS},
        {68, 5, EVENTLOG_TRUNCATED},
        {68, 3, EVENTLOG_TRUNCATED},
        {71, 0xff, EVENTLOG_TRUNCATED},
    };
    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        uint8_t data[LOG_SIZE];
        struct buffer log = new_log(data);
        size_t start = log.used;
        add(&log, 21, EV_EVENT_TAG, bytes_of("abcd", 4));
        assert_int_equal(replay(&log), EVENTLOG_OK);
        data[start + changes[i].offset] = changes[i].value;
        assert_int_equal(replay(&log), changes[i].expected);
    }
}

static void errors_leave_the_reader_in_place(void **state)
{
    (void)state;
    uint8_t data[LOG_SIZE];
    struct buffer log = new_log(data);
    struct eventlog_reader reader;
    struct eventlog_event event;
    add(&log, 1, EV_SEPARATOR, bytes_of("abcd", 4));
    size_t second = log.used;
    add(&log, 1, EV_SEPARATOR, bytes_of("abcd", 4));
    data[second + 8] = 7;
    assert_int_equal(eventlog_open(buffer_bytes(&log), &reader), EVENTLOG_OK);
    assert_int_equal(eventlog_next(&reader, &event), EVENTLOG_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(eventlog_next(&reader, &event), EVENTLOG_BAD_DIGESTS);
        assert_int_equal(reader.cursor.offset, second);
        assert_int_equal(reader.index, 1);
    }
}

static void locality_event(struct buffer *log, uint8_t locality)
{
    uint8_t data[17];
    memcpy(data, "StartupLocality", 16);
    data[16] = locality;
    add(log, 0, EV_NO_ACTION, bytes_of(data, sizeof(data)));
}

static void startup_locality_starts_pcr_0(void **state)
{
    (void)state;
    uint8_t data[LOG_SIZE];
    struct eventlog_pcrs pcrs;
    struct buffer log = new_log(data);
    locality_event(&log, 3);
    assert_int_equal(eventlog_replay_sha256(buffer_bytes(&log), &pcrs),
                     EVENTLOG_OK);
    assert_int_equal(pcrs.startup_locality, 3);
    assert_int_equal(pcrs.pcr[0].bytes[31], 3);
    assert_int_equal(pcrs.extended, 0);

    add(&log, 0, EV_SEPARATOR, bytes_of("abcd", 4));
    uint8_t both[64] = {[31] = 3};
    memcpy(both + 32, ones, 32);
    struct sha256_digest expected = sha256_of(bytes_of(both, 64));
    assert_int_equal(eventlog_replay_sha256(buffer_bytes(&log), &pcrs),
                     EVENTLOG_OK);
    assert_true(sha256_equal(&pcrs.pcr[0], &expected));
    assert_int_equal(pcrs.extended, 1);

    locality_event(&log, 3); /* after an extend, and a second time */
    assert_int_equal(replay(&log), EVENTLOG_BAD_LOCALITY);
    log = new_log(data);
    locality_event(&log, 2);
    assert_int_equal(replay(&log), EVENTLOG_BAD_LOCALITY);
    log = new_log(data);
    locality_event(&log, 0);
    locality_event(&log, 0);
    assert_int_equal(replay(&log), EVENTLOG_BAD_LOCALITY);
    log = new_log(data);
    add(&log, 0, EV_NO_ACTION, bytes_of("StartupLocality\0\3\0", 18));
    assert_int_equal(replay(&log), EVENTLOG_BAD_LOCALITY);
    log = new_log(data);
    add(&log, 1, EV_NO_ACTION, bytes_of("StartupLocality\0\3", 17));
    assert_int_equal(replay(&log), EVENTLOG_BAD_LOCALITY);
}

static void no_action_events_extend_nothing(void **state)
{
    (void)state;
    uint8_t data[LOG_SIZE];
    struct eventlog_pcrs pcrs;
    struct buffer log = new_log(data);
    add(&log, UINT32_MAX, EV_NO_ACTION, bytes_of("SP800-155 Event", 16));
    assert_int_equal(eventlog_replay_sha256(buffer_bytes(&log), &pcrs),
                     EVENTLOG_OK);
    assert_int_equal(pcrs.extended, 0);
}

static void replay_needs_the_bank(void **state)
{
    (void)state;
    uint8_t data[LOG_SIZE];
    struct buffer log = buffer_over(data, sizeof(data));
    struct eventlog_header header;
    assert_int_equal(eventlog_create(&log, two_banks, 1), EVENTLOG_OK);
    assert_int_equal(eventlog_parse_header(buffer_bytes(&log), &header),
                     EVENTLOG_OK);
    struct eventlog_event event = {.digests = {bytes_of(ones, 20)}};
    assert_int_equal(eventlog_append(&header, &log, &event), EVENTLOG_OK);
    assert_int_equal(replay(&log), EVENTLOG_NO_SHA256);
}

/* EFI_TCG2_FINAL_EVENTS_TABLE: version, count, events, then anything. */
static void final_table_stops_at_its_count(void **state)
{
    (void)state;
    uint8_t data[LOG_SIZE], table[LOG_SIZE];
    struct buffer log = new_log(data);
    struct eventlog_header header;
    assert_int_equal(eventlog_parse_header(buffer_bytes(&log), &header),
                     EVENTLOG_OK);
    add(&log, 5, 0x80000007, bytes_of("Exit", 4));
    add(&log, 5, 0x80000007, bytes_of("Done", 4));
    for (uint64_t count = 0; count < 4; count++) {
        struct buffer out = buffer_over(table, sizeof(table));
        struct writer writer = writer_begin(&out);
        put_little(&writer, 1, 8);
        put_little(&writer, count, 8);
        put_bytes(&writer,
                  bytes_of(data + header.size, log.used - header.size));
        assert_true(writer_end(&writer));
        struct eventlog_reader reader;
        struct eventlog_event event;
        assert_int_equal(
            eventlog_open_final(&header, buffer_bytes(&out), &reader),
            EVENTLOG_OK);
        for (uint64_t i = 0; i < count && i < 2; i++) {
            assert_int_equal(eventlog_next(&reader, &event), EVENTLOG_OK);
        }
        assert_int_equal(eventlog_next(&reader, &event),
                         count <= 2 ? EVENTLOG_END : EVENTLOG_TRUNCATED);
    }
    struct eventlog_reader reader;
    table[0] = 2;
    assert_int_equal(eventlog_open_final(&header, bytes_of(table, 64), &reader),
                     EVENTLOG_BAD_FINAL_TABLE);
    assert_int_equal(eventlog_open_final(&header, bytes_of(table, 15), &reader),
                     EVENTLOG_TRUNCATED);
}

static void bare_events_are_read(void **state)
{
    (void)state;
    uint8_t data[LOG_SIZE];
    struct buffer log = new_log(data);
    struct eventlog_header header;
    struct eventlog_event event;
    assert_int_equal(eventlog_parse_header(buffer_bytes(&log), &header),
                     EVENTLOG_OK);
    add(&log, 21, EV_EVENT_TAG, bytes_of("abcd", 4));
    struct bytes events = bytes_of(data + header.size, log.used - header.size);
    struct eventlog_reader reader = eventlog_open_events(&header, events);
    assert_int_equal(eventlog_next(&reader, &event), EVENTLOG_OK);
    assert_int_equal(event.pcr, 21);
    assert_int_equal(eventlog_next(&reader, &event), EVENTLOG_END);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(firmware_logs_replay),
        cmocka_unit_test(firmware_logs_are_walked),
        cmocka_unit_test(cut_logs_are_truncated),
        cmocka_unit_test(padding_is_no_log),
        cmocka_unit_test(created_logs_read_back),
        cmocka_unit_test(append_is_all_or_nothing),
        cmocka_unit_test(bad_banks_are_not_created),
        cmocka_unit_test(changed_headers_are_refused),
        cmocka_unit_test(changed_events_are_refused),
        cmocka_unit_test(errors_leave_the_reader_in_place),
        cmocka_unit_test(startup_locality_starts_pcr_0),
        cmocka_unit_test(no_action_events_extend_nothing),
        cmocka_unit_test(replay_needs_the_bank),
        cmocka_unit_test(final_table_stops_at_its_count),
        cmocka_unit_test(bare_events_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
