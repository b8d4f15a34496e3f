/* SPDX-License-Identifier: MIT */
/* Decisions: the fast and the full answer, modes, booleans, and what our own
 * policy must say. */
#include "tests/unit/xsm/load.h"

#include "lib/checked.h"

#define DOM0    "system_u:system_r:dom0_t"
#define DOMU    "default_u:guest_r:domU_t"
#define TENANT1 "tenant01_u:guest_r:guest_t"
#define TENANT2 "tenant02_u:guest_r:guest_t"

/* For every pair of initial labels and every permission the fast answer is the
 * full one, but for what is audited when allowed. */
static void fast_and_full_agree(void **state)
{
    static const char *const paths[] = {POLICY_V30, FEATURES_V30};
    (void)state;
    for (size_t p = 0; p < ARRAY_SIZE(paths); p++) {
        struct loaded *loaded = load_file(paths[p], 64);
        const struct xsm *xsm = &loaded->xsm;
        unsigned granted = 0;
        for (uint16_t s = 0; s <= xsm->mask; s++) {
            for (uint16_t t = 0; t <= xsm->mask; t++) {
                for (uint8_t own = 0; own < XSM_CLASSES; own++) {
                    for (uint8_t bit = 0; bit < xsm_class_size(own); bit++) {
                        struct xsm_perm perm = {own, bit};
                        struct xsm_decision full =
                            xsm_decide(xsm, (label_t){s}, (label_t){t}, perm);
                        bool fast =
                            xsm_allowed(xsm, (label_t){s}, (label_t){t}, perm);
                        assert_int_equal(fast, full.granted && !full.audit);
                        granted += fast;
                    }
                }
            }
        }
        assert_true(granted > 100);
        unload(loaded);
    }
}

/* Numbers that are no label, and tokens that are no permission, are denied. */
static void nonsense_is_denied(void **state)
{
    struct loaded *loaded = load_file(POLICY_V30, 64);
    const struct xsm *xsm = &loaded->xsm;
    (void)state;
    for (uint16_t dead = XSM_INITIAL_SIDS; dead < 64; dead++) {
        assert_false(xsm_allowed(xsm, (label_t){dead}, (label_t){dead},
                                 XSM_PERM(mmu, map_read)));
        assert_false(xsm_decide(xsm, (label_t){dead}, XSM_LABEL(xen),
                                XSM_PERM(mmu, map_read))
                         .allowed);
    }
    assert_false(
        xsm_allowed(xsm, (label_t){0}, XSM_LABEL(xen), XSM_PERM(xen, settime)));
    for (unsigned own = 0; own < 256; own++) {
        struct xsm_perm perm = {(uint8_t)own, 31};
        if (own >= XSM_CLASSES) {
            assert_false(
                xsm_decide(xsm, XSM_LABEL(dom0), XSM_LABEL(xen), perm).granted);
        }
    }
    unload(loaded);
}

static void permissive_mode_allows_and_audits(void **state)
{
    struct loaded *loaded = load_file(POLICY_V30, 64);
    struct xsm *xsm = &loaded->xsm;
    struct xsm_perm perm = XSM_PERM(xen, kexec);
    uint32_t generation = xsm->generation;
    (void)state;
    struct xsm_decision decision =
        xsm_decide(xsm, XSM_LABEL(dom0), XSM_LABEL(xen), perm);
    assert_false(decision.allowed);
    assert_true(decision.audit);
    xsm_set_mode(xsm, XSM_PERMISSIVE);
    assert_int_not_equal(xsm->generation, generation);
    decision = xsm_decide(xsm, XSM_LABEL(dom0), XSM_LABEL(xen), perm);
    assert_true(decision.allowed && decision.permissive && decision.audit);
    assert_false(decision.granted);
    /* the fast answer stays no: each use is seen */
    assert_false(xsm_allowed(xsm, XSM_LABEL(dom0), XSM_LABEL(xen), perm));
    unload(loaded);
}

static void permissive_type_allows_itself_only(void **state)
{
    struct loaded *loaded = load_file(FEATURES_V30, 64);
    label_t loose = label_named(loaded, "a_u:guest_r:loose_t");
    label_t other = label_named(loaded, "a_u:guest_r:domU_t");
    struct xsm_perm perm = XSM_PERM(xen, kexec);
    (void)state;
    assert_true(
        xsm_decide(&loaded->xsm, loose, XSM_LABEL(xen), perm).permissive);
    assert_false(
        xsm_decide(&loaded->xsm, other, XSM_LABEL(xen), perm).permissive);
    unload(loaded);
}

