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

static bool read_table(struct reader *reader, struct symbols *table,
                       size_t entry_size, uint32_t *count)
{
    size_t offset = reader->in.offset;
    uint32_t values = reader_u32(reader);
    *count = reader_count(reader, entry_size + 1);
    if (reader_is_ok(reader) && values > POLICY_VALUES_MAX) {
        return reader_refuse_at(reader, "more values than supported", offset);
    }
    if (reader_is_ok(reader) &&
        !symbols_init(table, reader->arena, values, *count)) {
        (void)reader_take(reader, SIZE_MAX, 1); /* says so */
    }
    return reader_is_ok(reader);
}

static bool add_symbol(struct reader *reader, struct symbols *table,
                       struct bytes name, uint32_t value)
{
    const char *wrong =
        reader_is_ok(reader) ? symbols_add(table, name, value) : NULL;
    return wrong == NULL ? reader_is_ok(reader) : reader_refuse(reader, wrong);
}

/* ---- roles ---- */

bool read_roles(struct reader *reader)
{
    struct policy *policy = reader->policy;
    uint32_t count;
    reader_section(reader, "roles");
    if (!read_table(reader, &policy->roles, ROLE_ENTRY_SIZE, &count)) {
        return false;
    }
    policy->role =
        reader_take(reader, policy->roles.values, sizeof(struct policy_role));
    for (uint32_t i = 0; i < count && reader_is_ok(reader); i++) {
        uint32_t size = reader_u32(reader);
        uint32_t value = reader_u32(reader);
        uint32_t bounds = reader_u32(reader);
        struct bytes name = reader_name(reader, size);
        if (!add_symbol(reader, &policy->roles, name, value)) {
            return false;
        }
        if (bounds != 0) {
            return reader_refuse(reader, "role bounds are not supported");
        }
        policy->role[value - 1].dominates_at = reader_set(reader);
        policy->role[value - 1].types_at = reader_set(reader);
    }
    return reader_is_ok(reader);
}

bool resolve_roles(struct reader *reader)
{
    struct policy *policy = reader->policy;
    reader_section(reader, "roles");
    for (uint32_t value = 1; value <= policy->roles.values; value++) {
        if (!symbols_has(&policy->roles, value)) {
            continue;
        }
        struct policy_role *role = &policy->role[value - 1];
        reader->object = policy->roles.names[value - 1];
        if (!reader_set_at(reader, role->dominates_at, &policy->roles, 1,
                           &role->dominates) ||
            !reader_set_at(reader, role->types_at, &policy->types, 1,
                           &role->types)) {
            return false;
        }
    }
    return true;
}

/* ---- types ---- */

static bool read_type(struct reader *reader)
{
    struct policy *policy = reader->policy;
    uint32_t size = reader_u32(reader);
    uint32_t value = reader_u32(reader);
    uint32_t properties = reader_u32(reader);
    uint32_t bounds = reader_u32(reader);
    struct bytes name = reader_name(reader, size);
    if (!reader_is_ok(reader)) {
        return false;
    }
    if (properties > (TYPE_PRIMARY | TYPE_IS_ATTRIBUTE) ||
        bounds > policy->types.values) {
        return reader_refuse(reader, "type with unknown properties or bounds");
    }
    if ((properties & TYPE_PRIMARY) == 0) { /* an alias */
        const char *wrong = symbols_add_alias(&policy->types, name, value);
        return wrong == NULL || reader_refuse(reader, wrong);
    }
    if (!add_symbol(reader, &policy->types, name, value)) {
        return false;
    }
    policy->type[value - 1].kind =
        (properties & TYPE_IS_ATTRIBUTE) != 0 ? TYPE_ATTRIBUTE : TYPE_TYPE;
    policy->type[value - 1].bounds = (uint16_t)bounds;
    return true;
}

