/* SPDX-License-Identifier: MIT */
/*
 * A small interpreter. It executes straight-line scripts: commands, variables,
 * nested configuration files, one level of menu of which the default entry is
 * taken. Conditions, loops and functions are refused by their first word.
 */
#include "attest/grub.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "attest/grub_words.h"

#define MAX_DEPTH 8

struct machine {
    const struct grub_files *files;
    struct grub_trace *trace;
    int using_owner; /* who a variable that is read now is for */
    bool is_booted;
    int depth;
};

struct menu {
    struct grub_words entries[16];
    size_t count;
};

static bool run_script(struct machine *machine, int script, size_t from,
                       size_t to, struct menu *menu);

__attribute__((format(printf, 4, 5))) static bool
fail(struct machine *machine, int script, size_t line, const char *format, ...)
{
    char *out = machine->trace->error;
    size_t size = sizeof(machine->trace->error);
    va_list arguments;
    const struct text *path = &machine->trace->scripts[script].path;
    int used = snprintf(
        out, size, "%s:%zu: ", path->size != 0 ? path->data : "embedded", line);
    if (used > 0 && (size_t)used < size) {
        va_start(arguments, format);
        vsnprintf(out + used, size - (size_t)used, format, arguments);
        va_end(arguments);
    }
    return false;
}

static struct grub_step *add_step(struct machine *machine, enum grub_kind kind)
{
    struct grub_trace *trace = machine->trace;
    if (trace->step_count == GRUB_MAX_STEPS) {
        return NULL;
    }
    struct grub_step *step = &trace->steps[trace->step_count++];
    *step = (struct grub_step){
        .kind = kind, .owner = GRUB_OWNER_NONE, .script = -1, .opens = -1};
    return step;
}

/* ---- variables ---- */

static struct grub_variable *find_variable(struct grub_trace *trace,
                                           struct bytes name)
{
    for (size_t i = 0; i < trace->variable_count; i++) {
        if (bytes_equal(text_bytes(&trace->variables[i].name), name)) {
            return &trace->variables[i];
        }
    }
    return NULL;
}

static void set_variable(struct machine *machine, struct bytes name,
                         struct bytes value, int definer)
{
    struct grub_trace *trace = machine->trace;
    struct grub_variable *variable = find_variable(trace, name);
    if (variable == NULL) {
        if (trace->variable_count == GRUB_MAX_VARIABLES) {
            abort();
        }
        variable = &trace->variables[trace->variable_count++];
        text_add(&variable->name, name);
    }
    text_free(&variable->value);
    text_add(&variable->value, value);
    variable->is_unknown = value.data == NULL;
    variable->definer = definer;
}

/* Reading a variable tells who it is for: the one that set it belongs to that
 * owner, unless another owner reads it too. */
static const char *get_variable(void *context, struct bytes name)
{
    struct machine *machine = context;
    struct grub_variable *variable = find_variable(machine->trace, name);
    if (variable == NULL) {
        return "";
    }
    if (variable->definer >= 0) {
        struct grub_step *step = &machine->trace->steps[variable->definer];
        bool is_first = step->fixed == 0;
        step->owner = is_first || step->owner == machine->using_owner
                          ? machine->using_owner
                          : GRUB_OWNER_NONE;
        step->fixed = sizeof("set =") - 1 + name.size;
    }
    return variable->is_unknown ? NULL : variable->value.data;
}

/* ---- commands ---- */

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

static bool open_file(struct machine *machine, int script, size_t line,
                      const char *path, struct grub_step **out)
{
    struct bytes file = machine->files->read(machine->files->context, path);
    if (file.data == NULL) {
        return fail(machine, script, line, "no file %s", path);
    }
    *out = add_step(machine, GRUB_STEP_FILE);
    if (*out == NULL) {
        return fail(machine, script, line, "too many steps");
    }
    text_add_string(&(*out)->text, path);
    (*out)->file = file;
    return true;
}

static bool run_search(struct machine *machine, int script,
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
            return fail(machine, script, words->line,
                        "search %s is not predicted", word);
        }
    }
    struct grub_step *step;
    if (!is_file || path == NULL) {
        return fail(machine, script, words->line,
                    "only search --file is predicted");
    }
    if (!open_file(machine, script, words->line, path, &step)) {
        return false;
    }
    step->is_found = true;
    if (variable != NULL) {
        set_variable(machine, bytes_of_text(variable), bytes_none(), -1);
    }
    return true;
}

static bool run_entry(struct machine *machine, int script,
                      const struct menu *menu);

