/* SPDX-License-Identifier: MIT */
/* The part of evidence that is about a guest. */
#include "attest/evidence_parts.h"

/* {"index": i, "count": n, "path": [hex...]}, from the leaf to the root */
static void take_proof(struct json_reader *reader, const json_t *root,
                       struct merkle_path *out)
{
    const json_t *object = json_take_object(reader, root, "proof");
    json_allow(reader, object, "index count path");
    out->index = json_take_number(reader, object, "index", MERKLE_MAX_LEAVES);
    out->count = json_take_number(reader, object, "count", MERKLE_MAX_LEAVES);
    const json_t *list = json_take_array(reader, object, "path");
    out->size = json_array_size(list);
    if (out->size > MERKLE_MAX_PATH) {
        reader->failed = true;
        out->size = 0;
    }
    for (size_t i = 0; i < out->size; i++) {
        if (!json_parse_digest(json_array_get(list, i), &out->digests[i])) {
            reader->failed = true;
        }
    }
}

void evidence_take_guest(struct json_reader *reader, const json_t *root,
                         struct buffer *buffer, struct evidence *out)
{
    struct evidence_guest *guest = &out->guest;
    take_proof(reader, root, &out->proof);
    const json_t *object = json_take_object(reader, root, "guest");
    json_allow(reader, object, "quote signature public ek log");
    evidence_take_member(reader, object, "quote", buffer, &guest->quote);
    evidence_take_member(reader, object, "signature", buffer,
                         &guest->signature);
    evidence_take_member(reader, object, "public", buffer, &guest->public);
    evidence_take_member(reader, object, "ek", buffer, &guest->ek);
    evidence_take_member(reader, object, "log", buffer, &guest->log);
    out->has_guest = true;
}

void evidence_put_guest(json_t *root, const struct evidence *evidence)
{
    const struct evidence_guest *guest = &evidence->guest;
    const struct merkle_path *proof = &evidence->proof;
    json_t *is = json_object(), *path = json_object(), *list = json_array();
    for (size_t i = 0; i < proof->size; i++) {
        json_push(list, json_hex(sha256_bytes(&proof->digests[i])));
    }
    json_put(path, "index", json_integer((json_int_t)proof->index));
    json_put(path, "count", json_integer((json_int_t)proof->count));
    json_put(path, "path", list);
    json_put(is, "quote", json_base64(guest->quote));
    json_put(is, "signature", json_base64(guest->signature));
    json_put(is, "public", json_base64(guest->public));
    json_put(is, "ek", json_base64(guest->ek));
    if (guest->log.size != 0) {
        json_put(is, "log", json_base64(guest->log));
    }
    json_put(root, "proof", path);
    json_put(root, "guest", is);
}
