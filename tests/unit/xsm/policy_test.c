/* SPDX-License-Identifier: MIT */
/*
 * The reader on real policies and on damaged ones: every truncation is
 * refused, every changed byte is refused with a place or gives a policy whose
 * every answer can be asked for.
 */
#include "tests/unit/xsm/load.h"

#include "lib/checked.h"
#include "xsm/arena.h"

/* A private copy that a test may damage. */
static struct bytes copy_of(struct bytes file)
{
    uint8_t *copy = malloc(file.size);
    assert_non_null(copy);
    memcpy(copy, file.data, file.size);
    return bytes_of(copy, file.size);
}

static void set_le32(struct bytes file, size_t offset, uint32_t value)
{
    assert_true(offset + 4 <= file.size);
    for (size_t i = 0; i < 4; i++) {
        ((uint8_t *)file.data)[offset + i] = (uint8_t)(value >> (8 * i));
    }
}

/* Where text is in file, counted from its first appearance. */
static size_t find(struct bytes file, const char *text)
{
    struct bytes wanted = bytes_of_text(text);
    for (size_t i = 0; i + wanted.size <= file.size; i++) {
        if (memcmp(file.data + i, wanted.data, wanted.size) == 0) {
            return i;
        }
    }
    fail_msg("%s is not in the policy", text);
    return 0;
}

static void use(struct loaded *loaded)
{
    const struct xsm *xsm = &loaded->xsm;
    for (uint16_t s = 0; s < XSM_INITIAL_SIDS; s++) {
        (void)label_text(xsm, (label_t){s});
        for (uint16_t t = 0; t < XSM_INITIAL_SIDS; t++) {
            label_t made;
            struct xsm_perm perm = XSM_PERM(event, bind);
            struct xsm_decision decision =
                xsm_decide(xsm, (label_t){s}, (label_t){t}, perm);
            assert_true(decision.allowed || !decision.granted);
            if (xsm_label_transition(&loaded->xsm, (label_t){s}, (label_t){t},
                                     XSM_CLASS_event, &made) == XSM_OK) {
                (void)label_text(xsm, made);
                xsm_label_put(&loaded->xsm, made);
            }
        }
    }
}

static void check_refusal(const struct loaded *loaded, size_t size)
{
    assert_non_null(loaded->why.section);
    assert_non_null(loaded->why.reason);
    assert_true(loaded->why.offset <= size);
    assert_true(strlen(loaded->why.object) < XSM_OBJECT_MAX);
}

static void accepts_both_versions(void **state)
{
    static const char *const paths[] = {POLICY_V30, POLICY_V24};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct loaded *loaded = load_file(paths[i], 64);
        const struct xsm_summary *summary = &loaded->xsm.summary;
        assert_int_equal(summary->version, i == 0 ? 30 : 24);
        assert_int_equal(summary->mapped_permissions, XSM_PERMISSIONS);
        assert_int_equal(summary->missing_permissions, 0);
        assert_int_equal(summary->foreign_permissions, 0);
        assert_int_equal(summary->absent_classes, 0);
        assert_true(summary->rules > 100);
        use(loaded);
        unload(loaded);
    }
}

static void digest_is_that_of_the_file(void **state)
{
    struct bytes file = read_file(POLICY_V30);
    struct loaded *loaded = load(file, 64);
    struct sha256_digest expected = sha256_of(file);
    (void)state;
    assert_true(sha256_equal(&loaded->xsm.digest, &expected));
    unload(loaded);
    free((void *)file.data);
}

/*
 * Files to cut and to change at every step bytes. The small ones have all that
 * the format has, and each byte of them is tried; ours repeats itself, and a
 * step of 7 falls on each byte of its 32-bit words.
 */
static const struct {
    const char *path;
    size_t step;
} tried[] = {
    {POLICY_V30, 7}, {POLICY_V24, 7}, {FEATURES_V30, 1}, {FEATURES_V24, 1}};

