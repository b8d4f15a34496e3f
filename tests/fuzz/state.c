/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the table of versions, before and after its MAC is looked at:
 * what is read is written back as it was, and every change leaves a table.
 */
#include <stdlib.h>

#include "hv/measure/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct state_table table, again;
static uint8_t room[STATE_TABLE_MAX];
static const struct sha256_digest root;

static void check_change(const uint8_t *uuid)
{
    struct state_grant grant;
    const struct state_claim claim = {
        .uuid = uuid, .label = bytes_of_text("a:b:c"), .holder = 1};
    struct buffer out = buffer_over(room, sizeof(room));
    if (state_forget(&table, uuid) == STATE_FULL) {
        return;
    }
    if (state_key(&table, &root, &claim, &grant) == STATE_OK) {
        if (grant.version != 0 || grant.first % STATE_VERSIONS != 0 ||
            state_holder(&table, uuid) != 1 ||
            state_mark(&table, 1, 2) != STATE_OK ||
            state_mark(&table, 2, 3) != STATE_FENCED) {
            abort();
        }
    }
    if (state_build(&root, &table, table.epoch, &out) != STATE_OK ||
        state_parse(buffer_bytes(&out), &again) != STATE_OK ||
        state_verify(&root, buffer_bytes(&out)) != STATE_OK) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes bytes = bytes_of(data, size);
    struct buffer out = buffer_over(room, sizeof(room));
    if (state_parse(bytes, &table) != STATE_OK) {
        return 0;
    }
    if (state_build(&root, &table, table.epoch, &out) != STATE_OK ||
        out.used != size || memcmp(room, data, size - SHA256_SIZE) != 0) {
        abort();
    }
    bool is_same = memcmp(room, data, size) == 0;
    if (is_same != (state_verify(&root, bytes) == STATE_OK)) {
        abort();
    }
    (void)state_check_epoch(&table, table.epoch);
    check_change(data); /* any sixteen bytes */
    return 0;
}
