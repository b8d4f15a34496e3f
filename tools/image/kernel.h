/* SPDX-License-Identifier: MIT */
/*
 * The kernel that a file holds, as it is measured and started: out of a
 * bzImage its payload, unpacked; of that, or of an ELF, what is loaded
 * (compact.h). Whoever computes digests and whoever starts a guest call this.
 */
#ifndef VOUCH_TOOLS_IMAGE_KERNEL_H
#define VOUCH_TOOLS_IMAGE_KERNEL_H

#include "lib/attributes.h"
#include "lib/bytes.h"

struct kernel {
    struct bytes elf; /* at a page's start, if the file or memory is */
    void *memory;     /* what elf lies in; NULL if that is the file */
    size_t memory_size;
};

/* file has to stay until kernel_free(). On failure there is nothing to free,
 * and *why says what is wrong, as in "FILE has no ELF segment to load". */
NODISCARD bool kernel_load(struct bytes file, struct kernel *out,
                           const char **why);
void kernel_free(struct kernel *kernel);

#endif
