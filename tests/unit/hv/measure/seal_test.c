/* SPDX-License-Identifier: MIT */
/*
 * The root key and the counter on a real TPM 2.0 (swtpm): who gets the key, who
 * does not, which counters are refused, and which table can be opened after
 * the power was cut at each command.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/ec.h>

#include "hv/measure/seal_root.h"
#include "lib/checked.h"
#include "lib/hmac.h"
#include "tests/unit/hv/measure/seal_machine.h"
#include "tests/unit/hv/measure/swtpm.h"

static void a_table_lives_through_boots(void **state)
{
    struct kept old, new;
    begin(&old);
    struct sha256_digest root = seal.root;
    for (int i = 0; i < 3; i++) {
        boot();
        assert_int_equal(seal_read(&seal, &new.table), SEAL_NOT_READY);
        assert_int_equal(seal_commit(&seal), SEAL_NOT_READY);
        assert_int_equal(open_table(kept(&old), &new), SEAL_OK);
        assert_false(seal.is_open);
        assert_int_equal(seal_commit(&seal), SEAL_OK);
        assert_true(hmac_equal(&seal.root, &root));
        assert_int_equal(version_now(), 1);
        boot();
        assert_int_equal(open_table(kept(&old), &old), SEAL_STALE);
        old = new;
        old.table.data = old.data;
    }
}

static void an_epoch_can_end_in_between(void **state)
{
    struct kept first, now, again;
    begin(&first);
    assert_int_equal(open_table(bytes_none(), &now), SEAL_OK);
    assert_int_equal(state_mark(&seal.table, 1, 5), STATE_OK);
    assert_int_equal(open_table(bytes_none(), &again), SEAL_OK);
    assert_true(bytes_equal(kept(&now), kept(&again)));
    assert_int_equal(seal_commit(&seal), SEAL_OK);
    assert_int_equal(seal_commit(&seal), SEAL_NOT_READY);
    assert_int_equal(seal_read(&seal, &again.table), SEAL_OK);
    boot();
    assert_int_equal(open_table(kept(&first), &now), SEAL_STALE);
    assert_int_equal(open_table(kept(&again), &now), SEAL_OK);
    assert_int_equal(seal_commit(&seal), SEAL_OK);
    assert_int_equal(version_now(), 5);
}

static void a_table_is_not_left_out(void **state)
{
    struct kept table, out;
    begin_and_boot(&table);
    assert_int_equal(open_table(bytes_none(), &out), SEAL_NO_TABLE);
    table.data[60] ^= 1;
    assert_int_equal(open_table(kept(&table), &out), SEAL_BAD_TABLE);
    table.data[60] ^= 1;
    step_by_dom0();
    assert_int_equal(open_table(kept(&table), &out), SEAL_STALE);
}

static void a_new_counter_makes_a_new_root(void **state)
{
    struct kept table, out;
    begin(&table);
    struct sha256_digest root = seal.root;
    define_ours();
    boot();
    assert_int_equal(open_table(kept(&table), &out), SEAL_STALE);
    assert_int_equal(open_table(bytes_none(), &out), SEAL_OK);
    assert_true(seal.table.birth > 2);
    assert_false(hmac_equal(&seal.root, &root));
    assert_int_equal(seal_commit(&seal), SEAL_OK);
    boot();
    assert_int_equal(open_table(kept(&table), &out), SEAL_STALE);
}

/* Both the first opening and a later one. */
static void assert_refused(struct bytes table, enum seal_status expected)
{
    struct kept out;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(open_table(table, &out), expected);
        assert_int_equal(out.table.used, 0);
        table = bytes_none();
        define_ours();
    }
    boot();
    assert_int_equal(open_table(bytes_none(), &out), SEAL_OK);
}

static void only_the_operator_approves(void **state)
{
    struct kept table;
    EVP_PKEY *stranger = EVP_EC_gen("prime256v1");
    begin_and_boot(&table);
    approval = approve(stranger, APPROVED_PCRS); /* not the key of state= */
    assert_refused(kept(&table), SEAL_REFUSED);
    begin_and_boot(&table);
    approval_data[APPROVAL_SIZE - 1] ^= 1; /* a signature of nothing */
    assert_refused(kept(&table), SEAL_REFUSED);
    begin_and_boot(&table);
    approval_data[12] ^= 1; /* other PCR values than were signed */
    assert_refused(kept(&table), SEAL_REFUSED);
    begin_and_boot(&table);
    approval = bytes_of(approval_data, APPROVAL_SIZE - 1);
    assert_refused(kept(&table), SEAL_BAD_APPROVAL);
    EVP_PKEY_free(stranger);
}

