/* SPDX-License-Identifier: MIT */
/* The launcher's own way to the kernel, and three hashes. */
#include "attest/guest_image.h"

#include "tools/image/kernel.h"

static struct guest_blob measure(struct hasher *hasher, struct bytes blob)
{
    return (struct guest_blob){.digest = hash_bytes(hasher, blob),
                               .size = blob.size};
}

bool guest_image_measure(struct hasher *hasher, const struct bundle *parts,
                         struct guest_image *out, const char **why)
{
    struct kernel kernel;
    if (!kernel_load(parts->kernel, &kernel, why)) {
        return false;
    }
    *out = (struct guest_image){.kernel = measure(hasher, kernel.elf),
                                .initrd = measure(hasher, parts->initrd),
                                .cmdline = measure(hasher, parts->cmdline)};
    kernel_free(&kernel);
    return true;
}
