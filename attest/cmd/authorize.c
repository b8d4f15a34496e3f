/* SPDX-License-Identifier: MIT */
/*
 * vouch vtpm authorize and state-key: the operator approves, offline, a
 * machine's PCRs, and learns what to write on the hypervisor's command line.
 * The key is one of `vouch ref keygen`.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/approve.h"
#include "attest/cmd/command.h"
#include "attest/cmd/state.h"
#include "attest/hex.h"
#include "attest/manifest.h"
#include "attest/replay.h"
#include "lib/text.h"

static const char command[] = "vtpm authorize";

struct inputs {
    const char *key, *log, *pcrs, *select, *out;
};

struct pcrs {
    uint32_t known;
    struct sha256_digest values[APPROVE_PCRS];
};

static bool parse_inputs(int argc, char **argv, struct inputs *in)
{
    const struct option_spec options[] = {
        {.name = "--key", .value = &in->key},
        {.name = "--log", .value = &in->log},
        {.name = "--pcrs", .value = &in->pcrs},
        {.name = "--select", .value = &in->select},
        {.name = "-o", .value = &in->out},
        {.name = NULL}};
    if (!command_options(command, options, &argc, argv) || argc != 1 ||
        in->key == NULL || in->out == NULL ||
        (in->log == NULL) == (in->pcrs == NULL)) {
        command_error(command, "usage: --key PRIVATE (--log LOG | --pcrs FILE) "
                               "[--select N,N...] -o APPROVAL");
        return false;
    }
    return true;
}

/* ---- values ---- */

static struct bytes take_until(struct bytes *rest, uint8_t end)
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

/* A PCR that was not there before. */
static bool take_pcr(struct bytes text, uint32_t *seen, uint64_t *pcr)
{
    if (!text_parse_decimal(text, pcr) || *pcr >= APPROVE_PCRS ||
        (*seen >> *pcr & 1) != 0) {
        return false;
    }
    *seen |= UINT32_C(1) << *pcr;
    return true;
}

/* Lines "PCR HEX", as `vouch vtpm pcrs` writes them. */
static bool parse_pcrs(struct bytes text, struct pcrs *out)
{
    while (text.size != 0) {
        uint64_t pcr;
        struct bytes value = take_until(&text, '\n');
        struct bytes number = take_until(&value, ' ');
        if (!take_pcr(number, &out->known, &pcr) ||
            !hex_parse(value, out->values[pcr].bytes, SHA256_SIZE)) {
            return false;
        }
    }
    return out->known != 0;
}

static bool read_pcrs(const struct inputs *in, struct pcrs *out)
{
    struct bytes text = command_read(command, in->pcrs);
    if (text.data == NULL) {
        return false;
    }
    bool is_done = parse_pcrs(text, out);
    if (!is_done) {
        command_error(command, "%s: lines are PCR HEX, each PCR once",
                      in->pcrs);
    }
    free((void *)text.data);
    return is_done;
}

/* What the PCRs hold after the events of a log, of a machine that was verified
 * before. */
static bool replay_pcrs(struct hasher *hasher, const struct inputs *in,
                        struct pcrs *out)
{
    struct replay *replay = calloc(1, sizeof(*replay));
    struct bytes log = command_read(command, in->log);
    bool is_done = replay != NULL && log.data != NULL;
    if (is_done) {
        enum reason reason = replay_log(hasher, log, replay);
        is_done = reason == REASON_NONE;
        if (!is_done) {
            command_error(command, "%s: %s", in->log, reason_meaning(reason));
        }
    }
    if (is_done) {
        out->known = replay->extended & APPROVAL_ALL_PCRS;
        memcpy(out->values, replay->pcr, sizeof(out->values));
    }
    free((void *)log.data);
    free(replay);
    return is_done;
}

static bool get_pcrs(const struct inputs *in, struct pcrs *out)
{
    struct hasher hasher;
    if (in->pcrs != NULL) {
        return read_pcrs(in, out);
    }
    if (!hasher_init(&hasher)) {
        command_error(command, "OpenSSL has no SHA-256");
        return false;
    }
    bool is_done = replay_pcrs(&hasher, in, out);
    hasher_free(&hasher);
    return is_done;
}

/* ---- the selection ---- */

static bool choose(const struct inputs *in, uint32_t known, uint32_t *out)
{
    struct bytes rest =
        in->select != NULL ? bytes_of_text(in->select) : bytes_none();
    *out = in->select != NULL ? 0 : known & APPROVE_DEFAULT;
    while (rest.size != 0) {
        uint64_t pcr;
        if (!take_pcr(take_until(&rest, ','), out, &pcr)) {
            command_error(command, "--select is of PCRs 0 to 23, each once");
            return false;
        }
    }
    if ((*out & ~known) != 0) {
        command_error(command, "there is no value for a PCR of --select");
        return false;
    }
    if (!approve_is_enough(*out)) {
        command_error(command, "PCRs 4, 8 and 9, or 17 and 18, have to be "
                               "among them: the others do not tell what was "
                               "started");
        return false;
    }
    return true;
}

/* ---- signing ---- */

static EVP_PKEY *read_private(const char *name, const char *path)
{
    struct bytes pem = command_read(name, path);
    EVP_PKEY *key = pem.data != NULL ? manifest_read_private(pem) : NULL;
    if (pem.data != NULL && key == NULL) {
        command_error(name, "%s: no P-256 private key", path);
    }
    free((void *)pem.data);
    return key;
}

static bool write_approval(const struct inputs *in, uint32_t selected,
                           const struct pcrs *pcrs)
{
    uint8_t data[APPROVAL_SIZE];
    struct buffer out = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&out);
    struct approval approval;
    EVP_PKEY *key = read_private(command, in->key);
    bool is_done = key != NULL;
    if (is_done && !approve_sign(key, selected, pcrs->values, &approval)) {
        command_error(command, "%s: cannot sign with it", in->key);
        is_done = false;
    }
    EVP_PKEY_free(key);
    if (is_done) {
        approval_put(&writer, &approval);
        is_done = writer_end(&writer) &&
                  command_write(command, in->out, buffer_bytes(&out));
    }
    return is_done;
}

int command_vtpm_authorize(int argc, char **argv)
{
    struct inputs inputs = {0};
    struct pcrs pcrs = {0};
    uint32_t selected;
    if (!parse_inputs(argc, argv, &inputs)) {
        return EXIT_USAGE;
    }
    return get_pcrs(&inputs, &pcrs) && choose(&inputs, pcrs.known, &selected) &&
                   write_approval(&inputs, selected, &pcrs)
               ? EXIT_DONE
               : EXIT_FAILED;
}

int command_vtpm_state_key(int argc, char **argv)
{
    static const char name[] = "vtpm state-key";
    struct approval_key key;
    if (argc != 2) {
        command_error(name, "usage: PUBLIC");
        return EXIT_USAGE;
    }
    struct bytes pem = command_read(name, argv[1]);
    EVP_PKEY *public = pem.data != NULL ? manifest_read_public(pem) : NULL;
    bool is_done = public != NULL && approve_key(public, &key);
    if (is_done) {
        struct sha256_digest digest = approval_key_digest(&key);
        fputs("state=", stdout);
        for (size_t i = 0; i < SHA256_SIZE; i++) {
            printf("%02x", digest.bytes[i]);
        }
        putchar('\n');
    } else if (pem.data != NULL) {
        command_error(name, "%s: no P-256 public key", argv[1]);
    }
    EVP_PKEY_free(public);
    free((void *)pem.data);
    return is_done ? EXIT_DONE : EXIT_FAILED;
}