static void another_machine_state_is_refused(void **state)
{
    struct kept table;
    begin_and_boot(&table);
    extend_by_dom0();
    assert_refused(kept(&table), SEAL_REFUSED);
}

/* dom0 has the approval, the table and locality 0. */
static void no_other_locality_gets_the_root(void **state)
{
    struct kept table;
    struct approval parsed;
    struct sha256_digest root;
    begin_and_boot(&table);
    assert_true(approval_parse(approval, &parsed));
    for (unsigned locality = 0; locality < 5; locality++) {
        assert_int_equal(tpm_request_locality(&measure.tpm, locality), TPM_OK);
        enum seal_status status =
            seal_derive_root(&measure, &parsed, seal.table.birth, &root);
        assert_int_equal(status, locality == 2 ? SEAL_OK : SEAL_REFUSED);
    }
    tpm_release_locality(&measure.tpm);
}

static void without_pinned_key_or_measurement_nothing(void **state)
{
    struct kept out;
    define_ours();
    boot();
    measure.is_exclusive = false;
    assert_int_equal(open_table(bytes_none(), &out), SEAL_UNAVAILABLE);
    measure.is_exclusive = true;
    measure.is_measured = false;
    assert_int_equal(open_table(bytes_none(), &out), SEAL_UNAVAILABLE);
    measure.is_measured = true;
    seal_init(&seal, &measure, NULL);
    assert_int_equal(open_table(bytes_none(), &out), SEAL_UNAVAILABLE);
}

static void other_counters_are_refused(void **state)
{
    struct kept out;
    static const struct {
        const char *attributes, *policy;
        unsigned size;
    } others[] = {
        {"02020002", "", 8}, /* a number that its owner can write */
        {"02020022", "", 8}, /* bits, that can be set */
        {"02060012", "", 8}, /* its own password reads it */
        {"02020016", "", 8}, /* its own password steps it */
        {"06020012", "", 8}, /* kept in memory until the next shutdown */
        {"82020012", "", 8}, /* can be read-locked */
        {"02024012", "", 8}, /* can be write-locked */
        {"02020012",
         "11111111111111111111111111111111"
         "11111111111111111111111111111111",
         8},
    };
    undefine();
    boot();
    assert_int_equal(open_table(bytes_none(), &out), SEAL_NO_COUNTER);
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        undefine();
        assert_int_equal(
            define(others[i].attributes, others[i].policy, others[i].size), 0);
        assert_int_equal(open_table(bytes_none(), &out), SEAL_NO_COUNTER);
    }
    define_ours();
    assert_int_equal(open_table(bytes_none(), &out), SEAL_OK);
    undefine(); /* between opening and commit */
    assert_int_equal(seal_commit(&seal), SEAL_NO_COUNTER);
    assert_false(seal.is_open);
}

static void what_dom0_does_is_not_cut_short(void **state)
{
    struct kept table, out;
    begin_and_boot(&table);
    fake_tpm_occupy(&fake, 0);
    unsigned commands = fake.commands;
    assert_int_equal(open_table(kept(&table), &out), SEAL_BUSY);
    assert_int_equal(fake.active, 0);
    assert_int_equal(fake.commands, commands);
    fake_tpm_occupy(&fake, -1);
    assert_int_equal(open_table(kept(&table), &out), SEAL_OK);
    fake_tpm_occupy(&fake, 0);
    assert_int_equal(seal_commit(&seal), SEAL_BUSY);
    fake_tpm_occupy(&fake, -1);
    assert_int_equal(seal_commit(&seal), SEAL_OK);
}

static void a_step_of_another_is_noticed(void **state)
{
    struct kept table, out;
    begin_and_boot(&table);
    assert_int_equal(open_table(kept(&table), &out), SEAL_OK);
    step_by_dom0();
    step_by_dom0();
    assert_int_equal(seal_commit(&seal), SEAL_STALE);
    assert_false(seal.is_open);
    assert_int_equal(open_table(kept(&out), &table), SEAL_STALE);
}

