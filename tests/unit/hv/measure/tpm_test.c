/* SPDX-License-Identifier: MIT */
/*
 * The TPM interfaces against a fake device: that they work, and that every way
 * a device can fail ends in bounded time in the status that says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hv/measure/tpm.h"
#include "lib/checked.h"
#include "tests/unit/hv/measure/fake_tpm.h"

#define LONGEST_US 20000000u

static struct fake_tpm fake;

static enum tpm_status open_tpm(struct tpm *tpm, unsigned locality)
{
    struct tpm_io io = fake_tpm_io(&fake);
    enum tpm_status status = tpm_probe(&io, tpm);
    return status == TPM_OK ? tpm_request_locality(tpm, locality) : status;
}

/* One TPM2_PCR_Event on PCR 16 in locality 0. */
static enum tpm_status send_event(struct tpm *tpm, struct buffer *response)
{
    static uint8_t command_data[TPM2_MAX_COMMAND];
    struct buffer command = buffer_over(command_data, sizeof(command_data));
    assert_int_equal(
        tpm2_command_pcr_event(16, bytes_of_text("measured"), &command),
        TPM2_OK);
    return tpm_send(tpm, buffer_bytes(&command), response);
}

static enum tpm_status event_on(enum fake_kind kind, enum fake_fault fault)
{
    static uint8_t data[TPM2_MAX_RESPONSE];
    struct buffer response = buffer_over(data, sizeof(data));
    struct tpm tpm;
    fake_tpm_init(&fake, kind);
    fake.fault = fault;
    assert_int_equal(open_tpm(&tpm, 0), TPM_OK);
    enum tpm_status status = send_event(&tpm, &response);
    assert_true(fake.elapsed_us < LONGEST_US);
    if (status != TPM_OK) {
        assert_int_equal(response.used, 0);
    }
    return status;
}

static void absent_and_alien_devices(void **state)
{
    (void)state;
    struct tpm tpm;
    fake_tpm_init(&fake, FAKE_NONE);
    assert_int_equal(open_tpm(&tpm, 0), TPM_ABSENT);
    fake_tpm_init(&fake, FAKE_ALIEN);
    assert_int_equal(open_tpm(&tpm, 0), TPM_UNKNOWN_INTERFACE);
}

static void both_interfaces_carry_commands(void **state)
{
    (void)state;
    static const enum fake_kind kinds[] = {FAKE_FIFO, FAKE_CRB};
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        static uint8_t data[TPM2_MAX_RESPONSE];
        struct buffer response = buffer_over(data, sizeof(data));
        struct tpm tpm;
        struct tpm2_digests digests;
        fake_tpm_init(&fake, kinds[i]);
        assert_int_equal(open_tpm(&tpm, 0), TPM_OK);
        for (int round = 0; round < 3; round++) {
            assert_int_equal(send_event(&tpm, &response), TPM_OK);
            assert_int_equal(
                tpm2_response_pcr_event(buffer_bytes(&response), &digests),
                TPM2_OK);
            assert_int_equal(digests.count, 1);
        }
        assert_int_equal(fake.commands, 3);
        tpm_release_locality(&tpm);
        assert_int_equal(fake.active, -1);
        assert_int_equal(send_event(&tpm, &response), TPM_NO_LOCALITY);
    }
}

static void localities_are_requested_and_seized(void **state)
{
    (void)state;
    struct tpm tpm;
    fake_tpm_init(&fake, FAKE_FIFO);
    assert_int_equal(open_tpm(&tpm, 2), TPM_OK);
    assert_int_equal(fake.active, 2);
    assert_int_equal(tpm_request_locality(&tpm, 0), TPM_OK);
    assert_int_equal(fake.active, 0);
    assert_int_equal(tpm_request_locality(&tpm, 5), TPM_NO_LOCALITY);

    fake_tpm_init(&fake, FAKE_FIFO);
    fake_tpm_occupy(&fake, 0); /* and does not let go */
    assert_int_equal(open_tpm(&tpm, 2), TPM_OK);
    assert_int_equal(fake.active, 2);

    fake_tpm_init(&fake, FAKE_FIFO);
    fake_tpm_occupy(&fake, 3); /* a higher one cannot be seized from */
    assert_int_equal(open_tpm(&tpm, 2), TPM_NO_LOCALITY);
    assert_int_equal(fake.active, 3);

    fake_tpm_init(&fake, FAKE_FIFO);
    fake.has_localities = false;
    assert_int_equal(open_tpm(&tpm, 2), TPM_NO_LOCALITY);
    assert_int_equal(tpm_request_locality(&tpm, 0), TPM_OK);

    fake_tpm_init(&fake, FAKE_CRB);
    assert_int_equal(open_tpm(&tpm, 2), TPM_NO_LOCALITY);
    assert_int_equal(tpm_request_locality(&tpm, 0), TPM_OK);
}

