/* SPDX-License-Identifier: MIT */
/* Files and sections for bundles (attest/cmd/bundle.h). */
#include <stdlib.h>

#include "attest/cmd/bundle.h"
#include "attest/pe.h"
#include "lib/checked.h"

/* Linux wants archives that follow each other to begin at such offsets. */
#define INITRD_ALIGNMENT 4

/* Puts a copy of the file behind what is there. */
static bool append(const char *command, const char *path, struct bytes *initrd)
{
    struct bytes file = command_read(command, path);
    if (file.data == NULL) {
        return false;
    }
    size_t at = align_up(initrd->size, INITRD_ALIGNMENT);
    uint8_t *data = realloc((void *)initrd->data, at + file.size + 1);
    if (data == NULL) {
        command_error(command, "%s needs more memory than there is", path);
    } else {
        memset(data + initrd->size, 0, at - initrd->size);
        memcpy(data + at, file.data, file.size);
        *initrd = bytes_of(data, at + file.size);
    }
    free((void *)file.data);
    return data != NULL;
}

static bool load_files(const char *command, const struct bundle_inputs *inputs,
                       struct bundle_parts *out)
{
    struct bytes kernel = command_read(command, inputs->kernel);
    out->file = (void *)kernel.data;
    if (kernel.data == NULL) {
        return false;
    }
    out->bundle.kernel = kernel;
    for (size_t i = 0; i < inputs->initrd_count; i++) {
        bool is_done = append(command, inputs->initrds[i], &out->bundle.initrd);
        out->initrd = (void *)out->bundle.initrd.data;
        if (!is_done) {
            return false;
        }
    }
    return true;
}

/* A section that is absent is empty, if it need not be there. */
static bool take_section(const char *command, const char *path,
                         struct bytes file, const char *name, struct bytes *out)
{
    switch (pe_find_section(file, name, out)) {
    case PE_SECTION_OK:
        return true;
    case PE_SECTION_ABSENT:
        *out = bytes_none();
        return true;
    case PE_SECTION_TWICE:
        command_error(command, "%s has two sections %s", path, name);
        return false;
    case PE_SECTION_MALFORMED:
        command_error(command, "%s is not a well-formed PE image", path);
        return false;
    }
    return false;
}

/* Tools that make UKIs end the text with a newline or a NUL. */
static struct bytes without_end(struct bytes text)
{
    while (text.size != 0 &&
           (text.data[text.size - 1] == 0 || text.data[text.size - 1] == '\n' ||
            text.data[text.size - 1] == ' ')) {
        text.size--;
    }
    return text;
}

static bool load_uki(const char *command, const struct bundle_inputs *inputs,
                     struct bundle_parts *out)
{
    const char *path = inputs->uki;
    struct bytes file = command_read(command, path);
    struct bytes cmdline;
    out->file = (void *)file.data;
    if (file.data == NULL ||
        !take_section(command, path, file, ".linux", &out->bundle.kernel) ||
        !take_section(command, path, file, ".initrd", &out->bundle.initrd) ||
        !take_section(command, path, file, ".cmdline", &cmdline)) {
        return false;
    }
    out->bundle.cmdline = without_end(cmdline);
    if (out->bundle.kernel.size == 0) {
        command_error(command, "%s has no section .linux", path);
        return false;
    }
    return true;
}

bool bundle_parts_load(const char *command, const struct bundle_inputs *inputs,
                       struct bundle_parts *out)
{
    *out = (struct bundle_parts){.file = NULL};
    bool is_done = inputs->uki != NULL ? load_uki(command, inputs, out)
                                       : load_files(command, inputs, out);
    if (is_done && inputs->cmdline != NULL) {
        is_done = out->bundle.cmdline.size == 0;
        if (!is_done) {
            command_error(command, "%s has a command line of its own",
                          inputs->uki);
        }
        out->bundle.cmdline = bytes_of_text(inputs->cmdline);
    }
    if (!is_done) {
        bundle_parts_free(out);
    }
    return is_done;
}

void bundle_parts_free(struct bundle_parts *parts)
{
    free(parts->file);
    free(parts->initrd);
    *parts = (struct bundle_parts){.file = NULL};
}
