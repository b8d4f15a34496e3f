/* SPDX-License-Identifier: MIT */
/*
 * What the hypervisor makes of a policy, asked on the host with the same
 * reader: accepted or refused and where; single decisions as the audit lines
 * that the hypervisor would write; all that one label may do to another; and
 * whether guests of two tenants reach each other. Rules, constraints and roles
 * are in every answer, as they are in the hypervisor's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xsm/access.h"
#include "xsm/label.h"
#include "xsm/matrix.h"
#include "xsm/names.h"
#include "xsm/xsm.h"

#define ARENA_SIZE (64U << 20)
#define FILE_MAX   (16U << 20)

enum { EXIT_DENIED = 1, EXIT_REFUSED = 2, EXIT_USAGE = 3 };

static struct bytes read_policy(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(FILE_MAX);
    if (file == NULL || data == NULL) {
        fprintf(stderr, "policy-check: cannot read %s\n", path);
        exit(EXIT_USAGE);
    }
    size_t size = fread(data, 1, FILE_MAX, file);
    fclose(file);
    return bytes_of(data, size);
}

static void load(struct xsm *xsm, const char *path)
{
    static struct xsm_arena arena;
    struct xsm_refusal why;
    const struct xsm_options options = {.labels = XSM_LABELS_MAX};
    arena = (struct xsm_arena){.base = malloc(ARENA_SIZE), .size = ARENA_SIZE};
    if (arena.base == NULL) {
        exit(EXIT_USAGE);
    }
    if (xsm_load(xsm, &arena, read_policy(path), &options, &why) != XSM_OK) {
        printf("%s: refused: %s, at byte %zu of section \"%s\"", path,
               why.reason, why.offset, why.section);
        printf(why.object[0] == '\0' ? "\n" : ", in \"%s\"\n", why.object);
        exit(EXIT_REFUSED);
    }
}

static void print_summary(const struct xsm *xsm)
{
    const struct xsm_summary *s = &xsm->summary;
    const struct policy *policy = xsm->policy;
    uint32_t attributes = 0, constraints = 0;
    for (uint32_t i = 0; i < policy->types.values; i++) {
        attributes += policy->type[i].kind == TYPE_ATTRIBUTE;
    }
    for (const struct policy_constraint *constraint = policy->constraints;
         constraint != NULL; constraint = constraint->next) {
        constraints++;
    }
    printf("version %u, %zu bytes, sha256 ", s->version, policy->file.size);
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        printf("%02x", xsm->digest.bytes[i]);
    }
    printf("\n%u types, %u attributes, %u users, %u roles, %u booleans, "
           "%u rules, %u constraints\n",
           s->types, attributes, policy->users.used, policy->roles.used,
           policy->booleans.used, s->rules, constraints);
    printf("%u permissions mapped, %u missing, %u foreign, %u classes absent\n",
           s->mapped_permissions, s->missing_permissions,
           s->foreign_permissions, s->absent_classes);
    printf("%u rows for the initial labels, %zu bytes of memory\n",
           xsm->planes->used, xsm->arena->used);
}

static label_t label(struct xsm *xsm, const char *context)
{
    label_t found;
    if (xsm_label_of(xsm, bytes_of_text(context), &found) != XSM_OK) {
        fprintf(stderr, "policy-check: no context %s\n", context);
        exit(EXIT_USAGE);
    }
    return found;
}

static struct xsm_perm permission(const char *class_name, const char *name)
{
    uint8_t class = xsm_class_find(bytes_of_text(class_name));
    uint8_t bit = class == XSM_NO_CLASS
                      ? XSM_NO_BIT
                      : xsm_bit_find(class, bytes_of_text(name));
    if (bit == XSM_NO_BIT) {
        fprintf(stderr, "policy-check: no permission %s in class %s\n", name,
                class_name);
        exit(EXIT_USAGE);
    }
    return (struct xsm_perm){class, bit};
}

static int print_decision(struct xsm *xsm, char **query)
{
    char line[XSM_AUDIT_LINE_MAX];
    struct buffer buffer = buffer_over(line, sizeof(line));
    struct writer writer = writer_begin(&buffer);
    struct xsm_event event = {
        .source = label(xsm, query[0]),
        .target = label(xsm, query[1]),
        .perm = permission(query[2], query[3]),
        .source_domid = 1,
        .target_domid = XSM_NO_DOMAIN,
    };
    event.decision = xsm_decide(xsm, event.source, event.target, event.perm);
    xsm_event_put_text(xsm, &event, &writer);
    if (!writer_end(&writer)) {
        return EXIT_USAGE;
    }
    printf("%.*s\n", (int)buffer.used, line);
    return event.decision.granted ? EXIT_SUCCESS : EXIT_DENIED;
}

/* ---- who reaches whom ---- */