static bool run_config(struct machine *machine, int script,
                       const struct grub_words *words)
{
    struct grub_trace *trace = machine->trace;
    struct menu menu = {0};
    struct grub_step *step;
    if (words->count != 2 || trace->script_count == GRUB_MAX_SCRIPTS ||
        machine->depth == MAX_DEPTH) {
        return fail(machine, script, words->line,
                    "one file name expected, or too many files");
    }
    const char *path = words->words[1].data;
    if (!open_file(machine, script, words->line, path, &step)) {
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

/* multiboot2 PATH ARGUMENTS, module2 [--nounzip] PATH ARGUMENTS */
static bool run_loader(struct machine *machine, int script,
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
        return fail(machine, script, words->line, "a file name is missing");
    }
    command->owner =
        is_module ? ++machine->trace->module_count : GRUB_OWNER_HYPERVISOR;
    int owner = command->owner;
    for (size_t i = 0; i <= path; i++) {
        command->fixed += words->words[i].size + 1;
    }
    if (!open_file(machine, script, words->line, words->words[path].data,
                   &step)) {
        return false;
    }
    step->owner = owner;
    step = add_step(machine, is_module ? GRUB_STEP_MODULE_CMDLINE
                                       : GRUB_STEP_KERNEL_CMDLINE);
    if (step == NULL) {
        return fail(machine, script, words->line, "too many steps");
    }
    step->owner = owner;
    add_cmdline(&step->text, words, path + 1);
    return true;
}

static bool run_set(struct machine *machine, int script,
                    const struct grub_words *words, const char *assignment)
{
    const char *equals = assignment != NULL ? strchr(assignment, '=') : NULL;
    if (equals == NULL || equals == assignment) {
        return fail(machine, script, words->line, "NAME=VALUE expected");
    }
    set_variable(machine, bytes_of(assignment, (size_t)(equals - assignment)),
                 bytes_of_text(equals + 1),
                 (int)machine->trace->step_count - 1);
    return true;
}

static bool add_entry(struct machine *machine, int script, struct menu *menu,
                      struct grub_words *words)
{
    size_t room = sizeof(menu->entries) / sizeof(menu->entries[0]);
    if (words->count != 3 || words->block_end == 0 || menu->count == room) {
        return fail(machine, script, words->line,
                    "only menuentry TITLE { ... } is predicted");
    }
    menu->entries[menu->count++] = *words;
    words->count = 0; /* now the menu's */
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

static bool run_command(struct machine *machine, int script,
                        struct grub_words *words, struct menu *menu,
                        struct grub_step *command)
{
    const char *name = words->words[0].data;
    if (is_plain(name)) {
        return true;
    }
    if (strcmp(name, "boot") == 0) {
        machine->is_booted = true;
        return true;
    }
    if (strcmp(name, "set") == 0) {
        return run_set(machine, script, words,
                       words->count == 2 ? words->words[1].data : NULL);
    }
    if (strcmp(name, "search") == 0) {
        return run_search(machine, script, words);
    }
    if (strcmp(name, "configfile") == 0 || strcmp(name, "source") == 0 ||
        strcmp(name, ".") == 0) {
        return run_config(machine, script, words);
    }
    if (strcmp(name, "multiboot2") == 0 || strcmp(name, "module2") == 0) {
        return run_loader(machine, script, words, command);
    }
    if (strcmp(name, "menuentry") == 0) {
        command->is_block = true;
        return add_entry(machine, script, menu, words);
    }
    return fail(machine, script, words->line, "%s is not predicted", name);
}

static struct grub_step *add_command(struct machine *machine, int script,
                                     const struct grub_words *words)
{
    struct grub_step *step = add_step(machine, GRUB_STEP_COMMAND);
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

/* Whose command line would a variable in the statement at offset be? */
static int owner_of_statement(const struct machine *machine,
                              struct bytes script, size_t offset)
{
    static const char blank[] = " \t\n;";
    while (offset < script.size &&
           memchr(blank, script.data[offset], sizeof(blank) - 1) != NULL) {
        offset++;
    }
    struct bytes rest = bytes_of(script.data + offset, script.size - offset);
    if (rest.size > 11 && memcmp(rest.data, "multiboot2 ", 11) == 0) {
        return GRUB_OWNER_HYPERVISOR;
    }
    if (rest.size > 8 && memcmp(rest.data, "module2 ", 8) == 0) {
        return machine->trace->module_count + 1;
    }
    return GRUB_OWNER_NONE;
}

static bool run_script(struct machine *machine, int script, size_t from,
                       size_t to, struct menu *menu)
{
    struct grub_words words;
    struct grub_variables variables = {.context = machine, .get = get_variable};
    struct bytes text = machine->trace->scripts[script].text;
    text.size = to;
    while (!machine->is_booted) {
        machine->using_owner = owner_of_statement(machine, text, from);
        if (!grub_words_next(text, &from, &variables, &words)) {
            bool is_end = words.error == NULL;
            if (!is_end) {
                fail(machine, script, words.line, "%s", words.error);
            }
            grub_words_free(&words);
            return is_end;
        }
        struct grub_step *step = add_command(machine, script, &words);
        bool is_done =
            step != NULL ? run_command(machine, script, &words, menu, step)
                         : fail(machine, script, words.line, "too many steps");
        grub_words_free(&words);
        if (!is_done) {
            return false;
        }
    }
    return true;
}

/* The menu is shown when the script ends; its default entry is taken, as
 * `setparams TITLE` and the statements of its block. */
static bool run_entry(struct machine *machine, int script,
                      const struct menu *menu)
{
    if (menu->count == 0 || machine->is_booted) {
        return true;
    }
    const struct grub_variable *chosen =
        find_variable(machine->trace, bytes_of_text("default"));
    char *end = NULL;
    unsigned long index =
        chosen == NULL ? 0 : strtoul(chosen->value.data, &end, 10);
    if ((end != NULL && *end != 0) || index >= menu->count) {
        return fail(machine, script, 1, "default is not an entry's number");
    }
    const struct grub_words *entry = &menu->entries[index];
    struct grub_step *step = add_step(machine, GRUB_STEP_COMMAND);
    if (step == NULL) {
        return fail(machine, script, entry->line, "too many steps");
    }
    text_add_string(&step->text, "setparams ");
    text_add(&step->text, text_bytes(&entry->words[1]));
    struct menu nested = {0};
    bool is_done = run_script(machine, script, entry->block_start + 1,
                              entry->block_end - 1, &nested);
    if (is_done && nested.count != 0) {
        is_done = fail(machine, script, entry->line, "a menu within a menu");
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
    struct machine machine = {.files = files, .trace = out};
    struct menu menu = {0};
    /* GRUB sets these itself, from where it was loaded. */
    static const char *const given[] = {"root", "prefix", "cmdpath"};
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        set_variable(&machine, bytes_of_text(given[i]), bytes_none(), -1);
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
