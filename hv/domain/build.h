/* SPDX-License-Identifier: MIT */
/*
 * Building a domain from measured bytes: the PV start of day (xen.h, "Start of
 * day structure").  Today it builds dom0.
 */
#pragma once

#include "hv/domain/domain.h"
#include "hv/domain/elf.h"

struct build_input {
    const struct elf_image *kernel;
    struct bytes initrd;      /* may be empty */
    const char *command_line; /* at most 1023 bytes */
    uint64_t pages;           /* how much memory the domain gets */
};

/*
 * Gives the domain its memory, kernel, page tables, start_info, and vCPU 0 its
 * registers.  0; -ENOMEM if the input does not fit the memory; -EINVAL if the
 * kernel cannot be laid out.
 */
int domain_build(struct domain *domain, const struct build_input *input)
    NODISCARD;
