/* SPDX-License-Identifier: MIT */
/* The order of a policy file, and what is checked across its parts. */
#include "xsm/policy.h"

#include "xsm/names.h"
#include "xsm/reader.h"

#define POLICY_MAGIC    0xf97cff8cU
#define POLICY_TARGET   "XenFlask"
#define CONFIG_MLS      1
#define CONFIG_REJECT   2
#define CONFIG_ALLOW    4
#define SYMBOL_TABLES   8
#define POLICY_SIZE_MAX (16U << 20)

static bool read_header(struct reader *reader, uint32_t *context_kinds)
{
    struct policy *policy = reader->policy;
    reader_section(reader, "header");
    if (reader_u32(reader) != POLICY_MAGIC) {
        return reader_refuse_at(reader, "not a policy", 0);
    }
    struct bytes target = bytes_of_text(POLICY_TARGET);
    if (reader_u32(reader) != target.size ||
        !bytes_equal(take_bytes(&reader->in, target.size), target)) {
        return reader_refuse(reader, "not a policy for Xen");
    }
    policy->version = reader_u32(reader);
    if (reader_is_ok(reader) && policy->version != POLICY_VERSION_OLD &&
        policy->version != POLICY_VERSION_NEW) {
        return reader_refuse(reader, "version is neither 24 nor 30");
    }
    uint32_t config = reader_u32(reader);
    if (reader_is_ok(reader) && (config & CONFIG_MLS) != 0) {
        return reader_refuse(reader, "multi-level policies are not supported");
    }
    if (config != 0 && config != CONFIG_REJECT && config != CONFIG_ALLOW) {
        return reader_refuse(reader, "unknown configuration");
    }
    policy->unknown = config == CONFIG_REJECT  ? UNKNOWN_REJECT
                      : config == CONFIG_ALLOW ? UNKNOWN_ALLOW
                                               : UNKNOWN_DENY;
    uint32_t tables = reader_u32(reader);
    *context_kinds = reader_u32(reader);
    if (reader_is_ok(reader) &&
        (tables != SYMBOL_TABLES ||
         *context_kinds != (policy->version == POLICY_VERSION_NEW ? 6 : 5))) {
        return reader_refuse(reader, "unexpected number of tables");
    }
    return reader_is_ok(reader);
}

static bool read_symbols(struct reader *reader)
{
    return read_classes(reader) && read_roles(reader) && read_types(reader) &&
           read_users(reader) && read_booleans(reader) &&
           read_mls_tables(reader);
}

static bool resolve_symbols(struct reader *reader)
{
    return resolve_roles(reader) && resolve_users(reader) &&
           resolve_constraints(reader) && resolve_bounds(reader);
}

/* In this one set bit n stands for type n. */
static bool resolve_permissive(struct reader *reader, size_t offset)
{
    struct policy *policy = reader->policy;
    struct bitset permissive;
    reader_section(reader, "permissive types");
    if (!reader_set_at(reader, offset, &policy->types, 0, &permissive)) {
        return false;
    }
    for (uint32_t value = 1; value <= policy->types.values; value++) {
        policy->type[value - 1].permissive = bitset_has(&permissive, value);
    }
    return true;
}

static bool check_object_role(struct reader *reader)
{
    const struct symbols *roles = &reader->policy->roles;
    reader_section(reader, "roles");
    if (!symbols_has(roles, ROLE_OBJECT) ||
        !bytes_equal(roles->names[ROLE_OBJECT - 1],
                     bytes_of_text("object_r"))) {
        return reader_refuse(reader, "role 1 is not object_r");
    }
    return true;
}

/* A policy that asks for it is refused if it lacks a permission of ours. */
static bool check_unknown(struct reader *reader)
{
    const struct policy *policy = reader->policy;
    reader_section(reader, "classes");
    for (uint8_t own = 0; own < XSM_CLASSES; own++) {
        uint8_t value = policy->class_of_own[own];
        uint32_t known = value == 0 ? 0 : policy->classes[value - 1].known;
        if (policy->unknown == UNKNOWN_REJECT &&
            known != xsm_class_vector(own)) {
            reader->object = bytes_of_text(xsm_class_name(own));
            return reader_refuse(reader, "the policy lacks permissions and "
                                         "says to refuse it then");
        }
    }
    return true;
}

static bool read_file(struct reader *reader)
{
    uint32_t context_kinds = 0;
    if (!read_header(reader, &context_kinds)) {
        return false;
    }
    reader_section(reader, "capabilities");
    (void)reader_set(reader);
    reader_section(reader, "permissive types");
    size_t permissive = reader_set(reader);
    return reader_is_ok(reader) && read_symbols(reader) &&
           resolve_symbols(reader) && resolve_permissive(reader, permissive) &&
           check_object_role(reader) && read_rules(reader) &&
           read_conditions(reader) && read_role_rules(reader) &&
           read_contexts(reader, context_kinds) &&
           read_type_attributes(reader) && check_unknown(reader);
}

enum xsm_status policy_read(struct policy *policy, struct xsm_arena *arena,
                            struct bytes file, struct xsm_refusal *why)
{
    memset(policy, 0, sizeof(*policy));
    policy->file = file;
    struct reader reader = {
        .in = cursor_over(file),
        .arena = arena,
        .policy = policy,
        .status = XSM_OK,
        .why = why,
    };
    reader_section(&reader, "header");
    if (file.size > POLICY_SIZE_MAX) {
        (void)reader_refuse(&reader, "the file is too large");
    } else if (read_file(&reader) && !cursor_is_done(&reader.in)) {
        reader_section(&reader, "end");
        (void)reader_refuse(&reader, "bytes after the end");
    }
    return reader.status;
}
