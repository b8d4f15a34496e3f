/* SPDX-License-Identifier: MIT */
/*
 * Logs: a real one replays to what the machine's TPM held; forged ones are
 * refused, with a quote that is genuine.
 */
#include "tests/unit/attest/fixture.h"

static int set_up(void **state)
{
    struct fixture *fixture = malloc(sizeof(*fixture));
    fixture_make(fixture, false);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    fixture_free(*state);
    free(*state);
    return 0;
}

/* The PCRs of the good log, and another log. */
static enum reason judge(struct fixture *fixture, struct bytes log)
{
    fixture->quote = forge_quote_good(&fixture->log, fixture_nonce(fixture));
    forge_sign(&fixture->key, &fixture->hasher, &fixture->quote, &fixture->is);
    struct evidence evidence = forge_evidence(&fixture->key, &fixture->is,
                                              &fixture->quote, &fixture->log);
    evidence.log = log;
    appraise(fixture->appraiser, &fixture->reference, &evidence,
             fixture_nonce(fixture), &fixture->verdict);
    assert_true(fixture->verdict.is_authentic);
    return fixture->verdict.reason;
}

static struct bytes records_of(const struct forge_log *log, size_t index,
                               struct eventlog_event *event)
{
    struct eventlog_reader reader;
    assert_int_equal(eventlog_open(buffer_bytes(&log->log), &reader),
                     EVENTLOG_OK);
    for (size_t i = 0; i <= index; i++) {
        if (eventlog_next(&reader, event) != EVENTLOG_OK) {
            return bytes_none();
        }
    }
    return event->raw;
}

static size_t record_count(const struct forge_log *log)
{
    struct eventlog_event event;
    size_t count = 0;
    while (records_of(log, count, &event).size != 0) {
        count++;
    }
    return count;
}

/* The records of log in this order, to be given to free. */
static struct bytes arrange(const struct forge_log *log, const size_t *order,
                            size_t count)
{
    struct eventlog_event event;
    struct buffer buffer = buffer_over(malloc(FORGE_MAX_LOG), FORGE_MAX_LOG);
    struct writer writer = writer_begin(&buffer);
    put_bytes(&writer, bytes_of(log->log.data, log->header.size));
    for (size_t i = 0; i < count; i++) {
        put_bytes(&writer, records_of(log, order[i], &event));
    }
    assert_true(writer_end(&writer));
    return buffer_bytes(&buffer);
}

static size_t in_order(size_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        order[i] = i;
    }
    return count;
}

static void test_real_log(void **state)
{
    struct fixture *fixture = *state;
    static struct replay replay;
    char line[128];
    assert_reason(replay_log(&fixture->hasher, fixture->real_log, &replay),
                  REASON_NONE);
    FILE *file = fopen(DATA_DIR "ovmf-grub.pcrs", "r");
    assert_non_null(file);
    size_t compared = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        unsigned pcr;
        char hex[65], found[65] = "";
        assert_int_equal(sscanf(line, "%u %64s", &pcr, hex), 2);
        if ((replay.extended >> pcr & 1) != 0) {
            for (size_t i = 0; i < SHA256_SIZE; i++) {
                snprintf(found + 2 * i, 3, "%02x", replay.pcr[pcr].bytes[i]);
            }
            assert_string_equal(found, hex);
            compared++;
        }
    }
    fclose(file);
    assert_int_equal(compared, 10);
}

static void test_truncated(void **state)
{
    struct fixture *fixture = *state;
    struct bytes log = buffer_bytes(&fixture->log.log);
    struct eventlog_event event;
    size_t end = log.size, record = record_count(&fixture->log) - 1;
    size_t start = end - records_of(&fixture->log, record, &event).size;
    for (size_t size = start + 1; size < end; size++) {
        assert_reason(judge(fixture, bytes_of(log.data, size)),
                      REASON_LOG_TRUNCATED);
        assert_int_equal(fixture->verdict.event, record + 1);
    }
    /* At a boundary it looks whole; only the PCR tells. */
    assert_reason(judge(fixture, bytes_of(log.data, start)), REASON_LOG_SHORT);
    assert_int_equal(fixture->verdict.pcr, 21);
}

static void test_cut_everywhere(void **state)
{
    struct fixture *fixture = *state;
    struct bytes log = buffer_bytes(&fixture->log.log);
    for (size_t size = 0; size < log.size; size += 13) {
        enum reason reason = judge(fixture, bytes_of(log.data, size));
        assert_int_equal(reason_class(reason), REASON_CLASS_UNTRUSTED);
    }
}

static void test_empty(void **state)
{
    struct fixture *fixture = *state;
    struct bytes log = buffer_bytes(&fixture->log.log);
    assert_reason(judge(fixture, bytes_none()), REASON_LOG_TRUNCATED);
    log.size = fixture->log.header.size;
    assert_reason(judge(fixture, log), REASON_LOG_SHORT);
}

