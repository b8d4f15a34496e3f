/* SPDX-License-Identifier: MIT */
/*
 * A crash between the storing of table.next and its renaming leaves both: only
 * the hypervisor knows which of them counts, so it is shown the one and then
 * the other. Its TPM may be busy for dom0 just then: that is tried again.
 */
#include "dom0/vouchd/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dom0/vouchd/say.h"
#include "dom0/vouchd/slots.h"

#define NOW_NAME      "table"
#define NEXT_NAME     "table.next"
#define APPROVAL_NAME "approval"
#define APPROVAL_MAX  1024
/* A version counts some moments after its state was stored. */
#define SETTLE_SECONDS 2
#define AGAIN_SECONDS  5
#define BUSY_TRIES     100
#define BUSY_US        50000

static uint8_t room[VOUCH_STATE_TABLE_MAX];

static int open_state(const struct table *table, struct hypervisor *hypervisor,
                      struct buffer *buffer)
{
    size_t size = buffer->used;
    int error = -EBUSY;
    for (int i = 0; i < BUSY_TRIES && error == -EBUSY; i++) {
        if (i != 0) {
            usleep(BUSY_US);
        }
        buffer->used = size;
        error = hypervisor_open_state(hypervisor, table->approval, buffer);
    }
    return error;
}

static int commit_state(struct hypervisor *hypervisor)
{
    int error = -EBUSY;
    for (int i = 0; i < BUSY_TRIES && error == -EBUSY; i++) {
        if (i != 0) {
            usleep(BUSY_US);
        }
        error = hypervisor_commit_state(hypervisor);
    }
    return error;
}

/* -ENOENT: no such file. */
static int try_file(const struct table *table, struct hypervisor *hypervisor,
                    const char *name, struct buffer *buffer)
{
    struct bytes last;
    if (!slots_read(table->root, name, buffer->size, &last)) {
        return -EIO;
    }
    if (last.data == NULL) {
        return -ENOENT;
    }
    memcpy(buffer->data, last.data, last.size);
    buffer->used = last.size;
    free((void *)last.data);
    return open_state(table, hypervisor, buffer);
}

/* Without a table, there may never have been one. */
static int open_any(const struct table *table, struct hypervisor *hypervisor,
                    struct buffer *buffer)
{
    int now = try_file(table, hypervisor, NOW_NAME, buffer);
    if (now == 0) {
        return 0;
    }
    int next = try_file(table, hypervisor, NEXT_NAME, buffer);
    if (next == 0) {
        return 0;
    }
    if (now == -ENOENT) {
        buffer->used = 0;
        return open_state(table, hypervisor, buffer);
    }
    return now;
}

/* What the hypervisor gave for the next epoch is stored, and then counts. */
static int begin_epoch(struct table *table, struct hypervisor *hypervisor,
                       struct bytes next)
{
    if (!slots_replace(table->root, NEXT_NAME, next)) {
        return -errno;
    }
    int error = commit_state(hypervisor);
    if (error == 0 && !slots_replace(table->root, NOW_NAME, next)) {
        error = -errno;
    }
    return error;
}

void table_open(struct table *table, int root, struct hypervisor *hypervisor)
{
    struct buffer buffer = buffer_over(room, sizeof(room));
    *table = (struct table){.root = root};
    if (!slots_read(root, APPROVAL_NAME, APPROVAL_MAX, &table->approval)) {
        say("the approval cannot be read: %s", strerror(errno));
    }
    int error = open_any(table, hypervisor, &buffer);
    if (error == 0) {
        error = begin_epoch(table, hypervisor, buffer_bytes(&buffer));
    }
    if (error != 0) {
        say("the table of versions is not open: %s", strerror(-error));
        return;
    }
    table->is_open = true;
    say("the table of versions is open, %zu bytes", buffer.used);
}

void table_next_epoch(struct table *table, struct hypervisor *hypervisor)
{
    struct buffer buffer = buffer_over(room, sizeof(room));
    if (!table->is_open) {
        return;
    }
    int error = open_state(table, hypervisor, &buffer);
    if (error == 0) {
        error = begin_epoch(table, hypervisor, buffer_bytes(&buffer));
    }
    say("another epoch: %s", error == 0 ? "begun" : strerror(-error));
    table->epoch_at = error == 0 ? 0 : time(NULL) + AGAIN_SECONDS;
    /* One that was prepared before and failed was of the table as it was then. */
    table_expect_change(table);
}

void table_expect_change(struct table *table)
{
    table->look_at = time(NULL) + SETTLE_SECONDS;
}

void table_run(struct table *table, struct hypervisor *hypervisor)
{
    struct buffer buffer = buffer_over(room, sizeof(room));
    uint64_t changes;
    if (table->epoch_at != 0 && time(NULL) >= table->epoch_at) {
        table_next_epoch(table, hypervisor);
    }
    if (!table->is_open || table->look_at == 0 || time(NULL) < table->look_at) {
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
