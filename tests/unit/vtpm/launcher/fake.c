/* SPDX-License-Identifier: MIT */
/*
 * launcher-fake BUNDLE: the launcher on Linux. Its ramdisk is the file, and
 * the launch prints the digests of what was handed over, as the hypervisor
 * would measure it. Exit status 0 if there was a launch.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lib/sha2.h"
#include "vtpm/launcher/calls.h"
#include "vtpm/launcher/launcher.h"

static struct vtpm_module module;

int call_module(struct vtpm_module *out)
{
    *out = module;
    return module.data != NULL ? 0 : ENOENT;
}

static void put_digest(const void *data, uint64_t size)
{
    struct sha256_digest digest = sha256_of(bytes_of(data, size));
    printf("sha256:");
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        printf("%02x", digest.bytes[i]);
    }
    printf("\n");
}

int call_launch(const struct vtpm_launch *launch)
{
    if ((uintptr_t)launch->kernel % 4096 != 0 ||
        (uintptr_t)launch->initrd % 4096 != 0) {
        return EINVAL;
    }
    put_digest(launch->kernel, launch->kernel_size);
    put_digest(launch->initrd, launch->initrd_size);
    put_digest(launch->cmdline, launch->cmdline_size);
    exit(EXIT_SUCCESS);
}

int main(int argc, char **argv)
{
    struct stat status;
    int file = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
    if (file >= 0 && fstat(file, &status) == 0 && status.st_size > 0) {
        void *data =
            mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
        module.data = data != MAP_FAILED ? data : NULL;
        module.size = (uint64_t)status.st_size;
    }
    return launcher_run();
}
