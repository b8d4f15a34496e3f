/* SPDX-License-Identifier: MIT */
/*
 * Roles, types, users and booleans. Role attributes leave gaps among the
 * roles, type aliases make more names than types; the tables of sensitivities
 * and categories must be empty.
 */
#include "xsm/reader.h"

#define ROLE_ENTRY_SIZE    36
#define TYPE_ENTRY_SIZE    16
#define USER_ENTRY_SIZE    40
#define BOOLEAN_ENTRY_SIZE 12

#define TYPE_PRIMARY       1
#define TYPE_IS_ATTRIBUTE  2

/* Makes the table; returns how many entries follow. */
static uint32_t read_table(struct reader *reader, struct symbols *table,
                           size_t entry_size)
{
    size_t offset = reader->in.offset;
    uint32_t values = reader_u32(reader);
    uint32_t count = reader_count(reader, entry_size + 1);
    if (values > POLICY_VALUES_MAX) {
        reader_refuse_at(reader, "more values than supported", offset);
    }
    if (reader_is_ok(reader) &&
        !symbols_init(table, reader->arena, values, count)) {
        (void)reader_take(reader, SIZE_MAX, 1); /* says so */
    }
    return count;
}

/* False, and refused, if there is anything wrong so far. */
static bool add_symbol(struct reader *reader, struct symbols *table,
                       struct bytes name, uint32_t value)
{
    const char *wrong =
        reader_is_ok(reader) ? symbols_add(table, name, value) : NULL;
    return reader_check(reader, wrong == NULL, wrong);
}

/* ---- roles ---- */

static void read_role(struct reader *reader)
{
    struct policy *policy = reader->policy;
    uint32_t size = reader_u32(reader);
    uint32_t value = reader_u32(reader);
    uint32_t bounds = reader_u32(reader);
    struct bytes name = reader_name(reader, size);
    if (add_symbol(reader, &policy->roles, name, value) &&
        reader_check(reader, bounds == 0, "role bounds are not supported")) {
        reader_set(reader, 0, &policy->role[value - 1].dominates);
        reader_set(reader, 0, &policy->role[value - 1].types);
    }
}

bool read_roles(struct reader *reader)
{
    struct policy *policy = reader->policy;
    reader_section(reader, "roles");
    uint32_t count = read_table(reader, &policy->roles, ROLE_ENTRY_SIZE);
    policy->role =
        reader_take(reader, policy->roles.values, sizeof(struct policy_role));
    for (uint32_t i = 0; i < count && reader_is_ok(reader); i++) {
        read_role(reader);
    }
    return reader_is_ok(reader);
}

bool check_roles(struct reader *reader)
{
    struct policy *policy = reader->policy;
    reader_section(reader, "roles");
    for (uint32_t i = 0; i < policy->roles.values; i++) {
        reader->object = policy->roles.names[i];
        if (!reader_check_set(reader, &policy->role[i].dominates,
                              &policy->roles, 1) ||
            !reader_check_set(reader, &policy->role[i].types, &policy->types,
                              1)) {
            return false;
        }
    }
    return true;
}

/* ---- types ---- */

static void read_type(struct reader *reader)
{
    struct policy *policy = reader->policy;
    uint32_t size = reader_u32(reader);
    uint32_t value = reader_u32(reader);
    uint32_t properties = reader_u32(reader);
    uint32_t bounds = reader_u32(reader);
    struct bytes name = reader_name(reader, size);
    if (!reader_check(reader,
                      properties <= (TYPE_PRIMARY | TYPE_IS_ATTRIBUTE) &&
                          bounds <= policy->types.values,
                      "type with unknown properties or bounds")) {
        return;
    }
    if ((properties & TYPE_PRIMARY) == 0) { /* an alias */
        const char *wrong = symbols_add_alias(&policy->types, name, value);
        reader_check(reader, wrong == NULL, wrong);
    } else if (add_symbol(reader, &policy->types, name, value)) {
        policy->type[value - 1].kind = (properties & TYPE_IS_ATTRIBUTE) != 0
                                           ? TYPE_ATTRIBUTE
                                           : TYPE_TYPE;
        policy->type[value - 1].bounds = (uint16_t)bounds;
    }
}

bool read_types(struct reader *reader)
{
    struct policy *policy = reader->policy;
    reader_section(reader, "types");
    uint32_t count = read_table(reader, &policy->types, TYPE_ENTRY_SIZE);
    policy->type =
        reader_take(reader, policy->types.values, sizeof(struct policy_type));
    for (uint32_t i = 0; i < count && reader_is_ok(reader); i++) {
        read_type(reader);
    }
    for (uint32_t i = 0; i < count && reader_is_ok(reader); i++) {
        const struct symbol *symbol = &policy->types.symbols[i];
        reader->object = symbol->name;
        reader_check(reader, symbols_has(&policy->types, symbol->value),
                     "alias of a type that is not there");
    }
    return reader_is_ok(reader);
}

