/* SPDX-License-Identifier: MIT */
/*
 * What the boot loader told us, whichever way we were entered, copied into
 * memory of ours: nothing here points into the loader's own structures.
 * Constant once boot_info_collect() returned.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/base/types.h"
#include "hv/boot/memory_map.h"
#include "lib/bytes.h"

#define BOOT_MODULES_MAX 16
#define BOOT_TEXT_SIZE   8192 /* all command lines together */

enum boot_entry {
    BOOT_MULTIBOOT1, /* 32 bit; QEMU's -kernel, GRUB's multiboot */
    BOOT_MULTIBOOT2, /* 32 bit; GRUB on BIOS, tboot with or without EFI */
    BOOT_EFI,        /* EFI64 entry, boot services were running */
};

struct boot_module {
    maddr_t start;
    uint64_t size;
    const char *command_line; /* never NULL; without a file name from GRUB */
};

struct boot_info {
    enum boot_entry entry;
    const char *loader_name;
    const char *command_line;
    struct boot_module modules[BOOT_MODULES_MAX];
    size_t module_count;
    struct memory_map memory; /* the machine's, as firmware gave it */
    maddr_t image;            /* where we were loaded */
    uint64_t image_size;
    uint8_t rsdp_copy[36]; /* as the loader gave it */
    size_t rsdp_size;      /* 0: the loader gave none, 20 or 36 */
    /* The firmware's crypto-agile event log, final events appended. */
    maddr_t firmware_log;
    size_t firmware_log_size; /* 0: there is none */
    bool firmware_log_truncated;
    maddr_t efi_system_table; /* 0: no EFI */
    char text[BOOT_TEXT_SIZE];
    size_t text_used;
};
extern struct boot_info boot_info;

/*
 * Reads what the loader left at info (identity mapped) after an entry with
 * magic in EAX.  Leaves EFI's boot services if they run.  Refuses to boot on
 * anything malformed.
 */
void boot_info_collect(uint32_t magic, maddr_t info, maddr_t image);

/* For the collectors: copies text, NUL terminated, or refuses to boot. */
const char *boot_info_keep_text(struct bytes text);
void boot_info_add_module(maddr_t start, uint64_t size, struct bytes text);
void boot_info_add_memory(uint64_t start, uint64_t size, enum memory_type type);
/* The same by a number of E820: what is not known is reserved. */
void boot_info_add_e820(uint64_t start, uint64_t size, uint32_t type);

/* multiboot1.c: as boot_info_collect, from a version 1 structure. */
void multiboot1_collect(maddr_t info);