static void refuses_every_truncation(void **state)
{
    (void)state;
    for (size_t p = 0; p < ARRAY_SIZE(tried); p++) {
        struct bytes file = read_file(tried[p].path);
        struct loaded *loaded = load(bytes_none(), 16);
        for (size_t size = 0; size < file.size; size += tried[p].step) {
            load_again(loaded, bytes_of(file.data, size));
            assert_int_equal(loaded->status, XSM_BAD_POLICY);
            check_refusal(loaded, size);
        }
        unload(loaded);
        free((void *)file.data);
    }
}

static void refuses_a_byte_too_many(void **state)
{
    struct bytes file = read_file(POLICY_V30);
    ((uint8_t *)file.data)[file.size] = 0;
    struct loaded *loaded = load(bytes_of(file.data, file.size + 1), 16);
    (void)state;
    assert_int_equal(loaded->status, XSM_BAD_POLICY);
    assert_string_equal(loaded->why.section, "end");
    assert_int_equal(loaded->why.offset, file.size);
    unload(loaded);
    free((void *)file.data);
}

static void load_changed(struct loaded *loaded, struct bytes file,
                         unsigned *accepted)
{
    load_again(loaded, file);
    if (loaded->status == XSM_OK) {
        ++*accepted;
        use(loaded);
    } else {
        check_refusal(loaded, file.size);
    }
}

static void survives_every_changed_byte(void **state)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    unsigned accepted = 0;
    (void)state;
    for (size_t p = 0; p < ARRAY_SIZE(tried); p++) {
        struct bytes file = read_file(tried[p].path);
        struct loaded *loaded = load(bytes_none(), 16);
        uint8_t *data = (uint8_t *)file.data;
        for (size_t i = 0; i < file.size; i += tried[p].step) {
            uint8_t change = changes[(i + p) % ARRAY_SIZE(changes)];
            data[i] ^= change;
            load_changed(loaded, file, &accepted);
            data[i] ^= change;
        }
        unload(loaded);
        free(data);
    }
    assert_true(accepted > 0);
}

/* Whatever the arena's size: a status, and never a byte beyond it. */
static void needs_no_more_than_it_is_given(void **state)
{
    struct bytes file = read_file(POLICY_V30);
    const struct xsm_options options = {.labels = 16};
    bool loaded_once = false;
    (void)state;
    for (size_t size = 0; size < 96 * 1024; size += 509) {
        struct loaded *loaded = load_with(file, &options, size);
        loaded_once |= loaded->status == XSM_OK;
        assert_true(loaded->status == XSM_NO_MEMORY ||
                    loaded->status == XSM_OK);
        assert_true(loaded->arena.used <= size);
        unload(loaded);
    }
    assert_true(loaded_once);
    free((void *)file.data);
}

static void refuses_bad_numbers_of_labels(void **state)
{
    static const uint16_t bad[] = {0, 1, 8, 17, 100, 2048, 65535};
    struct bytes file = read_file(POLICY_V30);
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct loaded *loaded = load(file, bad[i]);
        assert_int_equal(loaded->status, XSM_NO_LABEL);
        unload(loaded);
    }
    free((void *)file.data);
}

/* ---- what exactly is refused, and where ---- */

struct damage {
    const char *near; /* text to find, or NULL for the start of the file */
    long offset;      /* from there */
    uint32_t value;   /* little-endian, 32 bits */
    const char *section, *reason, *object;
};

