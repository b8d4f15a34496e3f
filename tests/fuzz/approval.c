/* SPDX-License-Identifier: MIT */
/* Any bytes as an approval: what is accepted is written back as it was. */
#include <stdlib.h>

#include "lib/approval.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t room[APPROVAL_SIZE];
    struct buffer out = buffer_over(room, sizeof(room));
    struct writer writer = writer_begin(&out);
    struct approval approval;
    if (!approval_parse(bytes_of(data, size), &approval)) {
        return 0;
    }
    approval_put(&writer, &approval);
    if (!writer_end(&writer) ||
        !bytes_equal(buffer_bytes(&out), bytes_of(data, size))) {
        abort();
    }
    (void)approval_policy(&approval);
    (void)approval_key_digest(&approval.key);
    return 0;
}
