/* SPDX-License-Identifier: MIT */
/* libsepol as an oracle. Any failure ends the test program. */
#include "tests/unit/xsm/oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sepol/policydb/policydb.h>
#include <sepol/policydb/conditional.h>
#include <sepol/policydb/services.h>

static policydb_t policy;
static sidtab_t sids;

static void must(int condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "oracle: %s failed\n", what);
        abort();
    }
}

void oracle_open(const char *path)
{
    struct policy_file file;
    policy_file_init(&file);
    file.type = PF_USE_STDIO;
    file.fp = fopen(path, "rb");
    must(file.fp != NULL, path);
    must(policydb_init(&policy) == 0, "policydb_init");
    must(policydb_read(&policy, &file, 0) == 0, "policydb_read");
    fclose(file.fp);
    must(evaluate_conds(&policy) == 0, "evaluate_conds");
    must(sepol_sidtab_init(&sids) == 0, "sepol_sidtab_init");
    must(sepol_set_policydb(&policy) == 0, "sepol_set_policydb");
    must(sepol_set_sidtab(&sids) == 0, "sepol_set_sidtab");
}

void oracle_close(void)
{
    sepol_sidtab_destroy(&sids);
    policydb_destroy(&policy);
}

uint32_t oracle_sid(const char *context)
{
    sepol_security_id_t sid = 0;
    if (sepol_context_to_sid(context, strlen(context) + 1, &sid) != 0) {
        return 0;
    }
    return sid;
}

struct oracle_vectors oracle_compute(uint32_t source, uint32_t target,
                                     uint16_t class)
{
    struct sepol_av_decision avd;
    must(sepol_compute_av(source, target, class, 0, &avd) == 0,
         "sepol_compute_av");
    return (struct oracle_vectors){avd.allowed, avd.auditallow, avd.auditdeny};
}

char *oracle_transition(uint32_t source, uint32_t target, uint16_t class)
{
    sepol_security_id_t sid;
    sepol_security_context_t text;
    size_t size;
    must(sepol_transition_sid(source, target, class, &sid) == 0,
         "sepol_transition_sid");
    must(sepol_sid_to_context(sid, &text, &size) == 0, "sepol_sid_to_context");
    return text;
}

void oracle_boolean(const char *name, int value)
{
    cond_bool_datum_t *datum = hashtab_search(policy.p_bools.table, name);
    must(datum != NULL, name);
    datum->state = value;
    must(evaluate_conds(&policy) == 0, "evaluate_conds");
}

int oracle_accepts(const void *data, uint32_t size)
{
    struct policy_file file;
    policydb_t read;
    void *copy = malloc(size);
    must(copy != NULL, "malloc");
    memcpy(copy, data, size);
    policy_file_init(&file);
    file.type = PF_USE_MEMORY;
    file.data = copy;
    file.len = size;
    must(policydb_init(&read) == 0, "policydb_init");
    int accepted = policydb_read(&read, &file, 0) == 0;
    policydb_destroy(&read);
    free(copy);
    return accepted;
}
