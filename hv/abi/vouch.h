/* SPDX-License-Identifier: MIT */
/*
 * What Vouch adds to the public ABI: one hypercall, in a number that Xen
 * leaves to the architecture. rdi is the operation, rsi the address of its
 * structure. Results are 0 or a negated errno of xen/errno.h. All structures
 * are of fixed layout and the same for every caller.
 */
#ifndef VOUCH_HV_ABI_VOUCH_H
#define VOUCH_HV_ABI_VOUCH_H

#include <stdint.h>

#define __HYPERVISOR_vouch_op 49 /* __HYPERVISOR_arch_1 */

#define VOUCH_DIGEST_SIZE  32   /* SHA-256 */
#define VOUCH_NAME_SIZE    34   /* TPM2B_NAME's bytes: hash algorithm, digest */
#define VOUCH_KEY_SIZE     32
#define VOUCH_UUID_SIZE    16
#define VOUCH_LABEL_SIZE   128  /* a context, NUL terminated */
#define VOUCH_CMDLINE_MAX  1023 /* bytes, without the NUL */

/*
 * Ends what the caller runs and starts the kernel it hands over, measured: its
 * domain becomes as a toolstack would have built it from these bytes, but that
 * nobody else chose them. On success it does not return; an error means that
 * nothing has changed. What is found wrong later (someone else still maps the
 * memory, the kernel cannot be loaded, the TPM fails) ends the domain.
 */
#define VOUCHOP_launch 0
struct vouch_blob {
    uint64_t frames; /* address of a uint64_t mfn for each page of it, in order */
    uint64_t size;   /* bytes; the last page is filled up with anything */
};
struct vouch_launch {
    struct vouch_blob kernel; /* an ELF file with Xen notes */
    struct vouch_blob initrd; /* size 0: none */
    uint64_t cmdline;         /* address of cmdline_size bytes without a NUL */
    uint64_t cmdline_size;    /* at most VOUCH_CMDLINE_MAX */
    /* Rings and ports that the toolstack gave the domain, which it keeps:
     * those of its start_info. The two frames are not measured. */
    uint64_t console_mfn, store_mfn;
    uint32_t console_port, store_port;
};

/*
 * What a domain was launched with. -EAGAIN: it has not been launched. -ESRCH,
 * for a vTPM domain: it is not the guest that the caller keeps a TPM for.
 */
#define VOUCHOP_launch_info 1
struct vouch_launch_info {
    uint16_t domid; /* in: whose */
    uint16_t vcpus;
    uint32_t pad;
    uint64_t instance; /* never used twice before the next boot */
    uint64_t pages;
    uint64_t kernel_size, initrd_size, cmdline_size; /* bytes */
    uint8_t kernel[VOUCH_DIGEST_SIZE], initrd[VOUCH_DIGEST_SIZE];
    uint8_t cmdline[VOUCH_DIGEST_SIZE];
    uint8_t uuid[VOUCH_UUID_SIZE];
    char label[VOUCH_LABEL_SIZE];
};

/*
 * For a vTPM domain, which was launched from an image that the hypervisor's
 * command line names (vtpm=): the key of the state that belongs to the guest,
 * and the least version of that state that is not a replay. Version 0: there
 * never was a state, so a new TPM may be made. The caller's own versions are
 * those of a start: above all that anybody had before, in this boot or another,
 * so that marking one of them makes all of those replays.
 *
 * The first guest that a vTPM domain gets a key of, or registers, is its only
 * one: -ESRCH for any other, also for one of the same id and UUID after it, and
 * for the same one with another UUID. -EBUSY: another vTPM domain was given that
 * state's key, and is not gone yet. -EAGAIN: the machine's table of versions is
 * not open. -EACCES: the guest was launched already. -ENOSPC: the table is full,
 * or the guest's TPM was started too often in this epoch.
 */
#define VOUCHOP_state_key 2
#define VOUCH_VERSIONS    (1ull << 28) /* of one start; its first is a multiple */
struct vouch_state_key {
    uint16_t domid; /* in: the guest's */
    uint16_t pad[3];
    uint64_t version;
    uint64_t first; /* of the caller's own versions; of no other's */
    uint8_t key[VOUCH_KEY_SIZE];
    uint8_t uuid[VOUCH_UUID_SIZE]; /* the guest's */
};

/* The state of that version is stored: none before it is accepted any more.
 * -ENOENT: the caller was given no key, or the state was given up since. */
#define VOUCHOP_state_mark 3
struct vouch_state_mark {
    uint16_t domid; /* the guest's */
    uint16_t pad[3];
    uint64_t version;
};

/*
 * The keys of the TPM that the caller, a vTPM domain, keeps for a guest that is
 * not launched yet: logged and extended before anything else happens. Once for
 * each guest, and for each vTPM domain. -ESRCH as for VOUCHOP_state_key.
 */
#define VOUCHOP_identity 4
struct vouch_identity {
    uint16_t domid; /* the guest's */
    uint16_t pad;
    uint8_t ak[VOUCH_NAME_SIZE], ek[VOUCH_NAME_SIZE]; /* Names, SHA-256 */
};

/* The event log: the firmware's and the hypervisor's own, up to now. */
#define VOUCHOP_log_read 5
struct vouch_log_read {
    uint64_t offset; /* in: where to begin */
    uint64_t buffer; /* in: where to put it */
    uint64_t size;   /* in: room there; out: bytes put */
    uint64_t total;  /* out: the whole log's size */
};

/*
 * The table of versions, which dom0 keeps as bytes it cannot change.
 *
 * open takes the operator's approval (lib/approval.h) and the last table (size
 * 0: there never was one), and gives the one of the next epoch. When dom0 has
 * stored that beside the other, commit makes it count, by steps of the TPM's
 * counter, and no table of an earlier epoch can be opened any more. Until then
 * keys are not given (-EAGAIN). read gives the table as it is now: to be stored
 * in place of the one of its epoch, whenever changes differs.
 *
 * open again, in the same boot, ends an epoch: the table is the hypervisor's
 * own, and neither approval nor table are looked at.
 *
 * -ENODEV: the TPM has no counter, or another than `vouch vtpm setup` makes.
 * -ENOENT: a table is needed and none was given.
 * -EBADMSG: not this machine's table, or changed. -EEXIST: a table of another
 * epoch counts (try the other of the pair). -EACCES: the TPM does not accept the
 * approval, or it is not by the key that state= names. -EOPNOTSUPP: no state=,
 * or a TPM whose locality 2 is not the hypervisor's alone. -EBUSY: dom0 uses the
 * TPM, try again. -EIO: the TPM failed. commit: -EAGAIN, nothing was prepared.
 */
#define VOUCHOP_state_open   6
#define VOUCHOP_state_commit 7
#define VOUCHOP_state_read   8
struct vouch_state_table {
    uint64_t buffer;  /* the table: in for open, out for open and read */
    uint64_t size;    /* in: its size (open); out: bytes put */
    uint64_t room;    /* in: of buffer, at least VOUCH_STATE_TABLE_MAX */
    uint64_t changes; /* out: counts changes of the table */
    uint64_t approval; /* in, open: its address */
    uint64_t approval_size; /* APPROVAL_SIZE (lib/approval.h), or 0 */
};
#define VOUCH_STATE_TABLE_MAX 16384

/* That guest's state is given up: what was stored can never be used again, once
 * the table without it has begun an epoch. -ENOENT: the table has no such guest;
 * -ENOSPC: this epoch's generations are used up. */
#define VOUCHOP_state_forget 9
struct vouch_state_forget {
    uint8_t uuid[VOUCH_UUID_SIZE];
};

#endif
