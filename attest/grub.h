/* SPDX-License-Identifier: MIT */
/*
 * What GRUB 2.06 (Debian 12) with its tpm module will measure, computed from
 * its configuration and the files that this names: every command as executed,
 * every command line given to a loader (PCR 8), every file opened (PCR 9).
 * A script that does anything we do not model is an error.
 */
#ifndef VOUCH_ATTEST_GRUB_H
#define VOUCH_ATTEST_GRUB_H

#include "attest/text.h"

#define GRUB_MAX_SCRIPTS   8
#define GRUB_MAX_STEPS     512
#define GRUB_MAX_VARIABLES 64

enum grub_kind {
    GRUB_STEP_COMMAND,        /* "grub_cmd: " text */
    GRUB_STEP_KERNEL_CMDLINE, /* "kernel_cmdline: " text */
    GRUB_STEP_MODULE_CMDLINE, /* "module_cmdline: " text */
    GRUB_STEP_FILE,           /* a file's bytes; text is its name */
};

/* What a step belongs to. A module n >= 1 is the n-th module2. */
enum grub_owner {
    GRUB_OWNER_NONE = -1,      /* the configuration itself */
    GRUB_OWNER_HYPERVISOR = 0, /* what multiboot2 loads */
};

struct grub_step {
    enum grub_kind kind;
    struct text text;
    struct bytes file; /* GRUB_STEP_FILE */
    bool is_found;     /* a file that search found: its name has the device */
    int script;        /* which script holds the statement */
    size_t start, end; /* where, for a command */
    bool is_block;     /* other commands' statements lie inside this one's */
    /* A command whose text, from fixed on, is an owner's command line. */
    int owner;
    size_t fixed;
    int opens; /* GRUB_STEP_FILE: index of the script it is, or -1 */
};

struct grub_script {
    struct text path; /* empty for the configuration inside the image */
    struct bytes text;
};

struct grub_files {
    void *context;
    /* The file of this name, or NULL data. It stays as long as the context. */
    struct bytes (*read)(void *context, const char *path);
};

struct grub_variable {
    struct text name, value;
    bool is_unknown; /* known at boot only */
    int definer;     /* the step that set it, or -1 */
};

struct grub_trace {
    struct grub_step steps[GRUB_MAX_STEPS];
    size_t step_count;
    struct grub_script scripts[GRUB_MAX_SCRIPTS];
    size_t script_count;
    struct grub_variable variables[GRUB_MAX_VARIABLES];
    size_t variable_count;
    int module_count;
    char error[256]; /* empty if all was understood */
};

/* embedded is the configuration in GRUB's image. False: see out->error. The
 * trace is to be given to grub_trace_free in both cases. */
NODISCARD bool grub_predict(struct bytes embedded,
                            const struct grub_files *files,
                            struct grub_trace *out);
void grub_trace_free(struct grub_trace *trace);

#endif