static void audit_rules_work(void **state)
{
    struct loaded *loaded = load_file(FEATURES_V30, 64);
    const struct xsm *xsm = &loaded->xsm;
    label_t dom0 = XSM_LABEL(dom0);
    label_t domU = label_named(loaded, "system_u:guest_r:domU_t");
    (void)state;
    struct xsm_decision destroy =
        xsm_decide(xsm, dom0, domU, XSM_PERM(domain, destroy));
    assert_true(destroy.granted && destroy.audit);
    assert_false(xsm_allowed(xsm, dom0, domU, XSM_PERM(domain, destroy)));
    assert_true(xsm_allowed(xsm, dom0, domU, XSM_PERM(domain, resume)));
    /* dontaudit of a denial */
    assert_false(
        xsm_decide(xsm, domU, XSM_LABEL(dom0), XSM_PERM(grant, setup)).audit);
    assert_true(
        xsm_decide(xsm, domU, XSM_LABEL(dom0), XSM_PERM(grant, query)).audit);
    unload(loaded);
}

static void booleans_switch_rules(void **state)
{
    struct loaded *loaded = load_file(POLICY_V30, 64);
    struct xsm *xsm = &loaded->xsm;
    struct bytes name = bytes_of_text("guest_console");
    label_t self = label_named(loaded, "default_u:guest_r:domU_self_t");
    struct xsm_perm perm = XSM_PERM(console2, write_own);
    uint32_t number = 7, value = 7;
    struct bytes found = bytes_none();
    (void)state;
    assert_int_equal(xsm_boolean_find(xsm, name, &number), XSM_OK);
    assert_int_equal(number, 0);
    assert_int_equal(xsm_boolean_get(xsm, number, &found, &value), XSM_OK);
    assert_int_equal(value, 0);
    assert_int_equal(found.size, name.size);
    assert_memory_equal(found.data, name.data, name.size);
    assert_false(xsm_allowed(xsm, XSM_LABEL(domU), self, perm));
    assert_int_equal(xsm_boolean_set(xsm, name, 1), XSM_OK);
    assert_true(xsm_allowed(xsm, XSM_LABEL(domU), self, perm));
    assert_int_equal(xsm_boolean_get(xsm, number, &found, &value), XSM_OK);
    assert_int_equal(value, 1);
    assert_int_equal(xsm_boolean_set(xsm, name, 0), XSM_OK);
    assert_false(xsm_allowed(xsm, XSM_LABEL(domU), self, perm));
    assert_int_equal(xsm_boolean_set(xsm, bytes_of_text("nothing"), 1),
                     XSM_NOT_FOUND);
    assert_int_equal(xsm_boolean_find(xsm, bytes_none(), &number),
                     XSM_NOT_FOUND);
    assert_int_equal(xsm_boolean_get(xsm, 1, &found, &value), XSM_NOT_FOUND);
    assert_int_equal(xsm_boolean_get(xsm, UINT32_MAX, &found, &value),
                     XSM_NOT_FOUND);
    unload(loaded);
}

/* ---- what our own policy must say ---- */

struct claim {
    const char *source, *target;
    struct xsm_perm perm;
    bool granted;
};

