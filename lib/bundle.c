/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing lay the parts out by the same function: what is read has
 * to be what would have been written.
 */
#include "lib/bundle.h"

#include "lib/checked.h"
#include "lib/text.h"

#define PARTS 3

/* Where each part lies, by the sizes alone. */
struct layout {
    uint64_t offset[PARTS], size[PARTS];
    uint64_t total;
};

static enum bundle_status place(struct layout *layout)
{
    if (layout->size[0] == 0 || layout->size[0] > BUNDLE_PART_MAX) {
        return BUNDLE_KERNEL;
    }
    if (layout->size[1] > BUNDLE_PART_MAX) {
        return BUNDLE_PARTS;
    }
    if (layout->size[2] > BUNDLE_CMDLINE_MAX) {
        return BUNDLE_CMDLINE;
    }
    layout->total = BUNDLE_PAGE;
    for (size_t i = 0; i < PARTS; i++) {
        layout->offset[i] = layout->total;
        layout->total += align_up(layout->size[i], BUNDLE_PAGE);
    }
    return BUNDLE_OK;
}

static enum bundle_status take_header(struct cursor *cursor,
                                      struct layout *layout)
{
    struct bytes magic = take_bytes(cursor, strlen(BUNDLE_MAGIC));
    uint32_t version = take_le32(cursor);
    uint32_t zero = take_le32(cursor);
    uint64_t total = take_le64(cursor);
    uint64_t offset[PARTS];
    for (size_t i = 0; i < PARTS; i++) {
        offset[i] = take_le64(cursor);
        layout->size[i] = take_le64(cursor);
    }
    if (cursor->failed) {
        return BUNDLE_TRUNCATED;
    }
    if (!bytes_equal(magic, bytes_of_text(BUNDLE_MAGIC))) {
        return BUNDLE_MAGIC_BAD;
    }
    if (version != BUNDLE_VERSION) {
        return BUNDLE_VERSION_BAD;
    }
    enum bundle_status status = place(layout);
    if (status != BUNDLE_OK) {
        return status;
    }
    if (total != layout->total || cursor->all.size != total) {
        return BUNDLE_SIZE;
    }
    if (memcmp(offset, layout->offset, sizeof(offset)) != 0) {
        return BUNDLE_PARTS;
    }
    return zero == 0 ? BUNDLE_OK : BUNDLE_PADDING;
}

/* Takes what is left of a page. */
static bool take_padding(struct cursor *cursor)
{
    struct bytes padding = take_bytes(
        cursor, align_up(cursor->offset, BUNDLE_PAGE) - cursor->offset);
    for (size_t i = 0; i < padding.size; i++) {
        if (padding.data[i] != 0) {
            return false;
        }
    }
    return true;
}

enum bundle_status bundle_parse(struct bytes file, struct bundle *out)
{
    struct layout layout;
    struct cursor cursor = cursor_over(file);
    enum bundle_status status = take_header(&cursor, &layout);
    if (status != BUNDLE_OK) {
        return status;
    }
    bool is_padded = take_padding(&cursor);
    struct bytes parts[PARTS];
    for (size_t i = 0; i < PARTS; i++) {
        parts[i] = take_bytes(&cursor, layout.size[i]);
        is_padded = take_padding(&cursor) && is_padded;
    }
    if (!cursor_is_done(&cursor)) {
        return BUNDLE_SIZE;
    }
    if (!is_padded) {
        return BUNDLE_PADDING;
    }
    if (!text_is_printable(parts[2])) {
        return BUNDLE_CMDLINE;
    }
    *out = (struct bundle){parts[0], parts[1], parts[2]};
    return BUNDLE_OK;
}

static enum bundle_status place_parts(const struct bundle *bundle,
                                      struct layout *out)
{
    out->size[0] = bundle->kernel.size;
    out->size[1] = bundle->initrd.size;
    out->size[2] = bundle->cmdline.size;
    return place(out);
}

enum bundle_status bundle_measure(const struct bundle *bundle, uint64_t *size)
{
    struct layout layout;
    enum bundle_status status = place_parts(bundle, &layout);
    if (status != BUNDLE_OK) {
        return status;
    }
    if (!text_is_printable(bundle->cmdline)) {
        return BUNDLE_CMDLINE;
    }
    *size = layout.total;
    return BUNDLE_OK;
}

static void put_padding(struct writer *writer)
{
    while (!writer->failed && writer_written(writer) % BUNDLE_PAGE != 0) {
        put_u8(writer, 0);
    }
}

void bundle_put(struct writer *writer, const struct bundle *bundle)
{
    struct layout layout;
    if (place_parts(bundle, &layout) != BUNDLE_OK) {
        writer->failed = true;
        return;
    }
    text_put(writer, BUNDLE_MAGIC);
    put_le32(writer, BUNDLE_VERSION);
    put_le32(writer, 0);
    put_little(writer, layout.total, sizeof(uint64_t));
    for (size_t i = 0; i < PARTS; i++) {
        put_little(writer, layout.offset[i], sizeof(uint64_t));
        put_little(writer, layout.size[i], sizeof(uint64_t));
    }
    put_padding(writer);
    const struct bytes parts[PARTS] = {bundle->kernel, bundle->initrd,
                                       bundle->cmdline};
    for (size_t i = 0; i < PARTS; i++) {
        put_bytes(writer, parts[i]);
        put_padding(writer);
    }
}

const char *bundle_status_text(enum bundle_status status)
{
    switch (status) {
    case BUNDLE_OK:
        return "is a bundle";
    case BUNDLE_TRUNCATED:
        return "ends before a bundle's header does";
    case BUNDLE_MAGIC_BAD:
        return "is not a bundle: it does not begin with \"" BUNDLE_MAGIC "\"";
    case BUNDLE_VERSION_BAD:
        return "is a bundle of another version";
    case BUNDLE_SIZE:
        return "is not as long as the bundle's header says";
    case BUNDLE_PARTS:
        return "has parts that are not where a bundle's parts are";
    case BUNDLE_KERNEL:
        return "has no kernel, or one that is too large";
    case BUNDLE_CMDLINE:
        return "has a command line that is not printable text of at most 1023 "
               "characters";
    case BUNDLE_PADDING:
        return "has something other than zeros between its parts";
    }
    return "?";
}
