/* SPDX-License-Identifier: MIT */
/*
 * A PV kernel's ELF image: its segments by physical address and its Xen notes
 * (xen/include/public/elfnote.h). Pure; everything is checked before anything
 * is believed, and each refusal has a status of its own. Segments point into
 * the file.
 */
#ifndef VOUCH_HV_BOOT_ELF_H
#define VOUCH_HV_BOOT_ELF_H

#include <xen/elfnote.h>

#include "lib/bytes.h"
#include "lib/status.h"

#define ELF_MAX_SEGMENTS 16

/* The hypervisor's part of every PV address space (public/arch-x86/xen-
 * x86_64.h): nothing of a guest may be there. */
#define ELF_HYPERVISOR_START UINT64_C(0xffff800000000000)
#define ELF_HYPERVISOR_END   UINT64_C(0xffff880000000000)

#define ELF_STATUS(S)                                                          \
    S(ELF_OK, "ok")                                                            \
    S(ELF_TRUNCATED, "file ends inside a header or segment")                   \
    S(ELF_NOT_ELF, "not an ELF file")                                          \
    S(ELF_NOT_64_BIT, "not a 64-bit little-endian ELF file")                   \
    S(ELF_NOT_X86_64, "not for x86-64")                                        \
    S(ELF_NOT_EXECUTABLE, "not an executable (ET_EXEC)")                       \
    S(ELF_BAD_PROGRAM_HEADERS,                                                 \
      "no program headers, too many, or of unknown size")                      \
    S(ELF_BAD_SEGMENT, "segment is larger in the file than in memory")         \
    S(ELF_TOO_MANY_SEGMENTS, "too many segments")                              \
    S(ELF_NO_SEGMENTS, "nothing to load")                                      \
    S(ELF_WRAPS, "address range passes the end of the address space")          \
    S(ELF_SEGMENTS_OVERLAP, "two segments overlap")                            \
    S(ELF_IN_HYPERVISOR_WINDOW,                                                \
      "image reaches into the hypervisor's address range")                     \
    S(ELF_NOT_CANONICAL, "image has addresses that are not canonical")         \
    S(ELF_BAD_NOTE, "malformed note")                                          \
    S(ELF_DUPLICATE_NOTE, "Xen note given twice")                              \
    S(ELF_NO_NOTES, "no Xen notes: not a PV kernel")                           \
    S(ELF_NO_ENTRY, "no ENTRY note")                                           \
    S(ELF_NO_VIRT_BASE, "no VIRT_BASE note")                                   \
    S(ELF_BAD_XEN_VERSION, "XEN_VERSION note is not \"xen-3.0\"")              \
    S(ELF_NOT_GENERIC, "LOADER note is not \"generic\"")                       \
    S(ELF_ENTRY_OUTSIDE, "ENTRY note names an address outside the image")      \
    S(ELF_HYPERCALL_PAGE_OUTSIDE,                                              \
      "HYPERCALL_PAGE note names no page of the image")                        \
    S(ELF_NOT_DOM0, "kernel cannot be dom0 (SUPPORTED_FEATURES)")              \
    S(ELF_BAD_FEATURES, "malformed FEATURES note")                             \
    S(ELF_REQUIRED_FEATURE, "kernel requires a feature that is not offered")   \
    S(ELF_BAD_INIT_P2M, "INIT_P2M note names no place for a p2m list")         \
    S(ELF_BAD_BASE, "VIRT_BASE or PADDR_OFFSET note is not page aligned")

enum elf_status { ELF_STATUS(STATUS_CODE) };

/* XENFEAT_dom0 of public/features.h */
#define ELF_FEATURE_DOM0 11

struct elf_segment {
    uint64_t virtual_start;  /* VIRT_BASE - PADDR_OFFSET + p_paddr */
    uint64_t physical_start; /* p_paddr */
    uint64_t memory_size;    /* what is beyond file.size is zero */
    struct bytes file;
};

struct elf_notes {
    uint32_t present; /* by type: elf_has_note() */
    uint64_t entry, virt_base, paddr_offset;
    uint64_t hypercall_page, init_p2m, supported_features;
    struct bytes xen_version, loader;
};

/* type is one of XEN_ELFNOTE_*. */
static inline bool elf_has_note(const struct elf_notes *notes, uint32_t type)
{
    return (notes->present >> type & 1) != 0;
}

struct elf_image {
    struct elf_segment segments[ELF_MAX_SEGMENTS];
    size_t segment_count;
    uint64_t virtual_start, virtual_end;   /* of all segments */
    uint64_t physical_start, physical_end; /* p_paddr */
    struct elf_notes notes;
};

/* What is wrong, and where in the file. */
struct elf_fault {
    size_t offset;
    uint64_t value;
};

/* A kernel for a PV domain. *fault is set on every failure. */
NODISCARD enum elf_status elf_parse(struct bytes file, struct elf_image *out,
                                    struct elf_fault *fault);

/* What dom0 needs beyond elf_parse(). */
NODISCARD enum elf_status elf_check_dom0(const struct elf_image *image);

const char *elf_status_text(enum elf_status status);

#endif
