/* SPDX-License-Identifier: MIT */
/*
 * Access vector and transition rules, those under conditions, and the rules
 * about roles. Rules of classes we do not have are read, checked and dropped.
 */
#include "xsm/names.h"
#include "xsm/reader.h"

#define RULE_ENTRY_SIZE      12
#define RULE_ENABLED         0x8000 /* state of a conditional rule: not used */
#define CONDITION_ENTRY_SIZE 16
#define NODE_ENTRY_SIZE      8

static bool rule_is_vector(uint32_t kind)
{
    return kind == RULE_ALLOW || kind == RULE_AUDIT_ALLOW ||
           kind == RULE_AUDIT_DENY;
}

static bool is_type(const struct policy *policy, uint32_t value)
{
    return symbols_has(&policy->types, value) &&
           policy->type[value - 1].kind == TYPE_TYPE;
}

static bool check_rule(struct reader *reader, const struct policy_rule *rule,
                       uint32_t class)
{
    const struct policy *policy = reader->policy;
    if (!symbols_has(&policy->types, rule->source) ||
        !symbols_has(&policy->types, rule->target)) {
        return reader_refuse(reader, "a rule about a type that is not there");
    }
    if (class == 0 || class > policy->class_count) {
        return reader_refuse(reader, "a rule about a class that is not there");
    }
    if (rule_is_vector(rule->kind)) {
        return true;
    }
    if (rule->kind != RULE_TRANSITION && rule->kind != RULE_MEMBER &&
        rule->kind != RULE_CHANGE) {
        return reader_refuse(reader, "a rule of unknown kind");
    }
    if (!is_type(policy, rule->source) || !is_type(policy, rule->target) ||
        !is_type(policy, rule->datum)) {
        return reader_refuse(reader, "a transition of what is no type");
    }
    return true;
}

static bool read_rule(struct reader *reader, uint16_t condition, bool when)
{
    struct policy *policy = reader->policy;
    struct policy_rule rule = {.condition = condition, .when = when};
    rule.source = reader_u16(reader);
    rule.target = reader_u16(reader);
    uint16_t class = reader_u16(reader);
    uint32_t kind = reader_u16(reader);
    rule.datum = reader_u32(reader);
    if (condition != 0) {
        kind &= ~(uint32_t)RULE_ENABLED;
    }
    rule.kind = (uint8_t)(kind > UINT8_MAX ? 0 : kind);
    if (!reader_is_ok(reader) || !check_rule(reader, &rule, class)) {
        return false;
    }
    const struct policy_class *of = &policy->classes[class - 1];
    if (of->own == XSM_NO_CLASS) {
        return true;
    }
    rule.class = of->own;
    if (rule.kind == RULE_AUDIT_DENY) {
        rule.datum = policy_class_vector(of, ~rule.datum);
    } else if (rule_is_vector(rule.kind)) {
        rule.datum = policy_class_vector(of, rule.datum);
    }
    policy->rules[policy->rule_count] = rule;
    policy->rule_count++;
    return true;
}

/* A list of rules. Each is 12 bytes, so that there is room for all that the
 * rest of the file can hold. */
static bool read_rule_list(struct reader *reader, uint16_t condition, bool when)
{
    uint32_t count = reader_count(reader, RULE_ENTRY_SIZE);
    for (uint32_t i = 0; i < count; i++) {
        if (!read_rule(reader, condition, when)) {
            return false;
        }
    }
    return reader_is_ok(reader);
}

bool read_rules(struct reader *reader)
{
    reader_section(reader, "rules");
    size_t room = cursor_remaining(&reader->in) / RULE_ENTRY_SIZE;
    reader->policy->rules =
        reader_take(reader, room, sizeof(struct policy_rule));
    return reader_is_ok(reader) && read_rule_list(reader, 0, true);
}

/* ---- conditions ---- */

static bool read_condition_node(struct reader *reader,
                                struct condition_node *node, uint32_t *depth)
{
    uint32_t op = reader_u32(reader);
    uint32_t boolean = reader_u32(reader);
    uint32_t operands = op == CONDITION_BOOLEAN ? 0
                        : op == CONDITION_NOT   ? 1
                                                : 2;
    if (!reader_is_ok(reader)) {
        return false;
    }
    if (op < CONDITION_BOOLEAN || op > CONDITION_NEQ) {
        return reader_refuse(reader, "a condition with an unknown operator");
    }
    if (op == CONDITION_BOOLEAN &&
        !symbols_has(&reader->policy->booleans, boolean)) {
        return reader_refuse(reader, "a condition on a boolean not there");
    }
    if (*depth < operands) {
        return reader_refuse(reader, "a condition lacks an operand");
    }
    *depth += 1 - operands;
    if (*depth > CONDITION_DEPTH) {
        return reader_refuse(reader, "a condition is nested too deep");
    }
    node->op = (uint8_t)op;
    node->boolean = op == CONDITION_BOOLEAN ? (uint16_t)boolean : 0;
    return true;
}

