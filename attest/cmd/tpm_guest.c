/* SPDX-License-Identifier: MIT */
/*
 * Commands that no TPM library knows go to the device as bytes. The answer to
 * READ is RETRY until the platform has signed, which others may be before us
 * in.
 */
#include "attest/cmd/tpm_guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tcti.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include "attest/cmd/command.h"
#include "lib/vtpm_wire.h"

#define TAG_NO_SESSIONS 0x8001u /* Part 2, 6.9 */
#define HEADER_SIZE     10
#define MAX_ANSWER      4096
#define MOST_BYTES      2048

/* Linux's resource manager lets no command through that the TPM does not list,
 * as none of a vendor's. What it manages this command does not need. */
#define DIRECT_DEVICE   "device:/dev/tpm0"
#define NOT_LET_THROUGH (TPM2_RC_COMMAND_CODE | TSS2_RESMGR_RC_LAYER)

/* A hardware TPM takes up to a second for a quote, an emulated machine far
 * longer. */
#define WAIT_MS      250
#define TIMEOUT_MS   180000
#define TELL_EACH_MS 10000

struct answer {
    uint8_t data[MAX_ANSWER];
    struct cursor rest; /* behind the header */
    uint32_t code;
};

static void begin(struct writer *writer, enum vtpm_evidence_operation operation)
{
    put_be16(writer, TAG_NO_SESSIONS);
    put_be32(writer, 0);
    put_be32(writer, VTPM_CC_EVIDENCE);
    put_u8(writer, (uint8_t)operation);
}

static bool exchange_by(TSS2_TCTI_CONTEXT *tcti, struct bytes command,
                        struct answer *answer)
{
    size_t size = sizeof(answer->data);
    if (Tss2_Tcti_Transmit(tcti, command.size, command.data) !=
            TSS2_RC_SUCCESS ||
        Tss2_Tcti_Receive(tcti, &size, answer->data, TSS2_TCTI_TIMEOUT_BLOCK) !=
            TSS2_RC_SUCCESS) {
        return false;
    }
    answer->rest = cursor_over(bytes_of(answer->data, size));
    take_skip(&answer->rest, 2);
    bool is_whole = take_be32(&answer->rest) == size;
    answer->code = take_be32(&answer->rest);
    return is_whole && !answer->rest.failed;
}

/* If the device cannot be opened, the first answer stands. */
static bool exchange_directly(struct bytes command, struct answer *answer)
{
    TSS2_TCTI_CONTEXT *tcti;
    if (Tss2_TctiLdr_Initialize(DIRECT_DEVICE, &tcti) != TSS2_RC_SUCCESS) {
        return true;
    }
    bool is_done = exchange_by(tcti, command, answer);
    Tss2_TctiLdr_Finalize(&tcti);
    return is_done;
}

static bool exchange(struct tpm *tpm, struct writer *writer,
                     struct answer *answer)
{
    put_be32_at(writer, 2, (uint32_t)writer_written(writer));
    if (!writer_end(writer) ||
        !exchange_by(tpm->tcti, buffer_bytes(writer->out), answer)) {
        return false;
    }
    return answer->code != NOT_LET_THROUGH ||
           exchange_directly(buffer_bytes(writer->out), answer);
}

static bool send_begin(struct tpm *tpm, struct bytes nonce,
                       const struct sha256_digest *quote, struct answer *answer)
{
    uint8_t data[128];
    struct buffer buffer = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&buffer);
    begin(&writer, VTPM_EVIDENCE_BEGIN);
    put_bytes(&writer, nonce);
    put_bytes(&writer, sha256_bytes(quote));
    return exchange(tpm, &writer, answer);
}

static bool send_read(struct tpm *tpm, size_t offset, struct answer *answer)
{
    uint8_t data[32];
    struct buffer buffer = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&buffer);
    begin(&writer, VTPM_EVIDENCE_READ);
    put_be32(&writer, (uint32_t)offset);
    put_be16(&writer, MOST_BYTES);
    return exchange(tpm, &writer, answer);
}

