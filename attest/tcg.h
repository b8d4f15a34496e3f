/* SPDX-License-Identifier: MIT */
/*
 * Event types of the TCG PC Client Platform Firmware Profile 1.06 (10.4.1) and
 * what each promises about its data: whether the digest is a hash of it.
 */
#ifndef VOUCH_ATTEST_TCG_H
#define VOUCH_ATTEST_TCG_H

#include "attest/hash.h"
#include "lib/eventlog.h"

#define EV_ACTION                        0x00000005u
#define EV_S_CRTM_VERSION                0x00000008u
#define EV_PLATFORM_CONFIG_FLAGS         0x0000000au
#define EV_TABLE_OF_DEVICES              0x0000000bu
#define EV_IPL                           0x0000000du
#define EV_EFI_VARIABLE_DRIVER_CONFIG    0x80000001u
#define EV_EFI_VARIABLE_BOOT             0x80000002u
#define EV_EFI_BOOT_SERVICES_APPLICATION 0x80000003u
#define EV_EFI_GPT_EVENT                 0x80000006u
#define EV_EFI_ACTION                    0x80000007u
#define EV_EFI_PLATFORM_FIRMWARE_BLOB    0x80000008u
#define EV_EFI_VARIABLE_BOOT2            0x8000000cu
#define EV_EFI_VARIABLE_AUTHORITY        0x800000e0u

/* What GRUB's tpm module puts before a text that it measures into PCR 8. */
#define GRUB_COMMAND        "grub_cmd: "
#define GRUB_KERNEL_CMDLINE "kernel_cmdline: "
#define GRUB_MODULE_CMDLINE "module_cmdline: "
#define GRUB_PCR_TEXT       8
#define GRUB_PCR_FILE       9

enum tcg_cover {
    TCG_COVERED,   /* the digest is the hash of the data, and it is right */
    TCG_UNCOVERED, /* the digest does not tie down all of the data */
    TCG_WRONG,     /* the digest should be the hash of the data and is not */
};

struct tcg_event {
    uint32_t pcr, type;
    const struct sha256_digest *digest; /* in the log */
    struct bytes data;
};

enum tcg_cover tcg_check_data(struct hasher *hasher,
                              const struct tcg_event *event);

/* A text that GRUB measured: true and what follows the prefix, without the
 * NUL; false for another event. */
bool tcg_grub_text(const struct tcg_event *event, struct bytes *text);

/* "EV_SEPARATOR"; NULL for a type that the profile does not have. */
const char *tcg_type_name(uint32_t type);
/* The opposite; false for no such name. */
bool tcg_type_by_name(const char *name, uint32_t *out);

#endif
