/* SPDX-License-Identifier: MIT */
/*
 * A store that failed, could not be begun or cannot be marked yet leaves the
 * state dirty and is tried again after the interval, with a new version, in the
 * same slot: the other one holds what is known to be good.
 */
#include "vtpm/tpm/store.h"

#include <errno.h>
#include <stdlib.h>

#include "vtpm/tpm/port.h"
#include "vtpm/tpm/say.h"
#include "vtpm/tpm/tpm.h"

static bool is_wanted(const struct store *store)
{
    return (store->is_dirty || tpm_has_changed()) && !tpm_is_failed();
}

static uint64_t due_ms(const struct store *store)
{
    uint64_t interval = store->is_urgent ? STORE_URGENT_MS : STORE_INTERVAL_MS;
    return store->has_begun ? store->begun_ms + interval : 0;
}

void store_urge(struct store *store)
{
    store->is_urgent = true;
}

/* uuid, slot, and the state under a new version. */
static bool put_message(struct store *store, struct bytes blob,
                        struct buffer *message)
{
    uint8_t salt[VTPM_STATE_SALT_SIZE];
    const struct state_slot state = {.keys = store->keys, .blob = blob};
    struct writer writer = writer_begin(message);
    put_bytes(&writer, bytes_of(store->place.uuid, sizeof(store->place.uuid)));
    put_u8(&writer, store->place.slot);
    return writer_end(&writer) && port_random(salt, sizeof(salt)) &&
           state_seal(&store->place, store->version, salt, &state, message);
}

static const char *begin(struct store *store, struct wire *wire)
{
    struct buffer blob;
    enum tpm_status status = tpm_save(&blob);
    if (status != TPM_OK) {
        return tpm_status_text(status);
    }
    store->is_dirty = true; /* until it is confirmed */
    store->version++;
    struct buffer message =
        wire_message(VOUCH_UUID_SIZE + 1 + state_size(blob.used));
    bool is_made = message.data != NULL &&
                   put_message(store, buffer_bytes(&blob), &message);
    free(blob.data);
    if (!is_made) {
        free(message.data);
        return "the state cannot be put together";
    }
    store->question = wire_ask(wire, VTPM_WIRE_STORE, &message, 0);
    return store->question != 0 ? NULL : "too many questions";
}

void store_step(struct store *store, struct wire *wire, uint64_t now_ms)
{
    if (store->question != 0 || !is_wanted(store) || now_ms < due_ms(store)) {
        return;
    }
    store->has_begun = true;
    store->begun_ms = now_ms;
    const char *error = begin(store, wire);
    if (error != NULL) {
        say(error);
    }
}

static void confirm(struct store *store)
{
    struct vouch_state_mark mark = {.domid = store->domid,
                                    .version = store->version};
    store->is_urgent = store->is_urgent && tpm_has_changed();
    int error = port_op(VOUCHOP_state_mark, &mark, sizeof(mark));
    if (error != 0) {
        say_error("the stored version cannot be marked", error);
    }
    if (error == -EAGAIN) {
        return;
    }
    store->is_dirty = false;
    store->place.slot ^= 1;
    store->is_fenced = error == -ENOENT;
    store->is_stored = store->is_stored || error == 0;
}

bool store_answer(struct store *store, const struct wire_answer *answer)
{
    if (store->question == 0 || answer->id != store->question) {
        return false;
    }
    store->question = 0;
    if (answer->status == VTPM_WIRE_OK) {
        confirm(store);
    } else {
        store->is_urgent = false; /* whoever waits is told so */
        say("dom0 could not store the state");
    }
    return true;
}

bool store_is_clean(const struct store *store)
{
    return !store->is_dirty && !tpm_has_changed();
}

int store_timeout_ms(const struct store *store, uint64_t now_ms)
{
    if (store->question != 0 || !is_wanted(store)) {
        return -1;
    }
    uint64_t due = due_ms(store);
    return due > now_ms ? (int)(due - now_ms) : 0;
}
