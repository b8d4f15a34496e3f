/* SPDX-License-Identifier: MIT */
/*
 * Each step either leads to the next or refuses. What may pass by itself is
 * tried again: the hypervisor's table of versions not open yet, the vTPM that had
 * the state before not gone yet, dom0 not able to read its disk.
 */
#include "vtpm/tpm/open.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "vtpm/tpm/say.h"
#include "vtpm/tpm/tpm.h"

#define RETRY_MS 500

static void drop_slots(struct vtpm *vtpm)
{
    for (size_t i = 0; i < VTPM_STATE_SLOTS; i++) {
        free(vtpm->memory[i]);
        vtpm->memory[i] = NULL;
        vtpm->slots[i] = (struct state_slot){.content = STATE_NOTHING};
    }
    vtpm->loaded = 0;
    vtpm->is_unavailable = false;
}

static void refuse(struct vtpm *vtpm)
{
    drop_slots(vtpm);
    vtpm->retry_ms = 0;
    vtpm->life = VTPM_REFUSED;
}

static void retry_later(struct vtpm *vtpm)
{
    drop_slots(vtpm);
    vtpm->retry_ms = port_now_ms() + RETRY_MS;
}

static bool ask_slot(struct vtpm *vtpm, uint8_t slot)
{
    struct buffer message = wire_message(VOUCH_UUID_SIZE + 1);
    if (message.data == NULL) {
        return false;
    }
    struct writer writer = writer_begin(&message);
    put_bytes(&writer, bytes_of(vtpm->store.place.uuid, VOUCH_UUID_SIZE));
    put_u8(&writer, slot);
    (void)!writer_end(&writer);
    vtpm->questions[slot] =
        wire_ask(&vtpm->wire, VTPM_WIRE_LOAD, &message, STATE_SLOT_MAX);
    return vtpm->questions[slot] != 0;
}

/* Whose TPM, and what dom0 has of it. */
static void ask(struct vtpm *vtpm)
{
    struct vouch_state_key key = {.domid = vtpm->domid};
    int error = port_op(VOUCHOP_state_key, &key, sizeof(key));
    if (error == -EBUSY && !vtpm->is_waiting) {
        say("another vTPM has this guest's state: it has to be gone first");
        vtpm->is_waiting = true;
    }
    if (error == -EAGAIN || error == -EBUSY) {
        retry_later(vtpm);
        return;
    }
    if (error != 0) {
        say_error("the hypervisor gives no key for this guest", error);
        refuse(vtpm);
        return;
    }
    memcpy(vtpm->store.place.key, key.key, sizeof(key.key));
    memcpy(vtpm->store.place.uuid, key.uuid, sizeof(key.uuid));
    OPENSSL_cleanse(key.key, sizeof(key.key));
    vtpm->least = key.version;
    vtpm->store.version = key.first - 1;
    certificate_ask(&vtpm->certificate, &vtpm->wire,
                    bytes_of(key.uuid, sizeof(key.uuid)));
    for (uint8_t slot = 0; slot < VTPM_STATE_SLOTS; slot++) {
        if (!ask_slot(vtpm, slot)) {
            say("no memory to ask for the state");
            refuse(vtpm);
            return;
        }
    }
}

void open_begin(struct vtpm *vtpm, uint16_t domid)
{
    vtpm->life = VTPM_LOADING;
    vtpm->domid = domid;
    vtpm->store.domid = domid;
    ask(vtpm);
}

static void register_keys(struct vtpm *vtpm)
{
    struct vouch_identity identity = {.domid = vtpm->domid};
    memcpy(identity.ak, vtpm->store.keys.ak, sizeof(identity.ak));
    memcpy(identity.ek, vtpm->store.keys.ek, sizeof(identity.ek));
    memcpy(vtpm->evidence.ak, identity.ak, sizeof(identity.ak));
    int error = port_op(VOUCHOP_identity, &identity, sizeof(identity));
    if (error == 0) {
        error = port_serve(vtpm->domid);
    }
    if (error != 0) {
        say_error("the guest may not be served", error);
        refuse(vtpm);
        return;
    }
    vtpm->life = VTPM_SERVING;
    say("ready");
}

