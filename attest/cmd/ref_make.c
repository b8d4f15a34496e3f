/* SPDX-License-Identifier: MIT */
/*
 * vouch ref make: a signed manifest from the files of the boot disk, a
 * firmware endorsement and the public keys of the TPMs that may attest it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/cmd/command.h"
#include "attest/cmd/key.h"
#include "attest/cmd/ref.h"
#include "attest/ek.h"
#include "attest/json.h"
#include "attest/manifest.h"
#include "attest/pcrs.h"
#include "attest/predict.h"
#include "attest/reference_image.h"

#define MAX_FILES 256

static const char command[] = "ref make";

struct inputs {
    const char *key, *esp, *embedded, *image, *mode, *expires, *shared, *out;
    const char *unproven_ek;
    const char *firmwares[COMMAND_MAX_REPEATS], *aks[COMMAND_MAX_REPEATS];
    const char *alternatives[COMMAND_MAX_REPEATS];
    const char *launches[COMMAND_MAX_REPEATS];
    const char *guests[COMMAND_MAX_REPEATS], *vtpms[COMMAND_MAX_REPEATS];
    size_t firmware_count, ak_count, alternative_count, launch_count;
    size_t guest_count, vtpm_count;
};

/* Files stay in memory until all is done. */
struct files {
    const char *root;
    struct bytes loaded[MAX_FILES];
    size_t count;
};

static bool parse_inputs(int argc, char **argv, struct inputs *in)
{
    const struct option_spec options[] = {
        {.name = "--key", .value = &in->key},
        {.name = "--esp", .value = &in->esp},
        {.name = "--embedded", .value = &in->embedded},
        {.name = "--image", .value = &in->image},
        {.name = "--mode", .value = &in->mode},
        {.name = "--expires", .value = &in->expires},
        {.name = "--accept-shared", .is_flag = true, .value = &in->shared},
        {.name = "--accept-unproven-ek",
         .is_flag = true,
         .value = &in->unproven_ek},
        {.name = "--firmware",
         .values = in->firmwares,
         .count = &in->firmware_count},
        {.name = "--ak", .values = in->aks, .count = &in->ak_count},
        {.name = "--alternative",
         .values = in->alternatives,
         .count = &in->alternative_count},
        {.name = "--dynamic-launch",
         .values = in->launches,
         .count = &in->launch_count},
        {.name = "--guest", .values = in->guests, .count = &in->guest_count},
        {.name = "--vtpm", .values = in->vtpms, .count = &in->vtpm_count},
        {.name = "-o", .value = &in->out},
        {.name = NULL}};
    if (!command_options(command, options, &argc, argv)) {
        return false;
    }
    if (argc != 1 || in->key == NULL || in->esp == NULL ||
        in->embedded == NULL || in->firmware_count == 0 || in->ak_count == 0 ||
        in->out == NULL) {
        command_error(command, "--key, --esp, --embedded, --firmware, --ak "
                               "and -o are needed; see vouch-ref(1)");
        return false;
    }
    return true;
}

static struct bytes load(struct files *files, const char *path)
{
    if (files->count == MAX_FILES) {
        command_error(command, "too many files");
        return bytes_none();
    }
    struct bytes content = command_read(command, path);
    if (content.data != NULL) {
        files->loaded[files->count++] = content;
    }
    return content;
}

/* A name as GRUB uses it, in the tree that the disk was made from. */
static struct bytes load_from_esp(void *context, const char *path)
{
    struct files *files = context;
    char name[4096];
    if (path[0] != '/' || strstr(path, "..") != NULL ||
        snprintf(name, sizeof(name), "%s%s", files->root, path) >=
            (int)sizeof(name)) {
        command_error(command, "%s: not a name on the boot disk", path);
        return bytes_none();
    }
    return load(files, name);
}

static json_t *load_json(struct files *files, const char *path,
                         const char *format)
{
    json_t *root = NULL;
    struct bytes text = load(files, path);
    if (text.data == NULL) {
        return NULL;
    }
    struct json_reader reader = {.failed = false};
    if (json_read(text, &root) == JSON_STATUS_OK) {
        const char *found = json_take_string(&reader, root, "format");
        if (!reader.failed && strcmp(found, format) == 0) {
            return root;
        }
    }
    json_decref(root);
    command_error(command, "%s is not of the form %s", path, format);
    return NULL;
}

