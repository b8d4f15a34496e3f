/* SPDX-License-Identifier: MIT */
/*
 * Xen notes: {name size, description size, type}, the name "Xen", the
 * description, each padded to 4 bytes. Numbers are 1, 2, 4 or 8 bytes wide, as
 * kernels differ. A note we know may come once.
 */
#include "hv/domain/elf_notes.h"

#include "lib/checked.h"
#include "lib/text.h"

#define NOTE_ALIGN      4
#define NOTE_TYPE_COUNT 32

/* What of PV a kernel may insist on; some of PV as it was once is gone. */
static const char *const offered[] = {
    "writable_page_tables",
    "writable_descriptor_tables",
    "pae_pgdir_above_4gb",
    "dom0",
};

static bool parse_number(struct bytes description, uint64_t *out)
{
    size_t size = description.size;
    if (size != 1 && size != 2 && size != 4 && size != 8) {
        return false;
    }
    struct cursor cursor = cursor_over(description);
    *out = take_little(&cursor, size);
    return true;
}

/* Text, with or without a NUL behind it: Linux writes FEATURES without. */
static bool parse_text(struct bytes description, struct bytes *out)
{
    size_t size = description.size;
    if (size != 0 && description.data[size - 1] == '\0') {
        size--;
    }
    *out = bytes_of(description.data, size);
    return text_is_printable(*out);
}

static bool is_offered(struct bytes name)
{
    for (size_t i = 0; i < ARRAY_SIZE(offered); i++) {
        if (bytes_equal(name, bytes_of_text(offered[i]))) {
            return true;
        }
    }
    return false;
}

/* One word of FEATURES; '!' in front means that the kernel insists. */
static enum elf_status check_feature(struct bytes word)
{
    struct bytes name = word;
    bool required = text_take_prefix(word, "!", &name);
    if (name.size == 0) {
        return ELF_BAD_FEATURES;
    }
    return required && !is_offered(name) ? ELF_REQUIRED_FEATURE : ELF_OK;
}

/* Words separated by '|'. */
static enum elf_status check_features(struct bytes text)
{
    size_t start = 0;
    if (text.size == 0) {
        return ELF_BAD_FEATURES;
    }
    for (size_t i = 0; i <= text.size; i++) {
        if (i != text.size && text.data[i] != '|') {
            continue;
        }
        struct bytes word = bytes_of(text.data + start, i - start);
        enum elf_status status = check_feature(word);
        if (status != ELF_OK) {
            return status;
        }
        start = i + 1;
    }
    return ELF_OK;
}

static bool parse_known(uint32_t type, struct bytes description,
                        struct elf_notes *out)
{
    switch (type) {
    case XEN_ELFNOTE_ENTRY:
        return parse_number(description, &out->entry);
    case XEN_ELFNOTE_HYPERCALL_PAGE:
        return parse_number(description, &out->hypercall_page);
    case XEN_ELFNOTE_VIRT_BASE:
        return parse_number(description, &out->virt_base);
    case XEN_ELFNOTE_PADDR_OFFSET:
        return parse_number(description, &out->paddr_offset);
    case XEN_ELFNOTE_XEN_VERSION:
        return parse_text(description, &out->xen_version);
    case XEN_ELFNOTE_LOADER:
        return parse_text(description, &out->loader);
    case XEN_ELFNOTE_INIT_P2M:
        return parse_number(description, &out->init_p2m);
    case XEN_ELFNOTE_SUPPORTED_FEATURES:
        return parse_number(description, &out->supported_features);
    default:
        return true; /* not for us to know */
    }
}

static enum elf_status take_note(uint32_t type, struct bytes description,
                                 struct elf_notes *out)
{
    if (type < NOTE_TYPE_COUNT) {
        if (elf_has_note(out, type)) {
            return ELF_DUPLICATE_NOTE;
        }
        out->present |= UINT32_C(1) << type;
    }
    if (type == XEN_ELFNOTE_FEATURES) {
        struct bytes text;
        return parse_text(description, &text) ? check_features(text)
                                              : ELF_BAD_NOTE;
    }
    return parse_known(type, description, out) ? ELF_OK : ELF_BAD_NOTE;
}

static void skip_padding(struct cursor *cursor)
{
    size_t odd = cursor->offset % NOTE_ALIGN;
    size_t padding = odd == 0 ? 0 : NOTE_ALIGN - odd;
    size_t left = cursor_remaining(cursor);
    take_skip(cursor, padding < left ? padding : left);
}

enum elf_status elf_notes_parse(struct bytes segment, struct elf_notes *out,
                                struct elf_fault *fault)
{
    struct cursor cursor = cursor_over(segment);
    enum elf_status status = ELF_OK;
    while (status == ELF_OK && cursor_remaining(&cursor) != 0) {
        fault->offset = cursor.offset;
        uint32_t name_size = take_le32(&cursor);
        uint32_t description_size = take_le32(&cursor);
        uint32_t type = take_le32(&cursor);
        struct bytes name = take_bytes(&cursor, name_size);
        skip_padding(&cursor);
        struct bytes description = take_bytes(&cursor, description_size);
        if (cursor.failed) {
            return ELF_BAD_NOTE;
        }
        skip_padding(&cursor);
        fault->value = type;
        if (bytes_equal(name, bytes_of("Xen", 4))) {
            status = take_note(type, description, out);
        }
    }
    return status;
}

enum elf_status elf_notes_check(const struct elf_notes *notes)
{
    if (notes->present == 0) {
        return ELF_NO_NOTES;
    }
    if (!bytes_equal(notes->xen_version, bytes_of_text("xen-3.0"))) {
        return ELF_BAD_XEN_VERSION;
    }
    if (!bytes_equal(notes->loader, bytes_of_text("generic"))) {
        return ELF_NOT_GENERIC;
    }
    if (!elf_has_note(notes, XEN_ELFNOTE_ENTRY)) {
        return ELF_NO_ENTRY;
    }
    if (!elf_has_note(notes, XEN_ELFNOTE_VIRT_BASE)) {
        return ELF_NO_VIRT_BASE;
    }
    return ELF_OK;
}
