/* SPDX-License-Identifier: MIT */
/* PCR values: read, replayed or predicted; see pcr_values.h. */
#include "attest/cmd/pcr_values.h"

#include <stdlib.h>
#include <string.h>

#include "attest/cmd/command.h"
#include "attest/cmd/judge.h"
#include "attest/predict_pcrs.h"
#include "attest/replay.h"
#include "lib/text.h"

struct bytes pcr_values_take(struct bytes *rest, uint8_t end)
{
    size_t size = 0;
    while (size < rest->size && rest->data[size] != end) {
        size++;
    }
    struct bytes part = bytes_of(rest->data, size);
    size_t gone = size < rest->size ? size + 1 : size;
    *rest = bytes_of(rest->data + gone, rest->size - gone);
    return part;
}

bool pcr_values_number(struct bytes text, uint32_t *seen, uint64_t *pcr)
{
    if (!text_parse_decimal(text, pcr) || *pcr >= APPROVE_PCRS ||
        (*seen >> *pcr & 1) != 0) {
        return false;
    }
    *seen |= UINT32_C(1) << *pcr;
    return true;
}

/* Lines "PCR HEX", as `vouch vtpm pcrs` writes them. */
static bool parse_pcrs(struct bytes text, struct pcr_values *out)
{
    while (text.size != 0) {
        uint64_t pcr;
        struct bytes value = pcr_values_take(&text, '\n');
        struct bytes number = pcr_values_take(&value, ' ');
        if (!pcr_values_number(number, &out->known, &pcr) ||
            !text_parse_hex(value, out->values[pcr].bytes, SHA256_SIZE)) {
            return false;
        }
    }
    return out->known != 0;
}

static bool read_file(const char *command, const char *path,
                      struct pcr_values *out)
{
    struct bytes text = command_read(command, path);
    if (text.data == NULL) {
        return false;
    }
    bool is_done = parse_pcrs(text, out);
    if (!is_done) {
        command_error(command, "%s: lines are PCR HEX, each PCR once", path);
    }
    free((void *)text.data);
    return is_done;
}

/* What the PCRs hold after the events of a log, of a machine that was verified
 * before. */
static bool replay(const char *command, struct hasher *hasher, const char *path,
                   struct pcr_values *out)
{
    struct replay *found = calloc(1, sizeof(*found));
    struct bytes log = command_read(command, path);
    bool is_done = found != NULL && log.data != NULL;
    if (is_done) {
        enum reason reason = replay_log(hasher, log, found);
        is_done = reason == REASON_NONE;
        if (!is_done) {
            command_error(command, "%s: %s", path, reason_meaning(reason));
        }
    }
    if (is_done) {
        out->known = found->extended & APPROVAL_ALL_PCRS;
        memcpy(out->values, found->pcr, sizeof(out->values));
    }
    free((void *)log.data);
    free(found);
    return is_done;
}

/* ---- a manifest ---- */

static const struct reference_firmware *
choose_firmware(const struct reference *reference, const char *name)
{
    for (size_t i = 0; i < reference->firmware_count; i++) {
        if (name == NULL ? reference->firmware_count == 1
                         : strcmp(reference->firmwares[i].name, name) == 0) {
            return &reference->firmwares[i];
        }
    }
    return NULL;
}

static bool predict_from(const char *command, struct hasher *hasher,
                         const struct pcr_sources *from,
                         const struct reference *reference,
                         struct pcr_values *out)
{
    const struct reference_firmware *firmware =
        choose_firmware(reference, from->firmware);
    if (firmware == NULL) {
        command_error(command, "--firmware: one of the manifest's");
        return false;
    }
    if (!predict_pcrs(hasher, reference, firmware, out->values, &out->known)) {
        command_error(command, "%s has alternatives: it is of several boots",
                      from->manifest);
        return false;
    }
    return true;
}

static bool predict(const char *command, struct hasher *hasher,
                    const struct pcr_sources *from, struct pcr_values *out)
{
    struct reference reference = {0};
    if (!judge_load_manifest(command, from->manifest, from->manifest_key,
                             hasher, &reference)) {
        return false;
    }
    bool is_done = predict_from(command, hasher, from, &reference, out);
    reference_free(&reference);
    return is_done;
}

bool pcr_values_get(const char *command, const struct pcr_sources *from,
                    struct pcr_values *out)
{
    struct hasher hasher;
    if (from->pcrs != NULL) {
        return read_file(command, from->pcrs, out);
    }
    if (!hasher_init(&hasher)) {
        command_error(command, "OpenSSL has no SHA-256");
        return false;
    }
    bool is_done = from->log != NULL ? replay(command, &hasher, from->log, out)
                                     : predict(command, &hasher, from, out);
    hasher_free(&hasher);
    return is_done;
}
