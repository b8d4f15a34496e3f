/* SPDX-License-Identifier: MIT */
/*
 * VOUCHOP_log_read through Linux's privcmd. Structure and bytes are in memory
 * that the kernel leaves where it is: the hypervisor writes there.
 */
#include "attest/cmd/hypervisor_log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* Before Xen's, which makes a macro of a name in it. */
#include "hv/abi/vouch.h"

#include <xen/xen.h>

#include <xen/sys/privcmd.h>

#define PAGE         4096u
#define CHUNK        (4 * PAGE)
#define MAX_LOG_SIZE (4u << 20)

struct channel {
    int calls;       /* /dev/xen/privcmd */
    uint8_t *memory; /* a page for the structure, then CHUNK for bytes */
    struct vouch_log_read *part;
};

static bool channel_open(struct channel *out)
{
    int memory = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);
    out->calls = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
    out->memory = MAP_FAILED;
    if (memory >= 0 && out->calls >= 0) {
        out->memory = mmap(NULL, PAGE + CHUNK, PROT_READ | PROT_WRITE,
                           MAP_SHARED, memory, 0);
    }
    if (memory >= 0) {
        close(memory);
    }
    out->part = (struct vouch_log_read *)out->memory;
    return out->memory != MAP_FAILED;
}

static void channel_close(struct channel *channel)
{
    if (channel->memory != MAP_FAILED) {
        munmap(channel->memory, PAGE + CHUNK);
    }
    if (channel->calls >= 0) {
        close(channel->calls);
    }
}

/* False: refused, or an answer that cannot be. */
static bool read_part(struct channel *channel, size_t offset)
{
    *channel->part =
        (struct vouch_log_read){.offset = offset,
                                .buffer = (uintptr_t)(channel->memory + PAGE),
                                .size = CHUNK};
    struct privcmd_hypercall call = {
        .op = __HYPERVISOR_vouch_op,
        .arg = {VOUCHOP_log_read, (uintptr_t)channel->part}};
    return ioctl(channel->calls, IOCTL_PRIVCMD_HYPERCALL, &call) == 0 &&
           channel->part->size <= CHUNK && channel->part->total <= MAX_LOG_SIZE;
}

/* It may grow while it is read, and only at its end. */
static struct bytes read_all(struct channel *channel)
{
    uint8_t *log = malloc(MAX_LOG_SIZE);
    size_t size = 0;
    while (log != NULL && read_part(channel, size) &&
           channel->part->size <= MAX_LOG_SIZE - size) {
        memcpy(log + size, channel->memory + PAGE, channel->part->size);
        size += channel->part->size;
        if (channel->part->size == 0 || size >= channel->part->total) {
            return bytes_of(log, size);
        }
    }
    free(log);
    return bytes_none();
}

struct bytes hypervisor_log_read(void)
{
    struct channel channel;
    struct bytes log = bytes_none();
    if (channel_open(&channel)) {
        log = read_all(&channel);
    }
    channel_close(&channel);
    return log;
}