bool read_types(struct reader *reader)
{
    struct policy *policy = reader->policy;
    uint32_t count;
    reader_section(reader, "types");
    if (!read_table(reader, &policy->types, TYPE_ENTRY_SIZE, &count)) {
        return false;
    }
    policy->type =
        reader_take(reader, policy->types.values, sizeof(struct policy_type));
    for (uint32_t i = 0; i < count && reader_is_ok(reader); i++) {
        if (!read_type(reader)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < policy->types.used && reader_is_ok(reader); i++) {
        reader->object = policy->types.symbols[i].name;
        if (!symbols_has(&policy->types, policy->types.symbols[i].value)) {
            return reader_refuse(reader, "alias of a type that is not there");
        }
    }
    return reader_is_ok(reader);
}

/* A type's parents are types, and few: no chain of them is a circle. */
bool resolve_bounds(struct reader *reader)
{
    struct policy *policy = reader->policy;
    reader_section(reader, "types");
    for (uint32_t value = 1; value <= policy->types.values; value++) {
        uint32_t depth = 0;
        reader->object = policy->types.names[value - 1];
        for (uint32_t at = policy->type[value - 1].bounds; at != 0;
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

/* All attributes there are. */
static bool find_attributes(struct reader *reader, struct bitset *out)
{
    const struct policy *policy = reader->policy;
    uint32_t values = policy->types.values;
    out->size = values;
    out->words = reader_take(reader, bitset_words(values), sizeof(uint64_t));
    for (uint32_t value = 1; value <= values && reader_is_ok(reader); value++) {
        if (policy->type[value - 1].kind == TYPE_ATTRIBUTE) {
            bitset_add(out, value);
        }
    }
    return reader_is_ok(reader);
}

static bool read_attributes_of(struct reader *reader, uint32_t value,
                               struct bitset *allowed)
{
    struct policy *policy = reader->policy;
    struct policy_type *type = &policy->type[value - 1];
    reader->object = policy->types.names[value - 1];
    size_t offset = reader_set(reader);
    if (!reader_is_ok(reader) ||
        !reader_set_at(reader, offset, &policy->types, 1, &type->attributes)) {
        return false;
    }
    bitset_add(&type->attributes, value);
    bool was_allowed = bitset_has(allowed, value);
    bitset_add(allowed, value);
    bool is_right = bitset_is_within(&type->attributes, allowed);
    if (!was_allowed) {
        bitset_remove(allowed, value);
    }
    return is_right ||
           reader_refuse(reader, "a type that has another type for attribute");
}

bool read_type_attributes(struct reader *reader)
{
    struct bitset attributes;
    reader_section(reader, "type attributes");
    if (!find_attributes(reader, &attributes)) {
        return false;
    }
    for (uint32_t value = 1; value <= reader->policy->types.values; value++) {
        if (!read_attributes_of(reader, value, &attributes)) {
            return false;
        }
    }
    return true;
}

/* ---- users ---- */

static bool read_no_categories(struct reader *reader)
{
    size_t offset = reader->in.offset;
    uint32_t unit = reader_u32(reader);
    uint32_t end = reader_u32(reader);
    uint32_t entries = reader_u32(reader);
    if (reader_is_ok(reader) && (unit != 64 || end != 0 || entries != 0)) {
        return reader_refuse_at(reader, "categories are not supported", offset);
    }
    return reader_is_ok(reader);
}

bool read_range(struct reader *reader)
{
    size_t offset = reader->in.offset;
    uint32_t levels = reader_u32(reader);
    if (reader_is_ok(reader) && (levels == 0 || levels > 2)) {
        return reader_refuse_at(reader, "a range that is not one", offset);
    }
    for (uint32_t i = 0; i < levels; i++) {
        if (!reader_zero(reader, "sensitivities are not supported")) {
            return false;
        }
    }
    for (uint32_t i = 0; i < levels; i++) {
        if (!read_no_categories(reader)) {
            return false;
        }
    }
    return reader_is_ok(reader);
}

bool read_users(struct reader *reader)
{
    struct policy *policy = reader->policy;
    uint32_t count;
    reader_section(reader, "users");
    if (!read_table(reader, &policy->users, USER_ENTRY_SIZE, &count)) {
        return false;
    }
    policy->user =
        reader_take(reader, policy->users.values, sizeof(struct policy_user));
    for (uint32_t i = 0; i < count && reader_is_ok(reader); i++) {
        uint32_t size = reader_u32(reader);
        uint32_t value = reader_u32(reader);
        uint32_t bounds = reader_u32(reader);
        struct bytes name = reader_name(reader, size);
        if (!add_symbol(reader, &policy->users, name, value)) {
            return false;
        }
        if (bounds != 0) {
            return reader_refuse(reader, "user bounds are not supported");
        }
        policy->user[value - 1].roles_at = reader_set(reader);
        if (!read_range(reader) ||
            !reader_zero(reader, "sensitivities are not supported") ||
            !read_no_categories(reader)) {
            return false;
        }
    }
    return reader_is_ok(reader);
}

bool resolve_users(struct reader *reader)
{
    struct policy *policy = reader->policy;
    reader_section(reader, "users");
    for (uint32_t value = 1; value <= policy->users.values; value++) {
        if (!symbols_has(&policy->users, value)) {
            continue;
        }
        struct policy_user *user = &policy->user[value - 1];
        reader->object = policy->users.names[value - 1];
        if (!reader_set_at(reader, user->roles_at, &policy->roles, 1,
                           &user->roles)) {
            return false;
        }
    }
    return true;
}

/* ---- booleans, and what must be empty ---- */

bool read_booleans(struct reader *reader)
{
    struct policy *policy = reader->policy;
    uint32_t count;
    reader_section(reader, "booleans");
    if (!read_table(reader, &policy->booleans, BOOLEAN_ENTRY_SIZE, &count)) {
        return false;
    }
    policy->boolean = reader_take(reader, policy->booleans.values, 1);
    for (uint32_t i = 0; i < count && reader_is_ok(reader); i++) {
        uint32_t value = reader_u32(reader);
        uint32_t state = reader_u32(reader);
        struct bytes name = reader_name(reader, reader_u32(reader));
        if (!add_symbol(reader, &policy->booleans, name, value)) {
            return false;
        }
        if (state > 1) {
            return reader_refuse(reader, "a boolean that is neither 0 nor 1");
        }
        policy->boolean[value - 1] = (uint8_t)state;
    }
    return reader_is_ok(reader);
}

bool read_mls_tables(struct reader *reader)
{
    reader_section(reader, "levels");
    if (!reader_zero(reader, "sensitivities are not supported") ||
        !reader_zero(reader, "sensitivities are not supported")) {
        return false;
    }
    reader_section(reader, "categories");
    return reader_zero(reader, "categories are not supported") &&
           reader_zero(reader, "categories are not supported");
}
