/* SPDX-License-Identifier: MIT */
/*
 * See tpm_page.h. The header's comment has the data at offset 16; drivers put
 * it right behind the fields, and behind the extra pages' grants, of which we
 * accept none.
 */
#include "vtpm/base/tpm_page.h"

#include "vtpm/base/hypercall.h"
#include "vtpm/base/kernel.h"

#include <xen/io/tpmif.h>

_Static_assert(sizeof(struct tpmif_shared_page) + VTPM_COMMAND_MAX == PAGE_SIZE,
               "a command fills the page");

static const uint8_t *data_of(const struct tpmif_shared_page *shared)
{
    return (const uint8_t *)(shared + 1);
}

/* TPM 2.0 part 1, 18: the size is in bytes 2 to 5, big endian. */
static uint32_t size_in_header(struct bytes command)
{
    struct cursor cursor = cursor_over(command);

    take_skip(&cursor, sizeof(uint16_t));
    return take_be32(&cursor);
}

static enum tpm_page_status take_command(const struct tpmif_shared_page *shared,
                                         struct tpm_command *out)
{
    uint32_t size = READ_ONCE(shared->length);

    if (READ_ONCE(shared->nr_extra_pages) != 0 || size < TPM_HEADER_SIZE ||
        size > VTPM_COMMAND_MAX) {
        return TPM_PAGE_BAD;
    }
    out->locality = READ_ONCE(shared->locality);
    out->size = size;
    memcpy(out->data, data_of(shared), size);
    return size_in_header(bytes_of(out->data, size)) == size ? TPM_PAGE_COMMAND
                                                             : TPM_PAGE_BAD;
}

enum tpm_page_status tpm_page_take(const void *page, struct tpm_command *out)
{
    const struct tpmif_shared_page *shared = page;
    uint8_t state = READ_ONCE(shared->state);

    memory_barrier();
    if (state == TPMIF_STATE_SUBMIT) {
        return take_command(shared, out);
    }
    return state == TPMIF_STATE_CANCEL ? TPM_PAGE_CANCEL : TPM_PAGE_NOTHING;
}

bool tpm_page_is_cancelled(const void *page)
{
    const struct tpmif_shared_page *shared = page;

    return READ_ONCE(shared->state) == TPMIF_STATE_CANCEL;
}

static void set_state(struct tpmif_shared_page *shared, uint8_t state)
{
    memory_barrier();
    WRITE_ONCE(shared->state, state);
}

void tpm_page_finish(void *page, struct bytes response)
{
    struct tpmif_shared_page *shared = page;

    memcpy(shared + 1, response.data, response.size);
    WRITE_ONCE(shared->length, (uint32_t)response.size);
    set_state(shared, TPMIF_STATE_FINISH);
}

void tpm_page_drop(void *page)
{
    set_state(page, TPMIF_STATE_IDLE);
}
