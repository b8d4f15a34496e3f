/* SPDX-License-Identifier: MIT */
/*
 * The log that goes with a quote must be the one of its moment: it is read
 * before and after, and if it grew in between, there is another quote.
 */
#include "dom0/vouchd/batch.h"

#include <stdlib.h>
#include <string.h>

#include "attest/json.h"
#include "dom0/vouchd/say.h"

#define ATTEMPTS 5

void batch_init(struct batch *batch, struct hypervisor *hypervisor,
                const struct quoter_options *options)
{
    *batch = (struct batch){.hypervisor = hypervisor};
    quoter_init(&batch->quoter, options);
}

/* ---- who waits ---- */

static void refuse(const struct waiting *waiting)
{
    if (waiting->peer != NULL) {
        waiting->peer->waits_for_evidence = false;
        peer_answer(waiting->peer, &waiting->request, VTPM_WIRE_FAILED,
                    bytes_none());
    }
}

/* Those who were asked for are answered; the others move up. */
static void forget_asked(struct batch *batch)
{
    batch->count -= batch->asked;
    memmove(batch->waiting, batch->waiting + batch->asked,
            batch->count * sizeof(batch->waiting[0]));
    batch->asked = 0;
    free((void *)batch->log.data);
    batch->log = bytes_none();
}

static void refuse_asked(struct batch *batch)
{
    for (size_t i = 0; i < batch->asked; i++) {
        refuse(&batch->waiting[i]);
    }
    forget_asked(batch);
}

void batch_forget(struct batch *batch, const struct peer *peer)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->waiting[i].peer == peer) {
            batch->waiting[i].peer = NULL;
        }
    }
}

/* ---- the quote ---- */

static void start_quote(struct batch *batch)
{
    struct sha256_digest root = merkle_root(&batch->tree);
    free((void *)batch->log.data);
    batch->log = bytes_none();
    int error = hypervisor_read_log(batch->hypervisor, &batch->log);
    if (error != 0) {
        say("no quote: the log cannot be read: %s", strerror(-error));
        refuse_asked(batch);
    } else if (!quoter_start(&batch->quoter, &root, batch->log)) {
        refuse_asked(batch);
    }
}

static void start(struct batch *batch)
{
    static struct sha256_digest leaves[BATCH_MAX];
    for (size_t i = 0; i < batch->count; i++) {
        leaves[i] = batch->waiting[i].leaf;
    }
    batch->asked = batch->count;
    batch->attempt = 1;
    if (!merkle_build(leaves, batch->asked, &batch->tree)) {
        refuse_asked(batch);
        return;
    }
    start_quote(batch);
}

void batch_add(struct batch *batch, struct peer *peer,
               const struct request *request)
{
    struct sha256_digest quote;
    struct waiting *waiting = &batch->waiting[batch->count];
    if (batch->count == BATCH_MAX) {
        peer_answer(peer, request, VTPM_WIRE_FAILED, bytes_none());
        return;
    }
    memcpy(quote.bytes, request->quote.data, sizeof(quote.bytes));
    *waiting = (struct waiting){
        .peer = peer,
        .request = {.type = request->type, .id = request->id},
        .leaf = merkle_leaf(request->nonce, request->name, &quote)};
    peer->waits_for_evidence = true;
    batch->count++;
    if (batch->asked == 0) {
        start(batch);
    }
}

/* ---- the answers ---- */

static json_t *proof_of(const struct merkle_tree *tree, size_t index)
{
    struct merkle_path path;
    if (!merkle_find_path(tree, index, &path)) {
        abort();
    }
    json_t *proof = json_object(), *digests = json_array();
    for (size_t i = 0; i < path.size; i++) {
        json_push(digests, json_hex(sha256_bytes(&path.digests[i])));
    }
    json_put(proof, "index", json_integer((json_int_t)index));
    json_put(proof, "count", json_integer((json_int_t)path.count));
    json_put(proof, "path", digests);
    return proof;
}

static void answer(struct batch *batch, size_t index, json_t *platform)
{
    struct waiting *waiting = &batch->waiting[index];
    if (waiting->peer == NULL) {
        return;
    }
    json_t *root = json_object();
    size_t size;
    json_put(root, "platform", json_incref(platform));
    json_put(root, "proof", proof_of(&batch->tree, index));
    char *text = json_text(root, &size);
    if (size <= VTPM_EVIDENCE_MAX) {
        waiting->peer->waits_for_evidence = false;
        peer_answer(waiting->peer, &waiting->request, VTPM_WIRE_OK,
                    bytes_of(text, size));
    } else {
        say("no evidence: its %zu bytes are more than a vTPM takes", size);
        refuse(waiting);
    }
    free(text);
    json_decref(root);
}

static void answer_asked(struct batch *batch)
{
    json_t *platform;
    if (json_read(buffer_bytes(&batch->quoter.text), &platform) !=
        JSON_STATUS_OK) {
        say("no quote: what vouch quote prints is no evidence");
        refuse_asked(batch);
        return;
    }
    json_object_del(platform, "format");
    for (size_t i = 0; i < batch->asked; i++) {
        answer(batch, i, platform);
    }
    say("evidence: one quote for %zu, %u attempt%s", batch->asked,
        batch->attempt, batch->attempt == 1 ? "" : "s");
    json_decref(platform);
    forget_asked(batch);
}

static bool log_is_same(struct batch *batch)
{
    struct bytes now;
    if (hypervisor_read_log(batch->hypervisor, &now) != 0) {
        return false;
    }
    bool is_same = bytes_equal(now, batch->log);
    free((void *)now.data);
    return is_same;
}

int batch_descriptor(const struct batch *batch)
{
    return batch->quoter.output;
}

static void look(struct batch *batch, bool is_readable)
{
    switch (quoter_look(&batch->quoter, is_readable)) {
    case QUOTER_RUNNING:
        return;
    case QUOTER_FAILED:
        refuse_asked(batch);
        return;
    case QUOTER_DONE:
        break;
    }
    if (log_is_same(batch)) {
        answer_asked(batch);
    } else if (batch->attempt < ATTEMPTS) {
        batch->attempt++;
        start_quote(batch);
    } else {
        say("no quote: the log grows all the time");
        refuse_asked(batch);
    }
}

void batch_run(struct batch *batch, bool is_readable)
{
    if (batch->asked != 0) {
        look(batch, is_readable);
    }
    if (batch->asked == 0 && batch->count != 0) {
        start(batch);
    }
}