static void test_padded(void **state)
{
    struct fixture *fixture = *state;
    uint8_t data[FORGE_MAX_LOG];
    struct bytes log = buffer_bytes(&fixture->log.log);
    const uint8_t fillings[] = {0x00, 0xff};
    memcpy(data, log.data, log.size);
    for (size_t i = 0; i < 2; i++) {
        for (size_t more = 1; more < 100; more += 7) {
            memset(data + log.size, fillings[i], more);
            assert_reason(judge(fixture, bytes_of(data, log.size + more)),
                          REASON_LOG_PADDED);
        }
    }
    memset(data + log.size, 0x17, 3);
    assert_reason(judge(fixture, bytes_of(data, log.size + 3)),
                  REASON_LOG_TRUNCATED);
}

/* Neighbours in one PCR, swapped. */
static void test_reordered(void **state)
{
    struct fixture *fixture = *state;
    size_t order[256], count = record_count(&fixture->log), swaps = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        struct eventlog_event a, b;
        (void)records_of(&fixture->log, i, &a);
        (void)records_of(&fixture->log, i + 1, &b);
        if (bytes_equal(a.raw, b.raw)) {
            continue;
        }
        in_order(order, count);
        order[i] = i + 1;
        order[i + 1] = i;
        struct bytes log = arrange(&fixture->log, order, count);
        enum reason reason = judge(fixture, log);
        if (a.pcr == b.pcr) {
            assert_reason(reason, REASON_LOG_REPLAY);
            assert_int_equal(fixture->verdict.pcr, a.pcr);
            swaps++;
        } else if (a.pcr < 10 && b.pcr < 10) {
            assert_reason(reason, REASON_LOG_ORDER);
        }
        free((void *)log.data);
    }
    assert_true(swaps > 10);
}

static void test_left_out(void **state)
{
    struct fixture *fixture = *state;
    size_t order[256], count = record_count(&fixture->log);
    for (size_t i = 0; i < count; i++) {
        in_order(order, count);
        memmove(order + i, order + i + 1, (count - i - 1) * sizeof(order[0]));
        struct bytes log = arrange(&fixture->log, order, count - 1);
        enum reason reason = judge(fixture, log);
        assert_true(reason == REASON_LOG_REPLAY || reason == REASON_LOG_SHORT);
        free((void *)log.data);
    }
}

/* An event that was logged, but that the PCR never took. */
static void test_extra(void **state)
{
    struct fixture *fixture = *state;
    struct forge_log *longer = malloc(sizeof(*longer));
    for (uint32_t pcr = 0; pcr < 10; pcr++) {
        *longer = fixture->log;
        longer->log.data = longer->data;
        forge_event(longer, pcr, EV_ACTION, NULL, bytes_of_text("good news"));
        assert_reason(judge(fixture, buffer_bytes(&longer->log)),
                      REASON_LOG_EXTRA);
        assert_int_equal(fixture->verdict.pcr, pcr);
    }
    free(longer);
}

/* The log of another good boot behind the first half of this one. */
static void test_spliced(void **state)
{
    struct fixture *fixture = *state;
    struct forge_log *other = malloc(sizeof(*other));
    memcpy(other, &fixture->log, sizeof(*other));
    other->log.data = other->data;
    boot_disk_edit(&fixture->disk, "/boot/policy", "policy", "Policy");
    fixture_boot(fixture);
    assert_reason(judge(fixture, buffer_bytes(&other->log)), REASON_LOG_REPLAY);
    uint8_t data[FORGE_MAX_LOG];
    size_t half = fixture->log.log.used / 2;
    memcpy(data, fixture->log.data, half);
    memcpy(data + half, other->data + half, other->log.used - half);
    enum reason reason = judge(fixture, bytes_of(data, other->log.used));
    assert_int_equal(reason_class(reason), REASON_CLASS_UNTRUSTED);
    free(other);
}

/* Change one byte of the data of each event and keep its digest. */
static void test_changed_data(void **state)
{
    struct fixture *fixture = *state;
    size_t count = record_count(&fixture->log), changed = 0, unmeasured = 0;
    for (size_t i = 0; i < count; i++) {
        struct eventlog_event event;
        (void)records_of(&fixture->log, i, &event);
        if (event.data.size == 0) {
            continue;
        }
        uint8_t *data = (uint8_t *)event.data.data;
        data[event.data.size / 2] ^= 1;
        enum reason reason = judge(fixture, buffer_bytes(&fixture->log.log));
        data[event.data.size / 2] ^= 1;
        changed += reason == REASON_LOG_DATA;
        unmeasured += reason == REASON_EVENT_DATA;
        assert_true(reason == REASON_LOG_DATA || reason == REASON_EVENT_DATA);
        assert_int_equal(reason == REASON_LOG_DATA
                             ? fixture->verdict.event
                             : fixture->verdict.findings[0].event,
                         i + 1);
    }
    assert_true(changed > 30 && unmeasured > 5);
}