static bool read_condition(struct reader *reader, uint16_t number)
{
    struct policy_condition *condition =
        &reader->policy->conditions[number - 1];
    uint32_t depth = 0;
    (void)reader_u32(reader); /* its state, which we compute */
    condition->size = reader_count(reader, NODE_ENTRY_SIZE);
    condition->nodes =
        reader_take(reader, condition->size, sizeof(struct condition_node));
    for (uint32_t i = 0; i < condition->size && reader_is_ok(reader); i++) {
        if (!read_condition_node(reader, &condition->nodes[i], &depth)) {
            return false;
        }
    }
    if (reader_is_ok(reader) && depth != 1) {
        return reader_refuse(reader, "a condition that is no expression");
    }
    return reader_is_ok(reader) && read_rule_list(reader, number, true) &&
           read_rule_list(reader, number, false);
}

bool read_conditions(struct reader *reader)
{
    struct policy *policy = reader->policy;
    reader_section(reader, "conditions");
    uint32_t count = reader_count(reader, CONDITION_ENTRY_SIZE);
    if (reader_is_ok(reader) && count >= UINT16_MAX) {
        return reader_refuse(reader, "more conditions than supported");
    }
    policy->condition_count = count;
    policy->conditions =
        reader_take(reader, count, sizeof(struct policy_condition));
    for (uint32_t i = 0; i < count && reader_is_ok(reader); i++) {
        if (!read_condition(reader, (uint16_t)(i + 1))) {
            return false;
        }
    }
    return reader_is_ok(reader);
}

/* ---- roles ---- */

static bool read_role_transition(struct reader *reader,
                                 struct role_transition *transition)
{
    const struct policy *policy = reader->policy;
    bool has_class = policy->version == POLICY_VERSION_NEW;
    uint32_t role = reader_u32(reader);
    uint32_t type = reader_u32(reader);
    uint32_t new_role = reader_u32(reader);
    uint32_t class = has_class ? reader_u32(reader) : 1;
    if (!reader_is_ok(reader)) {
        return false;
    }
    if (!symbols_has(&policy->roles, role) ||
        !symbols_has(&policy->roles, new_role) ||
        !symbols_has(&policy->types, type) || class == 0 ||
        class > policy->class_count) {
        return reader_refuse(reader, "a role transition of what is not there");
    }
    *transition = (struct role_transition){
        .role = (uint16_t)role,
        .type = (uint16_t)type,
        .class = has_class ? policy->classes[class - 1].own : XSM_CLASS_domain,
        .new_role = (uint16_t)new_role,
    };
    return true;
}

static bool read_role_allows(struct reader *reader)
{
    struct policy *policy = reader->policy;
    uint32_t count = reader_count(reader, 8);
    policy->role_allow_count = count;
    policy->role_allows = reader_take(reader, count, sizeof(struct role_allow));
    for (uint32_t i = 0; i < count && reader_is_ok(reader); i++) {
        uint32_t from = reader_u32(reader);
        uint32_t to = reader_u32(reader);
        if (!symbols_has(&policy->roles, from) ||
            !symbols_has(&policy->roles, to)) {
            return reader_refuse(reader, "a role rule about a role not there");
        }
        policy->role_allows[i] =
            (struct role_allow){(uint16_t)from, (uint16_t)to};
    }
    return reader_is_ok(reader);
}

bool read_role_rules(struct reader *reader)
{
    struct policy *policy = reader->policy;
    reader_section(reader, "role transitions");
    uint32_t count =
        reader_count(reader, policy->version == POLICY_VERSION_NEW ? 16 : 12);
    policy->role_transition_count = count;
    policy->role_transitions =
        reader_take(reader, count, sizeof(struct role_transition));
    for (uint32_t i = 0; i < count && reader_is_ok(reader); i++) {
        if (!read_role_transition(reader, &policy->role_transitions[i])) {
            return false;
        }
    }
    reader_section(reader, "role rules");
    if (!reader_is_ok(reader) || !read_role_allows(reader)) {
        return false;
    }
    reader_section(reader, "filename transitions");
    return policy->version == POLICY_VERSION_OLD ||
           reader_zero(reader, "filename transitions are not supported");
}
