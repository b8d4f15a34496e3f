/* SPDX-License-Identifier: MIT */
/*
 * What the stub-domain kernel offers its one program beyond Linux's system
 * calls: same instruction and registers, numbers of its own. Results are 0 or
 * more, or a negated errno. Sizes are bytes.
 */
#ifndef VOUCH_VTPM_BASE_CALLS_H
#define VOUCH_VTPM_BASE_CALLS_H

#include <stdint.h>

enum vtpm_call {
    /* (struct vtpm_module *): what the domain's ramdisk is, mapped read-only
     * and page aligned; -ENOENT if there is none. */
    VTPM_CALL_MODULE = 0x5601,
    /* (const struct vtpm_launch *): the hypervisor's launch, of memory of the
     * program's that is page aligned. Does not return on success. */
    VTPM_CALL_LAUNCH = 0x5602,
    /* (operation, structure, its size): vouch_op (hv/abi/vouch.h) of what has
     * no address in its structure: launch_info, state_key, state_mark,
     * identity. */
    VTPM_CALL_OP = 0x5603,
    /* (struct vtpm_event *, timeout in ms or -1): the next thing that happened;
     * -ETIMEDOUT if nothing does. */
    VTPM_CALL_WAIT = 0x5604,
    /* (domid): the TPM is ready for this guest, which may connect now. */
    VTPM_CALL_SERVE = 0x5605,
    /* (buffer, room): the command that VTPM_EVENT_COMMAND told of. */
    VTPM_CALL_COMMAND = 0x5606,
    /* (buffer, size): the answer to it. -ECANCELED: nobody waits any more. */
    VTPM_CALL_RESPONSE = 0x5607,
    /* (buffer, room) and (buffer, size): the stream to and from the daemon in
     * dom0; what can be done at once, or -EAGAIN, -ENOTCONN, -EPIPE. */
    VTPM_CALL_DOM0_READ = 0x5608,
    VTPM_CALL_DOM0_WRITE = 0x5609,
};

struct vtpm_module {
    const void *data;
    uint64_t size;
};

struct vtpm_launch {
    const void *kernel, *initrd; /* page aligned, touched */
    uint64_t kernel_size, initrd_size;
    const char *cmdline;
    uint64_t cmdline_size;
};

enum vtpm_event_kind {
    VTPM_EVENT_GUEST = 1, /* a guest's device wants this TPM: domid */
    VTPM_EVENT_COMMAND,   /* a command of size bytes from that guest */
    VTPM_EVENT_CANCEL,    /* the guest gave the command up */
    VTPM_EVENT_GONE,      /* the guest's device is gone */
    VTPM_EVENT_DOM0,      /* the stream can be read, written, or has ended */
};

struct vtpm_event {
    uint32_t kind;
    uint16_t domid;
    uint8_t locality; /* of a command */
    uint8_t pad;
    uint32_t size;
};

/* The largest command or response in a tpmif page without extra pages. */
#define VTPM_COMMAND_MAX 4088

#endif