bool tpm_guest_is_vtpm(struct tpm *tpm)
{
    struct answer answer;
    return send_read(tpm, 0, &answer) &&
           (answer.code == TPM2_RC_SUCCESS || answer.code == TPM2_RC_RETRY ||
            answer.code == TPM2_RC_NV_UNINITIALIZED);
}

/* ---- waiting ---- */

struct wait {
    const char *command;
    unsigned waited_ms;
};

/* False: it took too long, and that was said. */
static bool wait_more(struct wait *wait)
{
    if (wait->waited_ms >= TIMEOUT_MS) {
        command_error(wait->command, "the platform does not answer");
        return false;
    }
    if (wait->waited_ms % TELL_EACH_MS == 0 && wait->waited_ms != 0) {
        fprintf(stderr, "vouch %s: waiting for the platform's quote, %u s\n",
                wait->command, wait->waited_ms / 1000);
    }
    usleep(WAIT_MS * 1000);
    wait->waited_ms += WAIT_MS;
    return true;
}

static bool tell(const struct tpm *tpm, const char *what, uint32_t code)
{
    command_error(tpm->command, "vTPM: %s: %s", what, Tss2_RC_Decode(code));
    return false;
}

/* RETRY here is another program's request that is under way. */
static bool ask(struct tpm *tpm, struct bytes nonce,
                const struct sha256_digest *quote, struct wait *wait)
{
    struct answer answer;
    for (;;) {
        if (!send_begin(tpm, nonce, quote, &answer)) {
            command_error(tpm->command, "vTPM: no answer");
            return false;
        }
        if (answer.code == TPM2_RC_SUCCESS) {
            return true;
        }
        if (answer.code != TPM2_RC_RETRY) {
            return tell(tpm, "ask for evidence", answer.code);
        }
        if (!wait_more(wait)) {
            return false;
        }
    }
}

/* One part of the answer, behind what is there. */
static bool take_part(struct tpm *tpm, struct answer *answer,
                      struct buffer *out)
{
    uint32_t total = take_be32(&answer->rest);
    struct bytes part = take_bytes(&answer->rest, take_be16(&answer->rest));
    if (!cursor_is_done(&answer->rest) || total > VTPM_EVIDENCE_MAX ||
        part.size == 0 || part.size > total - out->used ||
        (out->data != NULL && total != out->size)) {
        command_error(tpm->command, "vTPM: an answer of another form");
        return false;
    }
    if (out->data == NULL) {
        *out = buffer_over(malloc(total), total);
        if (out->data == NULL) {
            return false;
        }
    }
    memcpy(out->data + out->used, part.data, part.size);
    out->used += part.size;
    return true;
}

static bool read_all(struct tpm *tpm, struct wait *wait, struct buffer *out)
{
    struct answer answer;
    while (out->data == NULL || out->used < out->size) {
        if (!send_read(tpm, out->used, &answer)) {
            command_error(tpm->command, "vTPM: no answer");
            return false;
        }
        if (answer.code == TPM2_RC_RETRY) {
            if (!wait_more(wait)) {
                return false;
            }
        } else if (answer.code == TPM2_RC_NV_UNINITIALIZED) {
            command_error(tpm->command, "the platform could not make evidence");
            return false;
        } else if (answer.code != TPM2_RC_SUCCESS) {
            return tell(tpm, "read evidence", answer.code);
        } else if (!take_part(tpm, &answer, out)) {
            return false;
        }
    }
    return true;
}

struct bytes tpm_guest_ask_platform(struct tpm *tpm, struct bytes nonce,
                                    const struct sha256_digest *quote)
{
    struct wait wait = {.command = tpm->command};
    struct buffer all = {.data = NULL};
    if (!ask(tpm, nonce, quote, &wait) || !read_all(tpm, &wait, &all)) {
        free(all.data);
        return bytes_none();
    }
    return buffer_bytes(&all);
}
