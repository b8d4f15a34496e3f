/* SPDX-License-Identifier: MIT */
/*
 * Parts of the bundle are handed over where they lie, the kernel too if it is
 * stored compact: an initrd may be most of the domain's memory, and a vTPM's
 * domain has 8 MiB.
 */
#include "vtpm/launcher/launcher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/bundle.h"
#include "lib/text.h"
#include "tools/image/kernel.h"
#include "vtpm/launcher/calls.h"

#define LINE_MAX_SIZE 256

/* One write for one line; what does not fit is left out. */
static void say(const char *const *words)
{
    uint8_t data[LINE_MAX_SIZE];
    struct buffer line = buffer_over(data, sizeof(data) - 1);
    struct writer writer = writer_begin(&line);
    text_put(&writer, "launcher: ");
    for (; *words != NULL; words++) {
        text_put(&writer, *words);
    }
    data[line.used++] = '\n';
    if (write(STDOUT_FILENO, data, line.used) < 0) {
        /* There is nobody else to tell. */
        return;
    }
}

static int fail(const char *what, const char *why)
{
    const char *const words[] = {what, " ", why, NULL};
    say(words);
    return EXIT_FAILURE;
}

struct number {
    char text[21];
};

static const char *decimal(uint64_t value, struct number *out)
{
    struct buffer buffer = buffer_over(out->text, sizeof(out->text) - 1);
    struct writer writer = writer_begin(&buffer);
    text_put_decimal(&writer, value);
    out->text[buffer.used] = 0;
    return out->text;
}

static void say_launch(const struct bundle *bundle, struct bytes kernel)
{
    struct number sizes[4];
    const char *const words[] = {"kernel ",
                                 decimal(kernel.size, &sizes[0]),
                                 " bytes (",
                                 decimal(bundle->kernel.size, &sizes[1]),
                                 " in the bundle), initrd ",
                                 decimal(bundle->initrd.size, &sizes[2]),
                                 " bytes, command line ",
                                 decimal(bundle->cmdline.size, &sizes[3]),
                                 " bytes",
                                 NULL};
    say(words);
}

static int launch(const struct bundle *bundle, struct bytes kernel)
{
    const struct vtpm_launch call = {.kernel = kernel.data,
                                     .initrd = bundle->initrd.data,
                                     .kernel_size = kernel.size,
                                     .initrd_size = bundle->initrd.size,
                                     .cmdline =
                                         (const char *)bundle->cmdline.data,
                                     .cmdline_size = bundle->cmdline.size};
    say_launch(bundle, kernel);
    return fail("the hypervisor refuses the launch:",
                strerror(call_launch(&call)));
}

int launcher_run(void)
{
    struct vtpm_module module;
    struct bundle bundle;
    struct kernel kernel;
    const char *why = "";
    int error = call_module(&module);
    if (error == ENOENT) {
        return fail("the domain has no ramdisk;",
                    "it should be a bundle (vouch bundle make)");
    }
    if (error != 0) {
        return fail("the ramdisk cannot be had:", strerror(error));
    }
    enum bundle_status status =
        bundle_parse(bytes_of(module.data, module.size), &bundle);
    if (status != BUNDLE_OK) {
        return fail("the ramdisk", bundle_status_text(status));
    }
    if (!kernel_load(bundle.kernel, &kernel, &why)) {
        return fail("the bundle's kernel", why);
    }
    int result = launch(&bundle, kernel.elf);
    kernel_free(&kernel);
    return result;
}