static struct access access_between(const struct xsm *xsm,
                                    struct policy_context source,
                                    struct policy_context target)
{
    struct access access;
    access_compute(xsm->policy, source, target, &access);
    return access;
}

static bool grants(const struct access *access, struct xsm_perm perm)
{
    return (access->allow[perm.class] >> perm.bit & 1) != 0;
}

/* A line for each class; how many permissions there are in all. */
static unsigned print_grants(const struct access *access)
{
    unsigned granted = 0;
    for (uint8_t class = 0; class < XSM_CLASSES; class++) {
        bool is_first = true;
        for (uint8_t bit = 0; bit < xsm_class_size(class); bit++) {
            struct xsm_perm perm = {class, bit};
            if (!grants(access, perm)) {
                continue;
            }
            printf("%s%s%s", is_first ? "  " : " ",
                   is_first ? xsm_class_name(class) : "",
                   is_first ? ": " : "");
            printf("%s", xsm_perm_name(perm));
            is_first = false;
            granted++;
        }
        printf(is_first ? "" : "\n");
    }
    return granted;
}

static int print_reach(struct xsm *xsm, char **query)
{
    label_t source = label(xsm, query[0]);
    label_t target = label(xsm, query[1]);
    struct access access =
        access_between(xsm, label_entry(xsm, source)->context,
                       label_entry(xsm, target)->context);
    return print_grants(&access) != 0 ? EXIT_SUCCESS : EXIT_DENIED;
}

/* ---- tenants ---- */

/*
 * Whatever has the label of a tenant, as contexts: as many as there are, while
 * labels are bounded. What was launched and the ends of channels have labels
 * that nobody asks for: transitions make them.
 */
struct thing {
    struct policy_context context;
    bool is_domain; /* which others may name */
};

struct things {
    struct thing *list;
    size_t count, room;
    size_t users_first; /* of the user whose things are being found */
};

static void add_thing(struct things *things, struct policy_context context,
                      bool is_domain)
{
    for (size_t i = things->users_first; i < things->count; i++) {
        if (context_equal(things->list[i].context, context)) {
            return;
        }
    }
    if (things->count == things->room) {
        things->room = things->room * 2 + 64;
        things->list =
            realloc(things->list, things->room * sizeof(*things->list));
        if (things->list == NULL) {
            fprintf(stderr, "policy-check: no memory\n");
            exit(EXIT_USAGE);
        }
    }
    things->list[things->count++] = (struct thing){context, is_domain};
}

/* What source is beside target, if the policy has it: launched, or for itself. */
static void add_made(const struct xsm *xsm, struct things *things,
                     struct policy_context source, struct policy_context target,
                     bool is_domain)
{
    struct policy_context made =
        access_transition(xsm->policy, source, target, XSM_CLASS_domain);
    if (policy_context_is_valid(xsm->policy, made)) {
        add_thing(things, made, is_domain);
    }
}

/* Its end of a channel to peer, if it may have one. */
static void add_end(const struct xsm *xsm, struct things *things,
                    struct policy_context own, struct policy_context peer)
{
    struct policy_context end =
        access_transition(xsm->policy, own, peer, XSM_CLASS_event);
    if (policy_context_is_valid(xsm->policy, end)) {
        struct access access = access_between(xsm, own, end);
        if (grants(&access, XSM_PERM(event, create))) {
            add_thing(things, end, false);
        }
    }
}

/* What dom0 may create of a user, and what a launch makes of that. */
static void find_domains(const struct xsm *xsm, struct things *things,
                         uint16_t user)
{
    const struct policy *policy = xsm->policy;
    const struct policy_context *initial = policy->initial;
    struct policy_context context = {.user = user};
    for (context.role = 1; context.role <= policy->roles.values;
         context.role++) {
        for (context.type = 1; context.type <= policy->types.values;
             context.type++) {
            if (!policy_context_is_valid(policy, context)) {
                continue;
            }
            struct access access =
                access_between(xsm, initial[XSM_INITIAL_dom0], context);
            if (grants(&access, XSM_PERM(domain, create))) {
                add_thing(things, context, true);
                add_made(xsm, things, context, initial[XSM_INITIAL_xen],
                         true);
            }
        }
    }
}

/* The domains' labels for themselves, and the ends of channels that they may
 * have to each other and to dom0. */
static void find_parts(const struct xsm *xsm, struct things *things)
{
    size_t end = things->count;
    for (size_t i = things->users_first; i < end; i++) {
        struct policy_context own = things->list[i].context;
        add_made(xsm, things, own, own, false);
        add_end(xsm, things, own, xsm->policy->initial[XSM_INITIAL_dom0]);
        for (size_t j = things->users_first; j < end; j++) {
            add_end(xsm, things, own, things->list[j].context);
        }
    }
}

