/* SPDX-License-Identifier: MIT */
/*
 * A vmlinuz of any bytes: parsed, unpacked where it says something small, and
 * made compact. The same bytes as an ELF, made compact twice: that the second
 * time changes nothing is the invariant.
 */
#include <stdlib.h>

#include "tools/image/bzimage.h"
#include "tools/image/compact.h"
#include "tools/image/unpack.h"

#define UNPACKED_MAX  (1 << 20)
#define COMPACT_SLACK (16 * 4096)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_right)
{
    if (!is_right) {
        abort();
    }
}

static uint8_t *allocate(size_t size)
{
    uint8_t *data = malloc(size);
    check(data != NULL);
    return data;
}

static void compact_twice(struct bytes elf)
{
    size_t room = elf.size + COMPACT_SLACK;
    uint8_t *one = allocate(room);
    uint8_t *two = allocate(room);
    struct buffer first = buffer_over(one, room);
    struct buffer second = buffer_over(two, room);
    if (compact_elf(elf, &first) == COMPACT_OK) {
        check(compact_elf(buffer_bytes(&first), &second) == COMPACT_OK);
        check(bytes_equal(buffer_bytes(&first), buffer_bytes(&second)));
        check(compact_is_done(buffer_bytes(&first)));
        check(compact_is_done(elf) == bytes_equal(elf, buffer_bytes(&first)));
    } else {
        check(!compact_is_done(elf));
    }
    free(one);
    free(two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    compact_twice(bytes_of(data, size));
    struct bzimage image;
    if (bzimage_parse(bytes_of(data, size), &image) != BZIMAGE_OK ||
        image.unpacked_size > UNPACKED_MAX) {
        return 0;
    }
    const char *why = NULL;
    uint8_t *room = allocate((size_t)image.unpacked_size + 1);
    struct buffer out = buffer_over(room, image.unpacked_size);
    if (unpack(&image, &out, &why)) {
        check(out.used == image.unpacked_size);
        compact_twice(buffer_bytes(&out));
    }
    free(room);
    return 0;
}
