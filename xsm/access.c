/* SPDX-License-Identifier: MIT */
/*
 * Type enforcement: rules grant, constraints and the bounds of a type take
 * away. What a policy does not know is granted only where it says so.
 */
#include "xsm/access.h"

#include "xsm/names.h"

static bool rule_is_active(const struct policy *policy,
                           const struct policy_rule *rule)
{
    return rule->condition == 0 ||
           policy->conditions[rule->condition - 1].is_true == rule->when;
}

static void apply_rules(const struct policy *policy, uint16_t source,
                        uint16_t target, struct access *out)
{
    const struct bitset *sources = &policy->type[source - 1].attributes;
    const struct bitset *targets = &policy->type[target - 1].attributes;
    for (uint32_t i = 0; i < policy->rule_count; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        if (!bitset_has(sources, rule->source) ||
            !bitset_has(targets, rule->target) ||
            !rule_is_active(policy, rule)) {
            continue;
        }
        if (rule->kind == RULE_ALLOW) {
            out->allow[rule->class] |= rule->datum;
        } else if (rule->kind == RULE_AUDIT_ALLOW) {
            out->audit_allow[rule->class] |= rule->datum;
        } else if (rule->kind == RULE_AUDIT_DENY) {
            out->audit_deny[rule->class] &= ~rule->datum;
        }
    }
}

static void apply_constraints(const struct policy *policy,
                              struct policy_context source,
                              struct policy_context target, struct access *out)
{
    for (const struct policy_constraint *constraint = policy->constraints;
         constraint != NULL; constraint = constraint->next) {
        if (constraint->class != XSM_NO_CLASS &&
            (out->allow[constraint->class] & constraint->vector) != 0 &&
            !constraint_holds(policy, constraint, source, target)) {
            out->allow[constraint->class] &= ~constraint->vector;
        }
    }
}

static bool role_may_change(const struct policy *policy, uint16_t from,
                            uint16_t to)
{
    for (uint32_t i = 0; i < policy->role_allow_count; i++) {
        if (policy->role_allows[i].from == from &&
            policy->role_allows[i].to == to) {
            return true;
        }
    }
    return from == to;
}

/* A relabelled domain keeps its role, unless a rule allows the change. */
static void apply_role_allows(const struct policy *policy,
                              struct policy_context source,
                              struct policy_context target, struct access *out)
{
    const struct xsm_perm transition = XSM_PERM(domain, transition);
    uint32_t vector = 1U << transition.bit;
    if ((out->allow[transition.class] & vector) != 0 &&
        !role_may_change(policy, source.role, target.role)) {
        out->allow[transition.class] &= ~vector;
    }
}

static void apply_all(const struct policy *policy, struct policy_context source,
                      struct policy_context target, struct access *out)
{
    memset(out, 0, sizeof(*out));
    memset(out->audit_deny, 0xff, sizeof(out->audit_deny));
    apply_rules(policy, source.type, target.type, out);
    apply_constraints(policy, source, target, out);
    apply_role_allows(policy, source, target, out);
}

/* A type never has more than the types above it have, on its target or what
 * is above that. Reading the policy has limited how many there are. */
static void apply_bounds(const struct policy *policy,
                         struct policy_context source,
                         struct policy_context target, struct access *out)
{
    while (policy->type[source.type - 1].bounds != 0) {
        source.type = policy->type[source.type - 1].bounds;
        if (policy->type[target.type - 1].bounds != 0) {
            target.type = policy->type[target.type - 1].bounds;
        }
        struct access limit;
        apply_all(policy, source, target, &limit);
        for (int own = 0; own < XSM_CLASSES; own++) {
            out->allow[own] &= limit.allow[own];
        }
    }
}

/* What of ours the policy does not know, where it says to allow that. */
static void apply_unknown(const struct policy *policy, struct access *out)
{
    for (uint8_t own = 0; own < XSM_CLASSES; own++) {
        out->allow[own] |= xsm_class_vector(own) & ~policy_known(policy, own);
    }
}

void access_compute(const struct policy *policy, struct policy_context source,
                    struct policy_context target, struct access *out)
{
    apply_all(policy, source, target, out);
    apply_bounds(policy, source, target, out);
    if (policy->unknown == UNKNOWN_ALLOW) {
        apply_unknown(policy, out);
    }
}

/* ---- transitions ---- */

static void apply_type_transition(const struct policy *policy,
                                  struct policy_context source,
                                  struct policy_context target,
                                  enum xsm_class class,
                                  struct policy_context *made)
{
    for (uint32_t i = 0; i < policy->rule_count; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        if (rule->kind == RULE_TRANSITION && rule->class == class &&
            rule->source == source.type && rule->target == target.type &&
            rule_is_active(policy, rule)) {
            made->type = (uint16_t)rule->datum;
            return;
        }
    }
}

static void apply_role_transition(const struct policy *policy,
                                  struct policy_context source,
                                  struct policy_context target,
                                  enum xsm_class class,
                                  struct policy_context *made)
{
    for (uint32_t i = 0; i < policy->role_transition_count; i++) {
        const struct role_transition *transition = &policy->role_transitions[i];
        if (transition->class == class && transition->role == source.role &&
            bitset_has(&policy->type[target.type - 1].attributes,
                       transition->type)) {
            made->role = transition->new_role;
            return;
        }
    }
}

struct policy_context access_transition(const struct policy *policy,
                                        struct policy_context source,
                                        struct policy_context target,
                                        enum xsm_class class)
{
    bool is_domain = class == XSM_CLASS_domain;
    struct policy_context made = {
        .user = source.user,
        .role = is_domain ? source.role : ROLE_OBJECT,
        .type = is_domain ? source.type : target.type,
    };
    apply_type_transition(policy, source, target, class, &made);
    apply_role_transition(policy, source, target, class, &made);
    return made;
}
