/* SPDX-License-Identifier: MIT */
/* The verbs on the folder of vouchd: which there are, and what each takes. */
#include "attest/cmd/kept.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attest/cmd/command.h"
#include "attest/cmd/help.h"
#include "attest/cmd/state.h"

enum { NAME = 1, PATH = 2 };
enum { JSON = 1, FORCE = 2, OUT = 4, REMOVE = 8 };

/* A use of a verb: the operands after it in this order, the options that it
 * needs and those it may have. */
struct use {
    const char *verb;
    bool (*run)(const struct kept_inputs *in);
    unsigned operands, needs, may;
};

static const struct use uses[] = {
    {"list", kept_list, 0, 0, JSON},
    {"show", kept_show, NAME, 0, JSON},
    {"export", kept_export, NAME, OUT, 0},
    {"import", kept_import, PATH, 0, FORCE},
    {"destroy", kept_destroy, NAME, 0, 0},
    {"certificate", kept_certificate, NAME | PATH, 0, 0},
    {"certificate", kept_certificate, NAME, REMOVE, 0},
};

static unsigned options_of(const struct kept_inputs *in)
{
    return (in->json != NULL ? JSON : 0u) | (in->force != NULL ? FORCE : 0u) |
           (in->out != NULL ? OUT : 0u) | (in->remove != NULL ? REMOVE : 0u);
}

static const struct use *find_use(const char *verb, int operands,
                                  unsigned options)
{
    char words[64];
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        const struct use *use = &uses[i];
        if (strcmp(use->verb, verb) == 0 &&
            __builtin_popcount(use->operands) == operands &&
            (options & use->needs) == use->needs &&
            (options & ~(use->needs | use->may)) == 0) {
            return use;
        }
    }
    snprintf(words, sizeof(words), KEPT_COMMAND " %.50s", verb);
    help_after_error(words);
    return NULL;
}

/* RFC 9562 has UUIDs read in either case; folders have them in lower case. */
static bool take_name(const char *given, struct kept_inputs *in)
{
    size_t size = strlen(given);
    for (size_t i = 0; size < sizeof(in->text) && i <= size; i++) {
        in->text[i] = (char)tolower((unsigned char)given[i]);
    }
    in->name = in->text;
    bool is_uuid =
        size < sizeof(in->text) && slots_uuid_parse(in->text, in->uuid);
    if (!is_uuid) {
        command_error(KEPT_COMMAND, "%s is no UUID", given);
    }
    return is_uuid;
}

/* NULL: wrong usage, and said so. */
static const struct use *parse_inputs(int argc, char **argv,
                                      struct kept_inputs *in)
{
    const struct option_spec options[] = {
        {.name = "--dir", .value = &in->folder},
        {.name = "--json", .is_flag = true, .value = &in->json},
        {.name = "--force", .is_flag = true, .value = &in->force},
        {.name = "--remove", .is_flag = true, .value = &in->remove},
        {.name = "-o", .value = &in->out},
        {.name = NULL}};
    if (!command_options(KEPT_COMMAND, options, &argc, argv)) {
        return NULL;
    }
    const char *verb = argc > 1 ? argv[1] : "";
    const struct use *use = find_use(verb, argc - 2, options_of(in));
    if (use == NULL) {
        return NULL;
    }
    in->folder = in->folder != NULL ? in->folder : STATE_FOLDER;
    in->path = (use->operands & PATH) != 0 ? argv[argc - 1] : NULL;
    bool is_good = (use->operands & NAME) == 0 || take_name(argv[2], in);
    return is_good ? use : NULL;
}

bool kept_is_in(int folder, const char *name)
{
    struct stat status;
    return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

bool kept_is_there(const struct kept_inputs *in)
{
    if (!kept_is_in(in->root, in->name)) {
        command_error(KEPT_COMMAND, "%s: nothing is stored", in->name);
        return false;
    }
    return true;
}

bool kept_load(int root, const char *name, struct kept_files *out)
{
    *out = (struct kept_files){0};
    bool is_whole = slots_uuid_parse(name, out->uuid);
    for (unsigned number = 0; number < SLOTS_FILES; number++) {
        if (!slots_load(root, bytes_of(out->uuid, sizeof(out->uuid)), number,
                        &out->files[number])) {
            command_error(KEPT_COMMAND, "%s: %s cannot be read", name,
                          slots_name(number));
            is_whole = false;
        }
    }
    return is_whole;
}

void kept_free(struct kept_files *files)
{
    for (unsigned number = 0; number < SLOTS_FILES; number++) {
        free((void *)files->files[number].data);
    }
}

int command_vtpm_kept(int argc, char **argv)
{
    struct kept_inputs inputs = {0};
    const struct use *use = parse_inputs(argc, argv, &inputs);
    if (use == NULL) {
        return EXIT_USAGE;
    }
    inputs.root = open(inputs.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (inputs.root < 0) {
        command_error(KEPT_COMMAND, "%s: %s", inputs.folder, strerror(errno));
        return EXIT_FAILED;
    }
    bool is_done = use->run(&inputs);
    close(inputs.root);
    return is_done ? EXIT_DONE : EXIT_FAILED;
}
