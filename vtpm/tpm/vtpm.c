/* SPDX-License-Identifier: MIT */
/*
 * Events of a TPM that is opened or serves. A guest's command is looked at
 * once, in a copy of our own; nothing of it is processed before its launch is
 * measured. The answer to a shutdown waits for the state to be stored, all
 * others go at once.
 */
#include "vtpm/tpm/vtpm.h"

#include <errno.h>
#include <stdlib.h>

#include "vtpm/tpm/answer.h"
#include "vtpm/tpm/bilingual.h"
#include "vtpm/tpm/code.h"
#include "vtpm/tpm/measured.h"
#include "vtpm/tpm/open.h"
#include "vtpm/tpm/say.h"
#include "vtpm/tpm/tpm.h"

#define HOLD_MS 5000 /* how long dom0 may keep a guest from shutting down */
#define POLL_MS 1000 /* a stream that is gone may come back without a word */

void vtpm_init(struct vtpm *vtpm)
{
    *vtpm = (struct vtpm){.life = VTPM_IDLE};
    vtpm->answer = buffer_over(vtpm->answer_data, sizeof(vtpm->answer_data));
    vtpm->command = buffer_over(vtpm->command_data, sizeof(vtpm->command_data));
}

/* ---- before the first command ---- */

static void stop_serving(struct vtpm *vtpm, const char *why)
{
    say(why);
    vtpm->life = VTPM_REFUSED;
}

/*
 * Is the launch of whoever sent this command in the PCRs? If not, put it there
 * if there was one. Asked for each command, while its ring is mapped: nobody
 * else can have the guest's id then, and for another than the guest the key was
 * given for the hypervisor gives an error.
 */
static bool is_measured(struct vtpm *vtpm)
{
    struct vouch_launch_info info = {.domid = vtpm->domid};
    uint32_t index_code = 0;
    int error = port_op(VOUCHOP_launch_info, &info, sizeof(info));
    if (error == -EAGAIN && !vtpm->is_measured) {
        return false;
    }
    if (error != 0 ||
        memcmp(info.uuid, vtpm->store.place.uuid, sizeof(info.uuid)) != 0) {
        say_error("the guest's launch is not known", error);
        vtpm->life = VTPM_REFUSED;
        return false;
    }
    if (vtpm->is_measured) {
        return true;
    }
    enum measured_status status =
        measured_extend(&vtpm->platform, &info, &index_code);
    if (status != MEASURED_OK) {
        stop_serving(vtpm, measured_status_text(status));
        return false;
    }
    if (index_code != 0) {
        say_code("the log of the launch has no place in the TPM", index_code);
    }
    vtpm->is_measured = true;
    return true;
}

/* ---- commands ---- */

static uint32_t command_code(struct bytes command)
{
    struct cursor cursor = cursor_over(command);
    take_skip(&cursor, 2 + 4); /* tag, size */
    return take_be32(&cursor);
}

static bool has_good_header(struct bytes command)
{
    struct cursor cursor = cursor_over(command);
    take_skip(&cursor, sizeof(uint16_t)); /* tag */
    uint32_t size = take_be32(&cursor);
    take_skip(&cursor, sizeof(uint32_t));
    return !cursor.failed && size == command.size;
}

static void process_native(struct vtpm *vtpm, struct bytes command)
{
    bool was_failed = tpm_is_failed();
    struct bytes answer = tpm_process(command);
    struct writer writer = writer_begin(&vtpm->answer);
    put_bytes(&writer, answer);
    if (!writer_end(&writer)) {
        answer_refuse(&vtpm->answer, CODE_FAILURE);
    }
    if (tpm_is_failed() && !was_failed) {
        say_code("libtpms is in failure mode, after command",
                 command_code(command));
    }
}

static void process(struct vtpm *vtpm, struct bytes command)
{
    vtpm->answer.used = 0;
    bool is_old = bilingual_is_command(command);
    if (!has_good_header(command)) {
        answer_refuse(&vtpm->answer, CODE_COMMAND_SIZE);
    } else if (!is_measured(vtpm)) {
        if (is_old) {
            answer_refuse_old(&vtpm->answer, BILINGUAL_NOT_READY);
        } else {
            answer_refuse(&vtpm->answer, CODE_INITIALIZE);
        }
    } else if (is_old) {
        bilingual_process(&vtpm->platform, command, &vtpm->answer);
    } else if (evidence_is_command(command)) {
        evidence_process(&vtpm->evidence, &vtpm->wire, command, &vtpm->answer);
    } else {
        process_native(vtpm, command);
    }
}

