/* SPDX-License-Identifier: MIT */
/*
 * vouch ref make guest, vouch ref make vtpm: what a domain will be launched
 * with, from its files, before it ever was. Not signed: it becomes part of a
 * manifest that is.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/cmd/bundle.h"
#include "attest/cmd/command.h"
#include "attest/cmd/help.h"
#include "attest/cmd/ref.h"
#include "attest/describe.h"
#include "attest/guest_image.h"
#include "attest/guest_quote.h"
#include "attest/json.h"
#include "attest/reference_image.h"
#include "lib/text.h"
#include "lib/vtpm_wire.h"

struct kind {
    const char *command, *what, *format;
    const char *name; /* if none is given */
    bool is_vtpm;
};

struct inputs {
    const struct kind *kind;
    const char *name, *bundle, *user, *type, *dry_run, *out;
    struct bundle_inputs parts;
};

struct sources {
    struct bundle bundle;
    struct bytes file; /* with --bundle: what the parts lie in */
    struct bundle_parts parts;
};

static bool is_usable(const struct inputs *in)
{
    unsigned sources = (unsigned)(in->bundle != NULL) +
                       (unsigned)(in->parts.kernel != NULL) +
                       (unsigned)(in->parts.uki != NULL);
    bool has_parts = in->parts.initrd_count != 0 || in->parts.cmdline != NULL;
    return sources == 1 && (in->bundle == NULL || !has_parts) &&
           (in->parts.uki == NULL || in->parts.initrd_count == 0) &&
           (in->name != NULL || in->kind->name != NULL) &&
           (in->dry_run == NULL) != (in->out == NULL);
}

/* One part of user:role:type: an identifier of the policy's language. */
static bool is_label_part(const char *text)
{
    size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");
    return size != 0 && text[size] == 0;
}

static bool are_texts(const struct inputs *in)
{
    const char *command = in->kind->command;
    if (in->name[0] == 0 || !text_is_printable(bytes_of_text(in->name))) {
        command_error(command, "--name: printable text, and not none");
        return false;
    }
    if ((in->user != NULL && !is_label_part(in->user)) ||
        (in->type != NULL && !is_label_part(in->type))) {
        command_error(command, "--label-user, --label-type: one part of a "
                               "label, as tenant01_u");
        return false;
    }
    return true;
}

static bool parse_inputs(int argc, char **argv, struct inputs *in)
{
    const char *command = in->kind->command;
    const struct option_spec options[] = {
        {.name = "--name", .value = &in->name},
        {.name = "--bundle", .value = &in->bundle},
        BUNDLE_OPTIONS(&in->parts),
        {.name = "--label-user", .value = &in->user},
        {.name = "--label-type", .value = &in->type},
        {.name = "--dry-run", .is_flag = true, .value = &in->dry_run},
        {.name = "-o", .value = &in->out},
        {.name = NULL}};
    if (!command_options(command, options, &argc, argv)) {
        return false;
    }
    if (argc != 1 || !is_usable(in)) {
        help_after_error(command);
        return false;
    }
    if (in->name == NULL) {
        in->name = in->kind->name;
    }
    return are_texts(in);
}

static bool load(const struct inputs *in, struct sources *out)
{
    const char *command = in->kind->command;
    if (in->bundle == NULL) {
        if (!bundle_parts_load(command, &in->parts, &out->parts)) {
            return false;
        }
        out->bundle = out->parts.bundle;
        return true;
    }
    out->file = command_read(command, in->bundle);
    if (out->file.data == NULL) {
        return false;
    }
    enum bundle_status status = bundle_parse(out->file, &out->bundle);
    if (status != BUNDLE_OK) {
        command_error(command, "%s %s", in->bundle, bundle_status_text(status));
    }
    return status == BUNDLE_OK;
}

/* ---- what comes out ---- */

static json_t *blob_json(const struct guest_blob *blob)
{
    json_t *object = json_object();
    json_put(object, "sha256", json_hex(sha256_bytes(&blob->digest)));
    json_put(object, "size", json_integer((json_int_t)blob->size));
    return object;
}

static bool put_json(const struct inputs *in, const struct guest_image *image,
                     struct bytes cmdline)
{
    json_t *root = json_object(), *line = blob_json(&image->cmdline);
    json_t *shown = json_stringn((const char *)cmdline.data, cmdline.size);
    json_put(root, "format", json_string(in->kind->format));
    json_put(root, "name", json_string(in->name));
    json_put(root, "kernel", blob_json(&image->kernel));
    json_put(root, "initrd", blob_json(&image->initrd));
    if (shown != NULL) {
        json_put(line, "text", shown);
    }
    json_put(root, "cmdline", line);
    if (in->user != NULL) {
        json_put(root, "user", json_string(in->user));
    }
    if (in->type != NULL) {
        json_put(root, "type", json_string(in->type));
    }
    bool is_done = command_write_json(in->kind->command, in->out, root);
    json_decref(root);
    return is_done;
}

