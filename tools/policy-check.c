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

/* A line for each class; how many permissions there are in all. */
static unsigned print_grants(const struct xsm *xsm, label_t source,
                             label_t target)
{
    unsigned granted = 0;
    for (uint8_t class = 0; class < XSM_CLASSES; class++) {
        bool is_first = true;
        for (uint8_t bit = 0; bit < xsm_class_size(class); bit++) {
            struct xsm_perm perm = {class, bit};
            if (!xsm_decide(xsm, source, target, perm).granted) {
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
    return print_grants(xsm, source, target) != 0 ? EXIT_SUCCESS : EXIT_DENIED;
}

static void print_label(const struct xsm *xsm, label_t of, const char *after)
{
    char text[XSM_AUDIT_LINE_MAX];
    struct buffer buffer = buffer_over(text, sizeof(text));
    struct writer writer = writer_begin(&buffer);
    xsm_label_put_text(xsm, of, &writer);
    printf("%.*s%s", (int)buffer.used, text, after);
}

static bool may_be_created(const struct xsm *xsm, label_t as)
{
    return xsm_decide(xsm, XSM_LABEL(dom0), as, XSM_PERM(domain, create))
        .granted;
}

/* Labels that dom0 may give to a new domain: contexts of one user and role. */
static size_t find_guests(struct xsm *xsm, struct policy_context context,
                          label_t *guests)
{
    size_t count = 0;
    for (context.type = 1; context.type <= xsm->policy->types.values;
         context.type++) {
        label_t found;
        if (!policy_context_is_valid(xsm->policy, context) ||
            label_of_context(xsm, context, &found) != XSM_OK) {
            continue;
        }
        if (may_be_created(xsm, found)) {
            guests[count++] = found;
        } else {
            xsm_label_put(xsm, found);
        }
    }
    return count;
}

static size_t find_all_guests(struct xsm *xsm, label_t *guests)
{
    const struct policy *policy = xsm->policy;
    size_t count = 0;
    for (uint16_t user = 1; user <= policy->users.values; user++) {
        for (uint16_t role = 1; role <= policy->roles.values; role++) {
            struct policy_context context = {.user = user, .role = role};
            count += find_guests(xsm, context, guests + count);
        }
    }
    return count;
}

/* Two guests of different users, and what the one may do to the other. */
static int check_tenants(struct xsm *xsm)
{
    static label_t guests[XSM_LABELS_MAX];
    size_t count = find_all_guests(xsm, guests);
    unsigned granted = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            const struct xsm_label *a = label_entry(xsm, guests[i]);
            const struct xsm_label *b = label_entry(xsm, guests[j]);
            unsigned before = granted;
            if (a->context.user == b->context.user) {
                continue;
            }
            granted += print_grants(xsm, guests[i], guests[j]);
            if (granted != before) {
                printf("so may ");
                print_label(xsm, guests[i], " do to ");
                print_label(xsm, guests[j], "\n");
            }
        }
    }
    return granted == 0 ? EXIT_SUCCESS : EXIT_DENIED;
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
