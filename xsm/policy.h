/* SPDX-License-Identifier: MIT */
/*
 * A policy in memory, as policy_*.c read it from the file that "checkpolicy -t
 * Xen" wrote. After policy_read() every value in it is in range and names
 * something that exists, every set fits its table, every expression is well
 * typed; rules and constraints speak our class and permission numbers, and
 * those about classes we do not have are gone.
 */
#ifndef VOUCH_XSM_POLICY_H
#define VOUCH_XSM_POLICY_H

#include "xsm/bitset.h"
#include "xsm/symbols.h"
#include "xsm/xsm.h"

/* The two versions that checkpolicy -t Xen writes. */
#define POLICY_VERSION_OLD 24
#define POLICY_VERSION_NEW 30

#define POLICY_VALUES_MAX  4096 /* of users, roles, types or booleans */
#define POLICY_CLASSES_MAX 64
#define POLICY_NAME_MAX    63
#define POLICY_BOUNDS_MAX  4 /* parents above a type */
#define CONSTRAINT_DEPTH   5
#define CONDITION_DEPTH    10
#define ROLE_OBJECT        1 /* object_r, that any object may have */

struct policy_class {
    struct bytes name;
    struct bytes permissions[32]; /* by the policy's bit */
    uint8_t own;                  /* our class or XSM_NO_CLASS */
    uint8_t size;
    uint8_t to_own[32]; /* our bit or XSM_NO_BIT */
    uint32_t known;     /* ours that the policy knows */
};

enum type_kind { TYPE_ABSENT, TYPE_TYPE, TYPE_ATTRIBUTE };

struct policy_type {
    struct bitset attributes; /* the type itself among them */
    uint16_t bounds;          /* parent, or 0 */
    uint8_t kind;             /* enum type_kind */
    bool permissive;
};

struct policy_role {
    struct bitset dominates;
    struct bitset types;
};

struct policy_user {
    struct bitset roles;
};

enum rule_kind {
    RULE_ALLOW = 1,
    RULE_AUDIT_ALLOW = 2,
    RULE_AUDIT_DENY = 4, /* in the file: what still is to be audited */
    RULE_TRANSITION = 0x10,
    RULE_MEMBER = 0x20,
    RULE_CHANGE = 0x40,
};

struct policy_rule {
    uint16_t source; /* type or attribute */
    uint16_t target;
    uint8_t class;
    uint8_t kind;       /* enum rule_kind */
    uint16_t condition; /* its number + 1, or 0: always active */
    bool when;          /* active while the condition is this */
    uint32_t datum;     /* vector; of a transition, the new type */
};

enum condition_op {
    CONDITION_BOOLEAN = 1,
    CONDITION_NOT,
    CONDITION_OR,
    CONDITION_AND,
    CONDITION_XOR,
    CONDITION_EQ,
    CONDITION_NEQ,
};

struct condition_node {
    uint16_t boolean;
    uint8_t op; /* enum condition_op */
};

struct policy_condition {
    struct condition_node *nodes;
    uint32_t size;
    bool is_true; /* with the booleans as they are: conditions_update() */
};

enum constraint_kind {
    CONSTRAINT_NOT = 1,
    CONSTRAINT_AND,
    CONSTRAINT_OR,
    CONSTRAINT_ATTRIBUTE, /* one side's attribute against the other's */
    CONSTRAINT_NAMES,     /* one side's attribute against a set */
};

/* Which part of a context; with SIDE_TARGET the target's. */
enum constraint_part {
    PART_USER = 1,
    PART_ROLE = 2,
    PART_TYPE = 4,
    SIDE_TARGET = 8,
};

enum constraint_op {
    CONSTRAINT_EQUAL = 1,
    CONSTRAINT_UNEQUAL,
    CONSTRAINT_DOMINATES,
    CONSTRAINT_DOMINATED,
    CONSTRAINT_INCOMPARABLE,
};

struct constraint_node {
    uint8_t kind; /* enum constraint_kind */
    uint8_t part; /* enum constraint_part */
    uint8_t op;   /* enum constraint_op */
    struct bitset names;
};

struct policy_constraint {
    uint8_t class;
    uint32_t vector;
    struct constraint_node *nodes;
    uint32_t size;
    struct policy_constraint *next;
};

struct policy_context {
    uint16_t user;
    uint16_t role;
    uint16_t type;
};

static inline bool context_equal(struct policy_context a,
                                 struct policy_context b)
{
    return a.user == b.user && a.role == b.role && a.type == b.type;
}

struct role_transition {
    uint16_t role;
    uint16_t type;
    uint16_t class; /* ours, or XSM_NO_CLASS */
    uint16_t new_role;
};

enum policy_unknown { UNKNOWN_DENY, UNKNOWN_REJECT, UNKNOWN_ALLOW };

/* domain:transition may go from one role to another. */
struct role_allow {
    uint16_t from;
    uint16_t to;
};

struct policy {
    struct bytes file;
    uint32_t version;
    enum policy_unknown unknown;

    struct policy_class *classes; /* by value - 1 */
    uint32_t class_count;
    uint8_t class_of_own[XSM_CLASSES]; /* the policy's value, or 0 */

    struct symbols roles, types, users, booleans;
    struct policy_role *role; /* by value - 1, as the next three */
    struct policy_type *type;
    struct policy_user *user;
    uint8_t *boolean;

    struct policy_rule *rules;
    uint32_t rule_count;
    struct policy_condition *conditions;
    uint32_t condition_count;
    struct policy_constraint *constraints;
    struct role_transition *role_transitions;
    uint32_t role_transition_count;
    struct role_allow *role_allows;
    uint32_t role_allow_count;

    struct policy_context initial[XSM_INITIAL_SIDS];
};

/* Read file into *policy. It must stay where it is as long as the policy. */
NODISCARD enum xsm_status policy_read(struct policy *policy,
                                      struct xsm_arena *arena,
                                      struct bytes file,
                                      struct xsm_refusal *why);

/* The permissions of a class of ours that the policy knows. */
static inline uint32_t policy_known(const struct policy *policy, uint8_t own)
{
    uint8_t value = policy->class_of_own[own];
    return value == 0 ? 0 : policy->classes[value - 1].known;
}

/* Our vector for the policy's vector of its class. */
uint32_t policy_class_vector(const struct policy_class *class,
                             uint32_t policy_vector);

bool policy_context_is_valid(const struct policy *policy,
                             struct policy_context context);

#endif
