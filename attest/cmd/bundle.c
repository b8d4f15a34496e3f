/* SPDX-License-Identifier: MIT */
/*
 * vouch bundle: one file of a guest's kernel, initrd and command line, for its
 * launcher; and what the hypervisor will measure of such a file.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attest/cmd/bundle.h"
#include "attest/cmd/command.h"
#include "attest/cmd/help.h"
#include "attest/describe.h"
#include "attest/guest_image.h"
#include "attest/json.h"
#include "lib/bundle.h"
#include "tools/image/kernel.h"

static const char command_make[] = "bundle make";
static const char command_show[] = "bundle show";

struct inputs {
    const char *stored, *out;
    struct bundle_inputs parts;
};

static bool parse_inputs(int argc, char **argv, struct inputs *in)
{
    const struct option_spec options[] = {
        BUNDLE_OPTIONS(&in->parts),
        {.name = "--stored", .is_flag = true, .value = &in->stored},
        {.name = "-o", .value = &in->out},
        {.name = NULL}};
    if (!command_options(command_make, options, &argc, argv)) {
        return false;
    }
    bool is_one = (in->parts.kernel == NULL) != (in->parts.uki == NULL) &&
                  (in->parts.uki == NULL || in->parts.initrd_count == 0);
    if (argc != 1 || !is_one) {
        help_after_error(command_make);
        return false;
    }
    if (in->out == NULL && isatty(STDOUT_FILENO) == 1) {
        command_error(command_make, "a terminal cannot take a bundle: "
                                    "-o FILE is needed");
        return false;
    }
    return true;
}

static int write_bundle(const struct bundle *bundle, const char *path)
{
    uint64_t size;
    enum bundle_status status = bundle_measure(bundle, &size);
    if (status != BUNDLE_OK) {
        command_error(command_make, "the bundle %s",
                      bundle_status_text(status));
        return EXIT_USAGE;
    }
    uint8_t *data = malloc(size);
    if (data == NULL) {
        command_error(command_make, "the bundle needs more memory than there "
                                    "is");
        return EXIT_FAILED;
    }
    struct buffer buffer = buffer_over(data, size);
    struct writer writer = writer_begin(&buffer);
    bundle_put(&writer, bundle);
    bool is_done = writer_end(&writer) &&
                   command_write(command_make, path, buffer_bytes(&buffer));
    free(data);
    return is_done ? EXIT_DONE : EXIT_FAILED;
}

/* Unpacks the kernel in any case: a bundle that cannot be launched is refused
 * where somebody can still do something about it. */
static int make_bundle(const struct inputs *in, struct bundle bundle)
{
    struct kernel kernel;
    const char *why = "";
    if (!kernel_load(bundle.kernel, &kernel, &why)) {
        command_error(
            command_make, "%s %s",
            in->parts.kernel != NULL ? in->parts.kernel : in->parts.uki, why);
        return EXIT_FAILED;
    }
    if (in->stored != NULL) {
        bundle.kernel = kernel.elf;
    }
    int status = write_bundle(&bundle, in->out != NULL ? in->out : "-");
    kernel_free(&kernel);
    return status;
}

static int make(int argc, char **argv)
{
    struct inputs in = {.stored = NULL};
    if (!parse_inputs(argc, argv, &in)) {
        return EXIT_USAGE;
    }
    struct bundle_parts parts;
    if (!bundle_parts_load(command_make, &in.parts, &parts)) {
        return EXIT_FAILED;
    }
    int status = make_bundle(&in, parts.bundle);
    bundle_parts_free(&parts);
    return status;
}

struct shown {
    const char *name;
    struct bytes part;
    const struct guest_blob *blob;
};

#define SHOWN 3

static void list(const struct bundle *bundle, const struct guest_image *image,
                 struct shown out[SHOWN])
{
    out[0] = (struct shown){"kernel", bundle->kernel, &image->kernel};
    out[1] = (struct shown){"initrd", bundle->initrd, &image->initrd};
    out[2] = (struct shown){"cmdline", bundle->cmdline, &image->cmdline};
}

static void show_text(const struct bundle *bundle,
                      const struct guest_image *image)
{
    struct shown shown[SHOWN];
    list(bundle, image, shown);
    for (size_t i = 0; i < SHOWN; i++) {
        char digest[65];
        describe_digest(&shown[i].blob->digest, digest);
        printf("%-8s %12zu bytes in the bundle, %12" PRIu64 " measured\n"
               "         sha256:%s\n",
               shown[i].name, shown[i].part.size, shown[i].blob->size, digest);
    }
    printf("         \"%.*s\"\n", (int)bundle->cmdline.size,
           (const char *)bundle->cmdline.data);
}

static bool show_json(const struct bundle *bundle,
                      const struct guest_image *image)
{
    struct shown shown[SHOWN];
    json_t *root = json_object();
    list(bundle, image, shown);
    json_put(root, "format", json_string("vouch-bundle-1"));
    for (size_t i = 0; i < SHOWN; i++) {
        json_t *part = json_object();
        json_put(part, "stored", json_integer((json_int_t)shown[i].part.size));
        json_put(part, "size", json_integer((json_int_t)shown[i].blob->size));
        json_put(part, "sha256",
                 json_hex(sha256_bytes(&shown[i].blob->digest)));
        json_put(root, shown[i].name, part);
    }
    json_put(
        root, "text",
        json_stringn((const char *)bundle->cmdline.data, bundle->cmdline.size));
    bool is_done = command_write_json(command_show, "-", root);
    json_decref(root);
    return is_done;
}

static int show_file(const char *path, struct bytes file, bool is_json)
{
    struct bundle bundle;
    struct guest_image image;
    struct hasher hasher;
    const char *why = "";
    enum bundle_status status = bundle_parse(file, &bundle);
    if (status != BUNDLE_OK) {
        command_error(command_show, "%s %s", path, bundle_status_text(status));
        return EXIT_USAGE;
    }
    if (!hasher_init(&hasher)) {
        command_error(command_show, "OpenSSL has no SHA-256");
        return EXIT_FAILED;
    }
    bool is_done = guest_image_measure(&hasher, &bundle, &image, &why);
    hasher_free(&hasher);
    if (!is_done) {
        command_error(command_show, "the kernel in %s %s", path, why);
        return EXIT_USAGE;
    }
    if (is_json) {
        return show_json(&bundle, &image) ? EXIT_DONE : EXIT_FAILED;
    }
    show_text(&bundle, &image);
    return command_flush("bundle show") ? EXIT_DONE : EXIT_FAILED;
}

static int show(int argc, char **argv)
{
    const char *json = NULL;
    const struct option_spec options[] = {
        {.name = "--json", .is_flag = true, .value = &json}, {.name = NULL}};
    if (!command_options(command_show, options, &argc, argv) || argc != 2) {
        help_after_error(command_show);
        return EXIT_USAGE;
    }
    struct bytes file = command_read(command_show, argv[1]);
    if (file.data == NULL) {
        return EXIT_FAILED;
    }
    int status = show_file(argv[1], file, json != NULL);
    free((void *)file.data);
    return status;
}

int command_bundle(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "make") == 0) {
        return make(argc - 1, argv + 1);
    }
    if (argc >= 2 && strcmp(argv[1], "show") == 0) {
        return show(argc - 1, argv + 1);
    }
    help_after_error("bundle");
    return EXIT_USAGE;
}