static bool start(struct vtpm *vtpm, struct bytes blob)
{
    enum tpm_status started = tpm_start(blob);
    if (started != TPM_OK) {
        say(tpm_status_text(started));
        return false;
    }
    enum setup_status ready = setup_run(&vtpm->platform);
    if (ready != SETUP_OK) {
        say(setup_status_text(ready));
    }
    return ready == SETUP_OK;
}

static void start_new(struct vtpm *vtpm)
{
    if (!start(vtpm, bytes_none())) {
        refuse(vtpm);
        return;
    }
    uint32_t code = keys_make(&vtpm->store.keys);
    if (code != 0) {
        say_code("the TPM does not make its keys", code);
        refuse(vtpm);
        return;
    }
    say("a new TPM");
    vtpm->life = VTPM_STORING;
}

/* Nobody is served before it is stored under a version of our own: from then on
 * whatever another vTPM had or has of this state is a replay. */
static void start_stored(struct vtpm *vtpm, unsigned which)
{
    const struct state_slot *slot = &vtpm->slots[which];
    vtpm->store.keys = slot->keys;
    vtpm->store.place.slot = (uint8_t)(which ^ 1);
    if (!start(vtpm, slot->blob)) {
        refuse(vtpm);
        return;
    }
    drop_slots(vtpm);
    vtpm->store.is_dirty = true;
    vtpm->life = VTPM_STORING;
}

static void decide(struct vtpm *vtpm)
{
    unsigned which = 0;
    if (vtpm->is_unavailable) {
        say("dom0 cannot say what is stored");
        retry_later(vtpm);
        return;
    }
    enum state_verdict verdict = state_choose(vtpm->slots, vtpm->least, &which);
    switch (verdict) {
    case STATE_USE:
        start_stored(vtpm, which);
        return;
    case STATE_NEW:
        drop_slots(vtpm);
        start_new(vtpm);
        return;
    case STATE_LOST:
    case STATE_REPLAYED:
    case STATE_FOREIGN:
        say(state_verdict_text(verdict));
        refuse(vtpm);
        return;
    }
}

static void look(struct vtpm *vtpm, uint8_t slot,
                 const struct wire_answer *answer)
{
    vtpm->memory[slot] = answer->memory;
    if (answer->status == VTPM_WIRE_OK) {
        struct state_place place = vtpm->store.place;
        struct buffer stored =
            buffer_over((uint8_t *)answer->body.data, answer->body.size);
        stored.used = stored.size;
        place.slot = slot;
        vtpm->slots[slot] = state_open(&place, &stored);
        OPENSSL_cleanse(place.key, sizeof(place.key));
    } else if (answer->status != VTPM_WIRE_ABSENT) {
        vtpm->is_unavailable = true;
    }
    vtpm->loaded++;
}

bool open_answer(struct vtpm *vtpm, const struct wire_answer *answer)
{
    for (uint8_t slot = 0; slot < VTPM_STATE_SLOTS; slot++) {
        if (vtpm->questions[slot] == answer->id) {
            vtpm->questions[slot] = 0;
            look(vtpm, slot, answer);
            if (vtpm->life == VTPM_LOADING &&
                vtpm->loaded == VTPM_STATE_SLOTS) {
                decide(vtpm);
            }
            return true;
        }
    }
    return false;
}

void open_step(struct vtpm *vtpm)
{
    if (vtpm->life == VTPM_LOADING && vtpm->retry_ms != 0 &&
        port_now_ms() >= vtpm->retry_ms) {
        vtpm->retry_ms = 0;
        ask(vtpm);
    }
    if (vtpm->life == VTPM_STORING && vtpm->store.is_stored) {
        register_keys(vtpm);
    }
}
