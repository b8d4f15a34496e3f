/* SPDX-License-Identifier: MIT */
/*
 * The Multiboot2 information that a loader leaves in memory (Multiboot2
 * Specification 2.0, 3.6), taken apart without believing any size in it. Pure:
 * what is found points into the bytes that were given. Texts come without
 * their NUL.
 */
#ifndef VOUCH_HV_BOOT_MULTIBOOT2_H
#define VOUCH_HV_BOOT_MULTIBOOT2_H

#include "lib/bytes.h"
#include "lib/status.h"

#define MULTIBOOT2_MAGIC       0x36d76289u
#define MULTIBOOT2_MAX_MODULES 16
/* More than any loader writes; a total size beyond it is refused. */
#define MULTIBOOT2_MAX_SIZE 0x100000

#define MULTIBOOT2_STATUS(S)                                                   \
    S(MULTIBOOT2_OK, "ok")                                                     \
    S(MULTIBOOT2_BAD_TOTAL_SIZE, "total size is impossible")                   \
    S(MULTIBOOT2_BAD_TAG_SIZE, "tag is too short or passes the end")           \
    S(MULTIBOOT2_NO_END, "no end tag")                                         \
    S(MULTIBOOT2_BAD_TEXT, "text without an end")                              \
    S(MULTIBOOT2_TOO_MANY_MODULES, "too many modules")                         \
    S(MULTIBOOT2_BAD_MODULE, "module ends before it starts")                   \
    S(MULTIBOOT2_BAD_MEMORY_MAP, "memory map of unknown form")                 \
    S(MULTIBOOT2_DUPLICATE, "tag given twice")

enum multiboot2_status { MULTIBOOT2_STATUS(STATUS_CODE) };

/* Where parsing stopped: tag type and offset from the start. */
struct multiboot2_fault {
    uint32_t tag;
    size_t offset;
};

struct multiboot2_module {
    uint32_t start, end; /* machine addresses; end is the first byte after */
    struct bytes text;
};

/* Tag 6 or 17; see multiboot2_memory_at(). */
struct multiboot2_memory_map {
    uint32_t tag; /* 0: there is none */
    size_t entry_size;
    struct bytes entries;
};

struct multiboot2_memory {
    uint64_t start, size;
    uint32_t type; /* tag 6: E820 number; tag 17: EFI memory type */
};

struct multiboot2_info {
    struct bytes command_line; /* empty if there is none */
    struct bytes loader_name;
    struct multiboot2_module modules[MULTIBOOT2_MAX_MODULES];
    size_t module_count;
    struct multiboot2_memory_map memory;     /* tag 6 */
    struct multiboot2_memory_map efi_memory; /* tag 17 */
    uint64_t efi64_system_table;             /* 0: none */
    uint64_t efi64_image_handle;
    bool efi_boot_services_running; /* tag 18 */
    struct bytes old_rsdp;          /* tag 14: at least 20 bytes, or none */
    struct bytes new_rsdp;          /* tag 15: at least 36 bytes, or none */
};

/* How many bytes to look at, from the first 8 of the information. */
NODISCARD enum multiboot2_status multiboot2_total_size(struct bytes header,
                                                       size_t *size);

/* information is exactly total_size bytes. *fault is set on every failure. */
NODISCARD enum multiboot2_status
multiboot2_parse(struct bytes information, struct multiboot2_info *out,
                 struct multiboot2_fault *fault);

/* Entry number index of one of the two maps; false: it has no more. A size
 * beyond 64 bits is the largest there is. */
NODISCARD bool multiboot2_memory_at(const struct multiboot2_memory_map *map,
                                    size_t index,
                                    struct multiboot2_memory *out);

const char *multiboot2_status_text(enum multiboot2_status status);

#endif
