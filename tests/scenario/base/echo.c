/* SPDX-License-Identifier: MIT */
/*
 * A program that is no TPM, for tests of the drivers under it: the answer to a
 * command is success and what came behind the command's header, the answer to
 * bytes on dom0's stream the same bytes. It says what happens.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vtpm/base/calls.h"

#define HEADER_SIZE 10

static uint8_t stream[100000];
static size_t stream_used;
static size_t stream_total;

static void answer(void)
{
    uint8_t data[VTPM_COMMAND_MAX];
    long size = syscall(VTPM_CALL_COMMAND, data, sizeof(data));

    if (size < HEADER_SIZE) {
        printf("echo: no command: %s\n", strerror(errno));
        return;
    }
    memset(data + 6, 0, 4); /* the code becomes success */
    if (syscall(VTPM_CALL_RESPONSE, data, size) != 0) {
        printf("echo: no response: %s\n", strerror(errno));
    }
}

/* Back goes what there is room for, and no more is taken meanwhile. */
static void stream_step(void)
{
    for (;;) {
        long size;

        if (stream_used != 0) {
            size = syscall(VTPM_CALL_DOM0_WRITE, stream, stream_used);
            if (size > 0) {
                stream_used -= (size_t)size;
                memmove(stream, stream + size, stream_used);
                continue;
            }
        } else {
            size = syscall(VTPM_CALL_DOM0_READ, stream, sizeof(stream));
            if (size > 0) {
                stream_used = (size_t)size;
                stream_total += (size_t)size;
                continue;
            }
        }
        if (errno != EAGAIN) {
            printf("echo: stream: %s, %zu bytes\n", strerror(errno),
                   stream_total);
            stream_used = stream_total = 0;
        }
        return;
    }
}

static void deal_with(const struct vtpm_event *event)
{
    switch ((enum vtpm_event_kind)event->kind) {
    case VTPM_EVENT_GUEST:
        printf("echo: guest %u\n", event->domid);
        if (syscall(VTPM_CALL_SERVE, event->domid) != 0) {
            printf("echo: not served: %s\n", strerror(errno));
        }
        return;
    case VTPM_EVENT_COMMAND:
        answer();
        return;
    case VTPM_EVENT_CANCEL:
        printf("echo: cancelled\n");
        return;
    case VTPM_EVENT_GONE:
        printf("echo: guest %u is gone\n", event->domid);
        return;
    case VTPM_EVENT_DOM0:
        stream_step();
        return;
    }
}

int main(void)
{
    struct vtpm_event event;

    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("echo: begins\n");
    while (syscall(VTPM_CALL_WAIT, &event, -1) == 0) {
        deal_with(&event);
    }
    printf("echo: nothing to wait for: %s\n", strerror(errno));
    return 1;
}
