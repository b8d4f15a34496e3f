/* SPDX-License-Identifier: MIT */
/* Labels: contexts and back, references, reuse of places, transitions. */
#include "tests/unit/xsm/load.h"

#include "lib/checked.h"

static void initial_labels_are_the_abi(void **state)
{
    struct loaded *loaded = load_file(POLICY_V30, 64);
    (void)state;
    assert_int_equal(XSM_LABEL(domU).index, 12);
    assert_int_equal(XSM_LABEL(domDM).index, 13);
    assert_string_equal(label_text(&loaded->xsm, XSM_LABEL(dom0)),
                        "system_u:system_r:dom0_t");
    assert_string_equal(label_text(&loaded->xsm, XSM_LABEL(domU)),
                        "default_u:guest_r:domU_t");
    assert_int_equal(label_named(loaded, "system_u:system_r:dom0_t").index,
                     XSM_LABEL(dom0).index);
    unload(loaded);
}

static void one_context_is_one_label(void **state)
{
    struct loaded *loaded = load_file(POLICY_V30, 64);
    label_t a = label_named(loaded, "tenant01_u:guest_r:guest_t");
    label_t b = label_named(loaded, "tenant01_u:guest_r:guest_t");
    label_t c = label_named(loaded, "tenant02_u:guest_r:guest_t");
    (void)state;
    assert_int_equal(a.index, b.index);
    assert_int_not_equal(a.index, c.index);
    assert_string_equal(label_text(&loaded->xsm, a),
                        "tenant01_u:guest_r:guest_t");
    unload(loaded);
}

static void bad_contexts_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        ":",
        "::",
        ":::",
        "system_u",
        "system_u:system_r",
        "system_u:system_r:",
        "system_u:system_r:nothing_t",
        "nobody_u:system_r:dom0_t",
        "system_u:nothing_r:dom0_t",
        "tenant01_u:system_r:dom0_t",    /* role not the user's */
        "default_u:guest_r:dom0_t",      /* type not the role's */
        "system_u:system_r:domain_type", /* an attribute */
        "system_u:system_r:dom0_t:s0",   /* a level */
        "system_u:system_r:dom0_t ",
    };
    struct loaded *loaded = load_file(POLICY_V30, 64);
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        label_t label;
        assert_int_equal(
            xsm_label_of(&loaded->xsm, bytes_of_text(bad[i]), &label),
            XSM_BAD_CONTEXT);
    }
    unload(loaded);
}

static void an_alias_names_its_type(void **state)
{
    struct loaded *loaded = load_file(FEATURES_V30, 64);
    label_t label = label_named(loaded, "a_u:object_r:channel_t");
    (void)state;
    assert_string_equal(label_text(&loaded->xsm, label), "a_u:object_r:end_t");
    unload(loaded);
}

static void sids_from_outside_are_checked(void **state)
{
    struct loaded *loaded = load_file(POLICY_V30, 64);
    const struct xsm *xsm = &loaded->xsm;
    static const uint32_t bad[] = {0, 14, 63, 64, 65, 65536 + 3, UINT32_MAX};
    (void)state;
    assert_int_equal(xsm_label_of_sid(xsm, 3).index, 3);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(xsm_label_of_sid(xsm, bad[i]).index,
                         XSM_LABEL(unlabeled).index);
    }
    unload(loaded);
}

/* 16 places, 13 of them taken: unreferenced labels give way, oldest first,
 * referenced ones never, and a new label has its own rights. */
static void places_are_reused_oldest_first(void **state)
{
    struct loaded *loaded = load_file(POLICY_V30, 16);
    struct xsm *xsm = &loaded->xsm;
    label_t a = label_named(loaded, "tenant01_u:guest_r:guest_t");
    label_t b = label_named(loaded, "tenant02_u:guest_r:guest_t");
    label_t c;
    struct bytes other = bytes_of_text("tenant02_u:guest_r:domU_t");
    (void)state;
    assert_int_equal(xsm_label_of(xsm, other, &c), XSM_NO_LABEL);
    assert_true(xsm_label_is_live(xsm, a) && xsm_label_is_live(xsm, b));
    xsm_label_put(xsm, b);
    xsm_label_put(xsm, a);
    assert_true(xsm_label_is_live(xsm, b)); /* until its place is needed */
    assert_true(xsm_allowed(xsm, b, b, XSM_PERM(event, bind)));
    assert_int_equal(xsm_label_of(xsm, other, &c), XSM_OK);
    assert_int_equal(c.index, b.index);
    assert_false(xsm_allowed(xsm, c, c, XSM_PERM(event, bind)));
    assert_true(
        xsm_allowed(xsm, XSM_LABEL(dom0), c, XSM_PERM(domain, destroy)));
    assert_string_equal(label_text(xsm, a), "tenant01_u:guest_r:guest_t");
    xsm_label_get(xsm, a);
    assert_int_equal(
        xsm_label_of(xsm, bytes_of_text("default_u:guest_r:guest_t"), &b),
        XSM_NO_LABEL);
    unload(loaded);
}

