/* SPDX-License-Identifier: MIT */
/*
 * PCR commands: made, sent, and their answers believed only as far as they can
 * be checked.
 */
#include "hv/measure/pcr.h"

#include "hv/measure/exchange.h"
#include "lib/checked.h"

enum measure_status pcr_read(struct measure *measure, uint32_t index,
                             struct sha256_digest *out)
{
    struct buffer command = exchange_command(measure);
    struct bytes response;
    struct bytes value;
    const struct tpm2_selection selection = {.algorithm = TPM_ALG_SHA256,
                                             .pcrs = UINT32_C(1) << index};
    enum tpm2_status made = tpm2_command_pcr_read(&selection, &command);
    enum measure_status status =
        exchange_send(measure, made, &command, &response);
    if (status == MEASURE_OK) {
        status = exchange_judge(
            measure, tpm2_response_pcr_read(response, &selection, &value),
            response);
    }
    if (status == MEASURE_OK) {
        memcpy(out->bytes, value.data, SHA256_SIZE);
    }
    return status;
}

enum measure_status pcr_reset(struct measure *measure, uint32_t index)
{
    struct buffer command = exchange_command(measure);
    struct bytes response;
    enum tpm2_status made = tpm2_command_pcr_reset(index, &command);
    enum measure_status status =
        exchange_send(measure, made, &command, &response);
    return status == MEASURE_OK
               ? exchange_judge(measure, tpm2_response_empty(response),
                                response)
               : status;
}

enum measure_status pcr_find_banks(struct measure *measure)
{
    struct buffer command = exchange_command(measure);
    struct bytes response;
    enum tpm2_status made = tpm2_command_get_banks(&command);
    enum measure_status status =
        exchange_send(measure, made, &command, &response);
    if (status == MEASURE_OK) {
        status = exchange_judge(
            measure, tpm2_response_get_banks(response, &measure->banks),
            response);
    }
    if (status != MEASURE_OK) {
        return status;
    }
    for (size_t i = 0; i < measure->banks.count; i++) {
        if (measure->banks.items[i].algorithm == TPM_ALG_SHA256) {
            return MEASURE_OK;
        }
    }
    return MEASURE_NO_SHA256;
}

/* The digests in the order of the log's banks. */
static enum measure_status order_digests(struct measure *measure,
                                         const struct tpm2_digests *answer,
                                         struct tpm2_digests *out)
{
    const struct eventlog_header *header = &measure->header;
    out->count = header->bank_count;
    for (size_t i = 0; i < header->bank_count; i++) {
        struct tpm2_digest *digest = &out->items[i];
        digest->algorithm = header->banks[i].algorithm;
        if (!tpm2_find_digest(answer, digest->algorithm, &digest->value)) {
            measure->detail = "event log has a bank that the TPM has not";
            return MEASURE_BAD_LOG;
        }
    }
    return MEASURE_OK;
}

enum measure_status pcr_event(struct measure *measure, uint32_t index,
                              struct bytes data, struct sha256_digest *own,
                              struct tpm2_digests *digests)
{
    struct buffer command = exchange_command(measure);
    struct bytes response, hashed;
    struct tpm2_digests answer;
    enum tpm2_status made = tpm2_command_pcr_event(index, data, &command);
    *own = sha256_of(data);
    enum measure_status status =
        exchange_send(measure, made, &command, &response);
    if (status == MEASURE_OK) {
        status = exchange_judge(
            measure, tpm2_response_pcr_event(response, &answer), response);
    }
    if (status != MEASURE_OK) {
        return status;
    }
    if (!tpm2_find_digest(&answer, TPM_ALG_SHA256, &hashed)) {
        measure->detail = "TPM extended no SHA-256 bank";
        return MEASURE_BAD_ANSWER;
    }
    if (!bytes_equal(hashed, sha256_bytes(own))) {
        measure->detail = "TPM hashed something else than the event";
        return MEASURE_WRONG_DIGEST;
    }
    return order_digests(measure, &answer, digests);
}
