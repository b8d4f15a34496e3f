/* SPDX-License-Identifier: MIT */
/* See tpm_ring.h. */
#include "vtpm/base/tpm_ring.h"

#include "vtpm/base/errno.h"
#include "vtpm/base/event.h"
#include "vtpm/base/grant.h"
#include "vtpm/base/tpm_page.h"

enum progress {
    PROGRESS_NONE,
    PROGRESS_NEW,  /* the program is to be told */
    PROGRESS_TOLD, /* it works at the command */
};

static struct {
    uint16_t domid;
    struct grant_mapping mapping; /* page NULL: not open */
    uint32_t port;
    uint32_t guest_ref, guest_port;
    enum progress command, cancel;
    struct tpm_command taken;
} ring;

static void give_up(void)
{
    tpm_page_drop(ring.mapping.page);
    event_send(ring.port);
}

/* While a command is under way, only its end is of interest. */
static void on_event(void *context)
{
    if (ring.mapping.page == NULL) {
        return;
    }
    if (ring.command != PROGRESS_NONE) {
        if (ring.cancel == PROGRESS_NONE &&
            tpm_page_is_cancelled(ring.mapping.page)) {
            ring.cancel = PROGRESS_NEW;
        }
        return;
    }
    switch (tpm_page_take(ring.mapping.page, &ring.taken)) {
    case TPM_PAGE_COMMAND:
        ring.command = PROGRESS_NEW;
        ring.cancel = PROGRESS_NONE;
        return;
    case TPM_PAGE_CANCEL:
    case TPM_PAGE_BAD:
        give_up();
        return;
    case TPM_PAGE_NOTHING:
        return;
    }
}

int tpm_ring_open(uint16_t domid, uint32_t ref, uint32_t port)
{
    struct grant_mapping mapping = {0};
    uint32_t own_port;
    int result = grant_map(domid, ref, &mapping);

    if (result != 0) {
        return result;
    }
    result = event_bind(domid, port, on_event, NULL, &own_port);
    if (result != 0) {
        grant_unmap(&mapping);
        return result;
    }
    ring.domid = domid;
    ring.mapping = mapping;
    ring.port = own_port;
    ring.guest_ref = ref;
    ring.guest_port = port;
    ring.command = ring.cancel = PROGRESS_NONE;
    /* A driver sends its first command before anybody listens. */
    on_event(NULL);
    return 0;
}

bool tpm_ring_is_open(void)
{
    return ring.mapping.page != NULL;
}

bool tpm_ring_is_of(uint32_t ref, uint32_t port)
{
    return tpm_ring_is_open() && ring.guest_ref == ref &&
           ring.guest_port == port;
}

void tpm_ring_close(void)
{
    if (tpm_ring_is_open()) {
        event_close(ring.port);
        grant_unmap(&ring.mapping);
        ring.mapping.page = NULL;
    }
    ring.command = ring.cancel = PROGRESS_NONE;
}

static void describe(struct vtpm_event *event, enum vtpm_event_kind kind)
{
    *event = (struct vtpm_event){.kind = kind,
                                 .domid = ring.domid,
                                 .locality = ring.taken.locality,
                                 .size = ring.taken.size};
}

bool tpm_ring_poll(struct vtpm_event *event)
{
    if (ring.command == PROGRESS_NEW) {
        ring.command = PROGRESS_TOLD;
        describe(event, VTPM_EVENT_COMMAND);
        return true;
    }
    if (ring.cancel == PROGRESS_NEW) {
        ring.cancel = PROGRESS_TOLD;
        describe(event, VTPM_EVENT_CANCEL);
        return true;
    }
    return false;
}

struct bytes tpm_ring_command(void)
{
    return ring.command == PROGRESS_NONE
               ? bytes_none()
               : bytes_of(ring.taken.data, ring.taken.size);
}

int tpm_ring_respond(struct bytes response)
{
    if (ring.command == PROGRESS_NONE) {
        return -ECANCELED;
    }
    if (response.size < TPM_HEADER_SIZE || response.size > VTPM_COMMAND_MAX) {
        return -EINVAL;
    }
    ring.command = ring.cancel = PROGRESS_NONE;
    tpm_page_finish(ring.mapping.page, response);
    event_send(ring.port);
    return 0;
}