static void respond(struct vtpm *vtpm)
{
    vtpm->held_until_ms = 0;
    int error = port_respond(buffer_bytes(&vtpm->answer));
    if (error != 0 && error != -ECANCELED) {
        say_error("the guest's ring takes no answer", error);
    }
}

/* Does this command end the TPM's work, as far as the guest knows? */
static bool is_shutdown(struct bytes command)
{
    uint32_t code = command_code(command);
    return bilingual_is_command(command) ? code == BILINGUAL_SAVE_STATE
                                         : code == CODE_CC_SHUTDOWN;
}

static void serve_command(struct vtpm *vtpm)
{
    int error = port_command(&vtpm->command);
    vtpm->held_until_ms = 0; /* of one before, which nobody waits for */
    if (error != 0) {
        return; /* it was given up */
    }
    struct bytes command = buffer_bytes(&vtpm->command);
    process(vtpm, command);
    if (is_shutdown(command) && !store_is_clean(&vtpm->store)) {
        store_urge(&vtpm->store);
        vtpm->held_until_ms = port_now_ms() + HOLD_MS;
        return;
    }
    respond(vtpm);
}

/* ---- events ---- */

static void guest_came(struct vtpm *vtpm, uint16_t domid)
{
    if (vtpm->life == VTPM_IDLE) {
        open_begin(vtpm, domid);
    } else if (vtpm->life == VTPM_SERVING && domid == vtpm->domid) {
        (void)!port_serve(domid); /* its driver starts again */
    } else if (domid != vtpm->domid) {
        say("another guest wants this TPM: no");
    }
}

void vtpm_event(struct vtpm *vtpm, const struct vtpm_event *event)
{
    bool is_serving = vtpm->life == VTPM_SERVING && event->domid == vtpm->domid;
    switch ((enum vtpm_event_kind)event->kind) {
    case VTPM_EVENT_GUEST:
        guest_came(vtpm, event->domid);
        return;
    case VTPM_EVENT_COMMAND:
        if (is_serving) {
            serve_command(vtpm);
        }
        return;
    case VTPM_EVENT_CANCEL:
        if (vtpm->held_until_ms != 0) {
            respond(vtpm);
        }
        return;
    case VTPM_EVENT_GONE:
        vtpm->held_until_ms = 0;
        if (is_serving) {
            store_urge(&vtpm->store);
        }
        return;
    case VTPM_EVENT_DOM0:
        return; /* vtpm_step() looks at the stream */
    }
}

/* Does its TPM run? */
static bool has_started(const struct vtpm *vtpm)
{
    return vtpm->life == VTPM_STORING || vtpm->life == VTPM_SERVING;
}

static void take_answers(struct vtpm *vtpm)
{
    struct wire_answer answer;
    while (wire_step(&vtpm->wire, &answer)) {
        if (evidence_answer(&vtpm->evidence, &answer) ||
            certificate_answer(&vtpm->certificate, &answer) ||
            open_answer(vtpm, &answer)) {
            continue;
        }
        (void)store_answer(&vtpm->store, &answer);
        free(answer.memory);
    }
    if (has_started(vtpm)) {
        certificate_step(&vtpm->certificate, &vtpm->platform);
    }
}

/* A store that is asked for is also sent, and its answer may be there. */
void vtpm_step(struct vtpm *vtpm)
{
    uint64_t now = port_now_ms();
    take_answers(vtpm);
    if (vtpm->store.is_fenced && has_started(vtpm)) {
        stop_serving(vtpm, "the state is this vTPM's no more");
    }
    open_step(vtpm);
    if (has_started(vtpm)) {
        store_step(&vtpm->store, &vtpm->wire, now);
        take_answers(vtpm);
        open_step(vtpm);
    }
    bool is_over = !vtpm->store.is_urgent || now >= vtpm->held_until_ms;
    if (vtpm->held_until_ms != 0 && is_over) {
        respond(vtpm);
    }
}

static int sooner(int a, int b)
{
    if (a < 0 || b < 0) {
        return a < 0 ? b : a;
    }
    return a < b ? a : b;
}

static int until(uint64_t when_ms, uint64_t now_ms)
{
    if (when_ms == 0) {
        return -1;
    }
    return when_ms > now_ms ? (int)(when_ms - now_ms) : 0;
}

int vtpm_timeout_ms(const struct vtpm *vtpm)
{
    uint64_t now = port_now_ms();
    int timeout =
        sooner(until(vtpm->retry_ms, now), until(vtpm->held_until_ms, now));
    if (has_started(vtpm)) {
        timeout = sooner(timeout, store_timeout_ms(&vtpm->store, now));
    }
    return wire_is_waiting(&vtpm->wire) ? sooner(timeout, POLL_MS) : timeout;
}
