/* SPDX-License-Identifier: MIT */
/*
 * The contexts of the initial SIDs. A context is checked when all tables are
 * there: see policy_context_is_valid().
 */
#include "xsm/reader.h"

#define CONTEXT_SIZE 28

bool policy_context_is_valid(const struct policy *policy,
                             struct policy_context context)
{
    if (!symbols_has(&policy->users, context.user) ||
        !symbols_has(&policy->roles, context.role) ||
        !symbols_has(&policy->types, context.type) ||
        policy->type[context.type - 1].kind != TYPE_TYPE) {
        return false;
    }
    return context.role == ROLE_OBJECT ||
           (bitset_has(&policy->user[context.user - 1].roles, context.role) &&
            bitset_has(&policy->role[context.role - 1].types, context.type));
}

static void read_context(struct reader *reader, struct policy_context *out)
{
    size_t offset = reader->in.offset;
    uint32_t user = reader_u32(reader);
    uint32_t role = reader_u32(reader);
    uint32_t type = reader_u32(reader);
    *out =
        (struct policy_context){(uint16_t)user, (uint16_t)role, (uint16_t)type};
    if (user > UINT16_MAX || role > UINT16_MAX || type > UINT16_MAX) {
        reader_refuse_at(reader, "a context out of range", offset);
    } else if (!policy_context_is_valid(reader->policy, *out)) {
        reader_refuse_at(reader, "a context that no rule makes valid", offset);
    }
    read_range(reader);
}

static void read_initial(struct reader *reader)
{
    struct policy_context *initial = reader->policy->initial;
    reader_section(reader, "initial SIDs");
    uint32_t count = reader_count(reader, CONTEXT_SIZE + 4);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t sid = reader_u32(reader);
        if (!reader_check(reader,
                          sid != 0 && sid < XSM_INITIAL_SIDS &&
                              initial[sid].user == 0,
                          "initial SID unknown or there twice")) {
            return;
        }
        read_context(reader, &initial[sid]);
    }
    for (uint32_t sid = 1; sid < XSM_INITIAL_SIDS; sid++) {
        reader_check(reader, initial[sid].user != 0,
                     "an initial SID has no context");
    }
}

bool read_contexts(struct reader *reader)
{
    static const char *const of_resources[] = {
        "interrupt contexts", "port contexts", "memory contexts",
        "device contexts", "device tree contexts"};
    bool is_new = reader->policy->version == POLICY_VERSION_NEW;
    read_initial(reader);
    for (uint32_t i = 0; i < (is_new ? 5 : 4); i++) {
        reader_section(reader, of_resources[i]);
        reader_zero(reader, "labels of single resources are not supported");
    }
    reader_section(reader, "file systems");
    reader_zero(reader, "file systems have no meaning here");
    reader_section(reader, "range transitions");
    return reader_zero(reader, "range transitions are not supported");
}
