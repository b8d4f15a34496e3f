/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the page that a guest shares: what is taken as a command has
 * two sizes that agree, and is what was in the page.
 */
#include <stdlib.h>

#include "vtpm/base/tpm_page.h"

#define PAGE    4096
#define DATA_AT 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_right)
{
    if (!is_right) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tpm_command command;
    uint8_t *page = calloc(1, PAGE);
    check(page != NULL);
    memcpy(page, data, size < PAGE ? size : PAGE);
    if (tpm_page_take(page, &command) == TPM_PAGE_COMMAND) {
        struct cursor cursor =
            cursor_over(bytes_of(command.data, command.size));
        check(command.size >= TPM_HEADER_SIZE &&
              command.size <= VTPM_COMMAND_MAX);
        take_skip(&cursor, 2);
        check(take_be32(&cursor) == command.size);
        check(memcmp(page + DATA_AT, command.data, command.size) == 0);
        tpm_page_finish(page, bytes_of(command.data, command.size));
    }
    free(page);
    return 0;
}