/* A type's parents are types, and few: no chain of them is a circle. */
bool check_bounds(struct reader *reader)
{
    const struct policy *policy = reader->policy;
    reader_section(reader, "types");
    for (uint32_t i = 0; i < policy->types.values; i++) {
        uint32_t depth = 0;
        reader->object = policy->types.names[i];
        for (uint32_t at = policy->type[i].bounds; at != 0;
             at = policy->type[at - 1].bounds) {
            depth++;
            if (policy->type[at - 1].kind != TYPE_TYPE ||
                depth > POLICY_BOUNDS_MAX) {
                return reader_refuse(reader, "type bounds that are no type, "
                                             "too deep or a circle");
            }
        }
    }
    return true;
}

/* Its members are attributes; the type itself becomes one. */
static bool read_attributes_of(struct reader *reader, uint32_t value)
{
    const struct policy *policy = reader->policy;
    struct bitset *attributes = &policy->type[value - 1].attributes;
    reader->object = policy->types.names[value - 1];
    reader_set(reader, policy->types.values, attributes);
    for (uint32_t i = 1; i <= attributes->size; i++) {
        if (bitset_has(attributes, i) && i != value &&
            (i > policy->types.values ||
             policy->type[i - 1].kind != TYPE_ATTRIBUTE)) {
            return reader_refuse(reader,
                                 "a type that has another type for attribute");
        }
    }
    if (reader_is_ok(reader)) {
        bitset_add(attributes, value);
    }
    return reader_is_ok(reader);
}

bool read_type_attributes(struct reader *reader)
{
    reader_section(reader, "type attributes");
    for (uint32_t value = 1; value <= reader->policy->types.values; value++) {
        if (!read_attributes_of(reader, value)) {
            return false;
        }
    }
    return true;
}

/* ---- users ---- */

static void read_no_categories(struct reader *reader)
{
    size_t offset = reader->in.offset;
    uint32_t unit = reader_u32(reader);
    uint32_t end = reader_u32(reader);
    uint32_t entries = reader_u32(reader);
    if (unit != 64 || end != 0 || entries != 0) {
        reader_refuse_at(reader, "categories are not supported", offset);
    }
}

bool read_range(struct reader *reader)
{
    uint32_t levels = reader_u32(reader);
    if (!reader_check(reader, levels == 1 || levels == 2,
                      "a range that is not one")) {
        return false;
    }
    for (uint32_t i = 0; i < levels; i++) {
        reader_zero(reader, "sensitivities are not supported");
    }
    for (uint32_t i = 0; i < levels; i++) {
        read_no_categories(reader);
    }
    return reader_is_ok(reader);
}

static void read_user(struct reader *reader)
{
    struct policy *policy = reader->policy;
    uint32_t size = reader_u32(reader);
    uint32_t value = reader_u32(reader);
    uint32_t bounds = reader_u32(reader);
    struct bytes name = reader_name(reader, size);
    if (add_symbol(reader, &policy->users, name, value) &&
        reader_check(reader, bounds == 0, "user bounds are not supported")) {
        reader_set(reader, 0, &policy->user[value - 1].roles);
        read_range(reader);
        reader_zero(reader, "sensitivities are not supported");
        read_no_categories(reader);
    }
}

bool read_users(struct reader *reader)
{
    struct policy *policy = reader->policy;
    reader_section(reader, "users");
    uint32_t count = read_table(reader, &policy->users, USER_ENTRY_SIZE);
    policy->user =
        reader_take(reader, policy->users.values, sizeof(struct policy_user));
    for (uint32_t i = 0; i < count && reader_is_ok(reader); i++) {
        read_user(reader);
    }
    return reader_is_ok(reader);
}

bool check_users(struct reader *reader)
{
    struct policy *policy = reader->policy;
    reader_section(reader, "users");
    for (uint32_t i = 0; i < policy->users.values; i++) {
        reader->object = policy->users.names[i];
        if (!reader_check_set(reader, &policy->user[i].roles, &policy->roles,
                              1)) {
            return false;
        }
    }
    return true;
}

/* ---- booleans, and what must be empty ---- */

static void read_boolean(struct reader *reader)
{
    struct policy *policy = reader->policy;
    uint32_t value = reader_u32(reader);
    uint32_t state = reader_u32(reader);
    struct bytes name = reader_name(reader, reader_u32(reader));
    if (add_symbol(reader, &policy->booleans, name, value) &&
        reader_check(reader, state <= 1,
                     "a boolean that is neither 0 nor 1")) {
        policy->boolean[value - 1] = (uint8_t)state;
    }
}

bool read_booleans(struct reader *reader)
{
    struct policy *policy = reader->policy;
    reader_section(reader, "booleans");
    uint32_t count = read_table(reader, &policy->booleans, BOOLEAN_ENTRY_SIZE);
    policy->boolean = reader_take(reader, policy->booleans.values, 1);
    for (uint32_t i = 0; i < count && reader_is_ok(reader); i++) {
        read_boolean(reader);
    }
    return reader_is_ok(reader);
}

bool read_mls_tables(struct reader *reader)
{
    reader_section(reader, "levels");
    reader_zero(reader, "sensitivities are not supported");
    reader_zero(reader, "sensitivities are not supported");
    reader_section(reader, "categories");
    reader_zero(reader, "categories are not supported");
    return reader_zero(reader, "categories are not supported");
}
