/* SPDX-License-Identifier: MIT */
/*
 * The state of GRUB while its configuration is executed, for the files of the
 * interpreter: grub.c runs scripts and menus, grub_commands.c single commands,
 * grub_machine.c keeps variables and the trace.
 */
#ifndef VOUCH_ATTEST_GRUB_MACHINE_H
#define VOUCH_ATTEST_GRUB_MACHINE_H

#include "attest/grub.h"
#include "attest/grub_words.h"

struct grub_machine {
    const struct grub_files *files;
    struct grub_trace *trace;
    int using_owner; /* who a variable that is read now is for */
    bool is_booted;
    int depth; /* of configuration files */
};

/* Where an error is: in a script of the trace, at a line. */
struct grub_place {
    int script;
    size_t line;
};

/* Keeps the message for whoever asked; returns false, for its caller to. */
__attribute__((format(printf, 3, 4))) bool
grub_fail(struct grub_machine *machine, struct grub_place place,
          const char *format, ...);

/* NULL if there are too many. */
struct grub_step *grub_add_step(struct grub_machine *machine,
                                enum grub_kind kind);

/* The file as a step of the trace; false if it is not on the disk. */
NODISCARD bool grub_open_file(struct grub_machine *machine,
                              struct grub_place place, const char *path,
                              struct grub_step **out);

/* NULL if it was never set. */
struct grub_variable *grub_find_variable(struct grub_trace *trace,
                                         struct bytes name);
/* value none: known at boot only. definer: the step that sets it, or -1. */
void grub_set_variable(struct grub_machine *machine, struct bytes name,
                       struct bytes value, int definer);
/* For struct grub_variables; context is the machine. */
const char *grub_get_variable(void *context, struct bytes name);

/* Commands that need no script or menu of their own. False in *is_known: it is
 * another one. */
NODISCARD bool grub_run_simple(struct grub_machine *machine,
                               struct grub_place place,
                               struct grub_words *words,
                               struct grub_step *command, bool *is_known);

#endif