/* The type is in no digest: give each event another one. */
static void test_swapped_type(void **state)
{
    struct fixture *fixture = *state;
    const uint32_t others[] = {EV_SEPARATOR,
                               EV_IPL,
                               EV_ACTION,
                               EV_EVENT_TAG,
                               EV_EFI_BOOT_SERVICES_APPLICATION,
                               0x12345678};
    size_t count = record_count(&fixture->log);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < sizeof(others) / sizeof(others[0]); j++) {
            struct eventlog_event event;
            (void)records_of(&fixture->log, i, &event);
            if (event.type == others[j]) {
                continue;
            }
            uint8_t *type = (uint8_t *)event.raw.data + 4;
            uint8_t saved[4];
            memcpy(saved, type, 4);
            for (size_t k = 0; k < 4; k++) {
                type[k] = (uint8_t)(others[j] >> (8 * k));
            }
            enum reason reason =
                judge(fixture, buffer_bytes(&fixture->log.log));
            memcpy(type, saved, 4);
            assert_true(reason == REASON_EVENT_TYPE ||
                        reason == REASON_LOG_DATA);
        }
    }
}

/* Not to be extended, so gone from the replay. */
static void test_made_no_action(void **state)
{
    struct fixture *fixture = *state;
    struct eventlog_event event;
    (void)records_of(&fixture->log, record_count(&fixture->log) - 1, &event);
    ((uint8_t *)event.raw.data)[4] = EV_NO_ACTION;
    assert_reason(judge(fixture, buffer_bytes(&fixture->log.log)),
                  REASON_LOG_SHORT);
}

static void test_header(void **state)
{
    struct fixture *fixture = *state;
    uint8_t *data = fixture->log.data;
    data[32] ^= 1; /* Spec ID Event03 */
    assert_reason(judge(fixture, buffer_bytes(&fixture->log.log)),
                  REASON_LOG_HEADER);
    data[32] ^= 1;
    data[60] = TPM_ALG_SHA1; /* the only bank */
    enum reason reason = judge(fixture, buffer_bytes(&fixture->log.log));
    assert_true(reason == REASON_LOG_BANK || reason == REASON_LOG_MALFORMED);
}

static void test_too_long(void **state)
{
    struct fixture *fixture = *state;
    uint8_t *data = calloc(1, REPLAY_MAX_LOG + 1);
    memcpy(data, fixture->log.data, fixture->log.log.used);
    assert_reason(judge(fixture, bytes_of(data, REPLAY_MAX_LOG + 1)),
                  REASON_LOG_TOO_LONG);
    free(data);
    struct forge_log *many = malloc(sizeof(*many));
    forge_start(many, &fixture->hasher);
    for (size_t i = 0; i < REPLAY_MAX_EVENTS + 1; i++) {
        forge_event(many, 0, EV_ACTION, NULL, bytes_of_text("x"));
    }
    assert_reason(judge(fixture, buffer_bytes(&many->log)),
                  REASON_LOG_TOO_LONG);
    free(many);
}

/* Found by fuzzing: an event for a PCR that no TPM has once wrote behind the
 * array of PCRs. */
static void test_no_such_pcr(void **state)
{
    struct fixture *fixture = *state;
    struct eventlog_event event;
    const uint32_t pcrs[] = {24, 142, 0x10000, 0xffffffff};
    (void)records_of(&fixture->log, 3, &event);
    for (size_t i = 0; i < sizeof(pcrs) / sizeof(pcrs[0]); i++) {
        for (size_t k = 0; k < 4; k++) {
            ((uint8_t *)event.raw.data)[k] = (uint8_t)(pcrs[i] >> (8 * k));
        }
        assert_reason(judge(fixture, buffer_bytes(&fixture->log.log)),
                      REASON_LOG_MALFORMED);
        assert_int_equal(fixture->verdict.event, 4);
    }
}

/* PCR 0 counts from the locality of TPM2_Startup, told before it is used. */
static void test_startup_locality(void **state)
{
    struct fixture *fixture = *state;
    static struct replay replay;
    static const uint8_t locality[] = "StartupLocality\0\x03";
    struct forge_log *log = malloc(sizeof(*log));
    forge_start(log, &fixture->hasher);
    forge_event(log, 0, EV_NO_ACTION, NULL, bytes_of(locality, 17));
    log->pcr[0].bytes[31] = 3;
    forge_event(log, 0, EV_SEPARATOR, NULL, bytes_of("\0\0\0\0", 4));
    assert_reason(
        replay_log(&fixture->hasher, buffer_bytes(&log->log), &replay),
        REASON_NONE);
    assert_memory_equal(&replay.pcr[0], &log->pcr[0], SHA256_SIZE);
    forge_event(log, 0, EV_NO_ACTION, NULL, bytes_of(locality, 17));
    assert_reason(
        replay_log(&fixture->hasher, buffer_bytes(&log->log), &replay),
        REASON_LOG_MALFORMED);
    free(log);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_real_log),         TEST(test_truncated),
        TEST(test_cut_everywhere),   TEST(test_empty),
        TEST(test_padded),           TEST(test_reordered),
        TEST(test_left_out),         TEST(test_extra),
        TEST(test_spliced),          TEST(test_changed_data),
        TEST(test_swapped_type),     TEST(test_made_no_action),
        TEST(test_header),           TEST(test_too_long),
        TEST(test_startup_locality), TEST(test_no_such_pcr),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
