/* SPDX-License-Identifier: MIT */
/* Any size and any bytes: what is taken for a whole answer is within the room.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vtpm/front/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t claimed;
    uint8_t *copy;

    if (size < sizeof(claimed)) {
        return 0;
    }
    memcpy(&claimed, data, sizeof(claimed));
    if (!answer_fits(claimed, size - sizeof(claimed))) {
        return 0;
    }
    copy = malloc(claimed);
    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, data + sizeof(claimed), claimed);
    if (answer_is_whole(copy, claimed) && claimed < TPM_MESSAGE_HEADER_SIZE) {
        abort();
    }
    free(copy);
    return 0;
}
