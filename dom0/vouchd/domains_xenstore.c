/* SPDX-License-Identifier: MIT */
/*
 * xenstore's view. The domains are watched as a whole, and in each the folder
 * of the stream. Who serves whom is read where libxl writes for itself
 * (/libxl/GUEST/device/vtpm), and the guest's UUID where only libxl writes.
 */
#include "dom0/vouchd/domains.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "dom0/vouchd/slots.h"
#include "lib/vtpm_wire.h"

#define PATH_SIZE 128

struct domains {
    struct xs_handle *store;
    /* Domains whose stream's folder is watched. */
    uint8_t watched[65536 / 8];
};

struct domains *domains_open(void)
{
    struct domains *domains = calloc(1, sizeof(*domains));
    if (domains == NULL) {
        return NULL;
    }
    domains->store = xs_open(0);
    if (domains->store == NULL ||
        !xs_watch(domains->store, "@introduceDomain", "domains") ||
        !xs_watch(domains->store, "@releaseDomain", "domains")) {
        if (domains->store != NULL) {
            xs_close(domains->store);
        }
        free(domains);
        return NULL;
    }
    return domains;
}

int domains_descriptor(const struct domains *domains)
{
    return xs_fileno(domains->store);
}

static void drain(struct domains *domains)
{
    char **event;
    while ((event = xs_check_watch(domains->store)) != NULL) {
        free(event);
    }
}

static void watch_stream(struct domains *domains, uint16_t domid)
{
    char path[PATH_SIZE];
    uint8_t *byte = &domains->watched[domid / 8];
    uint8_t bit = (uint8_t)(1u << domid % 8);
    if ((*byte & bit) == 0) {
        snprintf(path, sizeof(path), "/local/domain/%u/" VTPM_WIRE_PATH, domid);
        if (xs_watch(domains->store, path, "stream")) {
            *byte |= bit;
        }
    }
}

/* *out is 0 if it is not there or no number. */
static void read_number(struct domains *domains, const char *path,
                        uint64_t *out)
{
    char *text = xs_read(domains->store, XBT_NULL, path, NULL);
    *out = text == NULL ? 0 : strtoull(text, NULL, 10);
    free(text);
}

static bool find_ring(struct domains *domains, uint16_t domid, uint64_t *ring)
{
    char path[PATH_SIZE];
    uint64_t grant, port;
    snprintf(path, sizeof(path), "/local/domain/%u/" VTPM_WIRE_PATH "/ring-ref",
             domid);
    read_number(domains, path, &grant);
    snprintf(path, sizeof(path),
             "/local/domain/%u/" VTPM_WIRE_PATH "/event-channel", domid);
    read_number(domains, path, &port);
    *ring = grant << 32 | (uint32_t)port;
    return grant != 0 && port != 0;
}

size_t domains_list(struct domains *domains, struct domain *out, size_t room)
{
    unsigned count = 0;
    size_t used = 0;
    drain(domains);
    char **names =
        xs_directory(domains->store, XBT_NULL, "/local/domain", &count);
    for (unsigned i = 0; names != NULL && i < count && used < room; i++) {
        unsigned long domid = strtoul(names[i], NULL, 10);
        if (domid == 0 || domid > UINT16_MAX) {
            continue;
        }
        out[used].domid = (uint16_t)domid;
        watch_stream(domains, out[used].domid);
        if (find_ring(domains, out[used].domid, &out[used].ring)) {
            used++;
        }
    }
    free(names);
    return used;
}

/* Does a vTPM device of that guest, as libxl knows it, lead to that domain? */
static bool is_served_by(struct domains *domains, const char *guest,
                         uint16_t vtpm)
{
    char path[PATH_SIZE], back[PATH_SIZE];
    unsigned count = 0;
    bool is_found = false;
    snprintf(path, sizeof(path), "/libxl/%.16s/device/vtpm", guest);
    snprintf(back, sizeof(back), "/local/domain/%u/backend/vtpm/%.16s/", vtpm,
             guest);
    char **devices = xs_directory(domains->store, XBT_NULL, path, &count);
    for (unsigned i = 0; devices != NULL && i < count; i++) {
        snprintf(path, sizeof(path), "/libxl/%.16s/device/vtpm/%.16s/backend",
                 guest, devices[i]);
        char *backend = xs_read(domains->store, XBT_NULL, path, NULL);
        is_found |=
            backend != NULL && strncmp(backend, back, strlen(back)) == 0;
        free(backend);
    }
    free(devices);
    return is_found;
}

static bool read_uuid(struct domains *domains, const char *guest,
                      uint8_t uuid[16])
{
    char path[PATH_SIZE];
    snprintf(path, sizeof(path), "/local/domain/%.16s/vm", guest);
    char *text = xs_read(domains->store, XBT_NULL, path, NULL);
    bool is_done = text != NULL && strncmp(text, "/vm/", 4) == 0 &&
                   slots_uuid_parse(text + 4, uuid);
    free(text);
    return is_done;
}

bool domains_guest_of(struct domains *domains, uint16_t vtpm, uint8_t uuid[16])
{
    unsigned count = 0;
    bool is_found = false;
    char **guests = xs_directory(domains->store, XBT_NULL, "/libxl", &count);
    for (unsigned i = 0; guests != NULL && i < count && !is_found; i++) {
        is_found = is_served_by(domains, guests[i], vtpm) &&
                   read_uuid(domains, guests[i], uuid);
    }
    free(guests);
    return is_found;
}
