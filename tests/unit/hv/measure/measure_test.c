/* SPDX-License-Identifier: MIT */
/*
 * Measuring over the fake TPM: what ends in the PCRs is what a replay of the
 * published log gives, nobody in locality 0 can add to it, and after any
 * failure the PCRs are capped and nothing more is measured.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "attest/record.h"
#include "hv/measure/measure.h"
#include "lib/checked.h"
#include "tests/unit/hv/measure/fake_tpm.h"
#include "tests/unit/lib/eventlog_replay.h"

#define LOG_SIZE   16384
#define LONGEST_US 60000000u
#define OVMF       "tests/unit/lib/data/ovmf.eventlog"

static struct fake_tpm fake;
static struct measure measure;
static uint8_t log_data[LOG_SIZE], area_data[LOG_SIZE], firmware[LOG_SIZE];
static uint8_t kernel[100000];

static struct bytes firmware_log(void)
{
    FILE *file = fopen(OVMF, "rb");
    assert_non_null(file);
    size_t size = fread(firmware, 1, sizeof(firmware), file);
    fclose(file);
    assert_true(size > 1000);
    return bytes_of(firmware, size);
}

static enum measure_status init_with(struct bytes log, size_t room)
{
    struct measure_setup setup = {.io = fake_tpm_io(&fake),
                                  .firmware_log = log,
                                  .log = buffer_over(log_data, room)};
    return measure_init(&measure, &setup);
}

static enum measure_status measure_boot(void)
{
    static const enum vouchlog_tag texts[] = {VOUCHLOG_MODE, VOUCHLOG_CMDLINE,
                                              VOUCHLOG_DOM0_CMDLINE};
    static const enum vouchlog_tag blobs[] = {
        VOUCHLOG_POLICY, VOUCHLOG_DOM0_KERNEL, VOUCHLOG_DOM0_INITRD};
    enum measure_status status = MEASURE_OK;
    for (size_t i = 0; status == MEASURE_OK && i < 3; i++) {
        status = measure_text(&measure, texts[i], bytes_of_text("a b=c"));
        if (status == MEASURE_OK) {
            status = measure_blob(&measure, blobs[i],
                                  bytes_of(kernel, sizeof(kernel)));
        }
    }
    return status;
}

static enum measure_status publish(struct buffer *area)
{
    memset(area_data, 0xcc, sizeof(area_data));
    *area = buffer_over(area_data, sizeof(area_data));
    return measure_publish(&measure, area);
}

/* The log in area replays to what the device's PCRs hold. */
static void assert_log_is_true(struct bytes area, uint32_t boot, uint32_t run)
{
    struct eventlog_pcrs pcrs;
    size_t used;
    assert_int_equal(eventlog_measure_area(area, &used), EVENTLOG_OK);
    assert_int_equal(eventlog_replay_sha256(bytes_of(area.data, used), &pcrs),
                     EVENTLOG_OK);
    assert_true(sha256_equal(&pcrs.pcr[boot], &fake.sha256[boot]));
    assert_true(sha256_equal(&pcrs.pcr[run], &fake.sha256[run]));
}

/* Our events in a log: how many, and is the last one of PCR a cap? */
static size_t count_ours(struct bytes log, uint32_t pcr, bool *capped)
{
    struct eventlog_reader reader;
    struct eventlog_event event;
    struct record record;
    size_t count = 0;
    *capped = false;
    assert_int_equal(eventlog_open(log, &reader), EVENTLOG_OK);
    while (eventlog_next(&reader, &event) == EVENTLOG_OK) {
        if (event.pcr != pcr) {
            continue;
        }
        assert_int_equal(event.type, EV_EVENT_TAG);
        assert_int_equal(record_parse(event.data, &record), RECORD_OK);
        assert_false(*capped);
        *capped = record.tag == VOUCHLOG_CAP;
        count++;
    }
    return count;
}

