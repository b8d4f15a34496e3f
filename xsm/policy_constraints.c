/* SPDX-License-Identifier: MIT */
/*
 * Constraints of a class: expressions in postfix form over the user, role and
 * type of source and target. Their depth is followed as they are read, so that
 * the evaluation needs no check.
 */
#include "xsm/reader.h"

#define CONSTRAINT_ENTRY_SIZE 8
#define NODE_ENTRY_SIZE       12
#define XTARGET               16 /* only in validatetrans */

/* The new version has also the names as they were written, for tools. */
static bool skip_written_names(struct reader *reader)
{
    if (reader->policy->version == POLICY_VERSION_NEW) {
        (void)reader_set(reader);
        (void)reader_set(reader);
        (void)reader_u32(reader);
    }
    return reader_is_ok(reader);
}

static bool part_is_valid(uint32_t part)
{
    uint32_t attribute = part & ~(uint32_t)SIDE_TARGET;
    return attribute == PART_USER || attribute == PART_ROLE ||
           attribute == PART_TYPE;
}

static bool op_is_valid(uint32_t kind, uint32_t part, uint32_t op)
{
    if (op == CONSTRAINT_EQUAL || op == CONSTRAINT_UNEQUAL) {
        return true;
    }
    return kind == CONSTRAINT_ATTRIBUTE && part == PART_ROLE &&
           op >= CONSTRAINT_DOMINATES && op <= CONSTRAINT_INCOMPARABLE;
}

static bool read_leaf(struct reader *reader, struct constraint_node *node,
                      uint32_t part, uint32_t op)
{
    if (part > (XTARGET | SIDE_TARGET | 7) || !part_is_valid(part) ||
        !op_is_valid(node->kind, part, op) ||
        (node->kind == CONSTRAINT_ATTRIBUTE && part > PART_TYPE)) {
        return reader_refuse(reader, "a constraint compares what it cannot");
    }
    node->part = (uint8_t)part;
    node->op = (uint8_t)op;
    if (node->kind == CONSTRAINT_NAMES) {
        node->names_at = reader_set(reader);
        return skip_written_names(reader);
    }
    return true;
}

/* *depth: operands on the stack before the node, and after. */
static bool read_node(struct reader *reader, struct constraint_node *node,
                      uint32_t *depth)
{
    uint32_t kind = reader_u32(reader);
    uint32_t part = reader_u32(reader);
    uint32_t op = reader_u32(reader);
    if (!reader_is_ok(reader)) {
        return false;
    }
    node->kind = (uint8_t)kind;
    switch (kind) {
    case CONSTRAINT_NOT:
        return *depth >= 1 ||
               reader_refuse(reader, "a constraint lacks an operand");
    case CONSTRAINT_AND:
    case CONSTRAINT_OR:
        if (*depth < 2) {
            return reader_refuse(reader, "a constraint lacks an operand");
        }
        --*depth;
        return true;
    case CONSTRAINT_ATTRIBUTE:
    case CONSTRAINT_NAMES:
        if (*depth == CONSTRAINT_DEPTH) {
            return reader_refuse(reader, "a constraint is nested too deep");
        }
        ++*depth;
        return read_leaf(reader, node, part, op);
    default:
        return reader_refuse(reader, "a constraint has an unknown node");
    }
}

static bool read_constraint(struct reader *reader,
                            const struct policy_class *class)
{
    struct policy *policy = reader->policy;
    struct policy_constraint *constraint =
        reader_take(reader, 1, sizeof(*constraint));
    uint32_t vector = reader_u32(reader);
    uint32_t size = reader_count(reader, NODE_ENTRY_SIZE);
    struct constraint_node *nodes = reader_take(reader, size, sizeof(*nodes));
    uint32_t depth = 0;
    for (uint32_t i = 0; i < size && reader_is_ok(reader); i++) {
        if (!read_node(reader, &nodes[i], &depth)) {
            return false;
        }
    }
    if (!reader_is_ok(reader)) {
        return false;
    }
    if (depth != 1) {
        return reader_refuse(reader, "a constraint that is no expression");
    }
    *constraint = (struct policy_constraint){
        .class = class->own,
        .vector = policy_class_vector(class, vector),
        .nodes = nodes,
        .size = size,
        .next = policy->constraints,
    };
    policy->constraints = constraint;
    return true;
}

bool read_constraints(struct reader *reader, const struct policy_class *class,
                      uint32_t count)
{
    if (count > cursor_remaining(&reader->in) / CONSTRAINT_ENTRY_SIZE) {
        return reader_refuse(reader,
                             "more constraints than the file has room for");
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!read_constraint(reader, class)) {
            return false;
        }
    }
    return reader_is_ok(reader);
}

static const struct symbols *part_table(const struct policy *policy,
                                        uint8_t part)
{
    switch (part & ~SIDE_TARGET) {
    case PART_USER:
        return &policy->users;
    case PART_ROLE:
        return &policy->roles;
    default:
        return &policy->types;
    }
}

bool resolve_constraints(struct reader *reader)
{
    struct policy *policy = reader->policy;
    reader_section(reader, "constraints");
    for (struct policy_constraint *constraint = policy->constraints;
         constraint != NULL; constraint = constraint->next) {
        for (uint32_t i = 0; i < constraint->size; i++) {
            struct constraint_node *node = &constraint->nodes[i];
            if (node->kind == CONSTRAINT_NAMES &&
                !reader_set_at(reader, node->names_at,
                               part_table(policy, node->part), 1,
                               &node->names)) {
                return false;
            }
        }
    }
    return true;
}