static const struct claim claims[] = {
    {DOM0, "system_u:system_r:xen_t", XSM_PERM_INIT(hypercall, mmu_update), 0},
    {DOM0, "system_u:system_r:xen_t", XSM_PERM_INIT(xen, settime), 1},
    {DOM0, "system_u:system_r:xen_t", XSM_PERM_INIT(xen, kexec), 0},
    {DOM0, "system_u:system_r:xen_t", XSM_PERM_INIT(xen, microcode), 0},
    {DOM0, "system_u:system_r:security_t", XSM_PERM_INIT(security, setenforce),
     0},
    {DOM0, "system_u:system_r:security_t", XSM_PERM_INIT(security, load_policy),
     0},
    {DOM0, "system_u:system_r:domxen_t", XSM_PERM_INIT(mmu, map_write), 0},
    {DOM0, DOMU, XSM_PERM_INIT(domain, create), 1},
    {DOM0, TENANT1, XSM_PERM_INIT(grant, map_write), 1},
    {DOM0, DOM0, XSM_PERM_INIT(domain, destroy), 0},
    {DOMU, DOM0, XSM_PERM_INIT(event, bind), 1},
    {DOMU, DOM0, XSM_PERM_INIT(grant, map_read), 0},
    {DOMU, DOM0, XSM_PERM_INIT(mmu, map_read), 0},
    {DOMU, DOM0, XSM_PERM_INIT(event, create), 0},
    {DOMU, DOM0, XSM_PERM_INIT(event, status), 0},
    {DOMU, DOMU, XSM_PERM_INIT(event, bind), 0},
    {DOMU, TENANT1, XSM_PERM_INIT(event, bind), 0},
    {DOMU, TENANT1, XSM_PERM_INIT(grant, map_read), 0},
    {DOMU, "system_u:system_r:xen_t", XSM_PERM_INIT(hypercall2, domctl), 0},
    {DOMU, "system_u:system_r:xen_t", XSM_PERM_INIT(hypercall, platform_op), 0},
    {DOMU, "system_u:object_r:ioport_t", XSM_PERM_INIT(device2, port_read), 0},
    {TENANT1, TENANT1, XSM_PERM_INIT(event, bind), 1},
    {TENANT1, TENANT1, XSM_PERM_INIT(grant, map_write), 1},
    {TENANT1, TENANT2, XSM_PERM_INIT(event, bind), 0},
    {TENANT1, TENANT2, XSM_PERM_INIT(grant, map_read), 0},
    {TENANT1, TENANT2, XSM_PERM_INIT(grant2, copy_write), 0},
    {TENANT1, TENANT2, XSM_PERM_INIT(mmu, map_read), 0},
};

static void our_policy_keeps_its_claims(void **state)
{
    static const char *const paths[] = {POLICY_V30, POLICY_V24};
    (void)state;
    for (size_t p = 0; p < 2; p++) {
        struct loaded *loaded = load_file(paths[p], 64);
        for (size_t i = 0; i < ARRAY_SIZE(claims); i++) {
            const struct claim *claim = &claims[i];
            label_t source = label_named(loaded, claim->source);
            label_t target = label_named(loaded, claim->target);
            if (xsm_decide(&loaded->xsm, source, target, claim->perm).granted !=
                claim->granted) {
                fail_msg("%s -> %s %s:%s", claim->source, claim->target,
                         xsm_class_name(claim->perm.class),
                         xsm_perm_name(claim->perm));
            }
        }
        unload(loaded);
    }
}

/* ---- lines ---- */

static void lines_are_those_of_xen_and_more(void **state)
{
    struct loaded *loaded = load_file(POLICY_V30, 64);
    char line[XSM_AUDIT_LINE_MAX];
    struct buffer buffer = buffer_over(line, sizeof(line));
    struct writer writer = writer_begin(&buffer);
    struct xsm_event event = {
        .source = XSM_LABEL(dom0),
        .target = XSM_LABEL(domU),
        .perm = XSM_PERM(grant, map_write),
        .source_domid = 5,
        .target_domid = 7,
        .vcpu = 2,
        .hypercall = "grant_table_op",
        .operation = "map_grant_ref",
        .sequence = 42,
    };
    static const char expected[] =
        "avc:  denied  { map_write } for source=d5 target=d7 "
        "scontext=system_u:system_r:dom0_t tcontext=default_u:guest_r:domU_t "
        "tclass=grant permissive=0 hc=grant_table_op op=map_grant_ref seq=42 "
        "vcpu=2";
    (void)state;
    xsm_event_put_text(&loaded->xsm, &event, &writer);
    assert_true(writer_end(&writer));
    assert_int_equal(buffer.used, strlen(expected));
    assert_memory_equal(line, expected, buffer.used);
    unload(loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fast_and_full_agree),
        cmocka_unit_test(nonsense_is_denied),
        cmocka_unit_test(permissive_mode_allows_and_audits),
        cmocka_unit_test(permissive_type_allows_itself_only),
        cmocka_unit_test(audit_rules_work),
        cmocka_unit_test(booleans_switch_rules),
        cmocka_unit_test(our_policy_keeps_its_claims),
        cmocka_unit_test(lines_are_those_of_xen_and_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
