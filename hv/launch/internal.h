/* SPDX-License-Identifier: MIT */
/*
 * Between the files of this folder: a launch under way.  It is its domain's and
 * only its vCPU 0, or who ends the domain, uses it.
 */
#pragma once

#include "hv/cpu/cpu.h"
#include "hv/domain/build.h"
#include "hv/launch/launch.h"

#define BLOB_PAGES_MAX 65536u /* 256 MiB: what the window holds, below */

/* A file in the domain's memory. */
struct blob {
    uint64_t size; /* bytes */
    uint32_t pages;
    uint32_t *frames; /* mfns, pages of them; NULL: none */
};

/* What a frozen frame is for, in page->next, which frozen frames do not need.
 */
enum frame_use { FRAME_FREE, FRAME_KERNEL, FRAME_TAKEN };

struct launch {
    struct domain *domain;
    struct blob kernel, initrd;
    char cmdline[VOUCH_CMDLINE_MAX + 1];
    struct build_rings rings;
    struct page *ring_pages[2]; /* referenced; NULL: no such ring */
    uint32_t ports[2]; /* of the rings */

    label_t old_label, old_self; /* referenced until was_labelled is 0 */
    uint8_t was_labelled;
    uint8_t has_failed;
    uint8_t is_given_up; /* its domain dies */
    uint8_t has_window;  /* the window shows its kernel */

    /* How far it is. */
    uint32_t step;
    uint64_t cursor; /* of the step: 0 at its beginning */
    uint32_t proofs[MAX_CPUS];
    struct sha256_context hash;
    uint64_t frame_count; /* frozen ones, and rings */
    uint64_t scan;        /* the next frame to look at for a free one */
    uint64_t next_pfn;
    uint64_t waiting_since_ns;
    uint32_t mapped; /* pages of the window */

    struct launch_record *record; /* until it is the domain's */
    struct elf_image image;
    struct build build;
};

/*
 * Steps: 0 when done, -ERESTART to be called again, or what launch_fail()
 * returns, which says why the domain is over.
 */
typedef int launch_step(struct launch *launch);

int launch_fail(struct launch *launch, const char *format, ...)
    printf_like(2, 3);
/* Somebody else has to do something first: lets others run. */
int launch_wait(void);

/* request.c: what the guest asked for, read and checked; changes nothing. */
long launch_request_read(struct launch *launch,
                         const struct vouch_launch *arg) NODISCARD;
/* Gives back the references that it took on the rings. */
void launch_rings_put(struct launch *launch);

/* reset.c, in this order. */
launch_step launch_stop_others, launch_ask_proofs, launch_wait_proofs;
launch_step launch_reset_timers, launch_reset_ports, launch_drop_grants;
launch_step launch_reset_vcpus, launch_drop_tables;
launch_step launch_empty_lent; /* behind launch_freeze_frames() */

/* frames.c */
launch_step launch_freeze_frames, launch_mark_kernel, launch_mark_initrd;
launch_step launch_place_list, launch_place_frames, launch_place_rest;
launch_step launch_thaw_frames;

/* measure.c */
launch_step launch_hash_kernel, launch_hash_initrd, launch_hash_cmdline;
launch_step launch_record_it;

/* load.c */
launch_step launch_take_window, launch_map_window, launch_parse_kernel;
launch_step launch_load_kernel, launch_unmap_window, launch_write_tables;
launch_step launch_start;