/* A long random life: cells always say what the policy says, rows do not leak.
 */
static void a_long_life_leaks_nothing(void **state)
{
    static const char *const contexts[] = {
        "tenant01_u:guest_r:guest_t",
        "tenant02_u:guest_r:guest_t",
        "default_u:guest_r:guest_t",
        "tenant01_u:guest_r:domU_t",
        "tenant01_u:guest_r:guest_self_t",
        "tenant01_u:object_r:guest_event_t",
        "tenant02_u:object_r:guest_event_t",
        "system_u:object_r:dom0_event_t",
    };
    struct loaded *loaded = load_file(POLICY_V30, 16);
    struct xsm *xsm = &loaded->xsm;
    uint32_t random = 12345;
    (void)state;
    for (int step = 0; step < 3000; step++) {
        random = random * 1664525U + 1013904223U;
        label_t label = label_named(
            loaded, contexts[(random >> 16) % ARRAY_SIZE(contexts)]);
        for (uint16_t i = 1; i <= xsm->mask; i++) {
            label_t other = {i};
            if (!xsm_label_is_live(xsm, other)) {
                continue;
            }
            struct access expected;
            access_compute(xsm->policy,
                           label_entry(xsm, label)->context,
                           label_entry(xsm, other)->context, &expected);
            assert_memory_equal(matrix_at(xsm->planes, label, other), &expected,
                                sizeof(expected));
        }
        xsm_label_put(xsm, label);
    }
    assert_true(xsm->planes->used < 40);
    unload(loaded);
}

static void transitions_make_self_and_channel_labels(void **state)
{
    struct loaded *loaded = load_file(POLICY_V30, 64);
    struct xsm *xsm = &loaded->xsm;
    label_t guest = label_named(loaded, "tenant01_u:guest_r:guest_t");
    label_t made;
    (void)state;
    assert_int_equal(
        xsm_label_transition(xsm, guest, guest, XSM_CLASS_domain, &made),
        XSM_OK);
    assert_string_equal(label_text(xsm, made),
                        "tenant01_u:guest_r:guest_self_t");
    assert_int_equal(xsm_label_transition(xsm, guest, XSM_LABEL(dom0),
                                          XSM_CLASS_event, &made),
                     XSM_OK);
    assert_string_equal(label_text(xsm, made),
                        "tenant01_u:object_r:guest_event_t");
    assert_int_equal(xsm_label_transition(xsm, XSM_LABEL(dom0), XSM_LABEL(dom0),
                                          XSM_CLASS_domain, &made),
                     XSM_OK);
    assert_int_equal(made.index, XSM_LABEL(dom0).index);
    assert_int_equal(
        xsm_label_transition(xsm, (label_t){60}, guest, XSM_CLASS_event, &made),
        XSM_BAD_CONTEXT);
    unload(loaded);
}

/* checkpolicy leaves them out of version 24. */
static void role_transitions_apply_to_domains(void **state)
{
    struct loaded *loaded = load_file(FEATURES_V30, 64);
    label_t target = label_named(loaded, "system_u:guest_r:domU_t");
    struct policy_context dom0 =
        label_entry(&loaded->xsm, XSM_LABEL(dom0))->context;
    struct policy_context guest = label_entry(&loaded->xsm, target)->context;
    (void)state;
    assert_int_equal(
        access_transition(loaded->xsm.policy, dom0, guest, XSM_CLASS_domain)
            .role,
        guest.role);
    assert_int_equal(
        access_transition(loaded->xsm.policy, dom0, dom0, XSM_CLASS_domain)
            .role,
        dom0.role);
    unload(loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(initial_labels_are_the_abi),
        cmocka_unit_test(one_context_is_one_label),
        cmocka_unit_test(bad_contexts_are_refused),
        cmocka_unit_test(an_alias_names_its_type),
        cmocka_unit_test(sids_from_outside_are_checked),
        cmocka_unit_test(places_are_reused_oldest_first),
        cmocka_unit_test(a_long_life_leaks_nothing),
        cmocka_unit_test(transitions_make_self_and_channel_labels),
        cmocka_unit_test(role_transitions_apply_to_domains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