static void show_blob(const char *name, const struct guest_blob *blob)
{
    char digest[65];
    describe_digest(&blob->digest, digest);
    printf("%-8s sha256:%s size:%" PRIu64 "\n", name, digest, blob->size);
}

static struct reference_blob reference_of(const struct guest_blob *blob)
{
    return (struct reference_blob){.digest = blob->digest, .size = blob->size};
}

/* What the vTPM will hold, for who compares by hand. */
static void show_pcrs(struct hasher *hasher, const struct guest_image *image)
{
    static const unsigned pcrs[] = {VTPM_PCR_KERNEL, VTPM_PCR_CMDLINE,
                                    VTPM_PCR_INITRD};
    struct reference_image reference = {.kernel = reference_of(&image->kernel),
                                        .initrd = reference_of(&image->initrd),
                                        .cmdline =
                                            reference_of(&image->cmdline)};
    struct sha256_digest values[24];
    guest_quote_predict(hasher, &reference, values);
    for (size_t i = 0; i < sizeof(pcrs) / sizeof(pcrs[0]); i++) {
        char digest[65];
        describe_digest(&values[pcrs[i]], digest);
        printf("PCR %u    %s\n", pcrs[i], digest);
    }
}

static void show_word(struct hasher *hasher, const struct guest_image *image)
{
    char digest[65];
    struct sha256_digest whole =
        image_digest(hasher, &image->kernel.digest, &image->initrd.digest,
                     &image->cmdline.digest);
    describe_digest(&whole, digest);
    printf("vtpm=%s\n", digest);
}

static bool put_image(const struct inputs *in, struct hasher *hasher,
                      const struct guest_image *image, struct bytes cmdline)
{
    if (in->dry_run != NULL) {
        show_blob("kernel", &image->kernel);
        show_blob("initrd", &image->initrd);
        show_blob("cmdline", &image->cmdline);
        if (!in->kind->is_vtpm) {
            show_pcrs(hasher, image);
        }
    } else if (!put_json(in, image, cmdline)) {
        return false;
    }
    if (in->kind->is_vtpm &&
        (in->dry_run != NULL || strcmp(in->out, "-") != 0)) {
        show_word(hasher, image);
    }
    return command_flush(in->kind->command);
}

/* What no bundle can have will never be launched. */
static bool is_launchable(const struct inputs *in, struct hasher *hasher,
                          const struct bundle *bundle,
                          struct guest_image *image)
{
    uint64_t size;
    const char *why = "";
    enum bundle_status status = bundle_measure(bundle, &size);
    if (status != BUNDLE_OK) {
        command_error(in->kind->command, "the %s %s", in->kind->what,
                      bundle_status_text(status));
        return false;
    }
    if (!guest_image_measure(hasher, bundle, image, &why)) {
        command_error(in->kind->command, "the kernel %s", why);
        return false;
    }
    return true;
}

static bool make(const struct inputs *in, struct hasher *hasher)
{
    struct sources sources = {.file = bytes_none()};
    struct guest_image image;
    bool is_done = load(in, &sources) &&
                   is_launchable(in, hasher, &sources.bundle, &image) &&
                   put_image(in, hasher, &image, sources.bundle.cmdline);
    bundle_parts_free(&sources.parts);
    free((void *)sources.file.data);
    return is_done;
}

static int run(const struct kind *kind, int argc, char **argv)
{
    struct inputs inputs = {.kind = kind};
    struct hasher hasher;
    if (!parse_inputs(argc, argv, &inputs)) {
        return EXIT_USAGE;
    }
    if (!hasher_init(&hasher)) {
        command_error(kind->command, "OpenSSL has no SHA-256");
        return EXIT_FAILED;
    }
    bool is_done = make(&inputs, &hasher);
    hasher_free(&hasher);
    return is_done ? EXIT_DONE : EXIT_FAILED;
}

int command_ref_guest(int argc, char **argv)
{
    static const struct kind kind = {.command = "ref make guest",
                                     .what = "guest",
                                     .format = REFERENCE_GUEST_FORMAT};
    return run(&kind, argc, argv);
}

int command_ref_vtpm(int argc, char **argv)
{
    static const struct kind kind = {.command = "ref make vtpm",
                                     .what = "vTPM",
                                     .format = REFERENCE_VTPM_FORMAT,
                                     .name = "vtpm",
                                     .is_vtpm = true};
    return run(&kind, argc, argv);
}
