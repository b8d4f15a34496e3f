/* SPDX-License-Identifier: MIT */
/*
 * What a vTPM gets from those that it does not trust. The first byte says what
 * the rest is: 's' a stored slot, 'w' what the daemon sends while questions are
 * open, 'o' a command of TPM 1.2 behind its header, 'e' one for evidence, 'c'
 * the EK's certificate. A slot is good only if the key's holder made it; an
 * answer to the guest is never malformed.
 */
#include <stdlib.h>

#include "tests/unit/vtpm/tpm/fake_port.h"
#include "vtpm/tpm/bilingual.h"
#include "vtpm/tpm/certificate.h"
#include "vtpm/tpm/evidence.h"
#include "vtpm/tpm/state.h"
#include "vtpm/tpm/tpm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROOM VTPM_COMMAND_MAX

static const struct state_place place = {.uuid = "0123456789abcdef"};
static struct platform platform;
static uint8_t memory[2 * ROOM];

static void check(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

static void start(void)
{
    static bool is_ready;
    if (!is_ready) {
        fake_reset();
        check(tpm_start(bytes_none()) == TPM_OK);
        check(setup_run(&platform) == SETUP_OK);
        is_ready = true;
    }
}

static void open_slot(struct bytes stored)
{
    struct state_slot slots[2] = {{.content = STATE_NOTHING}};
    struct buffer copy = buffer_over(memory, sizeof(memory));
    struct writer writer = writer_begin(&copy);
    unsigned which;
    put_bytes(&writer, stored);
    if (writer_end(&writer)) {
        slots[0] = state_open(&place, &copy);
        check(slots[0].content != STATE_GOOD);
        check(state_choose(slots, 1, &which) != STATE_USE);
    }
}

static void hear(struct bytes said)
{
    struct wire wire = {.last_id = 0};
    struct wire_answer answer;
    fake_reset();
    for (unsigned i = 0; i < WIRE_QUESTIONS; i++) {
        struct buffer message = wire_message(8);
        check(wire_ask(&wire, VTPM_WIRE_LOAD + i % 4, &message, 64) != 0);
    }
    (void)!wire_step(&wire, &answer);
    memcpy(fake.coming, said.data, said.size);
    fake.coming_size = said.size;
    fake.chunk = 1 + said.size % 7;
    for (unsigned i = 0; i < 2 * WIRE_QUESTIONS; i++) {
        if (wire_step(&wire, &answer)) {
            check(answer.body.size <= 64);
            free(answer.memory);
        }
    }
    for (unsigned i = 0; i < WIRE_QUESTIONS; i++) {
        free(wire.questions[i].message);
    }
    free(wire.body);
}

/* tag, size, then what the fuzzer says. */
static struct bytes command_of(uint16_t tag, struct bytes rest)
{
    struct buffer out = buffer_over(memory, ROOM);
    struct writer writer = writer_begin(&out);
    put_be16(&writer, tag);
    put_be32(&writer, (uint32_t)(6 + rest.size));
    put_bytes(&writer, rest);
    return writer_end(&writer) ? buffer_bytes(&out) : bytes_none();
}

static void check_answer(const struct buffer *out)
{
    struct cursor cursor = cursor_over(buffer_bytes(out));
    take_skip(&cursor, 2);
    check(take_be32(&cursor) == out->used);
    bool is_refusal = take_be32(&cursor) != 0;
    check(!cursor.failed && (!is_refusal || cursor_is_done(&cursor)));
}

static void speak_old(struct bytes rest)
{
    struct bytes command = command_of(0x00c1, rest);
    struct buffer out = buffer_over(memory + ROOM, ROOM);
    if (bilingual_is_command(command) && rest.size >= 4) {
        bilingual_process(&platform, command, &out);
        check_answer(&out);
    }
}

static void ask_evidence(struct bytes rest)
{
    static uint8_t content[1000];
    struct wire wire = {.last_id = 0};
    struct evidence evidence = {.content = bytes_of(content, sizeof(content))};
    struct bytes command = command_of(0x8001, rest);
    struct buffer out = buffer_over(memory + ROOM, ROOM);
    if (command.size != 0 && rest.size >= 4) {
        evidence_process(&evidence, &wire, command, &out);
        check_answer(&out);
    }
    free(wire.questions[0].message);
}

/* Whatever the bytes are, they stand in the index or nothing does. */
static void take_certificate(struct bytes rest)
{
    struct certificate certificate = {.question = 1};
    const struct wire_answer answer = {
        .id = 1, .status = VTPM_WIRE_OK, .body = rest};
    if (rest.size <= VTPM_CERTIFICATE_MAX) {
        check(certificate_answer(&certificate, &answer));
        certificate_step(&certificate, &platform);
        check(!tpm_is_failed());
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    start();
    if (size == 0 || size > ROOM) {
        return 0;
    }
    struct bytes rest = bytes_of(data + 1, size - 1);
    switch (data[0]) {
    case 's':
        open_slot(rest);
        break;
    case 'w':
        hear(rest);
        break;
    case 'o':
        speak_old(rest);
        break;
    case 'e':
        ask_evidence(rest);
        break;
    case 'c':
        take_certificate(rest);
        break;
    }
    return 0;
}
