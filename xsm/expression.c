/* SPDX-License-Identifier: MIT */
/*
 * Postfix expressions of conditions and constraints. That operands are there
 * and fit the stack was checked when the policy was read.
 */
#include "xsm/access.h"

/* ---- conditions, over booleans ---- */

static bool condition_apply(uint8_t op, bool a, bool b)
{
    switch (op) {
    case CONDITION_OR:
        return a || b;
    case CONDITION_AND:
        return a && b;
    case CONDITION_XOR:
    case CONDITION_NEQ:
        return a != b;
    default:
        return a == b;
    }
}

static bool condition_is_true(const struct policy *policy,
                              const struct policy_condition *condition)
{
    bool stack[CONDITION_DEPTH + 1] = {false};
    uint32_t depth = 0;
    for (uint32_t i = 0; i < condition->size; i++) {
        const struct condition_node *node = &condition->nodes[i];
        if (node->op == CONDITION_BOOLEAN) {
            stack[depth] = policy->boolean[node->boolean - 1] != 0;
            depth++;
        } else if (node->op == CONDITION_NOT) {
            stack[depth - 1] = !stack[depth - 1];
        } else {
            depth--;
            stack[depth - 1] =
                condition_apply(node->op, stack[depth - 1], stack[depth]);
        }
    }
    return stack[0];
}

void conditions_update(struct policy *policy)
{
    for (uint32_t i = 0; i < policy->condition_count; i++) {
        struct policy_condition *condition = &policy->conditions[i];
        condition->is_true = condition_is_true(policy, condition);
    }
}

/* ---- constraints, over two contexts ---- */

static uint16_t part_of(struct policy_context context, uint8_t part)
{
    switch (part & ~SIDE_TARGET) {
    case PART_USER:
        return context.user;
    case PART_ROLE:
        return context.role;
    default:
        return context.type;
    }
}

/* op other than equality is on roles only. */
static bool attribute_holds(const struct policy *policy, uint8_t op, uint16_t a,
                            uint16_t b)
{
    if (op == CONSTRAINT_EQUAL || op == CONSTRAINT_UNEQUAL) {
        return (a == b) == (op == CONSTRAINT_EQUAL);
    }
    bool above = bitset_has(&policy->role[a - 1].dominates, b);
    bool below = bitset_has(&policy->role[b - 1].dominates, a);
    switch (op) {
    case CONSTRAINT_DOMINATES:
        return above;
    case CONSTRAINT_DOMINATED:
        return below;
    default:
        return !above && !below;
    }
}

static bool leaf_holds(const struct policy *policy,
                       const struct constraint_node *node,
                       struct policy_context source,
                       struct policy_context target)
{
    if (node->kind == CONSTRAINT_ATTRIBUTE) {
        return attribute_holds(policy, node->op, part_of(source, node->part),
                               part_of(target, node->part));
    }
    bool is_target = (node->part & SIDE_TARGET) != 0;
    uint16_t value = part_of(is_target ? target : source, node->part);
    return bitset_has(&node->names, value) == (node->op == CONSTRAINT_EQUAL);
}

bool constraint_holds(const struct policy *policy,
                      const struct policy_constraint *constraint,
                      struct policy_context source,
                      struct policy_context target)
{
    bool stack[CONSTRAINT_DEPTH + 1] = {false};
    uint32_t depth = 0;
    for (uint32_t i = 0; i < constraint->size; i++) {
        const struct constraint_node *node = &constraint->nodes[i];
        switch (node->kind) {
        case CONSTRAINT_NOT:
            stack[depth - 1] = !stack[depth - 1];
            break;
        case CONSTRAINT_AND:
            depth--;
            stack[depth - 1] = stack[depth - 1] && stack[depth];
            break;
        case CONSTRAINT_OR:
            depth--;
            stack[depth - 1] = stack[depth - 1] || stack[depth];
            break;
        default:
            stack[depth] = leaf_holds(policy, node, source, target);
            depth++;
            break;
        }
    }
    return stack[0];
}
