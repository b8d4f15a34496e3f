/* SPDX-License-Identifier: MIT */
/*
 * Event data that a digest covers cannot be changed without notice; data that
 * it does not cover proves nothing, and appraisal compares it with the
 * manifest. Which is which follows the profile, and for EV_IPL, GRUB.
 */
#include "attest/tcg.h"

#include <string.h>

static const struct {
    uint32_t type;
    const char *name;
} types[] = {
    {0x00000000u, "EV_PREBOOT_CERT"},
    {0x00000001u, "EV_POST_CODE"},
    {EV_NO_ACTION, "EV_NO_ACTION"},
    {EV_SEPARATOR, "EV_SEPARATOR"},
    {EV_ACTION, "EV_ACTION"},
    {EV_EVENT_TAG, "EV_EVENT_TAG"},
    {0x00000007u, "EV_S_CRTM_CONTENTS"},
    {EV_S_CRTM_VERSION, "EV_S_CRTM_VERSION"},
    {0x00000009u, "EV_CPU_MICROCODE"},
    {EV_PLATFORM_CONFIG_FLAGS, "EV_PLATFORM_CONFIG_FLAGS"},
    {EV_TABLE_OF_DEVICES, "EV_TABLE_OF_DEVICES"},
    {0x0000000cu, "EV_COMPACT_HASH"},
    {EV_IPL, "EV_IPL"},
    {0x0000000eu, "EV_IPL_PARTITION_DATA"},
    {0x0000000fu, "EV_NONHOST_CODE"},
    {0x00000010u, "EV_NONHOST_CONFIG"},
    {0x00000011u, "EV_NONHOST_INFO"},
    {0x00000012u, "EV_OMIT_BOOT_DEVICE_EVENTS"},
    {0x00000013u, "EV_POST_CODE2"},
    {EV_EFI_VARIABLE_DRIVER_CONFIG, "EV_EFI_VARIABLE_DRIVER_CONFIG"},
    {EV_EFI_VARIABLE_BOOT, "EV_EFI_VARIABLE_BOOT"},
    {EV_EFI_BOOT_SERVICES_APPLICATION, "EV_EFI_BOOT_SERVICES_APPLICATION"},
    {0x80000004u, "EV_EFI_BOOT_SERVICES_DRIVER"},
    {0x80000005u, "EV_EFI_RUNTIME_SERVICES_DRIVER"},
    {EV_EFI_GPT_EVENT, "EV_EFI_GPT_EVENT"},
    {EV_EFI_ACTION, "EV_EFI_ACTION"},
    {EV_EFI_PLATFORM_FIRMWARE_BLOB, "EV_EFI_PLATFORM_FIRMWARE_BLOB"},
    {0x80000009u, "EV_EFI_HANDOFF_TABLES"},
    {0x8000000au, "EV_EFI_PLATFORM_FIRMWARE_BLOB2"},
    {0x8000000bu, "EV_EFI_HANDOFF_TABLES2"},
    {EV_EFI_VARIABLE_BOOT2, "EV_EFI_VARIABLE_BOOT2"},
    {0x8000000du, "EV_EFI_GPT_EVENT2"},
    {0x80000010u, "EV_EFI_HCRTM_EVENT"},
    {EV_EFI_VARIABLE_AUTHORITY, "EV_EFI_VARIABLE_AUTHORITY"},
    {0x800000e1u, "EV_EFI_SPDM_FIRMWARE_BLOB"},
    {0x800000e2u, "EV_EFI_SPDM_FIRMWARE_CONFIG"},
};

#define TYPE_COUNT (sizeof(types) / sizeof(types[0]))

const char *tcg_type_name(uint32_t type)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (types[i].type == type) {
            return types[i].name;
        }
    }
    return NULL;
}

bool tcg_type_by_name(const char *name, uint32_t *out)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (strcmp(types[i].name, name) == 0) {
            *out = types[i].type;
            return true;
        }
    }
    return false;
}

static bool take_prefix(struct bytes text, const char *prefix,
                        struct bytes *rest)
{
    size_t size = strlen(prefix);
    if (text.size < size || memcmp(text.data, prefix, size) != 0) {
        return false;
    }
    *rest = bytes_of(text.data + size, text.size - size);
    return true;
}

bool tcg_grub_text(const struct tcg_event *event, struct bytes *text)
{
    if (event->type != EV_IPL || event->pcr != GRUB_PCR_TEXT ||
        (!take_prefix(event->data, GRUB_COMMAND, text) &&
         !take_prefix(event->data, GRUB_KERNEL_CMDLINE, text) &&
         !take_prefix(event->data, GRUB_MODULE_CMDLINE, text))) {
        return false;
    }
    /* The log keeps the NUL; the measurement leaves it out. */
    if (text->size == 0 || text->data[text->size - 1] != 0) {
        return false;
    }
    text->size--;
    return true;
}

/* UEFI_VARIABLE_DATA (10.2.6): only the variable's value. */
static bool variable_value(struct bytes data, struct bytes *out)
{
    struct cursor cursor = cursor_over(data);
    take_skip(&cursor, 16); /* GUID */
    uint64_t name_chars = take_le64(&cursor);
    uint64_t value_size = take_le64(&cursor);
    if (cursor.failed || name_chars > cursor_remaining(&cursor) / 2) {
        return false;
    }
    take_skip(&cursor, 2 * name_chars);
    *out = take_bytes(&cursor, value_size);
    return cursor_is_done(&cursor);
}

/* The part of the data that the digest is a hash of; false if none is. */
static bool covered_part(const struct tcg_event *event, struct bytes *out)
{
    *out = event->data;
    switch (event->type) {
    case EV_SEPARATOR:
    case EV_ACTION:
    case EV_S_CRTM_VERSION:
    case EV_EFI_VARIABLE_DRIVER_CONFIG:
    case EV_EFI_VARIABLE_BOOT2:
    case EV_EFI_VARIABLE_AUTHORITY:
    case EV_EFI_GPT_EVENT:
    case EV_EFI_ACTION:
        return true;
    case EV_EFI_VARIABLE_BOOT:
        return variable_value(event->data, out);
    case EV_EVENT_TAG:
        /* SeaBIOS tags tables that it does not log; we log what we hash. */
        return event->pcr > 7;
    case EV_IPL:
        return tcg_grub_text(event, out);
    default:
        return false;
    }
}

enum tcg_cover tcg_check_data(struct hasher *hasher,
                              const struct tcg_event *event)
{
    struct bytes part;
    if (!covered_part(event, &part)) {
        return TCG_UNCOVERED;
    }
    struct sha256_digest digest = hash_bytes(hasher, part);
    bool is_right = sha256_equal(&digest, event->digest);
    if (event->type != EV_EFI_VARIABLE_BOOT) {
        return is_right ? TCG_COVERED : TCG_WRONG;
    }
    /* The variable's value alone: its name is not tied to the digest. Some
     * firmware hashes all of it. */
    if (is_right) {
        return TCG_UNCOVERED;
    }
    digest = hash_bytes(hasher, event->data);
    return sha256_equal(&digest, event->digest) ? TCG_COVERED : TCG_WRONG;
}
