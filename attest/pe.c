/* SPDX-License-Identifier: MIT */
/*
 * All of the file counts but its checksum, the directory entry that points at
 * its signatures, and these: headers, then the sections in the order of their
 * place in the file, then what follows them.
 */
#include "attest/pe.h"

#include <stdlib.h>

#define DOS_MAGIC          0x5a4d     /* MZ */
#define PE_MAGIC           0x00004550 /* PE\0\0 */
#define PE32_MAGIC         0x010b
#define PE32_PLUS_MAGIC    0x020b
#define PE_OFFSET_AT       0x3c
#define COFF_SIZE          20
#define SECTION_SIZE       40
#define CHECKSUM_AT        64 /* in the optional header */
#define IMAGE_SIZE_AT      56
#define DIRECTORIES_PE32   96
#define DIRECTORIES_PLUS   112
#define DIRECTORY_SIZE     8
#define SECURITY_DIRECTORY 4

#define NAME_SIZE          8

struct section {
    struct bytes name; /* NAME_SIZE bytes, zeros at the end */
    uint32_t used;     /* in memory: what fills up the file is no part of it */
    uint32_t offset, size;
};

struct layout {
    size_t checksum, security; /* offsets in the file */
    size_t headers_size;
    uint32_t image_size;
    uint32_t signatures_size;
    size_t section_count;
    struct section sections[PE_MAX_SECTIONS];
};

static bool take_sections(struct bytes file, size_t table, struct layout *out)
{
    struct cursor cursor = cursor_over(file);
    take_skip(&cursor, table);
    for (size_t i = 0; i < out->section_count; i++) {
        out->sections[i].name = take_bytes(&cursor, NAME_SIZE);
        out->sections[i].used = take_le32(&cursor);
        take_skip(&cursor, 4); /* virtual address */
        out->sections[i].size = take_le32(&cursor);
        out->sections[i].offset = take_le32(&cursor);
        take_skip(&cursor, SECTION_SIZE - 24);
    }
    return !cursor.failed;
}

static bool take_layout(struct bytes file, struct layout *out)
{
    struct cursor cursor = cursor_over(file);
    if (take_le16(&cursor) != DOS_MAGIC) {
        return false;
    }
    take_skip(&cursor, PE_OFFSET_AT - 2);
    size_t pe = take_le32(&cursor);
    cursor = cursor_over(file);
    take_skip(&cursor, pe);
    if (take_le32(&cursor) != PE_MAGIC) {
        return false;
    }
    take_skip(&cursor, 2); /* machine */
    out->section_count = take_le16(&cursor);
    take_skip(&cursor, 12);
    size_t optional_size = take_le16(&cursor);
    take_skip(&cursor, 2);
    size_t optional = cursor.offset;
    uint16_t magic = take_le16(&cursor);
    size_t directories =
        magic == PE32_PLUS_MAGIC ? DIRECTORIES_PLUS : DIRECTORIES_PE32;
    take_skip(&cursor, IMAGE_SIZE_AT - 2);
    out->image_size = take_le32(&cursor);
    out->headers_size = take_le32(&cursor);
    out->checksum = optional + CHECKSUM_AT;
    out->security =
        optional + directories + SECURITY_DIRECTORY * DIRECTORY_SIZE;
    cursor = cursor_over(file);
    take_skip(&cursor, optional + directories - 4);
    uint32_t directory_count = take_le32(&cursor);
    take_skip(&cursor, SECURITY_DIRECTORY * DIRECTORY_SIZE + 4);
    out->signatures_size = take_le32(&cursor);
    return !cursor.failed && out->section_count <= PE_MAX_SECTIONS &&
           (magic == PE32_PLUS_MAGIC || magic == PE32_MAGIC) &&
           directory_count > SECURITY_DIRECTORY &&
           take_sections(file, optional + optional_size, out);
}

static int compare_sections(const void *a, const void *b)
{
    const struct section *left = a, *right = b;
    return left->offset < right->offset ? -1 : left->offset > right->offset;
}

static bool update(struct hasher *hasher, struct bytes file, size_t from,
                   size_t to)
{
    struct bytes part;
    return from <= to && bytes_slice(file, from, to - from, &part) &&
           EVP_DigestUpdate(hasher->context, part.data, part.size) == 1;
}

static bool hash_layout(struct hasher *hasher, struct bytes file,
                        const struct layout *layout)
{
    size_t hashed = layout->headers_size;
    if (!update(hasher, file, 0, layout->checksum) ||
        !update(hasher, file, layout->checksum + 4, layout->security) ||
        !update(hasher, file, layout->security + DIRECTORY_SIZE, hashed)) {
        return false;
    }
    for (size_t i = 0; i < layout->section_count; i++) {
        const struct section *section = &layout->sections[i];
        if (section->size == 0) {
            continue;
        }
        if (!update(hasher, file, section->offset,
                    (size_t)section->offset + section->size)) {
            return false;
        }
        hashed += section->size;
    }
    if (layout->signatures_size > file.size) {
        return false;
    }
    size_t end = file.size - layout->signatures_size;
    return hashed >= end || update(hasher, file, hashed, end);
}

bool pe_measure(struct hasher *hasher, struct bytes file,
                struct pe_measure *out)
{
    struct layout layout;
    unsigned size;
    if (!take_layout(file, &layout)) {
        return false;
    }
    qsort(layout.sections, layout.section_count, sizeof(layout.sections[0]),
          compare_sections);
    out->image_size = layout.image_size;
    return EVP_DigestInit_ex2(hasher->context, hasher->method, NULL) == 1 &&
           hash_layout(hasher, file, &layout) &&
           EVP_DigestFinal_ex(hasher->context, out->digest.bytes, &size) == 1;
}

static bool has_name(const struct section *section, const char *name)
{
    char wanted[NAME_SIZE] = {0};
    size_t length = strlen(name);
    if (length > NAME_SIZE) {
        return false;
    }
    memcpy(wanted, name, length);
    return bytes_equal(section->name, bytes_of(wanted, NAME_SIZE));
}

enum pe_section_status pe_find_section(struct bytes file, const char *name,
                                       struct bytes *out)
{
    struct layout layout;
    const struct section *found = NULL;
    if (!take_layout(file, &layout)) {
        return PE_SECTION_MALFORMED;
    }
    for (size_t i = 0; i < layout.section_count; i++) {
        if (has_name(&layout.sections[i], name)) {
            if (found != NULL) {
                return PE_SECTION_TWICE;
            }
            found = &layout.sections[i];
        }
    }
    if (found == NULL) {
        return PE_SECTION_ABSENT;
    }
    /* More in memory than in the file would be zeros that are not there. */
    return found->used <= found->size &&
                   bytes_slice(file, found->offset, found->used, out)
               ? PE_SECTION_OK
               : PE_SECTION_MALFORMED;
}
