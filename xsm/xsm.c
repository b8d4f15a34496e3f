/* SPDX-License-Identifier: MIT */
/* Loading a policy, its mode and booleans, and the decision in full. */
#include "xsm/xsm.h"

#include "xsm/arena.h"
#include "xsm/label.h"
#include "xsm/matrix.h"
#include "xsm/names.h"
#include "xsm/policy.h"

#define LABELS_MIN 16

static void summarise(struct xsm *xsm)
{
    const struct policy *policy = xsm->policy;
    struct xsm_summary *summary = &xsm->summary;
    *summary = (struct xsm_summary){
        .version = policy->version,
        .rules = policy->rule_count,
    };
    for (uint32_t i = 0; i < policy->types.values; i++) {
        summary->types += policy->type[i].kind == TYPE_TYPE;
    }
    for (uint32_t i = 0; i < policy->class_count; i++) {
        const struct policy_class *class = &policy->classes[i];
        uint32_t known = (uint32_t)__builtin_popcount(class->known);
        summary->mapped_permissions += known;
        summary->foreign_permissions += class->size - known;
    }
    summary->missing_permissions =
        XSM_PERMISSIONS - summary->mapped_permissions;
    for (int own = 0; own < XSM_CLASSES; own++) {
        summary->absent_classes += policy_known(policy, own) == 0;
    }
}

static enum xsm_status start_matrix(struct xsm *xsm, uint16_t labels,
                                    struct xsm_refusal *why)
{
    why->section = "matrix";
    why->reason = "the arena is too small for the matrix";
    if (!matrix_init(xsm, labels) || !labels_init(xsm, labels)) {
        return XSM_NO_MEMORY;
    }
    conditions_update(xsm->policy);
    why->reason = "there are too few labels";
    return labels_start(xsm);
}

enum xsm_status xsm_load(struct xsm *xsm, struct xsm_arena *arena,
                         struct bytes policy, const struct xsm_options *options,
                         struct xsm_refusal *why)
{
    uint16_t labels = options->labels;
    *why = (struct xsm_refusal){.section = "arena", .reason = "too small"};
    if (labels < LABELS_MIN || labels > XSM_LABELS_MAX ||
        (labels & (labels - 1)) != 0) {
        why->reason = "the number of labels is no power of two in range";
        return XSM_NO_LABEL;
    }
    *xsm = (struct xsm){
        .mode = options->mode,
        .arena = arena,
        .generation = 1,
        .policy = arena_take(arena, 1, sizeof(struct policy)),
    };
    uint8_t *copy = arena_take(arena, policy.size, 1);
    if (xsm->policy == NULL || copy == NULL) {
        return XSM_NO_MEMORY;
    }
    if (policy.size != 0) {
        memcpy(copy, policy.data, policy.size);
    }
    struct bytes file = bytes_of(copy, policy.size);
    xsm->digest = sha256_of(file);
    enum xsm_status status = policy_read(xsm->policy, arena, file, why);
    if (status == XSM_OK) {
        status = start_matrix(xsm, labels, why);
    }
    if (status == XSM_OK) {
        summarise(xsm);
    }
    return status;
}

void xsm_set_mode(struct xsm *xsm, enum xsm_mode mode)
{
    xsm->mode = mode;
    xsm->generation++;
}

enum xsm_status xsm_boolean_find(const struct xsm *xsm, struct bytes name,
                                 uint32_t *number)
{
    uint32_t boolean = symbols_find(&xsm->policy->booleans, name);
    *number = boolean - 1;
    return boolean == 0 ? XSM_NOT_FOUND : XSM_OK;
}

enum xsm_status xsm_boolean_get(const struct xsm *xsm, uint32_t number,
                                struct bytes *name, uint32_t *value)
{
    const struct symbols *booleans = &xsm->policy->booleans;
    if (number >= booleans->values || !symbols_has(booleans, number + 1)) {
        return XSM_NOT_FOUND;
    }
    *name = booleans->names[number];
    *value = xsm->policy->boolean[number];
    return XSM_OK;
}

static enum xsm_status set_boolean(struct xsm *xsm, uint32_t boolean,
                                   uint8_t value)
{
    xsm->policy->boolean[boolean - 1] = value;
    conditions_update(xsm->policy);
    return labels_rebuild(xsm);
}

enum xsm_status xsm_boolean_set(struct xsm *xsm, struct bytes name,
                                uint32_t value)
{
    uint32_t boolean = symbols_find(&xsm->policy->booleans, name);
    if (boolean == 0) {
        return XSM_NOT_FOUND;
    }
    uint8_t before = xsm->policy->boolean[boolean - 1];
    enum xsm_status status = set_boolean(xsm, boolean, value != 0);
    if (status != XSM_OK) {
        /* The rows of before fitted then, so they fit again. */
        if (set_boolean(xsm, boolean, before) != XSM_OK) {
            return XSM_NO_MEMORY;
        }
        return status;
    }
    xsm->generation++;
    return XSM_OK;
}

struct xsm_decision xsm_decide(const struct xsm *xsm, label_t source,
                               label_t target, struct xsm_perm perm)
{
    label_t s = {(uint16_t)(source.index & xsm->mask)};
    label_t t = {(uint16_t)(target.index & xsm->mask)};
    const struct access *access = matrix_at(xsm->planes, s, t);
    const struct policy_type *types = xsm->policy->type;
    uint32_t bit = perm.bit & 31;
    uint32_t class = perm.class < XSM_CLASSES ? perm.class : 0;
    struct xsm_decision decision = {
        .granted =
            perm.class < XSM_CLASSES && (access->allow[class] >> bit & 1) != 0,
    };
    uint32_t audited = decision.granted ? access->audit_allow[class]
                                        : access->audit_deny[class];
    decision.audit = (audited >> bit & 1) != 0;
    if (!decision.granted && xsm_label_is_live(xsm, s) &&
        xsm_label_is_live(xsm, t)) {
        uint16_t type = label_entry(xsm, s)->context.type;
        decision.permissive =
            xsm->mode == XSM_PERMISSIVE || types[type - 1].permissive;
    }
    decision.allowed = decision.granted || decision.permissive;
    return decision;
}
