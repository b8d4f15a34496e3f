/* SPDX-License-Identifier: MIT */
/*
 * unpack-kernel VMLINUZ VMLINUX: unpacks a distribution's bzImage once, when
 * the image is made, so that neither the hypervisor nor its trusted code ever
 * holds a decompressor, and leaves out of the ELF what is never loaded
 * (compact.h). Exit status 0, 1 for a bad file, 2 for wrong usage.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "tools/image/kernel.h"

static bool fail(const char *path, const char *what)
{
    fprintf(stderr, "unpack-kernel: %s %s\n", path, what);
    return false;
}

static bool map_file(const char *path, struct bytes *out)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return fail(path, strerror(errno));
    }
    struct stat stat;
    void *data = MAP_FAILED;
    if (fstat(fileno(file), &stat) == 0 && stat.st_size > 0) {
        data = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE,
                    fileno(file), 0);
    }
    (void)fclose(file);
    if (data == MAP_FAILED) {
        return fail(path, "is empty or cannot be read");
    }
    *out = bytes_of(data, (size_t)stat.st_size);
    return true;
}

static bool write_file(const char *path, struct bytes bytes)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        return fail(path, strerror(errno));
    }
    size_t written = fwrite(bytes.data, 1, bytes.size, file);
    if (fclose(file) != 0 || written != bytes.size) {
        (void)remove(path);
        return fail(path, "cannot be written");
    }
    return true;
}

static bool unpack_file(const char *in, const char *out)
{
    struct bytes file;
    struct kernel kernel;
    const char *why = "";
    if (!map_file(in, &file)) {
        return false;
    }
    if (!kernel_load(file, &kernel, &why)) {
        return fail(in, why);
    }
    bool is_done = write_file(out, kernel.elf);
    kernel_free(&kernel);
    return is_done;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: unpack-kernel VMLINUZ VMLINUX\n");
        return 2;
    }
    return unpack_file(argv[1], argv[2]) ? 0 : 1;
}
