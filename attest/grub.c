/* SPDX-License-Identifier: MIT */
/*
 * A small interpreter. It executes straight-line scripts: commands, variables,
 * nested configuration files, one level of menu of which the default entry is
 * taken. Conditions, loops and functions are refused by their first word.
 */
#include "attest/grub.h"

#include <stdlib.h>

#include "attest/grub_machine.h"

#define MAX_DEPTH 8

struct menu {
    struct grub_words entries[16];
    size_t count;
};

static bool run_script(struct grub_machine *machine, int script, size_t from,
                       size_t to, struct menu *menu);

static bool run_entry(struct grub_machine *machine, int script,
                      const struct menu *menu);

static bool run_config(struct grub_machine *machine, struct grub_place place,
                       const struct grub_words *words)
{
    struct grub_trace *trace = machine->trace;
    struct menu menu = {0};
    struct grub_step *step;
    if (words->count != 2 || trace->script_count == GRUB_MAX_SCRIPTS ||
        machine->depth == MAX_DEPTH) {
        return grub_fail(machine, place,
                         "one file name expected, or too many files");
    }
    const char *path = words->words[1].data;
    if (!grub_open_file(machine, place, path, &step)) {
        return false;
    }
    int opened = (int)trace->script_count++;
    step->opens = opened;
    text_add_string(&trace->scripts[opened].path, path);
    trace->scripts[opened].text = step->file;
    machine->depth++;
    bool is_done = run_script(machine, opened, 0, step->file.size, &menu) &&
                   run_entry(machine, opened, &menu);
    machine->depth--;
    for (size_t i = 0; i < menu.count; i++) {
        grub_words_free(&menu.entries[i]);
    }
    return is_done;
}

static bool add_entry(struct grub_machine *machine, struct grub_place place,
                      struct menu *menu, struct grub_words *words)
{
    size_t room = sizeof(menu->entries) / sizeof(menu->entries[0]);
    if (words->count != 3 || words->block_end == 0 || menu->count == room) {
        return grub_fail(machine, place,
                         "only menuentry TITLE { ... } is predicted");
    }
    menu->entries[menu->count++] = *words;
    words->count = 0; /* now the menu's */
    return true;
}

static bool run_command(struct grub_machine *machine, struct grub_place place,
                        struct grub_words *words, struct menu *menu,
                        struct grub_step *command)
{
    const char *name = words->words[0].data;
    bool is_known;
    bool is_done = grub_run_simple(machine, place, words, command, &is_known);
    if (is_known) {
        return is_done;
    }
    if (strcmp(name, "configfile") == 0 || strcmp(name, "source") == 0 ||
        strcmp(name, ".") == 0) {
        return run_config(machine, place, words);
    }
    if (strcmp(name, "menuentry") == 0) {
        command->is_block = true;
        return add_entry(machine, place, menu, words);
    }
    return grub_fail(machine, place, "%s is not predicted", name);
}

static struct grub_step *add_command(struct grub_machine *machine, int script,
                                     const struct grub_words *words)
{
    struct grub_step *step = grub_add_step(machine, GRUB_STEP_COMMAND);
    if (step != NULL) {
        for (size_t i = 0; i < words->count; i++) {
            text_add_string(&step->text, i == 0 ? "" : " ");
            text_add(&step->text, text_bytes(&words->words[i]));
        }
        step->script = script;
        step->start = words->start;
        step->end = words->end;
    }
    return step;
}

/* Where the first word at or behind offset is. */
static struct bytes skip_to_word(struct bytes script, size_t offset)
{
    static const char blank[] = " \t\n;";
    bool is_comment = false;
    for (; offset < script.size; offset++) {
        uint8_t character = script.data[offset];
        if (is_comment) {
            is_comment = character != '\n';
        } else if (character == '#') {
            is_comment = true;
        } else if (memchr(blank, character, sizeof(blank) - 1) == NULL) {
            break;
        }
    }
    return bytes_of(script.data + offset, script.size - offset);
}

static bool begins_with(struct bytes text, const char *word)
{
    size_t size = strlen(word);
    return text.size > size && memcmp(text.data, word, size) == 0;
}

/* Whose command line would a variable in the statement at offset be? */
static int owner_of_statement(const struct grub_machine *machine,
                              struct bytes script, size_t offset)
{
    struct bytes rest = skip_to_word(script, offset);
    if (begins_with(rest, "multiboot2 ")) {
        return GRUB_OWNER_HYPERVISOR;
    }
    if (begins_with(rest, "module2 ")) {
        return machine->trace->module_count + 1;
    }
    return GRUB_OWNER_NONE;
}