static void fifo_faults_have_their_status(void **state)
{
    (void)state;
    static const struct {
        enum fake_fault fault;
        enum tpm_status expected;
    } cases[] = {
        {FAULT_NONE, TPM_OK},
        {FAULT_NEVER_READY, TPM_NOT_READY},
        {FAULT_NO_BURST, TPM_STUCK_WRITE},
        {FAULT_NOT_EXPECTING, TPM_BAD_WRITE},
        {FAULT_ALWAYS_EXPECTING, TPM_BAD_WRITE},
        {FAULT_ALL_ONES, TPM_BAD_WRITE},
        {FAULT_SILENT, TPM_NO_ANSWER},
        {FAULT_STOPS_READING, TPM_STUCK_READ},
        {FAULT_GARBAGE, TPM_BAD_RESPONSE},
        {FAULT_SHORT, TPM_STUCK_READ},
        {FAULT_LONG, TPM_BAD_RESPONSE},
        {FAULT_HUGE, TPM_BAD_RESPONSE},
        {FAULT_REFUSES, TPM_OK}, /* a correct answer that says no */
        {FAULT_RETRY_ONCE, TPM_OK},
        {FAULT_RETRY_ALWAYS, TPM_BUSY},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(event_on(FAKE_FIFO, cases[i].fault),
                         cases[i].expected);
    }
}

static void crb_faults_have_their_status(void **state)
{
    (void)state;
    static const struct {
        enum fake_fault fault;
        enum tpm_status expected;
    } cases[] = {
        {FAULT_NONE, TPM_OK},
        {FAULT_NEVER_READY, TPM_NOT_READY},
        {FAULT_SILENT, TPM_NO_ANSWER},
        {FAULT_GARBAGE, TPM_BAD_RESPONSE},
        {FAULT_HUGE, TPM_BAD_RESPONSE},
        {FAULT_DEVICE_ERROR, TPM_DEVICE_ERROR},
        {FAULT_BUFFER_OUTSIDE, TPM_DEVICE_ERROR},
        {FAULT_REFUSES, TPM_OK},
        {FAULT_RETRY_ONCE, TPM_OK},
        {FAULT_RETRY_ALWAYS, TPM_BUSY},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(event_on(FAKE_CRB, cases[i].fault), cases[i].expected);
    }
}

static void silent_tpm_is_given_up(void **state)
{
    (void)state;
    static uint8_t data[TPM2_MAX_RESPONSE];
    struct buffer response = buffer_over(data, sizeof(data));
    struct tpm tpm;
    fake_tpm_init(&fake, FAKE_FIFO);
    fake.fault = FAULT_SILENT;
    assert_int_equal(open_tpm(&tpm, 0), TPM_OK);
    assert_int_equal(send_event(&tpm, &response), TPM_NO_ANSWER);
    uint64_t elapsed_us = fake.elapsed_us;
    assert_int_equal(send_event(&tpm, &response), TPM_DEAD);
    assert_int_equal(tpm_request_locality(&tpm, 2), TPM_DEAD);
    assert_int_equal(fake.elapsed_us, elapsed_us);
}

static void sizes_are_bounded(void **state)
{
    (void)state;
    static const enum fake_kind kinds[] = {FAKE_FIFO, FAKE_CRB};
    static uint8_t data[TPM2_MAX_COMMAND + 1];
    uint8_t small[12];
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        struct tpm tpm;
        fake_tpm_init(&fake, kinds[i]);
        assert_int_equal(open_tpm(&tpm, 0), TPM_OK);
        struct buffer response = buffer_over(small, sizeof(small));
        assert_int_equal(send_event(&tpm, &response), TPM_TOO_LONG);
        assert_int_equal(
            tpm_send(&tpm, bytes_of(data, TPM2_MAX_COMMAND + 1), &response),
            TPM_TOO_LONG);
        assert_int_equal(tpm_send(&tpm, bytes_of(data, 9), &response),
                         TPM_TOO_LONG);
        assert_false(tpm.is_dead);
    }
    struct tpm tpm;
    fake_tpm_init(&fake, FAKE_CRB);
    assert_int_equal(open_tpm(&tpm, 0), TPM_OK);
    struct buffer response = buffer_over(small, sizeof(small));
    /* fits the interface's limit, but not this device's buffer */
    assert_int_equal(tpm_send(&tpm, bytes_of(data, 3969), &response),
                     TPM_TOO_LONG);
}

static void texts_are_all_there(void **state)
{
    (void)state;
    for (int i = TPM_OK; i <= TPM_DEAD; i++) {
        assert_string_not_equal(tpm_status_text((enum tpm_status)i),
                                "unknown TPM status");
    }
    assert_string_equal(tpm_crb.name, "CRB");
    assert_string_equal(tpm_tis.name, "FIFO");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_and_alien_devices),
        cmocka_unit_test(both_interfaces_carry_commands),
        cmocka_unit_test(localities_are_requested_and_seized),
        cmocka_unit_test(fifo_faults_have_their_status),
        cmocka_unit_test(crb_faults_have_their_status),
        cmocka_unit_test(silent_tpm_is_given_up),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(texts_are_all_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
