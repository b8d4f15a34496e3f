/* SPDX-License-Identifier: MIT */
/* Records are built by the code that the hypervisor and the vTPM use. */
#include "attest/testing/guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/json.h"
#include "lib/vtpm_wire.h"

#define GUEST_LABEL GUEST_USER ":guest_r:" REFERENCE_GUEST_TYPE
#define VTPM_LABEL  GUEST_USER ":guest_r:" REFERENCE_VTPM_TYPE

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

static struct reference_blob blob_of(struct hasher *hasher, const char *what,
                                     const char *name)
{
    char text[100];
    int size = snprintf(text, sizeof(text), "the %s of %s", what, name);
    return (struct reference_blob){
        .digest = hash_bytes(hasher, bytes_of(text, (size_t)size)),
        .size = (uint64_t)size};
}

static void take_name(struct hasher *hasher, const struct forge_key *key,
                      uint8_t out[VOUCHLOG_NAME_SIZE])
{
    struct tpmt_public public;
    must(tpms_parse_public(bytes_of(key->public, key->public_size), &public) ==
         REASON_NONE);
    struct key_name name = key_name_of(hasher, &public);
    memcpy(out, name.bytes, VOUCHLOG_NAME_SIZE);
}

static void make_launches(struct guest *guest, uint64_t instance)
{
    guest->vtpm =
        (struct vouchlog_launch){.instance = instance,
                                 .domid = instance,
                                 .pages = 2048,
                                 .vcpus = 1,
                                 .label = VTPM_LABEL,
                                 .kernel = guest->vtpm_kernel.digest,
                                 .initrd = guest->vtpm_initrd.digest,
                                 .cmdline = guest->vtpm_cmdline.digest};
    guest->launch = (struct vouchlog_launch){.instance = instance + 1,
                                             .domid = instance + 1,
                                             .pages = 65536,
                                             .vcpus = 2,
                                             .label = GUEST_LABEL,
                                             .kernel = guest->kernel.digest,
                                             .initrd = guest->initrd.digest,
                                             .cmdline = guest->cmdline.digest};
    memset(guest->launch.uuid, (int)instance + 1, sizeof(guest->launch.uuid));
    guest->identity =
        (struct vouchlog_identity){.vtpm = instance, .guest = instance + 1};
}

void guest_make(struct guest *guest, struct hasher *hasher, const char *name,
                uint64_t instance)
{
    static const struct forge_key_spec ek = {
        .clear_attributes = TPMA_SIGN | TPMA_USER_WITH_AUTH,
        .set_attributes = TPMA_DECRYPT};
    memset(guest, 0, sizeof(*guest));
    guest->hasher = hasher;
    forge_key_make(&guest->ak, NULL);
    forge_key_make(&guest->ek, &ek);
    guest->kernel = blob_of(hasher, "kernel", name);
    guest->initrd = blob_of(hasher, "initrd", name);
    guest->cmdline = blob_of(hasher, "command line", name);
    guest->vtpm_kernel = blob_of(hasher, "kernel", "every vTPM");
    guest->vtpm_initrd = blob_of(hasher, "initrd", "every vTPM");
    guest->vtpm_cmdline = blob_of(hasher, "command line", "every vTPM");
    make_launches(guest, instance);
    take_name(hasher, &guest->ak, guest->identity.ak);
    take_name(hasher, &guest->ek, guest->identity.ek);
    guest_measure(guest);
}

void guest_free(struct guest *guest)
{
    forge_key_free(&guest->ak);
    forge_key_free(&guest->ek);
}

/* ---- the hypervisor's log ---- */

void guest_log_text(struct forge_log *platform, enum vouchlog_tag tag,
                    struct bytes text)
{
    uint8_t data[VOUCHLOG_MAX_DATA];
    struct buffer buffer = buffer_over(data, sizeof(data));
    must(vouchlog_build_text(tag, text, &buffer) == VOUCHLOG_OK);
    forge_event(platform,
                platform->is_shared ? VOUCHLOG_PCR_RUN_SHARED
                                    : VOUCHLOG_PCR_RUN,
                EV_EVENT_TAG, NULL, buffer_bytes(&buffer));
}

static void log_launch(const struct vouchlog_launch *launch,
                       struct forge_log *platform)
{
    uint8_t text[VOUCHLOG_MAX_PAYLOAD];
    struct buffer buffer = buffer_over(text, sizeof(text));
    struct writer writer = writer_begin(&buffer);
    vouchlog_put_launch(&writer, launch);
    must(writer_end(&writer));
    guest_log_text(platform, VOUCHLOG_LAUNCH, buffer_bytes(&buffer));
}

void guest_log_vtpm(const struct guest *guest, struct forge_log *platform)
{
    log_launch(&guest->vtpm, platform);
}