static void boot_is_measured(void **state)
{
    (void)state;
    struct buffer area;
    bool capped;
    fake_tpm_init(&fake, FAKE_FIFO);
    assert_int_equal(init_with(firmware_log(), LOG_SIZE), MEASURE_OK);
    assert_true(measure.is_exclusive && measure.is_measured);
    assert_int_equal(measure_boot(), MEASURE_OK);
    assert_int_equal(publish(&area), MEASURE_OK);
    assert_int_equal(fake.active, -1); /* dom0 may have it */
    assert_log_is_true(bytes_of(area_data, sizeof(area_data)), 21, 22);
    assert_int_equal(count_ours(measure_log(&measure), 21, &capped), 6);
    assert_false(capped);
    assert_int_equal(area.used, measure_log(&measure).size);
    assert_memory_equal(area_data, firmware, firmware_log().size);
    assert_int_equal(area_data[sizeof(area_data) - 1], 0);
}

static void order_and_text_are_as_documented(void **state)
{
    (void)state;
    struct eventlog_reader reader;
    struct eventlog_event event;
    fake_tpm_init(&fake, FAKE_FIFO);
    assert_int_equal(init_with(bytes_none(), LOG_SIZE), MEASURE_OK);
    assert_int_equal(measure_boot(), MEASURE_OK);
    assert_int_equal(eventlog_open(measure_log(&measure), &reader),
                     EVENTLOG_OK);
    assert_int_equal(eventlog_next(&reader, &event), EVENTLOG_OK);
    assert_true(
        bytes_equal(event.data, bytes_of("\x01\x00\x01\x56\x15\x00\x00\x00"
                                         "vouch mode text:a b=c",
                                         29)));
    struct sha256_digest digest = sha256_of(event.data);
    struct bytes found;
    assert_true(
        eventlog_find_digest(&reader.header, &event, TPM_ALG_SHA256, &found));
    assert_true(bytes_equal(found, sha256_bytes(&digest)));
}

static void all_banks_are_logged(void **state)
{
    (void)state;
    struct buffer area;
    struct eventlog_reader reader;
    struct eventlog_event event;
    struct bytes found;
    fake_tpm_init(&fake, FAKE_FIFO);
    fake.has_sha384 = true;
    assert_int_equal(init_with(bytes_none(), LOG_SIZE), MEASURE_OK);
    assert_int_equal(measure_boot(), MEASURE_OK);
    assert_int_equal(publish(&area), MEASURE_OK);
    assert_int_equal(eventlog_open(measure_log(&measure), &reader),
                     EVENTLOG_OK);
    assert_int_equal(reader.header.bank_count, 2);
    while (eventlog_next(&reader, &event) == EVENTLOG_OK) {
        struct sha384_digest digest = sha384_of(event.data);
        assert_true(eventlog_find_digest(&reader.header, &event, TPM_ALG_SHA384,
                                         &found));
        assert_true(bytes_equal(found, bytes_of(digest.bytes, 48)));
    }
}

static void run_time_events_go_to_their_pcr(void **state)
{
    (void)state;
    struct buffer area;
    bool capped;
    fake_tpm_init(&fake, FAKE_FIFO);
    assert_int_equal(init_with(firmware_log(), LOG_SIZE), MEASURE_OK);
    assert_int_equal(measure_boot(), MEASURE_OK);
    assert_int_equal(publish(&area), MEASURE_OK);
    fake_tpm_occupy(&fake, 0); /* dom0 is in the middle of a command */
    struct sha256_digest before = fake.sha256[22];
    size_t logged = measure_log(&measure).size;
    assert_int_equal(
        measure_text(&measure, VOUCHLOG_MODE_CHANGE, bytes_of_text("x=1")),
        MEASURE_BUSY);
    assert_int_equal(fake.active, 0); /* and is not disturbed */
    assert_true(sha256_equal(&before, &fake.sha256[22]));
    assert_int_equal(measure_log(&measure).size, logged);
    assert_true(measure.is_measured);
    fake.active = -1;
    assert_int_equal(
        measure_text(&measure, VOUCHLOG_MODE_CHANGE, bytes_of_text("x=1")),
        MEASURE_OK);
    assert_int_equal(fake.active, -1);
    assert_log_is_true(measure_log(&measure), 21, 22);
    assert_int_equal(count_ours(measure_log(&measure), 22, &capped), 1);
    /* boot events are over */
    assert_int_equal(measure_text(&measure, VOUCHLOG_CMDLINE, bytes_none()),
                     MEASURE_BAD_EVENT);
    assert_int_equal(measure_text(&measure, VOUCHLOG_CAP, bytes_none()),
                     MEASURE_BAD_EVENT);
    assert_int_equal(
        measure_text(&measure, (enum vouchlog_tag)0x56020077, bytes_none()),
        MEASURE_BAD_EVENT);
    assert_true(measure.is_measured);
}

