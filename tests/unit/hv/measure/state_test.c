/* SPDX-License-Identifier: MIT */
/*
 * The table of versions: every cut and every changed bit of its bytes is
 * refused, it counts in one epoch only, and no key comes back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hv/measure/state.h"
#include "lib/checked.h"
#include "lib/hmac.h"

static const struct sha256_digest root = {.bytes = {1, 2, 3}};
static struct state_table table, other;
static uint8_t data[STATE_TABLE_MAX], copy[STATE_TABLE_MAX + 1];

/* Who holds a guest's state, in what follows. */
#define HOLDER(number) (7 + (number))

static const uint8_t *uuid_of(unsigned number)
{
    static uint8_t uuid[STATE_UUID_SIZE];
    memset(uuid, 0, sizeof(uuid));
    uuid[0] = (uint8_t)number;
    uuid[15] = (uint8_t)(number >> 8);
    return uuid;
}

static struct sha256_digest key_of(unsigned number, const char *label,
                                   uint64_t *version)
{
    struct state_grant grant;
    const struct state_claim claim = {
        .uuid = uuid_of(number),
        .label = bytes_of_text(label),
        .holder = HOLDER(number)};
    assert_int_equal(state_key(&table, &root, &claim, &grant), STATE_OK);
    *version = grant.version;
    return grant.key;
}

static struct bytes build(uint64_t epoch)
{
    struct buffer out = buffer_over(data, sizeof(data));
    assert_int_equal(state_build(&root, &table, epoch, &out), STATE_OK);
    return buffer_bytes(&out);
}

static enum state_status take(struct bytes bytes)
{
    enum state_status status = state_parse(bytes, &other);
    return status == STATE_OK ? state_verify(&root, bytes) : status;
}

static void fill(unsigned count)
{
    uint64_t version;
    state_begin(&table, 41);
    for (unsigned i = 0; i < count; i++) {
        (void)key_of(i, "a", &version);
        assert_int_equal(state_mark(&table, HOLDER(i), i), STATE_OK);
    }
}

static void what_was_built_is_read(void **state)
{
    (void)state;
    static const unsigned counts[] = {0, 1, 3, STATE_MAX_GUESTS};
    for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
        fill(counts[i]);
        table.generation = 5;
        struct bytes bytes = build(44);
        assert_int_equal(take(bytes), STATE_OK);
        assert_int_equal(other.birth, 41);
        assert_int_equal(other.epoch, 44);
        assert_int_equal(other.generation, 5);
        assert_int_equal(other.count, counts[i]);
        for (unsigned guest = 0; guest < counts[i]; guest++) {
            assert_memory_equal(other.entries[guest].uuid, uuid_of(guest), 16);
            assert_int_equal(other.entries[guest].version, guest);
            assert_int_equal(other.entries[guest].holder, 0);
        }
    }
}

static void every_cut_and_addition_is_refused(void **state)
{
    (void)state;
    fill(3);
    struct bytes bytes = build(42);
    memset(copy, 0, sizeof(copy));
    memcpy(copy, bytes.data, bytes.size);
    for (size_t size = 0; size <= bytes.size + STATE_ENTRY_SIZE; size++) {
        assert_int_equal(take(bytes_of(copy, size)),
                         size == bytes.size ? STATE_OK : STATE_MALFORMED);
    }
}

