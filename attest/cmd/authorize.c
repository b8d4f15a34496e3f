/* SPDX-License-Identifier: MIT */
/*
 * vouch vtpm authorize and state-key: the operator approves, offline, a
 * machine's PCRs, and learns what to write on the hypervisor's command line.
 * The key is one of `vouch ref keygen`.
 */
#include <stdio.h>

#include "attest/approve.h"
#include "attest/cmd/command.h"
#include "attest/cmd/help.h"
#include "attest/cmd/key.h"
#include "attest/cmd/pcr_values.h"
#include "attest/cmd/state.h"
#include "attest/describe.h"

static const char command[] = "vtpm authorize";

struct inputs {
    const char *key, *select, *out;
    struct pcr_sources from;
};

static bool parse_inputs(int argc, char **argv, struct inputs *in)
{
    const struct option_spec options[] = {
        {.name = "--key", .is_needed = true, .value = &in->key},
        {.name = "--log", .value = &in->from.log},
        {.name = "--pcrs", .value = &in->from.pcrs},
        {.name = "--manifest", .value = &in->from.manifest},
        {.name = "--manifest-key", .value = &in->from.manifest_key},
        {.name = "--firmware", .value = &in->from.firmware},
        {.name = "--select", .value = &in->select},
        {.name = "-o", .is_needed = true, .value = &in->out},
        {.name = NULL}};
    if (!command_options(command, options, &argc, argv)) {
        return false;
    }
    if (argc != 1 ||
        (in->from.log != NULL) + (in->from.pcrs != NULL) +
                (in->from.manifest != NULL) !=
            1 ||
        (in->from.manifest == NULL) != (in->from.manifest_key == NULL)) {
        help_after_error(command);
        return false;
    }
    return true;
}

/* ---- the selection ---- */

/* What a cut log or list does not tell of would not be approved, and nobody
 * would see it. */
static bool choose_all(const struct pcr_values *pcrs, uint32_t *out)
{
    uint32_t measured = approve_measured(pcrs->known, pcrs->values);
    uint32_t missing = APPROVE_NEEDED & ~measured;
    char list[3 * APPROVE_PCRS + 1] = "";
    size_t size = 0;
    for (unsigned i = 0; i < APPROVE_PCRS; i++) {
        if ((missing >> i & 1) != 0) {
            size +=
                (size_t)snprintf(list + size, sizeof(list) - size, " %u", i);
        }
    }
    if (missing != 0) {
        command_error(command,
                      "nothing was measured into PCR%s: these values are not "
                      "of a whole boot; --select approves of less",
                      list);
    }
    *out = pcrs->known & APPROVE_DEFAULT;
    return missing == 0;
}

static bool choose_some(const struct inputs *in, const struct pcr_values *pcrs,
                        uint32_t *out)
{
    struct bytes rest = bytes_of_text(in->select);
    *out = 0;
    while (rest.size != 0) {
        uint64_t pcr;
        if (!pcr_values_number(pcr_values_take(&rest, ','), out, &pcr)) {
            command_error(command, "--select is of PCRs 0 to 23, each once");
            return false;
        }
    }
    if ((*out & ~pcrs->known) != 0) {
        command_error(command, "there is no value for a PCR of --select");
        return false;
    }
    if (!approve_is_enough(*out, pcrs->values)) {
        command_error(command, "PCRs 4, 8 and 9, or 17 and 18, have to be "
                               "among them, and neither all 00 nor all FF: the "
                               "others do not tell what was started");
        return false;
    }
    return true;
}

/* ---- signing ---- */

static bool write_approval(const struct inputs *in, uint32_t selected,
                           const struct pcr_values *pcrs)
{
    uint8_t data[APPROVAL_SIZE];
    struct buffer out = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&out);
    struct approval approval;
    EVP_PKEY *key = command_read_private(command, in->key);
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

/* As `vouch vtpm pcrs` writes them, and --pcrs reads them. */
static bool say_approved(uint32_t pcrs,
                         const struct sha256_digest values[APPROVE_PCRS])
{
    for (unsigned i = 0; i < APPROVE_PCRS; i++) {
        char hex[65];
        if ((pcrs >> i & 1) != 0) {
            describe_digest(&values[i], hex);
            printf("%u %s\n", i, hex);
        }
    }
    return command_flush(command);
}

int command_vtpm_authorize(int argc, char **argv)
{
    struct inputs inputs = {0};
    struct pcr_values pcrs = {0};
    uint32_t selected;
    if (!parse_inputs(argc, argv, &inputs)) {
        return EXIT_USAGE;
    }
    return pcr_values_get(command, &inputs.from, &pcrs) &&
                   (inputs.select != NULL
                        ? choose_some(&inputs, &pcrs, &selected)
                        : choose_all(&pcrs, &selected)) &&
                   write_approval(&inputs, selected, &pcrs) &&
                   say_approved(selected, pcrs.values)
               ? EXIT_DONE
               : EXIT_FAILED;
}

int command_vtpm_state_key(int argc, char **argv)
{
    static const char name[] = "vtpm state-key";
    struct approval_key key;
    if (argc != 2) {
        help_after_error(name);
        return EXIT_USAGE;
    }
    EVP_PKEY *public = command_read_public(name, argv[1]);
    bool is_done = public != NULL && approve_key(public, &key);
    if (is_done) {
        char hex[65];
        struct sha256_digest digest = approval_key_digest(&key);
        describe_digest(&digest, hex);
        printf("state=%s\n", hex);
        is_done = command_flush(name);
    }
    EVP_PKEY_free(public);
    return is_done ? EXIT_DONE : EXIT_FAILED;
}