static void without_locality_2_pcrs_are_shared(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct buffer area;
        fake_tpm_init(&fake, i == 0 ? FAKE_CRB : FAKE_FIFO);
        fake.has_localities = i == 2;
        fake.refused_locality = 2;
        memset(&fake.sha256[11], 0x77, 32); /* somebody was here before */
        assert_int_equal(init_with(firmware_log(), LOG_SIZE), MEASURE_OK);
        assert_false(measure.is_exclusive);
        assert_true(measure.is_measured);
        struct sha256_digest before = fake.sha256[11];
        assert_int_equal(measure_boot(), MEASURE_OK);
        assert_false(sha256_equal(&before, &fake.sha256[11]));
        assert_int_equal(fake.sha256[21].bytes[0], 0xff);
        assert_int_equal(publish(&area), MEASURE_OK);
    }
}

static void no_tpm_is_no_failure(void **state)
{
    (void)state;
    struct buffer area;
    fake_tpm_init(&fake, FAKE_NONE);
    assert_int_equal(init_with(firmware_log(), LOG_SIZE), MEASURE_NO_TPM);
    assert_false(measure.is_measured);
    assert_int_equal(measure_boot(), MEASURE_NO_TPM);
    assert_int_equal(publish(&area), MEASURE_NO_TPM);
    assert_int_equal(area_data[0], 0xcc);
    measure_init_without_tpm(&measure);
    assert_int_equal(measure_boot(), MEASURE_NO_TPM);
    fake_tpm_init(&fake, FAKE_ALIEN);
    assert_int_equal(init_with(firmware_log(), LOG_SIZE), MEASURE_TPM_FAILED);
    assert_int_equal(measure_boot(), MEASURE_CAPPED);
}

/* Each fault, from each of the first commands on, ends in a refusal, in bounded
 * time and for good. */
static void every_fault_at_every_command(void **state)
{
    (void)state;
    static const enum fake_fault faults[] = {
        FAULT_NEVER_READY,
        FAULT_NO_BURST,
        FAULT_NOT_EXPECTING,
        FAULT_SILENT,
        FAULT_ALWAYS_EXPECTING,
        FAULT_STOPS_READING,
        FAULT_GARBAGE,
        FAULT_ALL_ONES,
        FAULT_SHORT,
        FAULT_LONG,
        FAULT_HUGE,
        FAULT_REFUSES,
        FAULT_RETRY_ALWAYS,
        FAULT_WRONG_DIGEST,
        FAULT_NO_EXTEND,
        FAULT_OTHER_PCR,
    };
    for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
        for (unsigned at = 0; at < 12; at++) {
            struct buffer area;
            fake_tpm_init(&fake, FAKE_FIFO);
            fake.fault = faults[i];
            fake.fault_at = at;
            enum measure_status status = init_with(firmware_log(), LOG_SIZE);
            if (status == MEASURE_OK) {
                status = measure_boot();
            }
            enum measure_status published = publish(&area);
            assert_true(status != MEASURE_OK || published != MEASURE_OK);
            assert_false(measure.is_measured);
            assert_true(measure.failure != MEASURE_OK);
            assert_true(fake.elapsed_us < LONGEST_US);
            assert_int_equal(measure_boot(), MEASURE_CAPPED);
            assert_int_equal(
                measure_text(&measure, VOUCHLOG_MODE_CHANGE, bytes_none()),
                MEASURE_CAPPED);
            assert_true(measure.detail[0] != '\0');
        }
    }
}