/* Whole files as the entries of one member. */
static bool put_files(struct files *files, const char *const *paths,
                      size_t count, const char *format, json_t *list)
{
    for (size_t i = 0; i < count; i++) {
        json_t *root = load_json(files, paths[i], format);
        if (root == NULL) {
            return false;
        }
        json_object_del(root, "format");
        json_push(list, root);
    }
    return true;
}

static bool put_firmwares(struct files *files, const struct inputs *in,
                          json_t *payload)
{
    json_t *list = json_array();
    json_put(payload, "firmware", list);
    return put_files(files, in->firmwares, in->firmware_count, FIRMWARE_FORMAT,
                     list);
}

/* A manifest that knows no guest is as it was before there were any. */
static bool put_images(struct files *files, const struct inputs *in,
                       json_t *payload)
{
    json_t *guests = json_array(), *vtpms = json_array();
    bool is_done = put_files(files, in->guests, in->guest_count,
                             REFERENCE_GUEST_FORMAT, guests) &&
                   put_files(files, in->vtpms, in->vtpm_count,
                             REFERENCE_VTPM_FORMAT, vtpms);
    if (in->guest_count != 0) {
        json_put(payload, "guests", json_incref(guests));
    }
    if (in->vtpm_count != 0) {
        json_put(payload, "vtpms", json_incref(vtpms));
    }
    json_decref(guests);
    json_decref(vtpms);
    return is_done;
}

/* A key of which nobody saw that it is in a TPM would attest anything. */
static const char *check_key(const struct inputs *in, const json_t *enrolled)
{
    enum ek_trust trust;
    const char *name = json_string_value(json_object_get(enrolled, "ek_trust"));
    if (!json_is_true(json_object_get(enrolled, "activated"))) {
        return "the TPM did not prove that it has this key";
    }
    if (name == NULL || !ek_trust_by_name(name, &trust)) {
        return "its EK certificate is for another key";
    }
    return trust == EK_TRUST_NONE && in->unproven_ek == NULL
               ? "no CA vouches for its TPM: enrol it with --ek-ca or "
                 "--swtpm-ca, or say --accept-unproven-ek"
               : NULL;
}

static json_t *make_key(const json_t *enrolled)
{
    static const char *const members[] = {"name", "public", "ek_trust"};
    json_t *key = json_object();
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_t *member = json_object_get(enrolled, members[i]);
        if (member != NULL) { /* else what is signed does not load */
            json_put(key, members[i], json_incref(member));
        }
    }
    return key;
}

static bool put_keys(struct files *files, const struct inputs *in,
                     json_t *payload)
{
    json_t *list = json_array();
    json_put(payload, "keys", list);
    for (size_t i = 0; i < in->ak_count; i++) {
        json_t *root = load_json(files, in->aks[i], "vouch-ak-1");
        if (root == NULL) {
            return false;
        }
        const char *fault = check_key(in, root);
        if (fault != NULL) {
            command_error(command, "%s: %s", in->aks[i], fault);
        } else {
            json_push(list, make_key(root));
        }
        json_decref(root);
        if (fault != NULL) {
            return false;
        }
    }
    return true;
}

static bool read_alternatives(struct files *files, const struct inputs *in,
                              struct predict_alternative *out)
{
    for (size_t i = 0; i < in->alternative_count; i++) {
        char name[32];
        const char *equals = strchr(in->alternatives[i], '=');
        size_t size =
            equals != NULL ? (size_t)(equals - in->alternatives[i]) : 0;
        snprintf(name, sizeof(name), "%.*s", (int)size, in->alternatives[i]);
        if (size == 0 || size >= sizeof(name) ||
            !component_by_name(name, &out[i].component) ||
            (out[i].component != COMPONENT_HYPERVISOR &&
             out[i].component != COMPONENT_POLICY &&
             out[i].component != COMPONENT_KERNEL &&
             out[i].component != COMPONENT_INITRD)) {
            command_error(command,
                          "%s: hypervisor, policy, kernel or initrd=FILE",
                          in->alternatives[i]);
            return false;
        }
        out[i].file = load(files, equals + 1);
        if (out[i].file.data == NULL) {
            return false;
        }
    }
    return true;
}

