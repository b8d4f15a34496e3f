/* SPDX-License-Identifier: MIT */
/*
 * Data in a log may be anything, so nothing but printable ASCII gets through:
 * a terminal must not obey a log that it shows.
 */
#include "attest/describe.h"

#include <stdio.h>
#include <string.h>

#include "attest/record.h"

void describe_digest(const struct sha256_digest *digest, char out[65])
{
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        snprintf(out + 2 * i, 3, "%02x", digest->bytes[i]);
    }
}

static void put_text(struct bytes text, char *out, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < text.size && used + 1 < size; i++) {
        uint8_t character = text.data[i];
        if (character == '\n') {
            character = ' ';
        }
        out[used++] =
            character >= 0x20 && character < 0x7f ? (char)character : '.';
    }
    out[used] = 0;
}

/* The name of an EFI variable: UCS-2, shown where it is ASCII. */
static void describe_variable(struct bytes data, char *out, size_t size)
{
    struct cursor cursor = cursor_over(data);
    take_skip(&cursor, 16);
    uint64_t chars = take_le64(&cursor);
    take_skip(&cursor, 8);
    size_t used = (size_t)snprintf(out, size, "variable ");
    for (uint64_t i = 0; i < chars && used + 1 < size; i++) {
        uint16_t character = take_le16(&cursor);
        if (cursor.failed) {
            break;
        }
        out[used++] =
            character > 0x20 && character < 0x7f ? (char)character : '.';
    }
    out[used] = 0;
}

static void describe_image(struct bytes data, char *out, size_t size)
{
    struct cursor cursor = cursor_over(data);
    unsigned long long address = take_le64(&cursor);
    unsigned long long length = take_le64(&cursor);
    snprintf(out, size, "image of %llu bytes at 0x%llx", length, address);
}

static void describe_blob(struct bytes data, char *out, size_t size)
{
    struct cursor cursor = cursor_over(data);
    unsigned long long base = take_le64(&cursor);
    unsigned long long length = take_le64(&cursor);
    snprintf(out, size, "firmware volume of %llu bytes at 0x%llx", length,
             base);
}

static void describe_record(struct bytes data, char *out, size_t size)
{
    struct record record;
    if (record_parse(data, &record) == RECORD_OK) {
        put_text(bytes_of(data.data + 8, data.size - 8), out, size);
    } else {
        snprintf(out, size, "tagged event of %zu bytes", data.size);
    }
}

void describe_event(const struct tcg_event *event, char *out, size_t size)
{
    struct bytes data = event->data;
    switch (event->type) {
    case EV_IPL:
        if (data.size != 0 && data.data[data.size - 1] == 0) {
            data.size--;
        }
        put_text(data, out, size);
        break;
    case EV_ACTION:
    case EV_EFI_ACTION:
        put_text(data, out, size);
        break;
    case EV_EVENT_TAG:
        describe_record(data, out, size);
        break;
    case EV_EFI_VARIABLE_DRIVER_CONFIG:
    case EV_EFI_VARIABLE_BOOT:
    case EV_EFI_VARIABLE_BOOT2:
    case EV_EFI_VARIABLE_AUTHORITY:
        describe_variable(data, out, size);
        break;
    case EV_EFI_BOOT_SERVICES_APPLICATION:
        describe_image(data, out, size);
        break;
    case EV_EFI_PLATFORM_FIRMWARE_BLOB:
        describe_blob(data, out, size);
        break;
    case EV_SEPARATOR:
        snprintf(out, size, "separator");
        break;
    default:
        snprintf(out, size, "%zu bytes", data.size);
    }
}
