/* SPDX-License-Identifier: MIT */
/*
 * libtpms started without a state, with one, with one that is not; keys that
 * are the same whenever they are made.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#define OPENSSL_SUPPRESS_DEPRECATED /* another RAND_METHOD */
#include <openssl/rand.h>

#include "tests/unit/vtpm/tpm/fake_port.h"
#include "vtpm/tpm/command.h"
#include "vtpm/tpm/keys.h"
#include "vtpm/tpm/setup.h"
#include "vtpm/tpm/tpm.h"

static struct platform platform;

static struct keys start(struct bytes state)
{
    struct keys keys;
    assert_int_equal(tpm_start(state), TPM_OK);
    assert_int_equal(setup_run(&platform), SETUP_OK);
    assert_int_equal(keys_make(&keys), 0);
    return keys;
}

static void a_state_is_the_same_tpm(void **state)
{
    struct buffer blob;
    struct keys first = start(bytes_none());
    assert_true(tpm_has_changed());
    assert_int_equal(tpm_save(&blob), TPM_OK);
    assert_false(tpm_has_changed());
    tpm_stop();
    struct keys again = start(buffer_bytes(&blob));
    assert_memory_equal(&first, &again, sizeof(first));
    assert_memory_not_equal(first.ak, first.ek, sizeof(first.ak));
    assert_int_equal(first.ak[1], 0x0b);
    tpm_stop();
    again = start(bytes_none()); /* another one */
    assert_memory_not_equal(&first, &again, sizeof(first));
    tpm_stop();
    free(blob.data);
}

static void what_is_no_state_is_refused(void **state)
{
    struct buffer blob;
    (void)start(bytes_none());
    assert_int_equal(tpm_save(&blob), TPM_OK);
    tpm_stop();
    assert_int_equal(tpm_start(bytes_of("no state", 8)), TPM_BAD_STATE);
    tpm_stop();
    assert_int_equal(tpm_start(bytes_of(blob.data, blob.used / 2)),
                     TPM_BAD_STATE);
    tpm_stop();
    assert_int_equal(tpm_start(buffer_bytes(&blob)), TPM_OK);
    tpm_stop();
    free(blob.data);
}

static void without_entropy_there_is_no_tpm(void **state)
{
    static const RAND_METHOD none; /* status: not seeded */
    assert_int_equal(RAND_set_rand_method(&none), 1);
    assert_int_equal(tpm_start(bytes_none()), TPM_NO_RANDOM);
    assert_int_equal(RAND_set_rand_method(NULL), 1);
    assert_int_equal(tpm_start(bytes_none()), TPM_OK);
    tpm_stop();
}

static void nothing_is_processed_before_it_is_started(void **state)
{
    struct command command;
    assert_int_equal(tpm_start(bytes_none()), TPM_OK);
    command_begin(&command, CODE_CC_GET_RANDOM);
    put_be16(&command.writer, 8);
    assert_int_equal(command_run(&command, NULL), CODE_INITIALIZE);
    assert_false(tpm_is_failed());
    tpm_stop();
}

static void a_command_that_does_not_fit_is_not_sent(void **state)
{
    static const uint8_t large[COMMAND_ROOM];
    struct command command;
    (void)start(bytes_none());
    command_begin(&command, CODE_CC_GET_RANDOM);
    command_put_sized(&command.writer, bytes_of(large, sizeof(large)));
    assert_int_equal(command_run(&command, NULL), COMMAND_BAD_ANSWER);
    tpm_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_is_the_same_tpm),
        cmocka_unit_test(what_is_no_state_is_refused),
        cmocka_unit_test(without_entropy_there_is_no_tpm),
        cmocka_unit_test(nothing_is_processed_before_it_is_started),
        cmocka_unit_test(a_command_that_does_not_fit_is_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
