/* SPDX-License-Identifier: MIT */
/* Domains as lines of a file, looked at ten times a second. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "dom0/vouchd/domains.h"
#include "dom0/vouchd/slots.h"
#include "tests/scenario/vouchd/double.h"

struct domains {
    int timer;
};

struct domains *domains_open(void)
{
    const struct itimerspec often = {.it_interval = {.tv_nsec = 100000000},
                                     .it_value = {.tv_nsec = 100000000}};
    struct domains *domains = calloc(1, sizeof(*domains));
    if (domains != NULL) {
        domains->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
        (void)timerfd_settime(domains->timer, 0, &often, NULL);
    }
    return domains;
}

int domains_descriptor(const struct domains *domains)
{
    return domains->timer;
}

static size_t read_lines(struct domain *out, char (*uuids)[64], size_t room)
{
    char path[256];
    unsigned domid;
    unsigned long ring;
    size_t used = 0;
    double_path("domains", path, sizeof(path));
    FILE *file = fopen(path, "r");
    while (file != NULL && used < room &&
           fscanf(file, "%u %lu %63s", &domid, &ring, uuids[used]) == 3) {
        out[used++] = (struct domain){.domid = (uint16_t)domid, .ring = ring};
    }
    if (file != NULL) {
        fclose(file);
    }
    return used;
}

static char uuids[DOMAINS_MAX][64];

size_t domains_list(struct domains *domains, struct domain *out, size_t room)
{
    uint64_t ticks;
    if (read(domains->timer, &ticks, sizeof(ticks)) < 0) {
        ticks = 0;
    }
    return read_lines(out, uuids, room < DOMAINS_MAX ? room : DOMAINS_MAX);
}

bool domains_guest_of(struct domains *domains, uint16_t vtpm, uint8_t uuid[16])
{
    static struct domain list[DOMAINS_MAX];
    size_t count = read_lines(list, uuids, DOMAINS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (list[i].domid == vtpm) {
            return slots_uuid_parse(uuids[i], uuid);
        }
    }
    return false;
}
