/* SPDX-License-Identifier: MIT */
/* Digest first: it is what the TPM vouches for. */
#include "attest/match.h"

#include <string.h>

/* TCG_PCClientTaggedEvent: the tag and the size of what follows. */
#define TAG_HEADER_SIZE 8

static uint32_t mask_of(const struct reference_event *expected,
                        const struct sha256_digest *digest)
{
    uint32_t mask = 0;
    for (size_t i = 0; i < expected->digest_count; i++) {
        if (sha256_equal(&expected->digests[i], digest)) {
            mask |= 1u << i;
        }
    }
    /* A single digest holds with every alternative of the component. */
    return mask != 0 && expected->digest_count == 1 ? UINT32_MAX : mask;
}

struct bytes match_text(const struct tcg_event *event)
{
    struct bytes data = event->data;
    if (event->type == EV_EVENT_TAG && data.size >= TAG_HEADER_SIZE) {
        return bytes_of(data.data + TAG_HEADER_SIZE,
                        data.size - TAG_HEADER_SIZE);
    }
    if (data.size != 0 && data.data[data.size - 1] == 0) {
        data.size--;
    }
    return data;
}

static bool is_path(const struct tcg_event *event, struct bytes path)
{
    return event->data.size == path.size + 1 &&
           bytes_equal(match_text(event), path);
}

/* "(hd0,gpt1)/path": the device's name is not predicted. */
static bool is_found_path(const struct tcg_event *event, struct bytes path)
{
    struct bytes data = event->data;
    const uint8_t *end =
        data.size != 0 ? memchr(data.data, ')', data.size) : NULL;
    if (end == NULL || data.data[0] != '(') {
        return false;
    }
    size_t device = (size_t)(end - data.data) + 1;
    struct tcg_event rest = {
        .data = bytes_of(data.data + device, data.size - device)};
    return is_path(&rest, path);
}

/* UEFI_IMAGE_LOAD_EVENT (PFP 1.06, 10.2.3). */
static bool is_image(struct bytes data, uint32_t image_size)
{
    struct cursor cursor = cursor_over(data);
    take_skip(&cursor, 8); /* address */
    uint64_t size = take_le64(&cursor);
    uint64_t link_address = take_le64(&cursor);
    take_skip(&cursor, take_le64(&cursor)); /* device path */
    return cursor_is_done(&cursor) && size == image_size && link_address == 0;
}

static bool data_fits(struct hasher *hasher,
                      const struct reference_event *expected,
                      const struct match_found *found)
{
    struct sha256_digest digest;
    switch (expected->data) {
    case REFERENCE_DATA_COVERED:
        return found->cover == TCG_COVERED;
    case REFERENCE_DATA_EXACT:
        digest = hash_bytes(hasher, found->event->data);
        return sha256_equal(&digest, &expected->data_digest);
    case REFERENCE_DATA_PATH:
        return is_path(found->event, expected->text);
    case REFERENCE_DATA_FOUND:
        return is_found_path(found->event, expected->text);
    case REFERENCE_DATA_IMAGE:
        return is_image(found->event->data, expected->image_size);
    }
    return false;
}

static struct bytes first_word(struct bytes text)
{
    size_t size = 0;
    while (size < text.size && text.data[size] != ' ') {
        size++;
    }
    return bytes_of(text.data, size);
}

/* Is it the same thing that is said, with another value? Where a command line
 * begins is known; elsewhere the first two words decide. */
static bool is_alike(const struct reference_event *expected, struct bytes found)
{
    struct bytes a = expected->text, b = found;
    if (expected->fixed != 0) {
        return b.size >= expected->fixed &&
               memcmp(a.data, b.data, expected->fixed) == 0;
    }
    struct bytes first = first_word(a);
    if (a.size == 0 || !bytes_equal(first, first_word(b))) {
        return false;
    }
    if (a.size == first.size || b.size == first.size) {
        return a.size == b.size;
    }
    size_t skip = first.size + 1;
    return bytes_equal(first_word(bytes_of(a.data + skip, a.size - skip)),
                       first_word(bytes_of(b.data + skip, b.size - skip)));
}

static enum match compare_digests(struct hasher *hasher,
                                  const struct reference_event *expected,
                                  const struct match_found *found)
{
    switch (expected->data) {
    case REFERENCE_DATA_PATH:
    case REFERENCE_DATA_FOUND:
    case REFERENCE_DATA_IMAGE:
        return data_fits(hasher, expected, found) ? MATCH_ALIKE
                                                  : MATCH_DIGEST_DIFFERS;
    case REFERENCE_DATA_COVERED:
    case REFERENCE_DATA_EXACT:
        break;
    }
    return is_alike(expected, match_text(found->event)) ? MATCH_ALIKE
                                                        : MATCH_DIGEST_DIFFERS;
}

enum match match_events(struct hasher *hasher,
                        const struct reference_event *expected,
                        const struct match_found *found, uint32_t *mask)
{
    if (expected->pcr != found->pcr) {
        return MATCH_UNLIKE;
    }
    *mask = mask_of(expected, found->event->digest);
    if (expected->type != found->event->type) {
        return *mask != 0 ? MATCH_TYPE_DIFFERS : MATCH_UNLIKE;
    }
    if (*mask == 0) {
        return compare_digests(hasher, expected, found);
    }
    return data_fits(hasher, expected, found) ? MATCH_SAME : MATCH_DATA_DIFFERS;
}

enum component match_component(const struct reference_event *expected,
                               const struct match_found *found)
{
    struct bytes text = match_text(found->event);
    if (expected->fixed == 0) {
        return expected->component;
    }
    if (text.size < expected->fixed ||
        memcmp(text.data, expected->text.data, expected->fixed) != 0) {
        return COMPONENT_GRUBCFG;
    }
    return expected->component;
}