static const struct damage damages[] = {
    {NULL, 0, 0, "header", "not a policy", ""},
    {NULL, 4, 9, "header", "not a policy for Xen", ""},
    {NULL, 8, 0, "header", "not a policy for Xen", ""},
    {NULL, 16, 31, "header", "version is neither 24 nor 30", ""},
    {NULL, 16, 29, "header", "version is neither 24 nor 30", ""},
    {NULL, 20, 1, "header", "multi-level policies are not supported", ""},
    {NULL, 20, 6, "header", "unknown configuration", ""},
    {NULL, 20, 8, "header", "unknown configuration", ""},
    {NULL, 24, 7, "header", "unexpected number of tables", ""},
    {NULL, 28, 5, "header", "unexpected number of tables", ""},
    {NULL, 32, 32, "capabilities", "a set with a bad header", ""},
    {NULL, 36, 64, "capabilities", "a set with a bad header", ""},
    {NULL, 40, 0x10000000, "capabilities",
     "more entries than the file has room for", ""},
    {NULL, 56, 1, "commons", "common permissions are not supported", ""},
    /* one byte that makes another reader of this format hang */
    {NULL, 64, 0x00ff0018, "classes", "no classes, too many, or gaps in them",
     ""},
    {"device2", -24, 1000, "classes", "a name is empty or too long", ""},
    {"device2", -20, 4, "classes", "a class that inherits permissions",
     "device2"},
    {"device2", -16, 0, "classes", "class number out of range or used twice",
     "device2"},
    {"device2", -16, 99, "classes", "class number out of range or used twice",
     "device2"},
    {"device2", -12, 33, "classes", "more than 32 permissions", "device2"},
    {"device2", -12, 12, "classes", "a class with unnamed permissions",
     "device2"},
    {"device2", -8, 0x7fffffff, "classes",
     "more entries than the file has room for", ""},
    {"device2", -4, 0x7fffffff, "classes",
     "more constraints than the file has room for", "device2"},
    {"console2", 0, 0x1b6e6f63, "classes",
     "a name has a character it may not have", ""},
    {"guest_r", -4, 1, "roles", "role bounds are not supported", "guest_r"},
    {"guest_r", -8, 9, "roles", "value out of range", "guest_r"},
    {"system_u", -4, 1, "users", "user bounds are not supported", "system_u"},
    {"guest_console", -8, 2, "booleans", "a boolean that is neither 0 nor 1",
     "guest_console"},
};

static void names_what_is_wrong(void **state)
{
    struct bytes file = read_file(POLICY_V30);
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
        const struct damage *damage = &damages[i];
        struct bytes copy = copy_of(file);
        size_t at = damage->near == NULL ? 0 : find(copy, damage->near);
        set_le32(copy, at + (size_t)damage->offset, damage->value);
        struct loaded *loaded = load(copy, 16);
        assert_int_equal(loaded->status, XSM_BAD_POLICY);
        assert_string_equal(loaded->why.reason, damage->reason);
        assert_string_equal(loaded->why.section, damage->section);
        assert_string_equal(loaded->why.object, damage->object);
        unload(loaded);
        free((void *)copy.data);
    }
    free((void *)file.data);
}

/* Two names of one table made the same. */
static void refuses_a_name_used_twice(void **state)
{
    struct bytes file = read_file(POLICY_V30);
    (void)state;
    memcpy((uint8_t *)file.data + find(file, "tenant02_u"), "tenant01_u", 10);
    struct loaded *loaded = load(file, 16);
    assert_int_equal(loaded->status, XSM_BAD_POLICY);
    assert_string_equal(loaded->why.reason, "name used twice");
    assert_string_equal(loaded->why.object, "tenant01_u");
    unload(loaded);
    free((void *)file.data);
}

