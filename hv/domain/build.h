/* SPDX-License-Identifier: MIT */
/*
 * Building a domain from measured bytes: the PV start of day (xen.h, "Start of
 * day structure").  One builder for dom0, whose frames are allocated, and for a
 * domain that launches a kernel in the frames it has: whoever builds says which
 * frame is which PFN.  What takes long is bounded by the CPU's budget and goes
 * on when it is called again.
 */
#pragma once

#include "hv/domain/domain.h"
#include "hv/domain/elf.h"

/* Rings and ports of a domain that others serve; mfn 0: there is none. */
struct build_rings {
    uint64_t console_mfn, store_mfn;
    uint32_t console_port, store_port;
};

struct build_input {
    const struct elf_image *kernel;
    const char *command_line;        /* at most 1023 bytes */
    uint64_t initrd_size;            /* 0: none */
    uint64_t pages;                  /* how much memory the domain has */
    uint64_t free_pages;             /* of these, for all but the initrd */
    const struct build_rings *rings; /* NULL: it is dom0 */
};

/* Virtual addresses and pseudo-physical frames. */
struct build_plan {
    uint64_t base; /* VA of PFN 0 */
    uint64_t start_info, store, console, tables, stack, end;
    uint64_t table_count;
    uint64_t initrd_pfn, initrd_pages;
    uint64_t p2m_pfn, p2m_pages; /* the list */
    uint64_t p2m_table_pages;    /* the tables that map it */
    uint64_t rest_pfn;           /* plain memory from here on */
    uint64_t pages;
};

struct build {
    struct domain *domain;
    struct build_input input;
    struct build_plan plan;
    uint32_t *p2m_frames; /* the frames of the list itself */
    /* How far it is. */
    uint64_t next_page, next_table;
    size_t segment, segment_done;
};

/*
 * Where everything goes, in *plan.  0; -ENOMEM: it does not fit the memory;
 * -EINVAL: such a kernel cannot be laid out.
 */
int build_plan_make(struct build_plan *plan,
                    const struct build_input *input) NODISCARD;

/*
 * Then, in this order: the frames of the p2m list (next_page-th of
 * plan.p2m_pages each), and those of all PFNs below plan.rest_pfn, the list's
 * own among them.
 */
int build_begin(struct build *build, struct domain *domain,
                const struct build_input *input) NODISCARD;
void build_set_list_frame(struct build *build, uint64_t index, mfn_t mfn);
void build_set_frame(struct build *build, uint64_t pfn, mfn_t mfn);
mfn_t build_frame(const struct build *build, uint64_t pfn);
/* Zeros the region, puts the kernel's segments into it.  0 or -ERESTART. */
int build_load(struct build *build) NODISCARD;
/* start_info and page tables, once all PFNs have frames.  0 or -ERESTART. */
int build_write(struct build *build) NODISCARD;
/*
 * Makes the tables tables, and the registers of vCPU 0, which must not be
 * loaded.  0, -ERESTART, or -EINVAL: somebody changed them.
 */
int build_finish(struct build *build) NODISCARD;
/* Frees what build_begin() made. */
void build_end(struct build *build);

/* All of it, for dom0: allocates its frames, copies the initrd. */
int domain_build(struct domain *domain, const struct build_input *input,
                 struct bytes initrd) NODISCARD;
