/* SPDX-License-Identifier: MIT */
/*
 * A stored state is what was stored, under its key, UUID and slot only; a power
 * cut at any byte of a write leaves the last or the previous state; whatever
 * else is in the slots is refused by its name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lib/checked.h"
#include "vtpm/tpm/state.h"

#define BLOB_SIZE 300

static const struct state_place place = {
    .key = {1, 2, 3}, .uuid = {4, 5, 6}, .slot = 0};
static uint8_t blob[BLOB_SIZE];

/* A slot of this version; the salt differs each time. */
static struct buffer seal(const struct state_place *where, uint64_t version)
{
    static uint8_t salt[VTPM_STATE_SALT_SIZE];
    struct state_slot state = {.blob = bytes_of(blob, sizeof(blob))};
    struct buffer out = {.size = state_size(sizeof(blob))};
    out.data = malloc(out.size);
    assert_non_null(out.data);
    memset(&state.keys, 0x77, sizeof(state.keys));
    memset(blob, (int)version, sizeof(blob));
    salt[0]++;
    assert_true(state_seal(where, version, salt, &state, &out));
    assert_int_equal(out.used, out.size);
    return out;
}

/* What is in the first size bytes, of which a copy is opened. */
static struct state_slot open_part(const struct state_place *where,
                                   struct bytes stored, uint8_t *memory)
{
    struct buffer copy = buffer_over(memory, stored.size);
    copy.used = stored.size;
    if (stored.size != 0) {
        memcpy(memory, stored.data, stored.size);
    }
    return state_open(where, &copy);
}

static enum state_content content_of(const struct state_place *where,
                                     struct bytes stored)
{
    uint8_t memory[2 * BLOB_SIZE];
    return open_part(where, stored, memory).content;
}

static void what_was_stored_is_loaded(void **state)
{
    uint8_t memory[2 * BLOB_SIZE];
    struct buffer stored = seal(&place, 7);
    struct state_slot slot = open_part(&place, buffer_bytes(&stored), memory);
    assert_int_equal(slot.content, STATE_GOOD);
    assert_int_equal(slot.version, 7);
    assert_int_equal(slot.keys.ak[0], 0x77);
    assert_int_equal(slot.keys.ek[VOUCH_NAME_SIZE - 1], 0x77);
    assert_true(bytes_equal(slot.blob, bytes_of(blob, sizeof(blob))));
    free(stored.data);
}

static void every_changed_bit_is_damage(void **state)
{
    struct buffer stored = seal(&place, 7);
    for (size_t i = 0; i < stored.used; i++) {
        stored.data[i] ^= (uint8_t)(1u << (i % 8));
        enum state_content content = content_of(&place, buffer_bytes(&stored));
        assert_true(content != STATE_GOOD && content != STATE_NOTHING);
        stored.data[i] ^= (uint8_t)(1u << (i % 8));
    }
    assert_int_equal(content_of(&place, buffer_bytes(&stored)), STATE_GOOD);
    free(stored.data);
}

static void another_place_is_foreign(void **state)
{
    struct buffer stored = seal(&place, 7);
    struct state_place other = place;
    other.key[31] ^= 1;
    assert_int_equal(content_of(&other, buffer_bytes(&stored)), STATE_DAMAGED);
    other = place;
    other.uuid[15] ^= 1;
    assert_int_equal(content_of(&other, buffer_bytes(&stored)), STATE_DAMAGED);
    other = place;
    other.slot = 1;
    assert_int_equal(content_of(&other, buffer_bytes(&stored)), STATE_DAMAGED);
    free(stored.data);
}

static void a_longer_slot_is_damage(void **state)
{
    uint8_t longer[2 * BLOB_SIZE] = {0};
    struct buffer stored = seal(&place, 1);
    memcpy(longer, stored.data, stored.used);
    assert_int_equal(content_of(&place, bytes_of(longer, stored.used + 1)),
                     STATE_DAMAGED);
    free(stored.data);
}

/* One version under one key twice, as after a cut: nothing is shared. */
static void no_two_writes_use_one_key_stream(void **state)
{
    struct buffer first = seal(&place, 7), second = seal(&place, 7);
    size_t equal = 0;
    for (size_t i = VTPM_STATE_HEADER_SIZE; i < first.used; i++) {
        equal += first.data[i] == second.data[i];
    }
    assert_true(equal < BLOB_SIZE / 10);
    free(first.data);
    free(second.data);
}

static void what_is_too_large_is_not_stored(void **state)
{
    uint8_t salt[VTPM_STATE_SALT_SIZE] = {0}, small[8];
    struct state_slot slot = {.blob = bytes_of(blob, STATE_BLOB_MAX + 1)};
    struct buffer out = buffer_over(small, sizeof(small));
    assert_false(state_seal(&place, 1, salt, &slot, &out));
    slot.blob.size = 1;
    assert_false(state_seal(&place, 1, salt, &slot, &out));
    assert_int_equal(out.used, 0);
}

/* Slot 1 held version 4, or nothing, when version 6 was written into it: cut
 * after each byte, what was there is gone. */
