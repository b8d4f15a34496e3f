/* SPDX-License-Identifier: MIT */
/*
 * A small machine for tests: a boot disk in memory, reference values made from
 * it, and what its boot would measure if one of the files were another.
 */
#ifndef VOUCH_ATTEST_TESTING_BOOT_H
#define VOUCH_ATTEST_TESTING_BOOT_H

#include "attest/reference.h"
#include "attest/testing/forge.h"

#define BOOT_FILE_COUNT 8

struct boot_file {
    const char *path; /* on the disk; "image" and "embedded" are not on it */
    struct bytes content;
};

struct boot_disk {
    struct boot_file files[BOOT_FILE_COUNT];
    size_t count;
    uint8_t storage[1 << 16];
    size_t used;
};

/* GRUB's image, its embedded configuration, grub.cfg, cmdline.cfg and one file
 * of each kind. is_menu: with a menu entry, command lines in it. */
void boot_disk_make(struct boot_disk *disk, bool is_menu);
struct boot_file *boot_disk_find(struct boot_disk *disk, const char *path);
/* Replace the first old by new, as long as it is there. */
void boot_disk_edit(struct boot_disk *disk, const char *path, const char *old,
                    const char *new);

/* The payload of a manifest for this disk, to be given to json_decref. key may
 * be NULL. alternatives: COMPONENT, content; ends with COMPONENT_COUNT. */
struct boot_alternative {
    enum component component;
    struct bytes content;
};
json_t *boot_payload(struct hasher *hasher, struct boot_disk *disk,
                     struct bytes real_log, const struct forge_key *key,
                     const struct boot_alternative *alternatives);

#endif