static void every_changed_bit_is_refused(void **state)
{
    (void)state;
    fill(3);
    struct bytes bytes = build(42);
    for (size_t bit = 0; bit < 8 * bytes.size; bit++) {
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(take(bytes), STATE_OK);
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(take(bytes), STATE_OK);
    const struct sha256_digest stranger = {.bytes = {1, 2, 4}};
    assert_int_equal(state_verify(&stranger, bytes), STATE_FOREIGN);
}

/* Shapes that no table of ours has, however well they are signed. */
static void impossible_tables_are_malformed(void **state)
{
    (void)state;
    fill(2);
    memcpy(table.entries[1].uuid, table.entries[0].uuid, STATE_UUID_SIZE);
    assert_int_equal(take(build(42)), STATE_MALFORMED); /* a guest twice */
    fill(2);
    table.entries[1].generation = 1; /* that nobody can have yet */
    assert_int_equal(take(build(42)), STATE_MALFORMED);
    fill(2);
    assert_int_equal(take(build(40)), STATE_MALFORMED); /* before its birth */
}

static void needs_room(void **state)
{
    (void)state;
    fill(2);
    size_t whole = build(42).size;
    for (size_t size = 0; size < whole; size++) {
        struct buffer out = buffer_over(data, size);
        assert_int_equal(state_build(&root, &table, 42, &out), STATE_NO_SPACE);
        assert_int_equal(out.used, 0);
    }
    fill(STATE_MAX_GUESTS);
    assert_int_equal(build(42).size, STATE_TABLE_MAX);
}

static void a_table_counts_in_its_epoch(void **state)
{
    (void)state;
    fill(1);
    for (uint64_t counter = 41; counter < 46; counter++) {
        table.epoch = 43;
        assert_int_equal(state_check_epoch(&table, counter),
                         counter == 43 ? STATE_OK : STATE_STALE);
        table.epoch = 42; /* the first epoch, but there is a guest */
        assert_int_equal(state_check_epoch(&table, counter),
                         counter == 42 ? STATE_OK : STATE_STALE);
    }
    state_begin(&table, 41);
    table.epoch = 42; /* the first table, whose commit never came */
    assert_int_equal(state_check_epoch(&table, 41), STATE_OK);
    assert_int_equal(state_check_epoch(&table, 42), STATE_OK);
    assert_int_equal(state_check_epoch(&table, 43), STATE_STALE);
    table.epoch = 43;
    assert_int_equal(state_check_epoch(&table, 41), STATE_STALE);
}

static void keys_are_of_guest_label_and_root(void **state)
{
    (void)state;
    uint64_t version;
    fill(0);
    struct sha256_digest first = key_of(1, "a:b:c", &version);
    struct sha256_digest again = key_of(1, "a:b:c", &version);
    struct sha256_digest guest = key_of(2, "a:b:c", &version);
    struct sha256_digest label = key_of(1, "a:b:d", &version);
    assert_true(hmac_equal(&first, &again));
    assert_false(hmac_equal(&first, &guest));
    assert_false(hmac_equal(&first, &label));
    assert_int_equal(table.count, 2);
    assert_int_equal(table.changes, 2);
    const struct sha256_digest stranger = {.bytes = {9}};
    struct state_grant grant;
    const struct state_claim claim = {.uuid = uuid_of(1),
                                      .label = bytes_of_text("a:b:c")};
    assert_int_equal(state_key(&table, &stranger, &claim, &grant), STATE_OK);
    assert_false(hmac_equal(&first, &grant.key));
}

static void versions_only_rise(void **state)
{
    (void)state;
    uint64_t version;
    fill(1);
    uint64_t changes = table.changes;
    assert_int_equal(state_mark(&table, 7, 5), STATE_OK);
    assert_int_equal(table.changes, changes + 1);
    assert_int_equal(state_mark(&table, 7, 5), STATE_OK);
    assert_int_equal(state_mark(&table, 7, 4), STATE_OK);
    assert_int_equal(table.changes, changes + 1);
    (void)key_of(0, "a", &version);
    assert_int_equal(version, 5);
}

static void the_last_to_ask_may_mark(void **state)
{
    (void)state;
    struct state_grant grant;
    fill(1);
    assert_int_equal(state_mark(&table, 8, 1), STATE_FENCED);
    assert_int_equal(state_holder(&table, uuid_of(0)), 7);
    const struct state_claim later = {
        .uuid = uuid_of(0), .label = bytes_of_text("a"), .holder = 8};
    assert_int_equal(state_key(&table, &root, &later, &grant), STATE_OK);
    assert_int_equal(state_holder(&table, uuid_of(0)), 8);
    assert_int_equal(state_mark(&table, 7, 9), STATE_FENCED);
    assert_int_equal(table.entries[0].version, 0);
    assert_int_equal(state_mark(&table, 8, 9), STATE_OK);
}

/* A mark could go to another entry than that whose state was stored. */
static void nobody_holds_two(void **state)
{
    (void)state;
    struct state_grant grant;
    fill(1);
    const struct state_claim another = {
        .uuid = uuid_of(5), .label = bytes_of_text("a"), .holder = 7};
    assert_int_equal(state_key(&table, &root, &another, &grant), STATE_ANOTHER);
    assert_int_equal(table.count, 1);
    assert_int_equal(state_holder(&table, uuid_of(5)), 0);
    assert_int_equal(state_mark(&table, 0, 9), STATE_FENCED);
}

/* Each start has its own versions, above all that were given or marked before;
 * after a boot, above what was marked. */
static void each_start_has_its_own_versions(void **state)
{
    (void)state;
    struct state_grant grant;
    struct state_claim claim = {.uuid = uuid_of(0),
                                .label = bytes_of_text("a")};
    state_begin(&table, 41);
    for (uint64_t start = 1; start < 4; start++) {
        claim.holder = start;
        assert_int_equal(state_key(&table, &root, &claim, &grant), STATE_OK);
        assert_int_equal(grant.first, start * STATE_VERSIONS);
        assert_int_equal(grant.version, 0);
        assert_int_equal(state_key(&table, &root, &claim, &grant), STATE_OK);
        assert_int_equal(grant.first, start * STATE_VERSIONS); /* the same */
    }
    uint64_t last = 4 * STATE_VERSIONS - 1;
    assert_int_equal(state_mark(&table, 3, last), STATE_OK);
    assert_int_equal(take(build(41)), STATE_OK);
    table = other;
    claim.holder = 4;
    assert_int_equal(state_key(&table, &root, &claim, &grant), STATE_OK);
    assert_int_equal(grant.version, last);
    assert_int_equal(grant.first, last + 1);
}

/* The table of an epoch is given again, after a boot that did what it does not
 * know of: nothing of that boot comes back. */
static void another_boot_has_other_versions_and_keys(void **state)
{
    (void)state;
    struct state_grant grant[2];
    struct sha256_digest key[2];
    uint64_t version;
    for (unsigned boot = 0; boot < 2; boot++) {
        const struct state_claim claim = {
            .uuid = uuid_of(0), .label = bytes_of_text("a"), .holder = 1};
        fill(2);
        table.epoch = 50 + boot;
        for (unsigned i = 0; i < table.count; i++) {
            table.entries[i].holder = 0;
        }
        assert_int_equal(state_key(&table, &root, &claim, &grant[boot]),
                         STATE_OK);
        assert_int_equal(state_forget(&table, uuid_of(1)), STATE_OK);
        key[boot] = key_of(1, "a", &version);
    }
    assert_true(hmac_equal(&grant[0].key, &grant[1].key));
    assert_in_range(grant[1].first,
                    grant[0].first + STATE_STARTS * STATE_VERSIONS, UINT64_MAX);
    assert_false(hmac_equal(&key[0], &key[1]));
}

/* A later epoch's versions are not touched, however often a TPM starts. */
static void an_epoch_has_so_many_starts(void **state)
{
    (void)state;
    struct state_grant grant;
    struct state_claim claim = {.uuid = uuid_of(0),
                                .label = bytes_of_text("a")};
    uint64_t starts = 0;
    state_begin(&table, 41);
    table.epoch = 43;
    while (true) {
        claim.holder = starts + 1;
        if (state_key(&table, &root, &claim, &grant) != STATE_OK) {
            break;
        }
        starts++;
        assert_in_range(grant.first, 2 * STATE_STARTS * STATE_VERSIONS,
                        (3 * STATE_STARTS - 1) * STATE_VERSIONS);
    }
    assert_int_equal(starts, STATE_STARTS);
    assert_int_equal(state_mark(&table, starts, UINT64_MAX), STATE_OK);
    assert_int_equal(state_key(&table, &root, &claim, &grant), STATE_FULL);
    state_begin(&table, 41);
    table.epoch = 41 + (1ull << 22); /* the counter's last */
    assert_int_equal(state_key(&table, &root, &claim, &grant), STATE_FULL);
}

static void a_forgotten_guest_begins_anew(void **state)
{
    (void)state;
    uint64_t version;
    fill(3);
    struct sha256_digest before = key_of(1, "a", &version);
    struct sha256_digest neighbour = key_of(2, "a", &version);
    assert_int_equal(state_forget(&table, uuid_of(1)), STATE_OK);
    assert_int_equal(state_forget(&table, uuid_of(1)), STATE_UNKNOWN);
    assert_int_equal(state_mark(&table, HOLDER(1), 9), STATE_FENCED);
    assert_int_equal(table.count, 2);
    struct sha256_digest after = key_of(1, "a", &version);
    struct sha256_digest same = key_of(2, "a", &version);
    assert_false(hmac_equal(&before, &after));
    assert_true(hmac_equal(&neighbour, &same));
    assert_int_equal(version, 2);
    assert_int_equal(state_forget(&table, uuid_of(1)), STATE_OK);
    struct sha256_digest third = key_of(1, "a", &version);
    assert_false(hmac_equal(&before, &third));
    assert_false(hmac_equal(&after, &third));
    assert_int_equal(version, 0);
    assert_int_equal(take(build(42)), STATE_OK);
}

static void a_full_table_takes_no_more(void **state)
{
    (void)state;
    struct state_grant grant;
    uint64_t version;
    fill(STATE_MAX_GUESTS);
    const struct state_claim claim = {.uuid = uuid_of(STATE_MAX_GUESTS),
                                      .label = bytes_of_text("a")};
    assert_int_equal(state_key(&table, &root, &claim, &grant), STATE_FULL);
    (void)key_of(STATE_MAX_GUESTS - 1, "a", &version);
    assert_int_equal(state_forget(&table, uuid_of(3)), STATE_OK);
    (void)key_of(STATE_MAX_GUESTS, "a", &version);
    assert_int_equal(version, 0);
}

static void the_last_generation_is_not_left(void **state)
{
    (void)state;
    uint64_t version;
    fill(2);
    table.epoch = 42;
    table.generation = 2 * STATE_GENERATIONS - 2;
    assert_int_equal(state_forget(&table, uuid_of(0)), STATE_OK);
    struct sha256_digest last = key_of(0, "a", &version);
    struct bytes before = build(42);
    memcpy(copy, before.data, before.size);
    assert_int_equal(state_forget(&table, uuid_of(0)), STATE_FULL);
    assert_int_equal(state_forget(&table, uuid_of(9)), STATE_UNKNOWN);
    assert_memory_equal(build(42).data, copy, before.size);
    assert_int_equal(take(build(42)), STATE_OK);
    struct sha256_digest same = key_of(0, "a", &version);
    assert_true(hmac_equal(&last, &same));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_built_is_read),
        cmocka_unit_test(every_cut_and_addition_is_refused),
        cmocka_unit_test(every_changed_bit_is_refused),
        cmocka_unit_test(impossible_tables_are_malformed),
        cmocka_unit_test(needs_room),
        cmocka_unit_test(a_table_counts_in_its_epoch),
        cmocka_unit_test(keys_are_of_guest_label_and_root),
        cmocka_unit_test(versions_only_rise),
        cmocka_unit_test(the_last_to_ask_may_mark),
        cmocka_unit_test(nobody_holds_two),
        cmocka_unit_test(each_start_has_its_own_versions),
        cmocka_unit_test(another_boot_has_other_versions_and_keys),
        cmocka_unit_test(an_epoch_has_so_many_starts),
        cmocka_unit_test(a_forgotten_guest_begins_anew),
        cmocka_unit_test(a_full_table_takes_no_more),
        cmocka_unit_test(the_last_generation_is_not_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