void guest_log_launch(const struct guest *guest, struct forge_log *platform)
{
    log_launch(&guest->launch, platform);
}

void guest_log_identity(const struct guest *guest, struct forge_log *platform)
{
    uint8_t text[VOUCHLOG_MAX_PAYLOAD];
    struct buffer buffer = buffer_over(text, sizeof(text));
    struct writer writer = writer_begin(&buffer);
    vouchlog_put_identity(&writer, &guest->identity);
    must(writer_end(&writer));
    guest_log_text(platform, VOUCHLOG_IDENTITY, buffer_bytes(&buffer));
}

/* ---- its own TPM ---- */

static void measure(struct guest *guest, uint32_t pcr, enum vouchlog_tag tag,
                    const struct sha256_digest *digest, uint64_t size)
{
    uint8_t data[VOUCHLOG_MAX_DATA];
    struct buffer buffer = buffer_over(data, sizeof(data));
    must(vouchlog_build_blob(tag, digest, size, &buffer) == VOUCHLOG_OK);
    forge_event(&guest->log, pcr, EV_EVENT_TAG, NULL, buffer_bytes(&buffer));
}

void guest_measure(struct guest *guest)
{
    const struct vouchlog_launch *launch = &guest->launch;
    forge_start(&guest->log, guest->hasher);
    measure(guest, VTPM_PCR_KERNEL, VOUCHLOG_GUEST_KERNEL, &launch->kernel,
            guest->kernel.size);
    measure(guest, VTPM_PCR_INITRD, VOUCHLOG_GUEST_INITRD, &launch->initrd,
            guest->initrd.size);
    measure(guest, VTPM_PCR_CMDLINE, VOUCHLOG_GUEST_CMDLINE, &launch->cmdline,
            guest->cmdline.size);
}

void guest_prove(struct guest *guest, struct bytes nonce, size_t index,
                 size_t count)
{
    static struct sha256_digest leaves[MERKLE_MAX_LEAVES];
    static struct merkle_tree tree;
    uint8_t name[VOUCHLOG_NAME_SIZE];
    take_name(guest->hasher, &guest->ak, name);
    struct sha256_digest digest = hash_bytes(
        guest->hasher, bytes_of(guest->is.quote, guest->is.quote_size));
    for (size_t i = 0; i < count; i++) {
        leaves[i] = hash_bytes(guest->hasher, bytes_of(&i, sizeof(i)));
    }
    leaves[index] = merkle_leaf(nonce, bytes_of(name, sizeof(name)), &digest);
    must(merkle_build(leaves, count, &tree) &&
         merkle_find_path(&tree, index, &guest->proof));
    guest->root = merkle_root(&tree);
}

void guest_quote_make(struct guest *guest, struct bytes nonce, size_t index,
                      size_t count)
{
    guest->quote = forge_quote_good(&guest->log, nonce);
    guest->quote.pcrs = VTPM_QUOTE_PCRS;
    forge_sign(&guest->ak, guest->hasher, &guest->quote, &guest->is);
    guest_prove(guest, nonce, index, count);
}

void guest_put_evidence(const struct guest *guest, struct evidence *evidence)
{
    evidence->has_guest = true;
    evidence->proof = guest->proof;
    evidence->guest = (struct evidence_guest){
        .quote = bytes_of(guest->is.quote, guest->is.quote_size),
        .signature = bytes_of(guest->is.signature, guest->is.signature_size),
        .public = bytes_of(guest->ak.public, guest->ak.public_size),
        .ek = bytes_of(guest->ek.public, guest->ek.public_size),
        .log = buffer_bytes(&guest->log.log)};
}

/* ---- the manifest ---- */

static json_t *blob_json(const struct reference_blob *blob)
{
    json_t *object = json_object();
    json_put(object, "sha256", json_hex(sha256_bytes(&blob->digest)));
    json_put(object, "size", json_integer((json_int_t)blob->size));
    return object;
}

json_t *guest_reference(const struct guest *guest, const char *name)
{
    json_t *object = json_object();
    json_put(object, "name", json_string(name));
    json_put(object, "kernel", blob_json(&guest->kernel));
    json_put(object, "initrd", blob_json(&guest->initrd));
    json_put(object, "cmdline", blob_json(&guest->cmdline));
    return object;
}

json_t *guest_vtpm_reference(const struct guest *guest)
{
    json_t *object = json_object();
    json_put(object, "name", json_string("vtpm"));
    json_put(object, "kernel", blob_json(&guest->vtpm_kernel));
    json_put(object, "initrd", blob_json(&guest->vtpm_initrd));
    json_put(object, "cmdline", blob_json(&guest->vtpm_cmdline));
    return object;
}
