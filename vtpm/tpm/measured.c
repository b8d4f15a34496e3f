/* SPDX-License-Identifier: MIT */
/*
 * Each record goes to the TPM whole (PCR_Event), which hashes it for every bank
 * and says the digests; those go to the log.
 */
#include "vtpm/tpm/measured.h"

#include "lib/checked.h"
#include "lib/eventlog.h"
#include "lib/tpm2.h"
#include "lib/vouchlog.h"
#include "lib/vtpm_wire.h"
#include "vtpm/tpm/tpm.h"

#define LOG_ROOM    2048 /* of an index */
#define RECORD_ROOM 256

struct record {
    enum vouchlog_tag tag;
    uint32_t pcr;
    const uint8_t *digest;
    uint64_t size;
};

/* The log's order of banks is the TPM's. */
static bool find_digests(const struct platform *platform,
                         const struct tpm2_digests *found,
                         struct eventlog_event *event)
{
    for (size_t i = 0; i < platform->bank_count; i++) {
        if (!tpm2_find_digest(found, platform->banks[i].algorithm,
                              &event->digests[i])) {
            return false;
        }
    }
    return found->count == platform->bank_count;
}

static enum measured_status extend(const struct platform *platform,
                                   const struct record *record,
                                   struct buffer *log)
{
    uint8_t data[RECORD_ROOM], wire[TPM2_HEADER_SIZE + 64 + RECORD_ROOM];
    struct buffer event_data = buffer_over(data, sizeof(data));
    struct buffer command = buffer_over(wire, sizeof(wire));
    struct eventlog_header header;
    struct tpm2_digests digests;
    struct sha256_digest digest;
    memcpy(digest.bytes, record->digest, sizeof(digest.bytes));
    if (vouchlog_build_blob(record->tag, &digest, record->size, &event_data) !=
            VOUCHLOG_OK ||
        tpm2_command_pcr_event(record->pcr, buffer_bytes(&event_data),
                               &command) != TPM2_OK) {
        return MEASURED_BAD_RECORD;
    }
    struct eventlog_event event = {.pcr = record->pcr,
                                   .type = EV_EVENT_TAG,
                                   .data = buffer_bytes(&event_data)};
    if (tpm2_response_pcr_event(tpm_process(buffer_bytes(&command)),
                                &digests) != TPM2_OK ||
        !find_digests(platform, &digests, &event)) {
        return MEASURED_NO_EXTEND;
    }
    if (eventlog_parse_header(buffer_bytes(log), &header) != EVENTLOG_OK ||
        eventlog_append(&header, log, &event) != EVENTLOG_OK) {
        return MEASURED_NO_LOG;
    }
    return MEASURED_OK;
}

enum measured_status measured_extend(const struct platform *platform,
                                     const struct vouch_launch_info *info,
                                     uint32_t *index_code)
{
    const struct record records[] = {
        {VOUCHLOG_GUEST_KERNEL, VTPM_PCR_KERNEL, info->kernel,
         info->kernel_size},
        {VOUCHLOG_GUEST_INITRD, VTPM_PCR_INITRD, info->initrd,
         info->initrd_size},
        {VOUCHLOG_GUEST_CMDLINE, VTPM_PCR_CMDLINE, info->cmdline,
         info->cmdline_size},
    };
    uint8_t data[LOG_ROOM];
    struct buffer log = buffer_over(data, sizeof(data));
    if (eventlog_create(&log, platform->banks, platform->bank_count) !=
        EVENTLOG_OK) {
        return MEASURED_NO_LOG;
    }
    for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
        enum measured_status status = extend(platform, &records[i], &log);
        if (status != MEASURED_OK) {
            return status;
        }
    }
    *index_code = setup_write_index(platform, VTPM_NV_LOG, buffer_bytes(&log));
    return MEASURED_OK;
}

STATUS_TEXT(measured_status, MEASURED_STATUS, "unknown measured status")
