/* SPDX-License-Identifier: MIT */
/*
 * Against libsepol: for every pair of contexts a policy makes valid and every
 * class, our vectors are libsepol's, and so are the labels of new objects.
 */
#include "tests/unit/xsm/load.h"
#include "tests/unit/xsm/oracle.h"

#include "lib/checked.h"

#define CONTEXTS_MAX 512

struct named {
    label_t label;
    uint32_t sid;
};

static struct named contexts[CONTEXTS_MAX];

static void name_context(struct loaded *loaded, struct policy_context context,
                         struct named *out)
{
    assert_int_equal(label_of_context(&loaded->xsm, context, &out->label),
                     XSM_OK);
    out->sid = oracle_sid(label_text(&loaded->xsm, out->label));
    assert_int_not_equal(out->sid, 0);
}

/* All contexts of the policy, known to both. */
static size_t all_contexts(struct loaded *loaded)
{
    const struct policy *policy = loaded->xsm.policy;
    size_t count = 0;
    for (uint16_t u = 1; u <= policy->users.values; u++) {
        for (uint16_t r = 1; r <= policy->roles.values; r++) {
            for (uint16_t t = 1; t <= policy->types.values; t++) {
                struct policy_context context = {u, r, t};
                if (policy_context_is_valid(policy, context)) {
                    assert_true(count < CONTEXTS_MAX);
                    name_context(loaded, context, &contexts[count]);
                    count++;
                }
            }
        }
    }
    assert_true(count > 20);
    return count;
}

static void compare_vectors(const struct loaded *loaded, struct named s,
                            struct named t)
{
    const struct policy *policy = loaded->xsm.policy;
    const struct access *access =
        matrix_at(loaded->xsm.planes, s.label, t.label);
    for (uint16_t value = 1; value <= policy->class_count; value++) {
        const struct policy_class *class = &policy->classes[value - 1];
        if (class->own == XSM_NO_CLASS) {
            continue;
        }
        struct oracle_vectors theirs = oracle_compute(s.sid, t.sid, value);
        assert_int_equal(access->allow[class->own],
                         policy_class_vector(class, theirs.allow));
        assert_int_equal(access->audit_allow[class->own],
                         policy_class_vector(class, theirs.audit_allow));
        assert_int_equal(access->audit_deny[class->own] &
                             xsm_class_vector(class->own),
                         policy_class_vector(class, theirs.audit_deny));
    }
}

/* libsepol knows no domain class, whose new objects are labelled otherwise. */
static void compare_transitions(struct loaded *loaded, struct named s,
                                struct named t)
{
    static const enum xsm_class made[] = {XSM_CLASS_event, XSM_CLASS_grant};
    for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
        label_t label;
        char *theirs = oracle_transition(
            s.sid, t.sid, loaded->xsm.policy->class_of_own[made[i]]);
        assert_int_equal(xsm_label_transition(&loaded->xsm, s.label, t.label,
                                              made[i], &label),
                         XSM_OK);
        assert_string_equal(label_text(&loaded->xsm, label), theirs);
        xsm_label_put(&loaded->xsm, label);
        free(theirs);
    }
}

static void compare_all(struct loaded *loaded, size_t count)
{
    for (size_t s = 0; s < count; s++) {
        for (size_t t = 0; t < count; t++) {
            compare_vectors(loaded, contexts[s], contexts[t]);
            compare_transitions(loaded, contexts[s], contexts[t]);
        }
    }
}

static void compare(const char *path)
{
    struct loaded *loaded = load_file(path, XSM_LABELS_MAX / 2);
    oracle_open(path);
    compare_all(loaded, all_contexts(loaded));
    oracle_close();
    unload(loaded);
}

static void our_policy_agrees(void **state)
{
    (void)state;
    compare(POLICY_V30);
    compare(POLICY_V24);
}

static void every_feature_agrees(void **state)
{
    (void)state;
    compare(FEATURES_V30);
    compare(FEATURES_V24);
}

/* Every setting of the three booleans. */
static void every_boolean_agrees(void **state)
{
    const char *const names[] = {"one", "two", "three"};
    struct loaded *loaded = load_file(FEATURES_V30, 256);
    (void)state;
    oracle_open(FEATURES_V30);
    size_t count = all_contexts(loaded);
    for (unsigned setting = 0; setting < 8; setting++) {
        for (unsigned i = 0; i < 3; i++) {
            oracle_boolean(names[i], (setting >> i & 1) != 0);
            assert_int_equal(xsm_boolean_set(&loaded->xsm,
                                             bytes_of_text(names[i]),
                                             setting >> i & 1),
                             XSM_OK);
        }
        compare_all(loaded, count);
    }
    oracle_close();
    unload(loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_policy_agrees),
        cmocka_unit_test(every_feature_agrees),
        cmocka_unit_test(every_boolean_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
