/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the answer of a TPM to each command. Whatever is accepted must
 * lie inside the response.
 */
#include <stdlib.h>

#include "lib/tpm2.h"
#include "lib/tpm2_seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct bytes part, struct bytes whole)
{
    if (part.size != 0 && (part.data < whole.data || part.size > whole.size ||
                           part.data + part.size > whole.data + whole.size)) {
        abort();
    }
}

static void check_seal(struct bytes response)
{
    static const struct sha256_digest policy;
    static const struct approval_key key;
    struct tpm2_handle handle;
    struct sha256_digest digest;
    struct bytes ticket;
    bool is_written;
    uint64_t value;
    (void)tpm2_response_create_root(response, &policy, &handle);
    (void)tpm2_response_load_key(response, &key, &handle);
    (void)tpm2_response_start_policy(response, &handle);
    (void)tpm2_response_plain(response);
    (void)tpm2_response_hmac(response, &digest);
    (void)tpm2_response_counter_public(response, &is_written);
    (void)tpm2_response_counter_read(response, &value);
    if (tpm2_response_verify(response, &ticket) == TPM2_OK) {
        check_inside(ticket, response);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes response = bytes_of(data, size);
    struct tpm2_digests digests;
    const struct tpm2_selection pcr21 = {.algorithm = TPM_ALG_SHA256,
                                         .pcrs = 1u << 21};
    struct bytes value;
    struct tpm2_banks banks;
    uint32_t rc;
    if (tpm2_response_pcr_event(response, &digests) == TPM2_OK) {
        for (size_t i = 0; i < digests.count; i++) {
            check_inside(digests.items[i].value, response);
        }
    }
    if (tpm2_response_pcr_read(response, &pcr21, &value) == TPM2_OK) {
        check_inside(value, response);
    }
    (void)tpm2_response_get_banks(response, &banks);
    (void)tpm2_response_empty(response);
    check_seal(response);
    if (tpm2_response_code(response, &rc) == TPM2_FAILED && rc == 0) {
        abort();
    }
    return 0;
}