/* One bad answer, then the TPM works again: both PCRs get their cap. */
static void one_failure_caps_both_pcrs(void **state)
{
    (void)state;
    struct buffer area;
    bool capped;
    fake_tpm_init(&fake, FAKE_FIFO);
    assert_int_equal(init_with(firmware_log(), LOG_SIZE), MEASURE_OK);
    fake.fault = FAULT_OTHER_PCR; /* seen when publishing, by the check */
    assert_int_equal(measure_boot(), MEASURE_OK);
    assert_int_equal(publish(&area), MEASURE_BAD_ANSWER);
    assert_int_equal(measure.failure, MEASURE_BAD_ANSWER);
    assert_int_equal(count_ours(measure_log(&measure), 21, &capped), 7);
    assert_true(capped);
    assert_int_equal(count_ours(measure_log(&measure), 22, &capped), 1);
    assert_true(capped);
    assert_log_is_true(bytes_of(area_data, sizeof(area_data)), 21, 22);
    assert_int_equal(fake.active, -1);
}

static void lost_extend_is_noticed(void **state)
{
    (void)state;
    struct buffer area;
    fake_tpm_init(&fake, FAKE_FIFO);
    assert_int_equal(init_with(firmware_log(), LOG_SIZE), MEASURE_OK);
    fake.fault = FAULT_NO_EXTEND;
    assert_int_equal(measure_boot(), MEASURE_OK);
    fake.fault = FAULT_NONE;
    assert_int_equal(publish(&area), MEASURE_WRONG_PCR);
}

static void reset_that_does_nothing_is_noticed(void **state)
{
    (void)state;
    fake_tpm_init(&fake, FAKE_FIFO);
    fake.ignores_reset = true;
    assert_int_equal(init_with(firmware_log(), LOG_SIZE), MEASURE_WRONG_PCR);
    assert_int_equal(measure_boot(), MEASURE_CAPPED);
}

static void bad_firmware_log_is_refused(void **state)
{
    (void)state;
    struct bytes log = firmware_log();
    struct buffer area;
    fake_tpm_init(&fake, FAKE_FIFO);
    assert_int_equal(init_with(bytes_of(log.data, log.size - 1), LOG_SIZE),
                     MEASURE_BAD_LOG);
    assert_false(measure.is_measured);
    assert_int_equal(measure_log(&measure).size, 0);
    struct sha256_digest zero = {.bytes = {0}};
    assert_false(sha256_equal(&fake.sha256[21], &zero)); /* capped */
    assert_int_equal(publish(&area), MEASURE_OK);
    assert_int_equal(area_data[0], 0xcc); /* no log to publish */

    static const struct tpm_bank sha1[] = {{TPM_ALG_SHA1, 20}};
    struct buffer only_sha1 = buffer_over(firmware, sizeof(firmware));
    assert_int_equal(eventlog_create(&only_sha1, sha1, 1), EVENTLOG_OK);
    fake_tpm_init(&fake, FAKE_FIFO);
    assert_int_equal(init_with(buffer_bytes(&only_sha1), LOG_SIZE),
                     MEASURE_NO_SHA256);
}