static bool run_statement(struct grub_machine *machine, int script,
                          struct grub_words *words, struct menu *menu)
{
    const struct grub_place place = {script, words->line};
    if (words->error != NULL) {
        return grub_fail(machine, place, "%s", words->error);
    }
    struct grub_step *step = add_command(machine, script, words);
    if (step == NULL) {
        return grub_fail(machine, place, "too many steps");
    }
    return run_command(machine, place, words, menu, step);
}

static bool run_script(struct grub_machine *machine, int script, size_t from,
                       size_t to, struct menu *menu)
{
    struct grub_variables variables = {.context = machine,
                                       .get = grub_get_variable};
    struct bytes text = machine->trace->scripts[script].text;
    text.size = to;
    while (!machine->is_booted) {
        struct grub_words words;
        machine->using_owner = owner_of_statement(machine, text, from);
        bool is_end = !grub_words_next(text, &from, &variables, &words) &&
                      words.error == NULL;
        bool is_done = is_end || run_statement(machine, script, &words, menu);
        grub_words_free(&words);
        if (is_end || !is_done) {
            return is_done;
        }
    }
    return true;
}

/* The menu is shown when the script ends; its default entry is taken, as
 * `setparams TITLE` and the statements of its block. */
static bool run_entry(struct grub_machine *machine, int script,
                      const struct menu *menu)
{
    if (menu->count == 0 || machine->is_booted) {
        return true;
    }
    const struct grub_variable *chosen =
        grub_find_variable(machine->trace, bytes_of_text("default"));
    char *end = NULL;
    unsigned long index =
        chosen == NULL ? 0 : strtoul(chosen->value.data, &end, 10);
    struct grub_place place = {script, 1};
    if ((end != NULL && *end != 0) || index >= menu->count) {
        return grub_fail(machine, place, "default is not an entry's number");
    }
    const struct grub_words *entry = &menu->entries[index];
    place.line = entry->line;
    struct grub_step *step = grub_add_step(machine, GRUB_STEP_COMMAND);
    if (step == NULL) {
        return grub_fail(machine, place, "too many steps");
    }
    text_add_string(&step->text, "setparams ");
    text_add(&step->text, text_bytes(&entry->words[1]));
    struct menu nested = {0};
    bool is_done = run_script(machine, script, entry->block_start + 1,
                              entry->block_end - 1, &nested);
    if (is_done && nested.count != 0) {
        is_done = grub_fail(machine, place, "a menu within a menu");
    }
    for (size_t i = 0; i < nested.count; i++) {
        grub_words_free(&nested.entries[i]);
    }
    machine->is_booted = true;
    return is_done;
}

/* A file that search found is a configuration file too if one of that name is
 * executed later. */
static void link_scripts(struct grub_trace *trace)
{
    for (size_t i = 0; i < trace->step_count; i++) {
        struct grub_step *step = &trace->steps[i];
        for (size_t j = 1; j < trace->script_count; j++) {
            if (step->kind == GRUB_STEP_FILE &&
                bytes_equal(text_bytes(&step->text),
                            text_bytes(&trace->scripts[j].path))) {
                step->opens = (int)j;
            }
        }
    }
}

bool grub_predict(struct bytes embedded, const struct grub_files *files,
                  struct grub_trace *out)
{
    memset(out, 0, sizeof(*out));
    struct grub_machine machine = {.files = files, .trace = out};
    struct menu menu = {0};
    /* GRUB sets these itself, from where it was loaded. */
    static const char *const given[] = {"root", "prefix", "cmdpath"};
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        grub_set_variable(&machine, bytes_of_text(given[i]), bytes_none(), -1);
    }
    out->scripts[0].text = embedded;
    out->script_count = 1;
    bool is_done = run_script(&machine, 0, 0, embedded.size, &menu) &&
                   run_entry(&machine, 0, &menu);
    for (size_t i = 0; i < menu.count; i++) {
        grub_words_free(&menu.entries[i]);
    }
    link_scripts(out);
    return is_done;
}

void grub_trace_free(struct grub_trace *trace)
{
    for (size_t i = 0; i < trace->step_count; i++) {
        text_free(&trace->steps[i].text);
    }
    for (size_t i = 0; i < trace->script_count; i++) {
        text_free(&trace->scripts[i].path);
    }
    for (size_t i = 0; i < trace->variable_count; i++) {
        text_free(&trace->variables[i].name);
        text_free(&trace->variables[i].value);
    }
    trace->step_count = trace->script_count = trace->variable_count = 0;
}
