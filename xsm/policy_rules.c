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
    bool is_transition = rule->kind == RULE_TRANSITION ||
                         rule->kind == RULE_MEMBER || rule->kind == RULE_CHANGE;
    return reader_check(reader,
                        symbols_has(&policy->types, rule->source) &&
                            symbols_has(&policy->types, rule->target),
                        "a rule about a type that is not there") &&
           reader_check(reader, class != 0 && class <= policy->class_count,
                        "a rule about a class that is not there") &&
           reader_check(reader, is_transition || rule_is_vector(rule->kind),
                        "a rule of unknown kind") &&
           reader_check(reader,
                        !is_transition || (is_type(policy, rule->source) &&
                                           is_type(policy, rule->target) &&
                                           is_type(policy, rule->datum)),
                        "a transition of what is no type");
}

static void read_rule(struct reader *reader, uint16_t condition, bool when)
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
    if (!check_rule(reader, &rule, class)) {
        return;
    }
    const struct policy_class *of = &policy->classes[class - 1];
    if (of->own == XSM_NO_CLASS) {
        return;
    }
    rule.class = of->own;
    if (rule.kind == RULE_AUDIT_DENY) {
        rule.datum = policy_class_vector(of, ~rule.datum);
    } else if (rule_is_vector(rule.kind)) {
        rule.datum = policy_class_vector(of, rule.datum);
    }
    policy->rules[policy->rule_count] = rule;
    policy->rule_count++;
}

/* A list of rules. Each is 12 bytes, so that there is room for all that the
 * rest of the file can hold. */
static void read_rule_list(struct reader *reader, uint16_t condition, bool when)
{
    uint32_t count = reader_count(reader, RULE_ENTRY_SIZE);
    for (uint32_t i = 0; i < count && reader_is_ok(reader); i++) {
        read_rule(reader, condition, when);
    }
}

bool read_rules(struct reader *reader)
{
    reader_section(reader, "rules");
    size_t room = cursor_remaining(&reader->in) / RULE_ENTRY_SIZE;
    reader->policy->rules =
        reader_take(reader, room, sizeof(struct policy_rule));
    read_rule_list(reader, 0, true);
    return reader_is_ok(reader);
}

/* ---- conditions ---- */

/* *depth: operands on the stack before the node, and after. */
static void read_condition_node(struct reader *reader,
                                struct condition_node *node, uint32_t *depth)
{
    uint32_t op = reader_u32(reader);
    uint32_t boolean = reader_u32(reader);
    uint32_t operands = op == CONDITION_BOOLEAN ? 0
                        : op == CONDITION_NOT   ? 1
                                                : 2;
    if (!reader_check(reader, op >= CONDITION_BOOLEAN && op <= CONDITION_NEQ,
                      "a condition with an unknown operator") ||
        !reader_check(reader,
                      op != CONDITION_BOOLEAN ||
                          symbols_has(&reader->policy->booleans, boolean),
                      "a condition on a boolean not there") ||
        !reader_check(reader, *depth >= operands,
                      "a condition lacks an operand")) {
        return;
    }
    *depth += 1 - operands;
    reader_check(reader, *depth <= CONDITION_DEPTH,
                 "a condition is nested too deep");
    node->op = (uint8_t)op;
    node->boolean = (uint16_t)boolean;
}

static void read_condition(struct reader *reader, uint16_t number)
{
    struct policy_condition *condition =
        &reader->policy->conditions[number - 1];
    uint32_t depth = 0;
    (void)reader_u32(reader); /* its state, which we compute */
    condition->size = reader_count(reader, NODE_ENTRY_SIZE);
    condition->nodes =
        reader_take(reader, condition->size, sizeof(struct condition_node));
    for (uint32_t i = 0; i < condition->size && reader_is_ok(reader); i++) {
        read_condition_node(reader, &condition->nodes[i], &depth);
    }
    reader_check(reader, depth == 1, "a condition that is no expression");
    read_rule_list(reader, number, true);
    read_rule_list(reader, number, false);
}

bool read_conditions(struct reader *reader)
{
    struct policy *policy = reader->policy;
    reader_section(reader, "conditions");
    uint32_t count = reader_count(reader, CONDITION_ENTRY_SIZE);
    reader_check(reader, count < UINT16_MAX, "more conditions than supported");
    policy->condition_count = count;
    policy->conditions =
        reader_take(reader, count, sizeof(struct policy_condition));
    for (uint32_t i = 0; i < count && reader_is_ok(reader); i++) {
        read_condition(reader, (uint16_t)(i + 1));
    }
    return reader_is_ok(reader);
}

/* ---- roles ---- */

static void read_role_transition(struct reader *reader,
                                 struct role_transition *transition)
{
    const struct policy *policy = reader->policy;
    bool has_class = policy->version == POLICY_VERSION_NEW;
    uint32_t role = reader_u32(reader);
    uint32_t type = reader_u32(reader);
    uint32_t new_role = reader_u32(reader);
    uint32_t class = has_class ? reader_u32(reader) : 1;
    if (!reader_check(reader,
                      symbols_has(&policy->roles, role) &&
                          symbols_has(&policy->roles, new_role) &&
                          symbols_has(&policy->types, type) && class != 0 &&
                          class <= policy->class_count,
                      "a role transition of what is not there")) {
        return;
    }
    *transition = (struct role_transition){
        .role = (uint16_t)role,
        .type = (uint16_t)type,
        .class = has_class ? policy->classes[class - 1].own : XSM_CLASS_domain,
        .new_role = (uint16_t)new_role,
    };
}

static void read_role_allows(struct reader *reader)
{
    struct policy *policy = reader->policy;
    uint32_t count = reader_count(reader, 8);
    policy->role_allow_count = count;
    policy->role_allows = reader_take(reader, count, sizeof(struct role_allow));
    for (uint32_t i = 0; i < count && reader_is_ok(reader); i++) {
        uint32_t from = reader_u32(reader);
        uint32_t to = reader_u32(reader);
        reader_check(reader,
                     symbols_has(&policy->roles, from) &&
                         symbols_has(&policy->roles, to),
                     "a role rule about a role not there");
        policy->role_allows[i] =
            (struct role_allow){(uint16_t)from, (uint16_t)to};
    }
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
        read_role_transition(reader, &policy->role_transitions[i]);
    }
    reader_section(reader, "role rules");
    read_role_allows(reader);
    reader_section(reader, "filename transitions");
    if (policy->version == POLICY_VERSION_NEW) {
        reader_zero(reader, "filename transitions are not supported");
    }
    return reader_is_ok(reader);
}