/* PCR=HEX. What an untouched PCR holds can prove no launch. */
static bool put_launches(const struct inputs *in, json_t *payload)
{
    json_t *list = json_array();
    json_put(payload, "dynamic_launch", list);
    for (size_t i = 0; i < in->launch_count; i++) {
        struct sha256_digest value = {{0}};
        size_t size = 0;
        char *end;
        unsigned long pcr = strtoul(in->launches[i], &end, 10);
        if (pcr < 17 || pcr > 19 || *end != '=' ||
            !command_parse_hex(end + 1, value.bytes, SHA256_SIZE, &size) ||
            size != SHA256_SIZE || pcrs_is_untouched(&value)) {
            command_error(command,
                          "%s: 17, 18 or 19=64 hex digits, and neither all "
                          "00 nor all FF, which prove nothing",
                          in->launches[i]);
            return false;
        }
        json_t *launch = json_object();
        json_put(launch, "pcr", json_integer((json_int_t)pcr));
        json_put(launch, "value", json_hex(sha256_bytes(&value)));
        json_push(list, launch);
    }
    return true;
}

static bool predict(struct hasher *hasher, struct files *files,
                    const struct inputs *in, json_t *payload)
{
    struct predict_alternative alternatives[COMMAND_MAX_REPEATS];
    char image[4096], *error = NULL;
    snprintf(image, sizeof(image), "%s/EFI/BOOT/BOOTX64.EFI", in->esp);
    struct predict_input input = {
        .image = load(files, in->image != NULL ? in->image : image),
        .embedded = load(files, in->embedded),
        .files = {.context = files, .read = load_from_esp},
        .mode = in->mode,
        .is_shared_accepted = in->shared != NULL,
        .alternatives = alternatives,
        .alternative_count = in->alternative_count};
    if (input.image.data == NULL || input.embedded.data == NULL ||
        !read_alternatives(files, in, alternatives)) {
        return false;
    }
    if (!predict_boot(hasher, &input, payload, &error)) {
        command_error(command, "%s", error);
        free(error);
        return false;
    }
    return true;
}

/* What a verifier would not load is not signed. */
static bool is_loadable(struct hasher *hasher, json_t *payload)
{
    struct reference reference;
    if (!reference_load(hasher, payload, &reference)) {
        command_error(command, "an endorsement, a guest, a key (weak, or not "
                               "that of a TPM) or the date is not acceptable");
        return false;
    }
    reference_free(&reference);
    return true;
}

static bool make(struct hasher *hasher, struct files *files,
                 const struct inputs *in)
{
    EVP_PKEY *key = command_read_private(command, in->key);
    if (key == NULL) {
        return false;
    }
    json_t *payload = json_object();
    json_put(payload, "format", json_string(REFERENCE_FORMAT));
    json_put(payload, "accept_shared", json_boolean(in->shared != NULL));
    if (in->expires != NULL) {
        json_put(payload, "expires", json_string(in->expires));
    }
    bool is_done =
        put_keys(files, in, payload) && put_firmwares(files, in, payload) &&
        put_launches(in, payload) && put_images(files, in, payload) &&
        predict(hasher, files, in, payload) && is_loadable(hasher, payload);
    if (is_done) {
        size_t size = 0;
        char *text = manifest_sign(key, hasher, payload, &size);
        is_done = text != NULL &&
                  command_write(command, in->out, bytes_of(text, size));
        free(text);
    }
    json_decref(payload);
    EVP_PKEY_free(key);
    return is_done;
}

int command_ref_make(int argc, char **argv)
{
    struct inputs inputs = {0};
    struct hasher hasher;
    if (!parse_inputs(argc, argv, &inputs)) {
        return EXIT_USAGE;
    }
    struct files files = {.root = inputs.esp};
    if (!hasher_init(&hasher)) {
        command_error(command, "OpenSSL has no SHA-256");
        return EXIT_FAILED;
    }
    bool is_done = make(&hasher, &files, &inputs);
    for (size_t i = 0; i < files.count; i++) {
        free((void *)files.loaded[i].data);
    }
    hasher_free(&hasher);
    return is_done ? EXIT_DONE : EXIT_FAILED;
}
