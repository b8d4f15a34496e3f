/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor as files. A table is the text "epoch N changes M"; one of
 * another epoch than the counter's is refused as the hypervisor does.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/uuid.h"
#include "dom0/vouchd/hypervisor.h"
#include "dom0/vouchd/slots.h"
#include "tests/scenario/vouchd/double.h"

struct hypervisor {
    unsigned long epoch;
};

void double_path(const char *name, char *out, size_t room)
{
    snprintf(out, room, "%s/%s", getenv("VOUCHD_DOUBLE"), name);
}

unsigned long double_number(const char *name)
{
    char path[256];
    unsigned long number = 0;
    double_path(name, path, sizeof(path));
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        if (fscanf(file, "%lu", &number) != 1) {
            number = 0;
        }
        fclose(file);
    }
    return number;
}

static void append(const char *name, const char *mode, const char *line)
{
    char path[256];
    double_path(name, path, sizeof(path));
    FILE *file = fopen(path, mode);
    if (file != NULL) {
        fprintf(file, "%s\n", line);
        fclose(file);
    }
}

struct hypervisor *hypervisor_open(void)
{
    return calloc(1, sizeof(struct hypervisor));
}

/* But those that a file names. */
bool hypervisor_is_vtpm(struct hypervisor *hypervisor, uint16_t domid)
{
    return domid != double_number("no-vtpm");
}

int hypervisor_read_log(struct hypervisor *hypervisor, struct bytes *out)
{
    char path[256];
    double_path("log", path, sizeof(path));
    FILE *file = fopen(path, "r");
    uint8_t *data = malloc(1 << 20);
    if (file == NULL || data == NULL) {
        return -EIO;
    }
    *out = bytes_of(data, fread(data, 1, 1 << 20, file));
    fclose(file);
    return 0;
}

static void put_table(struct buffer *table, unsigned long epoch,
                      unsigned long changes)
{
    table->used = (size_t)snprintf((char *)table->data, table->size,
                                   "epoch %lu changes %lu\n", epoch, changes);
}

int hypervisor_open_state(struct hypervisor *hypervisor, struct bytes approval,
                          struct buffer *table)
{
    unsigned long counter = double_number("counter"), epoch = 0;
    if (hypervisor->epoch != 0) {
        put_table(table, hypervisor->epoch + 1, double_number("changes"));
        return 0;
    }
    table->data[table->used] = 0;
    if (table->used != 0 &&
        sscanf((const char *)table->data, "epoch %lu", &epoch) != 1) {
        return -EINVAL;
    }
    if (epoch != counter) {
        return table->used == 0 ? -ENOENT : -EEXIST;
    }
    put_table(table, counter + 1, 0);
    return 0;
}

int hypervisor_commit_state(struct hypervisor *hypervisor)
{
    char text[32];
    hypervisor->epoch = double_number("counter") + 1;
    snprintf(text, sizeof(text), "%lu", hypervisor->epoch);
    append("counter", "w", text);
    return 0;
}

int hypervisor_read_state(struct hypervisor *hypervisor, struct buffer *table,
                          uint64_t *changes)
{
    *changes = double_number("changes");
    put_table(table, hypervisor->epoch, *changes);
    return 0;
}

int hypervisor_forget_state(struct hypervisor *hypervisor,
                            const uint8_t uuid[VOUCH_UUID_SIZE])
{
    char text[UUID_TEXT_SIZE];
    uuid_text(uuid, text);
    append("forgotten", "a", text);
    return 0;
}
