/* SPDX-License-Identifier: MIT */
/*
 * The log that measuring appends to: the firmware's, if it reads well to its
 * last byte, or a new one for the banks that the TPM has.
 */
#include "hv/measure/adopt.h"

enum measure_status adopt_bad_log(struct measure *measure,
                                  enum eventlog_status status)
{
    measure->detail = eventlog_status_text(status);
    return status == EVENTLOG_NO_SPACE ? MEASURE_LOG_FULL : MEASURE_BAD_LOG;
}

/* Copy the firmware's log, if every event of it reads well. */
static enum measure_status copy_log(struct measure *measure,
                                    struct bytes firmware_log)
{
    struct eventlog_reader reader;
    struct eventlog_event event;
    enum eventlog_status status = eventlog_open(firmware_log, &reader);
    while (status == EVENTLOG_OK) {
        status = eventlog_next(&reader, &event);
    }
    if (status != EVENTLOG_END) {
        return adopt_bad_log(measure, status);
    }
    struct writer writer = writer_begin(&measure->log);
    put_bytes(&writer, firmware_log);
    if (!writer_end(&writer)) {
        return adopt_bad_log(measure, EVENTLOG_NO_SPACE);
    }
    return MEASURE_OK;
}

static enum measure_status begin_log(struct measure *measure)
{
    struct tpm_bank banks[TPM_MAX_BANKS];
    for (size_t i = 0; i < measure->banks.count; i++) {
        uint16_t algorithm = measure->banks.items[i].algorithm;
        banks[i] =
            (struct tpm_bank){.algorithm = algorithm,
                              .digest_size = tpm_alg_digest_size(algorithm)};
    }
    enum eventlog_status status =
        eventlog_create(&measure->log, banks, measure->banks.count);
    return status == EVENTLOG_OK ? MEASURE_OK : adopt_bad_log(measure, status);
}

/* A BIOS leaves its log in the area of the ACPI table; EFI leaves that empty
 * and hands its log over. Only an area without any header counts as empty. */
static enum measure_status copy_area(struct measure *measure, struct bytes area)
{
    size_t used;
    enum eventlog_status status = eventlog_measure_area(area, &used);
    if (status == EVENTLOG_OK) {
        return copy_log(measure, bytes_of(area.data, used));
    }
    return status == EVENTLOG_BAD_HEADER ? begin_log(measure)
                                         : adopt_bad_log(measure, status);
}

enum measure_status adopt_log(struct measure *measure,
                              const struct measure_setup *setup)
{
    enum measure_status status;
    if (setup->firmware_log.size != 0) {
        status = copy_log(measure, setup->firmware_log);
    } else if (setup->log_area.size != 0) {
        status = copy_area(measure, setup->log_area);
    } else {
        status = begin_log(measure);
    }
    if (status != MEASURE_OK) {
        return status;
    }
    enum eventlog_status parsed =
        eventlog_parse_header(measure_log(measure), &measure->header);
    if (parsed != EVENTLOG_OK) {
        return adopt_bad_log(measure, parsed);
    }
    for (size_t i = 0; i < measure->header.bank_count; i++) {
        if (measure->header.banks[i].algorithm == TPM_ALG_SHA256) {
            return MEASURE_OK;
        }
    }
    return MEASURE_NO_SHA256;
}
