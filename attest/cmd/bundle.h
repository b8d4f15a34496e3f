/* SPDX-License-Identifier: MIT */
/*
 * A guest's kernel, initrd and command line from the files that somebody
 * named: plain ones, or the sections of a unified kernel image. For whatever
 * command wants to know what a guest boots.
 */
#ifndef VOUCH_ATTEST_CMD_BUNDLE_H
#define VOUCH_ATTEST_CMD_BUNDLE_H

#include "attest/cmd/command.h"
#include "lib/bundle.h"

/* Either a kernel or a UKI. A command line only where the UKI has none. */
struct bundle_inputs {
    const char *kernel, *uki, *cmdline;
    const char *initrds[COMMAND_MAX_REPEATS]; /* one behind the other */
    size_t initrd_count;
};

/* The options of such a command that are in bundle_inputs. */
#define BUNDLE_OPTIONS(in)                                                     \
    {.name = "--kernel", .value = &(in)->kernel},                              \
        {.name = "--initrd",                                                   \
         .values = (in)->initrds,                                              \
         .count = &(in)->initrd_count},                                        \
        {.name = "--cmdline", .value = &(in)->cmdline},                        \
    {                                                                          \
        .name = "--uki", .value = &(in)->uki                                   \
    }

struct bundle_parts {
    struct bundle bundle;
    void *file, *initrd; /* what the parts lie in */
};

/* False: the command said why. */
NODISCARD bool bundle_parts_load(const char *command,
                                 const struct bundle_inputs *inputs,
                                 struct bundle_parts *out);
void bundle_parts_free(struct bundle_parts *parts);

#endif
