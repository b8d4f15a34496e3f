/* SPDX-License-Identifier: MIT */
/*
 * What the hypervisor makes of a policy, asked on the host with the same
 * reader: accepted or refused and where, and single decisions as the audit
 * lines that the hypervisor would write.
 */
#include <stdio.h>
#include <stdlib.h>

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
    const struct xsm_options options = {.labels = 64};
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

int main(int argc, char **argv)
{
    struct xsm xsm;
    if (argc != 2 && argc != 6) {
        fprintf(stderr, "usage: policy-check POLICY "
                        "[SOURCE TARGET CLASS PERMISSION]\n"
                        "Prints what the hypervisor would make of POLICY, or "
                        "decide.\n"
                        "Exit: 0 accepted or granted, 1 denied, 2 refused, "
                        "3 other error.\n");
        return EXIT_USAGE;
    }
    load(&xsm, argv[1]);
    if (argc == 6) {
        return print_decision(&xsm, argv + 2);
    }
    print_summary(&xsm);
    return EXIT_SUCCESS;
}
