/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a bundle: what is accepted, put again, gives the same bytes.
 * The size and the magic are put right, so that the rest is reached.
 */
#include <stdlib.h>

#include "lib/bundle.h"

#define SIZE_AT 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_right)
{
    if (!is_right) {
        abort();
    }
}

static void check_spelling(const struct bundle *bundle, struct bytes file)
{
    uint64_t size = 0;
    uint8_t *room = malloc(file.size);
    check(room != NULL);
    struct buffer buffer = buffer_over(room, file.size);
    struct writer writer = writer_begin(&buffer);
    check(bundle_measure(bundle, &size) == BUNDLE_OK && size == file.size);
    bundle_put(&writer, bundle);
    check(writer_end(&writer) && bytes_equal(buffer_bytes(&buffer), file));
    free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bundle bundle;
    uint8_t *copy = malloc(size + 1);
    check(copy != NULL);
    if (size != 0) {
        memcpy(copy, data, size);
    }
    if (size >= SIZE_AT + sizeof(uint64_t)) {
        uint64_t total = size;
        memcpy(copy, BUNDLE_MAGIC, strlen(BUNDLE_MAGIC));
        memcpy(copy + SIZE_AT, &total, sizeof(total));
    }
    struct bytes file = bytes_of(copy, size);
    if (bundle_parse(file, &bundle) == BUNDLE_OK) {
        check_spelling(&bundle, file);
    }
    free(copy);
    return 0;
}
