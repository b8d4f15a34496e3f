/* SPDX-License-Identifier: MIT */
/* Variables remember who set them, so that a command line that is put together
 * from them can be followed back. */
#include "attest/grub_machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool grub_fail(struct grub_machine *machine, struct grub_place place,
               const char *format, ...)
{
    char *out = machine->trace->error;
    size_t size = sizeof(machine->trace->error);
    va_list arguments;
    const struct text *path = &machine->trace->scripts[place.script].path;
    int used = snprintf(out, size,
                        "%s:%zu: ", path->size != 0 ? path->data : "embedded",
                        place.line);
    if (used > 0 && (size_t)used < size) {
        va_start(arguments, format);
        vsnprintf(out + used, size - (size_t)used, format, arguments);
        va_end(arguments);
    }
    return false;
}

struct grub_step *grub_add_step(struct grub_machine *machine,
                                enum grub_kind kind)
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

bool grub_open_file(struct grub_machine *machine, struct grub_place place,
                    const char *path, struct grub_step **out)
{
    struct bytes file = machine->files->read(machine->files->context, path);
    if (file.data == NULL) {
        return grub_fail(machine, place, "no file %s", path);
    }
    *out = grub_add_step(machine, GRUB_STEP_FILE);
    if (*out == NULL) {
        return grub_fail(machine, place, "too many steps");
    }
    text_add_string(&(*out)->text, path);
    (*out)->file = file;
    return true;
}

struct grub_variable *grub_find_variable(struct grub_trace *trace,
                                         struct bytes name)
{
    for (size_t i = 0; i < trace->variable_count; i++) {
        if (bytes_equal(text_bytes(&trace->variables[i].name), name)) {
            return &trace->variables[i];
        }
    }
    return NULL;
}

void grub_set_variable(struct grub_machine *machine, struct bytes name,
                       struct bytes value, int definer)
{
    struct grub_trace *trace = machine->trace;
    struct grub_variable *variable = grub_find_variable(trace, name);
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
const char *grub_get_variable(void *context, struct bytes name)
{
    struct grub_machine *machine = context;
    struct grub_variable *variable = grub_find_variable(machine->trace, name);
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