/* Names, by others as long. */
static void refuses_permissions_and_classes_named_twice(void **state)
{
    static const struct {
        const char *old, *new, *reason, *object;
    } renamed[] = {
        {"cfg_write", "port_read", "permission named twice", "port_read"},
        {"memory2", "device2", "class named twice", "device2"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(renamed); i++) {
        struct bytes file = read_file(POLICY_V30);
        memcpy((uint8_t *)file.data + find(file, renamed[i].old),
               renamed[i].new, strlen(renamed[i].new));
        struct loaded *loaded = load(file, 16);
        assert_int_equal(loaded->status, XSM_BAD_POLICY);
        assert_string_equal(loaded->why.reason, renamed[i].reason);
        assert_string_equal(loaded->why.object, renamed[i].object);
        unload(loaded);
        free((void *)file.data);
    }
}

/* Expressions as they are in the file, as little-endian words; 0 ends. */
struct expression_damage {
    uint32_t words[24]; /* the words to find */
    size_t at;          /* the first to change */
    uint32_t to[3];
    size_t changed;
    const char *reason;
};

static const struct expression_damage expressions[] = {
    /* u1 == u2: into "and", "not" and what is no node at all */
    {{4, 1, 1}, 0, {2}, 1, "a constraint lacks an operand"},
    {{4, 1, 1}, 0, {1}, 1, "a constraint lacks an operand"},
    {{4, 1, 1}, 0, {6}, 1, "a constraint has an unknown node"},
    {{4, 1, 1}, 1, {9}, 1, "a constraint compares what it cannot"},
    {{4, 1, 1}, 1, {16}, 1, "a constraint compares what it cannot"},
    {{4, 1, 1}, 2, {3}, 1, "a constraint compares what it cannot"},
    {{4, 2, 3}, 2, {6}, 1, "a constraint compares what it cannot"},
    /* five leaves, then "or": into a sixth leaf */
    {{4, 1, 1, 4, 2, 1, 4, 4, 1, 4, 1, 2, 4, 2, 2, 3, 0, 0},
     15,
     {4, 1, 1},
     3,
     "a constraint is nested too deep"},
    {{4, 1, 1, 4, 2, 1, 4, 4, 1, 4, 1, 2, 4, 2, 2, 3, 0, 0},
     15,
     {1},
     1,
     "a constraint that is no expression"},
};

static size_t find_words(struct bytes file, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i + 4 * count <= file.size; i++) {
        struct cursor in = cursor_over(file);
        size_t same = 0;
        in.offset = i;
        while (same < count && take_le32(&in) == words[same]) {
            same++;
        }
        if (same == count) {
            return i;
        }
    }
    fail_msg("no such expression");
    return 0;
}

/* Words up to the last that is not 0, and all of the first three. */
static size_t words_used(const uint32_t *words)
{
    size_t used = 24;
    while (used > 3 && words[used - 1] == 0) {
        used--;
    }
    return used;
}

static void refuses_ill_formed_constraints(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(expressions); i++) {
        const struct expression_damage *damage = &expressions[i];
        struct bytes file = read_file(FEATURES_V30);
        size_t at = find_words(file, damage->words, words_used(damage->words));
        for (size_t w = 0; w < damage->changed; w++) {
            set_le32(file, at + 4 * (damage->at + w), damage->to[w]);
        }
        struct loaded *loaded = load(file, 16);
        assert_int_equal(loaded->status, XSM_BAD_POLICY);
        assert_string_equal(loaded->why.section, "classes");
        assert_string_equal(loaded->why.reason, damage->reason);
        unload(loaded);
        free((void *)file.data);
    }
}

/* The condition of ten booleans: its first operator into an eleventh, into a
 * "not" and into what is no operator. */