/* A BIOS left its log where ours will be published. */
static void log_in_the_area_is_taken(void **state)
{
    (void)state;
    struct bytes log = firmware_log();
    struct buffer area = buffer_over(area_data, sizeof(area_data));
    struct measure_setup setup = {.log = buffer_over(log_data, LOG_SIZE),
                                  .log_area =
                                      bytes_of(area_data, sizeof(area_data))};
    memset(area_data, 0, sizeof(area_data));
    memcpy(area_data, log.data, log.size);
    fake_tpm_init(&fake, FAKE_FIFO);
    setup.io = fake_tpm_io(&fake);
    assert_int_equal(measure_init(&measure, &setup), MEASURE_OK);
    assert_int_equal(measure_log(&measure).size, log.size);
    assert_int_equal(measure_boot(), MEASURE_OK);
    assert_int_equal(measure_publish(&measure, &area), MEASURE_OK);
    assert_memory_equal(area_data, log.data, log.size);
    assert_true(area.used > log.size);
    assert_log_is_true(bytes_of(area_data, sizeof(area_data)), 21, 22);

    memset(area_data, 0, sizeof(area_data)); /* empty, as EFI leaves it */
    fake_tpm_init(&fake, FAKE_FIFO);
    assert_int_equal(measure_init(&measure, &setup), MEASURE_OK);

    memcpy(area_data, log.data, log.size);
    area_data[73] ^= 0x80; /* a number of digests: damaged is not empty */
    fake_tpm_init(&fake, FAKE_FIFO);
    assert_int_equal(measure_init(&measure, &setup), MEASURE_BAD_LOG);
}

/* Whatever the room, the log stays whole and there is room for the caps. */
static void full_log_is_refused_before_extending(void **state)
{
    (void)state;
    bool capped;
    size_t complete = 0;
    for (size_t room = 0; room < 3000; room += 37) {
        fake_tpm_init(&fake, FAKE_FIFO);
        enum measure_status status = init_with(bytes_none(), room);
        if (status == MEASURE_OK) {
            status = measure_boot();
        }
        if (status == MEASURE_OK) {
            complete++;
            continue;
        }
        assert_int_equal(measure.failure, MEASURE_LOG_FULL);
        if (room >= 600) { /* a header and two caps fit */
            (void)count_ours(measure_log(&measure), 21, &capped);
            assert_true(capped);
            assert_log_is_true(measure_log(&measure), 21, 22);
        }
    }
    assert_true(complete > 10);
}

static void small_area_is_left_alone(void **state)
{
    (void)state;
    fake_tpm_init(&fake, FAKE_FIFO);
    assert_int_equal(init_with(firmware_log(), LOG_SIZE), MEASURE_OK);
    assert_int_equal(measure_boot(), MEASURE_OK);
    memset(area_data, 0xcc, sizeof(area_data));
    struct buffer area = buffer_over(area_data, measure_log(&measure).size - 1);
    assert_int_equal(measure_publish(&measure, &area), MEASURE_LOG_FULL);
    assert_int_equal(area_data[0], 0xcc);
    assert_true(measure.is_measured);
}

static void texts_are_all_there(void **state)
{
    (void)state;
    for (int i = MEASURE_OK; i <= MEASURE_CAPPED; i++) {
        assert_string_not_equal(measure_status_text((enum measure_status)i),
                                "unknown measurement status");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boot_is_measured),
        cmocka_unit_test(order_and_text_are_as_documented),
        cmocka_unit_test(all_banks_are_logged),
        cmocka_unit_test(run_time_events_go_to_their_pcr),
        cmocka_unit_test(without_locality_2_pcrs_are_shared),
        cmocka_unit_test(no_tpm_is_no_failure),
        cmocka_unit_test(every_fault_at_every_command),
        cmocka_unit_test(one_failure_caps_both_pcrs),
        cmocka_unit_test(lost_extend_is_noticed),
        cmocka_unit_test(reset_that_does_nothing_is_noticed),
        cmocka_unit_test(bad_firmware_log_is_refused),
        cmocka_unit_test(log_in_the_area_is_taken),
        cmocka_unit_test(full_log_is_refused_before_extending),
        cmocka_unit_test(small_area_is_left_alone),
        cmocka_unit_test(texts_are_all_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
