/* SPDX-License-Identifier: MIT */
/*
 * A crash between the storing of table.next and its renaming leaves both: only
 * the hypervisor knows which of them counts, so it is shown the one and then
 * the other.
 */
#include "dom0/vouchd/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0/vouchd/say.h"
#include "dom0/vouchd/slots.h"

#define NOW_NAME   "table"
#define NEXT_NAME  "table.next"
/* A version counts some moments after its state was stored. */
#define SETTLE_SECONDS 2

/* -ENOENT: no such file. */
static int try_file(struct hypervisor *hypervisor, int root, const char *name,
                    struct buffer *buffer)
{
    struct bytes last;
    if (!slots_read(root, name, buffer->size, &last)) {
        return -EIO;
    }
    if (last.data == NULL) {
        return -ENOENT;
    }
    memcpy(buffer->data, last.data, last.size);
    buffer->used = last.size;
    free((void *)last.data);
    return hypervisor_open_state(hypervisor, buffer);
}

static int open_any(struct hypervisor *hypervisor, int root,
                    struct buffer *buffer)
{
    int first = try_file(hypervisor, root, NOW_NAME, buffer);
    int second =
        first == 0 ? 0 : try_file(hypervisor, root, NEXT_NAME, buffer);
    if (first == -ENOENT && second == -ENOENT) {
        buffer->used = 0;
        return hypervisor_open_state(hypervisor, buffer);
    }
    return second == -ENOENT ? first : second;
}

void table_open(struct table *table, int root, struct hypervisor *hypervisor)
{
    static uint8_t room[VOUCH_STATE_TABLE_MAX];
    struct buffer buffer = buffer_over(room, sizeof(room));
    *table = (struct table){.root = root};
    int error = open_any(hypervisor, root, &buffer);
    if (error == 0 && !slots_replace(root, NEXT_NAME, buffer_bytes(&buffer))) {
        error = -errno;
    }
    if (error == 0) {
        error = hypervisor_commit_state(hypervisor);
    }
    if (error == 0 && !slots_replace(root, NOW_NAME, buffer_bytes(&buffer))) {
        error = -errno;
    }
    if (error != 0) {
        say("the table of versions is not open: %s", strerror(-error));
        return;
    }
    table->is_open = true;
    say("the table of versions is open, %zu bytes", buffer.used);
}

void table_expect_change(struct table *table)
{
    table->look_at = time(NULL) + SETTLE_SECONDS;
}

void table_run(struct table *table, struct hypervisor *hypervisor)
{
    static uint8_t room[VOUCH_STATE_TABLE_MAX];
    struct buffer buffer = buffer_over(room, sizeof(room));
    uint64_t changes;
    if (!table->is_open || table->look_at == 0 ||
        time(NULL) < table->look_at) {
        return;
    }
    table->look_at = 0;
    if (hypervisor_read_state(hypervisor, &buffer, &changes) != 0 ||
        changes == table->changes) {
        return;
    }
    if (!slots_replace(table->root, NOW_NAME, buffer_bytes(&buffer))) {
        say("the table of versions cannot be stored: %s", strerror(errno));
        table_expect_change(table);
        return;
    }
    table->changes = changes;
    say("the table of versions is stored, %zu bytes", buffer.used);
}
