/* SPDX-License-Identifier: MIT */
/*
 * Memory comes in whole pages straight from the kernel: it begins at a page's
 * start, as a launch needs, and what is unpacked is given back at once.
 */
#include "tools/image/kernel.h"

#include <elf.h>
#include <sys/mman.h>

#include "tools/image/bzimage.h"
#include "tools/image/compact.h"
#include "tools/image/unpack.h"

#define NO_MEMORY "needs more memory than there is"

static bool allocate(struct kernel *kernel, size_t size, const char **why)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        *why = NO_MEMORY;
        return false;
    }
    *kernel = (struct kernel){.memory = memory, .memory_size = size};
    return true;
}

static bool load_elf(struct bytes file, struct kernel *out, const char **why)
{
    if (compact_is_done(file)) {
        *out = (struct kernel){.elf = file};
        return true;
    }
    size_t size;
    enum compact_status status = compact_measure(file, &size);
    if (status != COMPACT_OK) {
        *why = compact_status_text(status);
        return false;
    }
    if (!allocate(out, size, why)) {
        return false;
    }
    struct buffer buffer = buffer_over(out->memory, size);
    status = compact_elf(file, &buffer);
    if (status != COMPACT_OK) {
        *why = compact_status_text(status);
        kernel_free(out);
        return false;
    }
    out->elf = buffer_bytes(&buffer);
    return true;
}

static bool load_bzimage(struct bytes file, struct kernel *out,
                         const char **why)
{
    struct bzimage image;
    enum bzimage_status status = bzimage_parse(file, &image);
    if (status != BZIMAGE_OK) {
        *why = bzimage_status_text(status);
        return false;
    }
    struct kernel unpacked;
    if (!allocate(&unpacked, (size_t)image.unpacked_size + 1, why)) {
        return false;
    }
    struct buffer elf = buffer_over(unpacked.memory, image.unpacked_size);
    bool is_done =
        unpack(&image, &elf, why) && load_elf(buffer_bytes(&elf), out, why);
    if (is_done && out->memory == NULL) {
        /* It was compact before it was packed: it stays where it is. */
        out->memory = unpacked.memory;
        out->memory_size = unpacked.memory_size;
        return true;
    }
    kernel_free(&unpacked);
    return is_done;
}

bool kernel_load(struct bytes file, struct kernel *out, const char **why)
{
    struct bytes magic;
    if (bytes_slice(file, 0, SELFMAG, &magic) &&
        bytes_equal(magic, bytes_of(ELFMAG, SELFMAG))) {
        return load_elf(file, out, why);
    }
    return load_bzimage(file, out, why);
}

void kernel_free(struct kernel *kernel)
{
    if (kernel->memory != NULL) {
        (void)munmap(kernel->memory, kernel->memory_size);
    }
    *kernel = (struct kernel){.memory = NULL};
}
