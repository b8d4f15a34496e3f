/* SPDX-License-Identifier: MIT */
/*
 * Images are whole: a kernel of one with the command line of another is
 * neither. Several with one name are alternatives of it.
 */
#include "attest/reference_image.h"

#include <stdlib.h>
#include <string.h>

/* {"sha256": hex, "size": n} and, of a command line, its text to be shown */
static void load_blob(struct json_reader *reader, const json_t *object,
                      const char *key, const char *keys,
                      struct reference_blob *out)
{
    const json_t *blob = json_take_object(reader, object, key);
    json_allow(reader, blob, keys);
    json_take_digest(reader, blob, "sha256", &out->digest);
    out->size = json_take_number(reader, blob, "size", INT64_MAX);
}

static const char *load_optional(struct json_reader *reader,
                                 const json_t *object, const char *key,
                                 const char *otherwise)
{
    if (json_object_get(object, key) == NULL) {
        return otherwise;
    }
    return json_take_string(reader, object, key);
}

static void load_image(struct json_reader *reader, const json_t *object,
                       const char *type, struct reference_image *out)
{
    if (!json_is_object(object)) {
        reader->failed = true;
        return;
    }
    json_allow(reader, object, "name kernel initrd cmdline user type");
    out->name = json_take_string(reader, object, "name");
    load_blob(reader, object, "kernel", "sha256 size", &out->kernel);
    load_blob(reader, object, "initrd", "sha256 size", &out->initrd);
    load_blob(reader, object, "cmdline", "sha256 size text", &out->cmdline);
    out->user = load_optional(reader, object, "user", NULL);
    out->type = load_optional(reader, object, "type", type);
    out->is_wanted = true;
}

void *reference_allocate(size_t count, size_t size)
{
    void *items = calloc(count + 1, size);
    if (items == NULL) {
        abort();
    }
    return items;
}

static void load_images(struct json_reader *reader, const json_t *root,
                        const char *key, const char *type,
                        struct reference_images *out)
{
    if (json_object_get(root, key) == NULL) {
        return;
    }
    const json_t *list = json_take_array(reader, root, key);
    size_t count = json_array_size(list);
    if (count > REFERENCE_MAX_IMAGES) {
        reader->failed = true;
        return;
    }
    out->items = reference_allocate(count, sizeof(*out->items));
    out->count = count;
    for (size_t i = 0; i < count; i++) {
        load_image(reader, json_array_get(list, i), type, &out->items[i]);
    }
}

void reference_load_images(struct json_reader *reader, const json_t *root,
                           struct reference *out)
{
    load_images(reader, root, "guests", REFERENCE_GUEST_TYPE, &out->guests);
    load_images(reader, root, "vtpms", REFERENCE_VTPM_TYPE, &out->vtpms);
}

void reference_free_images(struct reference *reference)
{
    free(reference->guests.items);
    free(reference->vtpms.items);
}

bool reference_want_guest(struct reference *reference, const char *name)
{
    bool is_there = false;
    for (size_t i = 0; i < reference->guests.count; i++) {
        struct reference_image *guest = &reference->guests.items[i];
        guest->is_wanted = name == NULL || strcmp(guest->name, name) == 0;
        is_there |= guest->is_wanted;
    }
    reference->is_guest_required = true;
    return is_there;
}

struct sha256_digest image_digest(struct hasher *hasher,
                                  const struct sha256_digest *kernel,
                                  const struct sha256_digest *initrd,
                                  const struct sha256_digest *cmdline)
{
    uint8_t all[3 * SHA256_SIZE];
    memcpy(all, kernel->bytes, SHA256_SIZE);
    memcpy(all + SHA256_SIZE, initrd->bytes, SHA256_SIZE);
    memcpy(all + 2 * SHA256_SIZE, cmdline->bytes, SHA256_SIZE);
    return hash_bytes(hasher, bytes_of(all, sizeof(all)));
}