static void nothing_stays_in_the_tpm(void **state)
{
    struct kept table, out;
    begin_and_boot(&table);
    for (int i = 0; i < 8; i++) { /* it has room for three */
        approval_data[12] ^= 1;
        assert_int_equal(open_table(kept(&table), &out), SEAL_REFUSED);
        approval_data[12] ^= 1;
        table.data[60] ^= 1;
        assert_int_equal(open_table(kept(&table), &out), SEAL_BAD_TABLE);
        table.data[60] ^= 1;
    }
    assert_int_equal(open_table(kept(&table), &out), SEAL_OK);
}

/* Is one of the pair the one that counts, with what was in it? */
static void assert_pair_opens(struct bytes old, struct bytes new)
{
    struct kept out;
    boot();
    enum seal_status status =
        new.size == 0 ? SEAL_STALE : open_table(new, &out);
    if (status == SEAL_STALE) {
        status = open_table(old, &out);
    }
    assert_int_equal(status, SEAL_OK);
    assert_int_equal(seal_commit(&seal), SEAL_OK);
    assert_int_equal(version_now(), 1);
}

/* The machine stops at each command, which was carried out or was not. */
static void power_can_be_cut_anywhere(void **state)
{
    static const enum fake_fault faults[] = {FAULT_SILENT, FAULT_SHORT,
                                             FAULT_REFUSES, FAULT_GARBAGE};
    struct kept old, new;
    begin(&old);
    for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
        bool is_through = false;
        for (unsigned at = 0; !is_through; at++) {
            begin_and_boot(&old);
            fake.fault = faults[i];
            fake.fault_at = fake.commands + at;
            enum seal_status status = open_table(kept(&old), &new);
            if (status == SEAL_OK) {
                status = seal_commit(&seal);
            }
            is_through = status == SEAL_OK && fake.commands <= fake.fault_at;
            assert_int_equal(status == SEAL_OK, seal.is_open);
            assert_true(at < 40);
            assert_pair_opens(kept(&old), kept(&new));
        }
    }
}

/* The first table: it may come to nothing, but then it can be begun anew. */
static void power_can_be_cut_at_birth(void **state)
{
    struct kept first, out;
    define_ours();
    boot();
    assert_int_equal(open_table(bytes_none(), &first), SEAL_OK);
    boot(); /* and dom0 did not commit */
    assert_int_equal(open_table(bytes_none(), &out), SEAL_NO_TABLE);
    assert_int_equal(open_table(kept(&first), &out), SEAL_OK);
    assert_int_equal(seal_commit(&seal), SEAL_OK);
    boot();
    assert_int_equal(open_table(kept(&out), &first), SEAL_OK);
}

static void a_commit_can_be_tried_again(void **state)
{
    struct kept old, new;
    begin(&old);
    for (unsigned at = 0; at < 4; at++) {
        begin_and_boot(&old);
        assert_int_equal(open_table(kept(&old), &new), SEAL_OK);
        fake.fault = FAULT_GARBAGE;
        fake.fault_at = fake.commands + at;
        assert_int_equal(seal_commit(&seal), SEAL_TPM_FAILED);
        assert_false(seal.is_open);
        fake.fault = FAULT_NONE;
        assert_int_equal(seal_commit(&seal), SEAL_OK);
        assert_pair_opens(kept(&old), kept(&new));
    }
}

static int start(void **state)
{
    operator= EVP_EC_gen("prime256v1");
    swtpm_start();
    return 0;
}

static int stop(void **state)
{
    EVP_PKEY_free(operator);
    swtpm_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_lives_through_boots),
        cmocka_unit_test(an_epoch_can_end_in_between),
        cmocka_unit_test(a_table_is_not_left_out),
        cmocka_unit_test(a_new_counter_makes_a_new_root),
        cmocka_unit_test(only_the_operator_approves),
        cmocka_unit_test(another_machine_state_is_refused),
        cmocka_unit_test(no_other_locality_gets_the_root),
        cmocka_unit_test(without_pinned_key_or_measurement_nothing),
        cmocka_unit_test(other_counters_are_refused),
        cmocka_unit_test(what_dom0_does_is_not_cut_short),
        cmocka_unit_test(a_step_of_another_is_noticed),
        cmocka_unit_test(nothing_stays_in_the_tpm),
        cmocka_unit_test(power_can_be_cut_anywhere),
        cmocka_unit_test(power_can_be_cut_at_birth),
        cmocka_unit_test(a_commit_can_be_tried_again),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
