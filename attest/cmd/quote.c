/* SPDX-License-Identifier: MIT */
/*
 * vouch quote: one quote, the log and the PCR values in one file. The log must
 * be the one that the quote covers: where it grows at run time it is read
 * before and after, until it did not. In a guest, what the vTPM and the
 * platform say.
 */
#include <stdlib.h>
#include <string.h>

#include "attest/cmd/command.h"
#include "attest/cmd/help.h"
#include "attest/cmd/hypervisor_log.h"
#include "attest/cmd/quote_guest.h"
#include "attest/cmd/tpm_guest.h"
#include "attest/evidence.h"
#include "attest/quote.h"

#define DEFAULT_LOG "/sys/kernel/security/tpm0/binary_bios_measurements"
#define ATTEMPTS    5

static const char command[] = "quote";

struct inputs {
    const char *nonce, *tcti, *log, *out;
    uint8_t nonce_data[QUOTE_MAX_NONCE];
    size_t nonce_size;
};

static bool parse_inputs(int argc, char **argv, struct inputs *in)
{
    const struct option_spec options[] = {
        {.name = "--nonce", .is_needed = true, .value = &in->nonce},
        {.name = "--tcti", .value = &in->tcti},
        {.name = "--log", .value = &in->log},
        {.name = "-o", .is_needed = true, .value = &in->out},
        {.name = NULL}};
    if (!command_options(command, options, &argc, argv) || argc != 1) {
        help_after_error(command);
        return false;
    }
    if (!command_parse_hex(in->nonce, in->nonce_data, QUOTE_MAX_NONCE,
                           &in->nonce_size) ||
        in->nonce_size < QUOTE_MIN_NONCE) {
        command_error(command, "the nonce must be %d to %d bytes in hex",
                      QUOTE_MIN_NONCE, QUOTE_MAX_NONCE);
        return false;
    }
    return true;
}

/* Values and quote of one moment: if a PCR moved between, once more. */
static bool take_quote(struct tpm *tpm, const struct tpm_key *ak,
                       struct bytes nonce, struct tpm_quote *quote,
                       struct sha256_digest values[24])
{
    struct hasher hasher;
    bool is_done = false;
    if (!hasher_init(&hasher)) {
        return false;
    }
    for (int i = 0; i < ATTEMPTS && !is_done; i++) {
        struct tpms_quote parsed;
        if (!tpm_read_pcrs(tpm, QUOTE_PCRS, values) ||
            !tpm_quote(tpm, ak, nonce, QUOTE_PCRS, quote)) {
            break;
        }
        is_done = tpms_parse_quote(bytes_of(quote->quote, quote->quote_size),
                                   &parsed) == REASON_NONE &&
                  quote_covers(&hasher, QUOTE_PCRS, values, parsed.pcr_digest);
    }
    hasher_free(&hasher);
    if (!is_done) {
        command_error(command, "no quote that covers what the PCRs hold");
    }
    return is_done;
}

static bool put_evidence(const struct inputs *in, const struct evidence *is)
{
    size_t size;
    char *text = evidence_format(is, &size);
    bool is_done = command_write(command, in->out, bytes_of(text, size));
    free(text);
    return is_done;
}

/* The hypervisor's log, or the file that was named or is usual. */
static struct bytes read_log(const struct inputs *in)
{
    struct bytes log = bytes_none();
    if (in->log == NULL) {
        log = hypervisor_log_read();
    }
    return log.size != 0
               ? log
               : command_read(command, in->log != NULL ? in->log : DEFAULT_LOG);
}

/* Has nothing been measured since the log was read? A file does not grow. */
static bool is_present_log(const struct inputs *in, struct bytes log)
{
    struct bytes now = bytes_none();
    if (in->log == NULL) {
        now = hypervisor_log_read();
    }
    bool is_present = now.size == 0 || now.size == log.size;
    free((void *)now.data);
    return is_present;
}

/* Log, values and quote of one moment. */
static bool take_all(struct tpm *tpm, const struct inputs *in,
                     const struct tpm_key *ak, struct tpm_quote *quote,
                     struct evidence *out)
{
    struct bytes nonce = bytes_of(in->nonce_data, in->nonce_size);
    for (int i = 0; i < ATTEMPTS; i++) {
        out->log = read_log(in);
        if (out->log.data == NULL ||
            !take_quote(tpm, ak, nonce, quote, out->values)) {
            return false;
        }
        if (is_present_log(in, out->log)) {
            return true;
        }
        free((void *)out->log.data);
        out->log = bytes_none();
    }
    command_error(command, "the log does not stand still");
    return false;
}

static bool make_evidence(struct tpm *tpm, const struct inputs *in)
{
    struct tpm_key ak;
    struct tpm_quote quote;
    struct evidence is = {.selection = QUOTE_PCRS, .has_values = true};
    if (!tpm_create_ak(tpm, &ak)) {
        return false;
    }
    bool is_done = take_all(tpm, in, &ak, &quote, &is);
    tpm_flush(tpm, &ak);
    if (is_done) {
        is.quote = bytes_of(quote.quote, quote.quote_size);
        is.signature = bytes_of(quote.signature, quote.signature_size);
        is.public = bytes_of(ak.wire, ak.wire_size);
        is.certificate = tpm_read_ek_certificate(tpm);
        is_done = put_evidence(in, &is);
        free((void *)is.certificate.data);
    }
    free((void *)is.log.data);
    return is_done;
}

static bool make_guest_evidence(struct tpm *tpm, const struct inputs *in)
{
    size_t size;
    char *text =
        quote_guest(tpm, bytes_of(in->nonce_data, in->nonce_size), &size);
    bool is_done =
        text != NULL && command_write(command, in->out, bytes_of(text, size));
    free(text);
    return is_done;
}

int command_quote(int argc, char **argv)
{
    struct inputs inputs = {0};
    struct tpm tpm;
    if (!parse_inputs(argc, argv, &inputs)) {
        return EXIT_USAGE;
    }
    bool is_done = false;
    if (tpm_open(command, inputs.tcti, &tpm)) {
        is_done = inputs.log == NULL && tpm_guest_is_vtpm(&tpm)
                      ? make_guest_evidence(&tpm, &inputs)
                      : make_evidence(&tpm, &inputs);
        tpm_close(&tpm);
    }
    return is_done ? EXIT_DONE : EXIT_FAILED;
}