static bool constraints_name(const struct policy *policy, uint16_t user)
{
    for (const struct policy_constraint *constraint = policy->constraints;
         constraint != NULL; constraint = constraint->next) {
        for (uint32_t i = 0; i < constraint->size; i++) {
            const struct constraint_node *node = &constraint->nodes[i];
            if (node->kind == CONSTRAINT_NAMES &&
                (node->part & PART_USER) != 0 &&
                bitset_has(&node->names, user)) {
                return true;
            }
        }
    }
    return false;
}

static bool have_same_roles(const struct policy *policy, uint16_t a, uint16_t b)
{
    for (uint32_t role = 1; role <= policy->roles.values; role++) {
        if (bitset_has(&policy->user[a - 1].roles, role) !=
            bitset_has(&policy->user[b - 1].roles, role)) {
            return false;
        }
    }
    return true;
}

/* A policy says the same of all users that no constraint names and that have
 * the same roles: two stand for a thousand of them. */
static bool is_like_two_before(const struct policy *policy, uint16_t user)
{
    unsigned alike = 0;
    if (user == policy->initial[XSM_INITIAL_domU].user ||
        constraints_name(policy, user)) {
        return false;
    }
    for (uint16_t other = 1; other < user && alike < 2; other++) {
        alike += !constraints_name(policy, other) &&
                 have_same_roles(policy, user, other);
    }
    return alike >= 2;
}

static struct things find_things(const struct xsm *xsm)
{
    struct things things = {0};
    for (uint16_t user = 1; user <= xsm->policy->users.values; user++) {
        if (is_like_two_before(xsm->policy, user)) {
            continue;
        }
        things.users_first = things.count;
        find_domains(xsm, &things, user);
        find_parts(xsm, &things);
    }
    return things;
}

/* Who has no label is nobody in particular: two of them are strangers. Itself and
 * its own ends each has by labels that are alike, so only domains count there. */
static bool are_strangers(const struct xsm *xsm, const struct thing *a,
                          const struct thing *b)
{
    uint16_t nobody = xsm->policy->initial[XSM_INITIAL_domU].user;
    return a->context.user != b->context.user ||
           (a->context.user == nobody && b->is_domain);
}

static void print_context(const struct policy *policy,
                          struct policy_context context, const char *after)
{
    struct bytes user = policy->users.names[context.user - 1];
    struct bytes role = policy->roles.names[context.role - 1];
    struct bytes type = policy->types.names[context.type - 1];
    printf("%.*s:%.*s:%.*s%s", (int)user.size, (const char *)user.data,
           (int)role.size, (const char *)role.data, (int)type.size,
           (const char *)type.data, after);
}

/* What the one may do to the other; false if anything. */
static bool are_apart(const struct xsm *xsm, const struct thing *a,
                      const struct thing *b)
{
    struct access access = access_between(xsm, a->context, b->context);
    if (print_grants(&access) == 0) {
        return true;
    }
    printf("so may ");
    print_context(xsm->policy, a->context, " do to ");
    print_context(xsm->policy, b->context, "\n");
    return false;
}

static int check_tenants(const struct xsm *xsm)
{
    struct things things = find_things(xsm);
    bool is_good = things.count != 0;
    if (!is_good) {
        printf("no guest can be created\n");
    }
    for (size_t i = 0; i < things.count; i++) {
        for (size_t j = 0; j < things.count; j++) {
            const struct thing *a = &things.list[i];
            const struct thing *b = &things.list[j];
            if (are_strangers(xsm, a, b) && !are_apart(xsm, a, b)) {
                is_good = false;
            }
        }
    }
    free(things.list);
    return is_good ? EXIT_SUCCESS : EXIT_DENIED;
}

static int usage(void)
{
    fprintf(stderr,
            "usage: policy-check POLICY              what it is\n"
            "       policy-check POLICY tenants      who reaches another's\n"
            "       policy-check POLICY SOURCE TARGET\n"
            "                                        all that is granted\n"
            "       policy-check POLICY SOURCE TARGET CLASS PERMISSION\n"
            "                                        one decision\n"
            "Exit: 0 accepted, granted, or tenants apart; 1 denied, nothing "
            "granted, or\ntenants not apart; 2 policy refused; 3 other error.\n");
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    struct xsm xsm;
    bool is_tenants = argc == 3 && strcmp(argv[2], "tenants") == 0;
    if (argc != 2 && argc != 4 && argc != 6 && !is_tenants) {
        return usage();
    }
    load(&xsm, argv[1]);
    if (is_tenants) {
        return check_tenants(&xsm);
    }
    if (argc == 4) {
        return print_reach(&xsm, argv + 2);
    }
    if (argc == 6) {
        return print_decision(&xsm, argv + 2);
    }
    print_summary(&xsm);
    return EXIT_SUCCESS;
}
