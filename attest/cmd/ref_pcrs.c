/* SPDX-License-Identifier: MIT */
/*
 * vouch ref pcrs: what PCRs will hold on a machine that boots as a manifest
 * says, before any did: those that the manifest leaves but one value. They are
 * what `vouch vtpm authorize` takes.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "attest/cmd/command.h"
#include "attest/cmd/ref.h"
#include "attest/manifest.h"
#include "lib/text.h"

#define PCRS      24
#define LINE_SIZE (2 + 1 + 2 * SHA256_SIZE + 1)

static const char command[] = "ref pcrs";

struct inputs {
    const char *manifest, *key, *out;
};

struct values {
    uint32_t extended;
    uint32_t open; /* more than one value is possible */
    struct sha256_digest pcr[PCRS];
};

static bool parse_inputs(int argc, char **argv, struct inputs *in)
{
    const struct option_spec options[] = {
        {.name = "--manifest", .value = &in->manifest},
        {.name = "--manifest-key", .value = &in->key},
        {.name = "-o", .value = &in->out},
        {.name = NULL}};
    if (!command_options(command, options, &argc, argv) || argc != 1 ||
        in->manifest == NULL || in->key == NULL || in->out == NULL) {
        command_error(command,
                      "usage: --manifest M --manifest-key PUB -o FILE");
        return false;
    }
    return true;
}

static bool load(const struct inputs *in, struct hasher *hasher,
                 struct reference *out)
{
    struct bytes text = command_read(command, in->manifest);
    struct bytes pem =
        text.data != NULL ? command_read(command, in->key) : bytes_none();
    EVP_PKEY *key = pem.data != NULL ? manifest_read_public(pem) : NULL;
    bool is_done = key != NULL;
    if (pem.data != NULL && key == NULL) {
        command_error(command, "%s is no P-256 key in PEM", in->key);
    }
    if (is_done) {
        enum reason reason = manifest_load(key, hasher, text, time(NULL), out);
        is_done = reason == REASON_NONE;
        if (!is_done) {
            command_error(command, "%s: %s", in->manifest,
                          reason_meaning(reason));
        }
    }
    EVP_PKEY_free(key);
    free((void *)pem.data);
    free((void *)text.data);
    return is_done;
}

static void extend(struct hasher *hasher, const struct reference_events *events,
                   struct values *values)
{
    for (size_t i = 0; i < events->count; i++) {
        const struct reference_event *event = &events->items[i];
        if (event->pcr >= PCRS) {
            continue;
        }
        struct sha256_digest *value = &values->pcr[event->pcr];
        values->extended |= UINT32_C(1) << event->pcr;
        if (event->digest_count != 1) {
            values->open |= UINT32_C(1) << event->pcr;
        }
        *value = hash_pair(hasher, sha256_bytes(value),
                           sha256_bytes(&event->digests[0]));
    }
}

/* Where two firmwares differ, there is more than one value. */
static void merge(struct values *into, const struct values *other)
{
    into->open |= other->open | (into->extended ^ other->extended);
    into->extended |= other->extended;
    for (size_t pcr = 0; pcr < PCRS; pcr++) {
        if (!sha256_equal(&into->pcr[pcr], &other->pcr[pcr])) {
            into->open |= UINT32_C(1) << pcr;
        }
    }
}

static struct values predict(struct hasher *hasher,
                             const struct reference *reference)
{
    struct values all = {0};
    for (size_t i = 0; i < reference->firmware_count; i++) {
        const struct reference_firmware *firmware = &reference->firmwares[i];
        struct values values = {0};
        extend(hasher, &firmware->before, &values);
        extend(hasher, &reference->boot, &values);
        extend(hasher, &firmware->after, &values);
        extend(hasher, &reference->hypervisor, &values);
        if (i == 0) {
            all = values;
        } else {
            merge(&all, &values);
        }
    }
    return all;
}

static bool put(const struct inputs *in, const struct values *values)
{
    uint8_t data[PCRS * LINE_SIZE];
    struct buffer out = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&out);
    for (size_t pcr = 0; pcr < PCRS; pcr++) {
        if (((values->extended & ~values->open) >> pcr & 1) != 0) {
            text_put_decimal(&writer, pcr);
            text_put(&writer, " ");
            text_put_hex(&writer, sha256_bytes(&values->pcr[pcr]));
            text_put(&writer, "\n");
        }
    }
    return writer_end(&writer) &&
           command_write(command, in->out, buffer_bytes(&out));
}

int command_ref_pcrs(int argc, char **argv)
{
    struct inputs inputs = {0};
    struct reference reference;
    struct hasher hasher;
    bool is_done = false;
    if (!parse_inputs(argc, argv, &inputs)) {
        return EXIT_USAGE;
    }
    if (!hasher_init(&hasher)) {
        command_error(command, "OpenSSL has no SHA-256");
        return EXIT_FAILED;
    }
    if (load(&inputs, &hasher, &reference)) {
        struct values values = predict(&hasher, &reference);
        is_done = put(&inputs, &values);
        reference_free(&reference);
    }
    hasher_free(&hasher);
    return is_done ? EXIT_DONE : EXIT_FAILED;
}
