/* SPDX-License-Identifier: MIT */
/*
 * Constraints of a class: expressions in postfix form over the user, role and
 * type of source and target. Their depth is followed as they are read, so that
 * the evaluation needs no check.
 */
#include "xsm/reader.h"

#define CONSTRAINT_ENTRY_SIZE 8
#define NODE_ENTRY_SIZE       12

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

static void read_leaf(struct reader *reader, struct constraint_node *node,
                      uint32_t part, uint32_t op)
{
    struct bitset as_written;
    if (!reader_check(
            reader,
            part_is_valid(part) && op_is_valid(node->kind, part, op) &&
                (node->kind == CONSTRAINT_NAMES || part <= PART_TYPE),
            "a constraint compares what it cannot")) {
        return;
    }
    node->part = (uint8_t)part;
    node->op = (uint8_t)op;
    if (node->kind == CONSTRAINT_NAMES) {
        reader_set(reader, 0, &node->names);
        if (reader->policy->version == POLICY_VERSION_NEW) {
            reader_set(reader, 0, &as_written); /* for tools */
            reader_set(reader, 0, &as_written);
            (void)reader_u32(reader);
        }
    }
}

/* *depth: operands on the stack before the node, and after. */
static void read_node(struct reader *reader, struct constraint_node *node,
                      uint32_t *depth)
{
    uint32_t kind = reader_u32(reader);
    uint32_t part = reader_u32(reader);
    uint32_t op = reader_u32(reader);
    uint32_t operands = kind == CONSTRAINT_NOT                            ? 1
                        : kind == CONSTRAINT_AND || kind == CONSTRAINT_OR ? 2
                                                                          : 0;
    if (!reader_check(reader, kind >= CONSTRAINT_NOT && kind <= CONSTRAINT_NAMES,
                      "a constraint has an unknown node") ||
        !reader_check(reader, *depth >= operands,
                      "a constraint lacks an operand")) {
        return;
    }
    *depth += 1 - operands;
    if (!reader_check(reader, *depth <= CONSTRAINT_DEPTH,
                      "a constraint is nested too deep")) {
        return;
    }
    node->kind = (uint8_t)kind;
    if (operands == 0) {
        read_leaf(reader, node, part, op);
    }
}

static void read_constraint(struct reader *reader,
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
        read_node(reader, &nodes[i], &depth);
    }
    if (!reader_check(reader, depth == 1,
                      "a constraint that is no expression")) {
        return;
    }
    *constraint = (struct policy_constraint){
        .class = class->own,
        .vector = policy_class_vector(class, vector),
        .nodes = nodes,
        .size = size,
        .next = policy->constraints,
    };
    policy->constraints = constraint;
}

bool read_constraints(struct reader *reader, const struct policy_class *class,
                      uint32_t count)
{
    reader_check(reader,
                 count <= cursor_remaining(&reader->in) / CONSTRAINT_ENTRY_SIZE,
                 "more constraints than the file has room for");
    for (uint32_t i = 0; i < count && reader_is_ok(reader); i++) {
        read_constraint(reader, class);
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

bool check_constraints(struct reader *reader)
{
    struct policy *policy = reader->policy;
    reader_section(reader, "constraints");
    for (struct policy_constraint *constraint = policy->constraints;
         constraint != NULL; constraint = constraint->next) {
        for (uint32_t i = 0; i < constraint->size; i++) {
            const struct constraint_node *node = &constraint->nodes[i];
            reader_check_set(reader, &node->names,
                             part_table(policy, node->part), 1);
        }
    }
    return reader_is_ok(reader);
}
