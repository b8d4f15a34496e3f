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

static bool read_header(struct reader *reader)
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
    bool is_new = policy->version == POLICY_VERSION_NEW;
    reader_check(reader, is_new || policy->version == POLICY_VERSION_OLD,
                 "version is neither 24 nor 30");
    uint32_t config = reader_u32(reader);
    reader_check(reader, (config & CONFIG_MLS) == 0,
                 "multi-level policies are not supported");
    reader_check(reader,
                 config == 0 || config == CONFIG_REJECT ||
                     config == CONFIG_ALLOW,
                 "unknown configuration");
    policy->unknown = config == CONFIG_REJECT  ? UNKNOWN_REJECT
                      : config == CONFIG_ALLOW ? UNKNOWN_ALLOW
                                               : UNKNOWN_DENY;
    uint32_t tables = reader_u32(reader);
    uint32_t context_kinds = reader_u32(reader);
    return reader_check(reader,
                        tables == SYMBOL_TABLES &&
                            context_kinds == (is_new ? 6 : 5),
                        "unexpected number of tables");
}

static bool read_symbols(struct reader *reader)
{
    return read_classes(reader) && read_roles(reader) && read_types(reader) &&
           read_users(reader) && read_booleans(reader) &&
           read_mls_tables(reader);
}

static bool check_symbols(struct reader *reader)
{
    return check_roles(reader) && check_users(reader) &&
           check_constraints(reader) && check_bounds(reader);
}

/* In this one set bit n, member n + 1, stands for type n. */
static bool take_permissive(struct reader *reader,
                            const struct bitset *permissive)
{
    struct policy *policy = reader->policy;
    reader_section(reader, "permissive types");
    for (uint32_t value = 1; value <= policy->types.values; value++) {
        policy->type[value - 1].permissive = bitset_has(permissive, value + 1);
    }
    return reader_check_set(reader, permissive, &policy->types, 2);
}

static bool check_object_role(struct reader *reader)
{
    const struct symbols *roles = &reader->policy->roles;
    reader_section(reader, "roles");
    return reader_check(reader,
                        symbols_has(roles, ROLE_OBJECT) &&
                            bytes_equal(roles->names[ROLE_OBJECT - 1],
                                        bytes_of_text("object_r")),
                        "role 1 is not object_r");
}

/* A policy that asks for it is refused if it lacks a permission of ours. */
static bool check_unknown(struct reader *reader)
{
    const struct policy *policy = reader->policy;
    reader_section(reader, "classes");
    for (uint8_t own = 0; own < XSM_CLASSES; own++) {
        if (policy->unknown == UNKNOWN_REJECT &&
            policy_known(policy, own) != xsm_class_vector(own)) {
            reader->object = bytes_of_text(xsm_class_name(own));
            return reader_refuse(reader, "the policy lacks permissions and "
                                         "says to refuse it then");
        }
    }
    return true;
}

static bool read_file(struct reader *reader)
{
    struct bitset capabilities, permissive;
    if (!read_header(reader)) {
        return false;
    }
    reader_section(reader, "capabilities");
    reader_set(reader, 0, &capabilities);
    reader_section(reader, "permissive types");
    reader_set(reader, 0, &permissive);
    return reader_is_ok(reader) && read_symbols(reader) &&
           check_symbols(reader) && take_permissive(reader, &permissive) &&
           check_object_role(reader) && read_rules(reader) &&
           read_conditions(reader) && read_role_rules(reader) &&
           read_contexts(reader) && read_type_attributes(reader) &&
           check_unknown(reader);
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