static void refuses_ill_formed_conditions(void **state)
{
    static const struct {
        uint32_t op;
        const char *reason;
    } changes[] = {
        {1, "a condition is nested too deep"},
        {2, "a condition that is no expression"},
        {8, "a condition with an unknown operator"},
        {0, "a condition with an unknown operator"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        struct bytes file = read_file(FEATURES_V30);
        struct bytes all = file;
        uint32_t size = 19; /* nodes: ten booleans, nine operators */
        size_t at = find_words(all, (uint32_t[]){size, 1}, 2);
        size_t operator_at = at + 4 + 8 * (size_t)10;
        uint32_t boolean = file.data[at + 8];
        set_le32(file, operator_at, changes[i].op);
        set_le32(file, operator_at + 4, changes[i].op == 1 ? boolean : 0);
        struct loaded *loaded = load(file, 16);
        assert_int_equal(loaded->status, XSM_BAD_POLICY);
        assert_string_equal(loaded->why.section, "conditions");
        assert_string_equal(loaded->why.reason, changes[i].reason);
        unload(loaded);
        free((void *)file.data);
    }
}

static void refuses_a_file_too_large(void **state)
{
    const size_t size = (16U << 20) + 1;
    const struct xsm_options options = {.labels = 16};
    uint8_t *file = calloc(1, size);
    (void)state;
    assert_non_null(file);
    struct loaded *loaded =
        load_with(bytes_of(file, size), &options, size + ARENA_SIZE);
    assert_int_equal(loaded->status, XSM_BAD_POLICY);
    assert_string_equal(loaded->why.reason, "the file is too large");
    unload(loaded);
    free(file);
}

/* A policy compiled to be refused if a permission is missing: rename one. */
static void honours_handle_unknown(void **state)
{
    struct bytes file = read_file(POLICY_V30);
    uint8_t *name = (uint8_t *)file.data + find(file, "cfg_write");
    (void)state;
    name[0] = 'X';
    struct loaded *loaded = load(file, 16); /* deny */
    assert_int_equal(loaded->status, XSM_OK);
    assert_int_equal(loaded->xsm.summary.missing_permissions, 1);
    assert_int_equal(loaded->xsm.summary.foreign_permissions, 1);
    assert_false(xsm_decide(&loaded->xsm, XSM_LABEL(dom0), XSM_LABEL(device),
                            XSM_PERM(device2, cfg_write))
                     .granted);
    unload(loaded);

    set_le32(file, 20, 2); /* reject */
    loaded = load(file, 16);
    assert_int_equal(loaded->status, XSM_BAD_POLICY);
    assert_string_equal(loaded->why.object, "device2");
    unload(loaded);

    set_le32(file, 20, 4); /* allow */
    loaded = load(file, 16);
    assert_int_equal(loaded->status, XSM_OK);
    assert_true(xsm_decide(&loaded->xsm, XSM_LABEL(domU), XSM_LABEL(device),
                           XSM_PERM(device2, cfg_write))
                    .granted);
    unload(loaded);
    free((void *)file.data);
}

/* A class of ours that the policy does not know as a whole. */
static void denies_absent_classes(void **state)
{
    struct bytes file = read_file(POLICY_V30);
    (void)state;
    ((uint8_t *)file.data)[find(file, "console2")] = 'X';
    struct loaded *loaded = load(file, 16);
    assert_int_equal(loaded->status, XSM_OK);
    assert_int_equal(loaded->xsm.summary.absent_classes, 1);
    assert_false(xsm_decide(&loaded->xsm, XSM_LABEL(domU), XSM_LABEL(domU),
                            XSM_PERM(console2, write_own))
                     .granted);
    unload(loaded);
    free((void *)file.data);
}

/* A label that would not be used must not look as if it were. */
static void refuses_labels_of_resources(void **state)
{
    struct bytes file = read_file(RESOURCES);
    struct loaded *loaded = load(file, 16);
    (void)state;
    assert_int_equal(loaded->status, XSM_BAD_POLICY);
    assert_string_equal(loaded->why.section, "port contexts");
    assert_string_equal(loaded->why.reason,
                        "labels of single resources are not supported");
    unload(loaded);
    free((void *)file.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_both_versions),
        cmocka_unit_test(digest_is_that_of_the_file),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(refuses_a_byte_too_many),
        cmocka_unit_test(survives_every_changed_byte),
        cmocka_unit_test(needs_no_more_than_it_is_given),
        cmocka_unit_test(refuses_bad_numbers_of_labels),
        cmocka_unit_test(names_what_is_wrong),
        cmocka_unit_test(refuses_a_name_used_twice),
        cmocka_unit_test(refuses_permissions_and_classes_named_twice),
        cmocka_unit_test(refuses_ill_formed_constraints),
        cmocka_unit_test(refuses_ill_formed_conditions),
        cmocka_unit_test(refuses_a_file_too_large),
        cmocka_unit_test(honours_handle_unknown),
        cmocka_unit_test(denies_absent_classes),
        cmocka_unit_test(refuses_labels_of_resources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