static void a_cut_write_leaves_the_previous_state(void **state)
{
    uint8_t memory[2][2 * BLOB_SIZE];
    struct state_place second = place;
    second.slot = 1;
    struct buffer last = seal(&place, 5), next = seal(&second, 6);
    for (size_t size = 0; size <= next.used; size++) {
        const struct state_slot slots[] = {
            open_part(&place, buffer_bytes(&last), memory[0]),
            open_part(&second, bytes_of(next.data, size), memory[1])};
        unsigned which = 9;
        assert_int_equal(state_choose(slots, 5, &which), STATE_USE);
        assert_int_equal(which, size == next.used ? 1 : 0);
        /* had it been marked, the hypervisor would want it */
        assert_int_equal(state_choose(slots, 6, &which),
                         size == next.used ? STATE_USE
                         : size == 0       ? STATE_REPLAYED
                                           : STATE_FOREIGN);
    }
    free(last.data);
    free(next.data);
}

static void a_cut_first_write_is_nothing(void **state)
{
    uint8_t memory[2 * BLOB_SIZE];
    struct buffer first = seal(&place, 2 * VOUCH_VERSIONS);
    for (size_t size = 0; size <= first.used; size++) {
        const struct state_slot slots[] = {
            open_part(&place, bytes_of(first.data, size), memory),
            {.content = STATE_NOTHING}};
        unsigned which = 9;
        bool is_whole = size == first.used;
        assert_int_equal(state_choose(slots, 0, &which),
                         is_whole ? STATE_USE : STATE_NEW);
        assert_int_equal(state_choose(slots, 1, &which), is_whole ? STATE_USE
                                                         : size == 0
                                                             ? STATE_LOST
                                                             : STATE_FOREIGN);
    }
    free(first.data);
}

/* The beginning of another's state, or of a later one, is not nothing. */
static void a_cut_of_something_else_is_damage(void **state)
{
    struct buffer later = seal(&place, VOUCH_VERSIONS + 1);
    struct state_place other = place;
    other.uuid[0] ^= 1;
    struct buffer foreign = seal(&other, VOUCH_VERSIONS);
    for (size_t size = VTPM_STATE_HEADER_SIZE; size < later.used; size++) {
        assert_int_equal(content_of(&place, bytes_of(later.data, size)),
                         STATE_DAMAGED);
        assert_int_equal(content_of(&place, bytes_of(foreign.data, size)),
                         STATE_DAMAGED);
    }
    assert_int_equal(content_of(&place, bytes_of("VOUCHTPX", 8)),
                     STATE_DAMAGED);
    free(later.data);
    free(foreign.data);
}

struct choice {
    enum state_content content[2];
    uint64_t version[2], least;
    enum state_verdict verdict;
    unsigned which;
};

static const struct choice choices[] = {
    {{STATE_NOTHING, STATE_NOTHING}, {0, 0}, 0, STATE_NEW, 0},
    {{STATE_NOTHING, STATE_NOTHING}, {0, 0}, 1, STATE_LOST, 0},
    {{STATE_GOOD, STATE_NOTHING}, {1, 0}, 0, STATE_USE, 0},
    {{STATE_NOTHING, STATE_GOOD}, {0, 3}, 3, STATE_USE, 1},
    {{STATE_GOOD, STATE_GOOD}, {4, 3}, 4, STATE_USE, 0},
    {{STATE_GOOD, STATE_GOOD}, {4, 5}, 4, STATE_USE, 1},
    {{STATE_GOOD, STATE_GOOD}, {4, 5}, 6, STATE_REPLAYED, 0},
    {{STATE_GOOD, STATE_NOTHING}, {4, 0}, 5, STATE_REPLAYED, 0},
    {{STATE_GOOD, STATE_DAMAGED}, {4, 0}, 5, STATE_FOREIGN, 0},
    {{STATE_DAMAGED, STATE_GOOD}, {0, 5}, 5, STATE_USE, 1},
    {{STATE_DAMAGED, STATE_NOTHING}, {0, 0}, 0, STATE_FOREIGN, 0},
    {{STATE_DAMAGED, STATE_DAMAGED}, {0, 0}, 5, STATE_FOREIGN, 0},
    {{STATE_BEGINNING, STATE_NOTHING}, {0, 0}, 0, STATE_NEW, 0},
    {{STATE_BEGINNING, STATE_DAMAGED}, {0, 0}, 0, STATE_FOREIGN, 0},
    {{STATE_NOTHING, STATE_BEGINNING}, {0, 0}, 2, STATE_FOREIGN, 0},
};

static void each_case_has_its_verdict(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(choices); i++) {
        const struct choice *choice = &choices[i];
        const struct state_slot slots[] = {
            {.content = choice->content[0], .version = choice->version[0]},
            {.content = choice->content[1], .version = choice->version[1]}};
        unsigned which = 0;
        assert_int_equal(state_choose(slots, choice->least, &which),
                         choice->verdict);
        assert_int_equal(which, choice->which);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_stored_is_loaded),
        cmocka_unit_test(every_changed_bit_is_damage),
        cmocka_unit_test(another_place_is_foreign),
        cmocka_unit_test(a_longer_slot_is_damage),
        cmocka_unit_test(no_two_writes_use_one_key_stream),
        cmocka_unit_test(what_is_too_large_is_not_stored),
        cmocka_unit_test(a_cut_write_leaves_the_previous_state),
        cmocka_unit_test(a_cut_first_write_is_nothing),
        cmocka_unit_test(a_cut_of_something_else_is_damage),
        cmocka_unit_test(each_case_has_its_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
