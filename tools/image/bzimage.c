/* SPDX-License-Identifier: MIT */
/*
 * Offsets are those of Documentation/x86/boot.rst, "The Real-Mode Kernel
 * Header". Nothing is read but what was shown to be inside the file.
 */
#include "tools/image/bzimage.h"

#define SETUP_SECTORS_AT     0x1f1
#define MAGIC_AT             0x202
#define VERSION_AT           0x206
#define PAYLOAD_OFFSET_AT    0x248
#define MAGIC                0x53726448 /* "HdrS" */
#define PROTOCOL_2_08        0x0208
#define SECTOR_SIZE          512
#define SETUP_SECTORS_IF_0   4
#define UNPACKED_SIZE_LENGTH 4

static const struct {
    enum compression compression;
    uint8_t size;
    uint8_t magic[6];
} magics[] = {
    {COMPRESSION_XZ, 6, {0xfd, '7', 'z', 'X', 'Z', 0}},
    {COMPRESSION_ZSTD, 4, {0x28, 0xb5, 0x2f, 0xfd}},
    {COMPRESSION_LZ4, 4, {0x02, 0x21, 0x4c, 0x18}},
    {COMPRESSION_GZIP, 2, {0x1f, 0x8b}},
};

static bool find_compression(struct bytes payload, enum compression *out)
{
    for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
        struct bytes head;
        if (bytes_slice(payload, 0, magics[i].size, &head) &&
            bytes_equal(head, bytes_of(magics[i].magic, magics[i].size))) {
            *out = magics[i].compression;
            return true;
        }
    }
    return false;
}

static uint32_t last_le32(struct bytes payload)
{
    struct cursor cursor = cursor_over(payload);
    take_skip(&cursor, payload.size - UNPACKED_SIZE_LENGTH);
    return take_le32(&cursor);
}

static enum bzimage_status find_payload(struct bytes file, struct bytes *out)
{
    struct cursor cursor = cursor_over(file);
    take_skip(&cursor, SETUP_SECTORS_AT);
    size_t sectors = take_u8(&cursor);
    take_skip(&cursor, PAYLOAD_OFFSET_AT - SETUP_SECTORS_AT - 1);
    size_t offset = take_le32(&cursor);
    size_t size = take_le32(&cursor);
    if (cursor.failed) {
        return BZIMAGE_TRUNCATED;
    }
    if (sectors == 0) {
        sectors = SETUP_SECTORS_IF_0;
    }
    /* Neither sum can wrap: a byte of sectors and two 32-bit numbers. */
    offset += (sectors + 1) * SECTOR_SIZE;
    if (size < UNPACKED_SIZE_LENGTH || !bytes_slice(file, offset, size, out)) {
        return BZIMAGE_NO_PAYLOAD;
    }
    return BZIMAGE_OK;
}

enum bzimage_status bzimage_parse(struct bytes file, struct bzimage *out)
{
    struct cursor cursor = cursor_over(file);
    take_skip(&cursor, MAGIC_AT);
    uint32_t magic = take_le32(&cursor);
    uint16_t protocol = take_le16(&cursor);
    if (cursor.failed) {
        return BZIMAGE_TRUNCATED;
    }
    if (magic != MAGIC) {
        return BZIMAGE_NO_HEADER;
    }
    if (protocol < PROTOCOL_2_08) {
        return BZIMAGE_TOO_OLD;
    }
    struct bzimage image = {.protocol = protocol};
    enum bzimage_status status = find_payload(file, &image.payload);
    if (status != BZIMAGE_OK) {
        return status;
    }
    if (!find_compression(image.payload, &image.compression)) {
        return BZIMAGE_COMPRESSION;
    }
    image.unpacked_size = last_le32(image.payload);
    if (image.unpacked_size > BZIMAGE_UNPACKED_MAX) {
        return BZIMAGE_TOO_LARGE;
    }
    *out = image;
    return BZIMAGE_OK;
}

const char *bzimage_status_text(enum bzimage_status status)
{
    switch (status) {
    case BZIMAGE_OK:
        return "is a bzImage";
    case BZIMAGE_TRUNCATED:
        return "ends before its boot header does";
    case BZIMAGE_NO_HEADER:
        return "is not a bzImage: no \"HdrS\" at 0x202";
    case BZIMAGE_TOO_OLD:
        return "has a boot protocol older than 2.08 (at 0x206)";
    case BZIMAGE_NO_PAYLOAD:
        return "has payload fields (0x248, 0x24c) that leave the file";
    case BZIMAGE_COMPRESSION:
        return "has a payload that is neither XZ, zstd, LZ4 nor gzip";
    case BZIMAGE_TOO_LARGE:
        return "says that it unpacks to more than 512 MiB";
    }
    return "?";
}
