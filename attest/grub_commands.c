/* SPDX-License-Identifier: MIT */
/*
 * Commands of GRUB and what each has measured. What is not here, or is given an
 * option that is not here, is not predicted.
 */
#include "attest/grub_machine.h"

/* A loader's command line from its words (grub_create_loader_cmdline): words
 * with blanks in double quotes, backslashes and quotes escaped. */
static void add_cmdline(struct text *to, const struct grub_words *words,
                        size_t first)
{
    for (size_t i = first; i < words->count; i++) {
        const char *word = words->words[i].data;
        bool is_spaced = strchr(word, ' ') != NULL;
        text_add_string(to, i == first ? "" : " ");
        text_add_string(to, is_spaced ? "\"" : "");
        for (; *word != 0; word++) {
            if (strchr("\\'\"", *word) != NULL) {
                text_add_char(to, '\\');
            }
            text_add_char(to, *word);
        }
        text_add_string(to, is_spaced ? "\"" : "");
    }
    text_add_string(to, "");
}

static bool run_search(struct grub_machine *machine, struct grub_place place,
                       const struct grub_words *words)
{
    const char *variable = NULL, *path = NULL;
    bool is_file = false;
    for (size_t i = 1; i < words->count; i++) {
        const char *word = words->words[i].data;
        if (strcmp(word, "--no-floppy") == 0 || strcmp(word, "-n") == 0) {
            continue;
        } else if (strncmp(word, "--set=", 6) == 0) {
            variable = word + 6;
        } else if (strcmp(word, "--set") == 0) {
            variable = "root";
        } else if (strcmp(word, "--file") == 0 || strcmp(word, "-f") == 0) {
            is_file = true;
        } else if (word[0] != '-' && path == NULL) {
            path = word;
        } else {
            return grub_fail(machine, place, "search %s is not predicted",
                             word);
        }
    }
    struct grub_step *step;
    if (!is_file || path == NULL) {
        return grub_fail(machine, place, "only search --file is predicted");
    }
    if (!grub_open_file(machine, place, path, &step)) {
        return false;
    }
    step->is_found = true;
    if (variable != NULL) {
        grub_set_variable(machine, bytes_of_text(variable), bytes_none(), -1);
    }
    return true;
}

/* multiboot2 PATH ARGUMENTS, module2 [--nounzip] PATH ARGUMENTS */
static bool run_loader(struct grub_machine *machine, struct grub_place place,
                       struct grub_words *words, struct grub_step *command)
{
    bool is_module = strcmp(words->words[0].data, "module2") == 0;
    size_t path = 1;
    struct grub_step *step;
    if (is_module && words->count > 1 &&
        strcmp(words->words[1].data, "--nounzip") == 0) {
        path = 2;
    }
    if (words->count <= path || words->words[path].data[0] == '-') {
        return grub_fail(machine, place, "a file name is missing");
    }
    command->owner =
        is_module ? ++machine->trace->module_count : GRUB_OWNER_HYPERVISOR;
    int owner = command->owner;
    for (size_t i = 0; i <= path; i++) {
        command->fixed += words->words[i].size + 1;
    }
    if (!grub_open_file(machine, place, words->words[path].data, &step)) {
        return false;
    }
    step->owner = owner;
    step = grub_add_step(machine, is_module ? GRUB_STEP_MODULE_CMDLINE
                                            : GRUB_STEP_KERNEL_CMDLINE);
    if (step == NULL) {
        return grub_fail(machine, place, "too many steps");
    }
    step->owner = owner;
    add_cmdline(&step->text, words, path + 1);
    return true;
}

static bool run_set(struct grub_machine *machine, struct grub_place place,
                    const char *assignment)
{
    const char *equals = assignment != NULL ? strchr(assignment, '=') : NULL;
    if (equals == NULL || equals == assignment) {
        return grub_fail(machine, place, "NAME=VALUE expected");
    }
    grub_set_variable(
        machine, bytes_of(assignment, (size_t)(equals - assignment)),
        bytes_of_text(equals + 1), (int)machine->trace->step_count - 1);
    return true;
}

/* Commands that change nothing that will be measured. A module that insmod
 * loads comes out of the image. */
static bool is_plain(const char *name)
{
    static const char *const plain[] = {
        "serial", "terminal_input", "terminal_output", "insmod", "echo",
        "export", "true",           "clear",           "sleep"};
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        if (strcmp(name, plain[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool grub_run_simple(struct grub_machine *machine, struct grub_place place,
                     struct grub_words *words, struct grub_step *command,
                     bool *is_known)
{
    const char *name = words->words[0].data;
    *is_known = true;
    if (is_plain(name)) {
        return true;
    }
    if (strcmp(name, "boot") == 0) {
        machine->is_booted = true;
        return true;
    }
    if (strcmp(name, "set") == 0) {
        return run_set(machine, place,
                       words->count == 2 ? words->words[1].data : NULL);
    }
    if (strcmp(name, "search") == 0) {
        return run_search(machine, place, words);
    }
    if (strcmp(name, "multiboot2") == 0 || strcmp(name, "module2") == 0) {
        return run_loader(machine, place, words, command);
    }
    *is_known = false;
    return true;
}
