/* SPDX-License-Identifier: MIT */
/*
 * By libxencall. Structures and buffers are in memory that stays where it is
 * during the call: one page for the structure, and a few for bytes.
 */
#include "dom0/vouchd/hypervisor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xencall.h>

#define PAGE_SIZE    4096
#define BYTES_PAGES  16
#define BYTES_SIZE   (BYTES_PAGES * PAGE_SIZE)
#define LOG_MAX_SIZE (4u << 20)
#define VTPM_TYPE    "vtpm_launched_t"

struct hypervisor {
    xencall_handle *call;
    void *structure;
    uint8_t *bytes;
};

_Static_assert(BYTES_SIZE >= VOUCH_STATE_TABLE_MAX, "a table fits");

struct hypervisor *hypervisor_open(void)
{
    struct hypervisor *hypervisor = calloc(1, sizeof(*hypervisor));
    if (hypervisor == NULL) {
        return NULL;
    }
    hypervisor->call = xencall_open(NULL, 0);
    if (hypervisor->call != NULL) {
        hypervisor->structure =
            xencall_alloc_buffer_pages(hypervisor->call, 1);
        hypervisor->bytes =
            xencall_alloc_buffer_pages(hypervisor->call, BYTES_PAGES);
    }
    if (hypervisor->structure == NULL || hypervisor->bytes == NULL) {
        free(hypervisor);
        return NULL;
    }
    return hypervisor;
}

static int call(struct hypervisor *hypervisor, unsigned operation,
                void *structure, size_t size)
{
    memcpy(hypervisor->structure, structure, size);
    int result = xencall2(hypervisor->call, __HYPERVISOR_vouch_op, operation,
                          (uintptr_t)hypervisor->structure);
    memcpy(structure, hypervisor->structure, size);
    return result < 0 ? -errno : 0;
}

/* user:role:type, of the policy's own types (policy/guests.te). */
static bool is_vtpm_label(const char *label)
{
    static const char end[] = ":" VTPM_TYPE;
    size_t size = strlen(label);
    return size >= sizeof(end) - 1 &&
           strcmp(label + size - (sizeof(end) - 1), end) == 0;
}

bool hypervisor_is_vtpm(struct hypervisor *hypervisor, uint16_t domid)
{
    struct vouch_launch_info info = {.domid = domid};
    int error = call(hypervisor, VOUCHOP_launch_info, &info, sizeof(info));
    info.label[sizeof(info.label) - 1] = 0;
    return error == 0 && is_vtpm_label(info.label);
}

static int read_log_part(struct hypervisor *hypervisor,
                         struct vouch_log_read *part)
{
    part->buffer = (uintptr_t)hypervisor->bytes;
    part->size = BYTES_SIZE;
    int result = call(hypervisor, VOUCHOP_log_read, part, sizeof(*part));
    return result == 0 && part->size > BYTES_SIZE ? -EIO : result;
}

/* It may grow while it is read, and then only at its end. */
int hypervisor_read_log(struct hypervisor *hypervisor, struct bytes *out)
{
    struct vouch_log_read part = {.offset = 0};
    uint8_t *log = malloc(LOG_MAX_SIZE);
    size_t size = 0;
    int result = log == NULL ? -ENOMEM : 0;
    while (result == 0) {
        part.offset = size;
        result = read_log_part(hypervisor, &part);
        if (result == 0 && part.size > LOG_MAX_SIZE - size) {
            result = -EFBIG;
        }
        if (result == 0) {
            memcpy(log + size, hypervisor->bytes, part.size);
            size += part.size;
            if (part.size == 0 || size >= part.total) {
                *out = bytes_of(log, size);
                return 0;
            }
        }
    }
    free(log);
    return result;
}

static int call_with_table(struct hypervisor *hypervisor, unsigned operation,
                           struct vouch_state_table *arguments,
                           struct buffer *table)
{
    arguments->buffer = (uintptr_t)hypervisor->bytes;
    int result = call(hypervisor, operation, arguments, sizeof(*arguments));
    if (result == 0 && arguments->size > table->size) {
        result = -EFBIG;
    }
    if (result == 0) {
        memcpy(table->data, hypervisor->bytes, arguments->size);
        table->used = arguments->size;
    }
    return result;
}

int hypervisor_open_state(struct hypervisor *hypervisor, struct bytes approval,
                          struct buffer *table)
{
    struct vouch_state_table arguments = {
        .size = table->used,
        .room = VOUCH_STATE_TABLE_MAX,
        .approval = (uintptr_t)(hypervisor->bytes + VOUCH_STATE_TABLE_MAX),
        .approval_size = approval.size};
    if (table->used > VOUCH_STATE_TABLE_MAX ||
        approval.size > BYTES_SIZE - VOUCH_STATE_TABLE_MAX) {
        return -EFBIG;
    }
    memcpy(hypervisor->bytes, table->data, table->used);
    if (approval.size != 0) {
        memcpy(hypervisor->bytes + VOUCH_STATE_TABLE_MAX, approval.data,
               approval.size);
    }
    return call_with_table(hypervisor, VOUCHOP_state_open, &arguments, table);
}

int hypervisor_commit_state(struct hypervisor *hypervisor)
{
    struct vouch_state_table none = {0};
    return call(hypervisor, VOUCHOP_state_commit, &none, sizeof(none));
}

int hypervisor_read_state(struct hypervisor *hypervisor, struct buffer *table,
                          uint64_t *changes)
{
    struct vouch_state_table arguments = {.room = VOUCH_STATE_TABLE_MAX};
    int result = call_with_table(hypervisor, VOUCHOP_state_read, &arguments,
                                 table);
    *changes = arguments.changes;
    return result;
}

int hypervisor_forget_state(struct hypervisor *hypervisor,
                            const uint8_t uuid[VOUCH_UUID_SIZE])
{
    struct vouch_state_forget arguments;
    memcpy(arguments.uuid, uuid, sizeof(arguments.uuid));
    return call(hypervisor, VOUCHOP_state_forget, &arguments,
                sizeof(arguments));
}
