/* SPDX-License-Identifier: MIT */
/*
 * Measuring: an event is made, extended, checked and logged, in this order; an
 * event that would not fit the log is refused before it is extended. After the
 * first failure both PCRs get a last event, so that no later state of the
 * machine can pass for a measured one.
 */
#include "hv/measure/measure.h"

#include "hv/measure/adopt.h"
#include "hv/measure/pcr.h"

#define PCR_DRTM_RESET  20 /* reset along with ours: it is locality 2's too */
#define OWN_LOCALITY    2
#define SHARED_LOCALITY 0
#define RUN_TIME_TAGS   0x56020000u
/* Log space kept for capping both PCRs. */
#define CAP_MAX_DATA 160

static const struct sha256_digest zero_digest;

/* ---- events ---- */

static size_t event_size(const struct measure *measure, size_t data_size)
{
    size_t size = 4 + 4 + 4 + 4 + data_size;
    for (size_t i = 0; i < measure->header.bank_count; i++) {
        size += 2u + measure->header.banks[i].digest_size;
    }
    return size;
}

/* Extend and log; the caller made sure of the room. */
static enum measure_status extend(struct measure *measure,
                                  struct measure_pcr *pcr, struct bytes data)
{
    struct sha256_digest own;
    struct tpm2_digests digests;
    enum measure_status status =
        pcr_event(measure, pcr->index, data, &own, &digests);
    if (status != MEASURE_OK) {
        return status;
    }
    eventlog_extend_sha256(&pcr->expected, &own);
    if (measure->header.bank_count == 0) {
        return MEASURE_BAD_LOG; /* capping before there is a log */
    }
    struct eventlog_event event = {
        .pcr = pcr->index, .type = EV_EVENT_TAG, .data = data};
    for (size_t i = 0; i < digests.count; i++) {
        event.digests[i] = digests.items[i].value;
    }
    enum eventlog_status logged =
        eventlog_append(&measure->header, &measure->log, &event);
    return logged == EVENTLOG_OK ? MEASURE_OK : adopt_bad_log(measure, logged);
}

static unsigned own_locality(const struct measure *measure)
{
    return measure->is_exclusive ? OWN_LOCALITY : SHARED_LOCALITY;
}

static enum measure_status judge_locality(struct measure *measure,
                                          enum tpm_status status)
{
    if (status == TPM_OK) {
        return MEASURE_OK;
    }
    measure->detail = tpm_status_text(status);
    return status == TPM_IN_USE ? MEASURE_BUSY : MEASURE_TPM_FAILED;
}

/* Whatever dom0 does with it: at boot, and to cap the PCRs. */
static enum measure_status seize_tpm(struct measure *measure)
{
    return judge_locality(measure, tpm_request_locality(&measure->tpm,
                                                        own_locality(measure)));
}

static enum measure_status take_tpm(struct measure *measure)
{
    if (!measure->is_published) {
        return seize_tpm(measure);
    }
    return judge_locality(measure, tpm_ask_locality(&measure->tpm,
                                                    own_locality(measure)));
}

/* dom0 uses locality 0 once boot is over; until then nobody else is there. */
static void give_tpm_back(struct measure *measure)
{
    if (measure->is_published) {
        tpm_release_locality(&measure->tpm);
    }
}

static void cap_pcr(struct measure *measure, struct measure_pcr *pcr,
                    enum measure_status reason)
{
    uint8_t data[CAP_MAX_DATA];
    struct buffer out = buffer_over(data, sizeof(data));
    const char *text = measure_status_text(reason);
    if (vouchlog_build_text(VOUCHLOG_CAP, bytes_of_text(text), &out) ==
            VOUCHLOG_OK &&
        seize_tpm(measure) == MEASURE_OK) {
        /* A failure here cannot make things worse: we are failing. */
        (void)!extend(measure, pcr, buffer_bytes(&out));
    }
}

/* The first failure decides what is told; its detail is kept. */
static enum measure_status fail(struct measure *measure,
                                enum measure_status reason)
{
    const char *detail = measure->detail;
    uint32_t rc = measure->rc;
    measure->failure = reason;
    measure->is_measured = false;
    if (measure->boot.index != 0) {
        cap_pcr(measure, &measure->boot, reason);
        cap_pcr(measure, &measure->run, reason);
        give_tpm_back(measure);
    }
    measure->detail = detail;
    measure->rc = rc;
    return reason;
}

static enum measure_status check_open(const struct measure *measure,
                                      enum vouchlog_tag tag)
{
    if (!measure->has_tpm) {
        return MEASURE_NO_TPM;
    }
    if (measure->failure != MEASURE_OK) {
        return MEASURE_CAPPED;
    }
    if (vouchlog_tag_name(tag) == NULL || tag == VOUCHLOG_CAP ||
        (tag < RUN_TIME_TAGS && measure->is_published)) {
        return MEASURE_BAD_EVENT;
    }
    return MEASURE_OK;
}

/* Extends and logs an event whose data was built with this result. */
static enum measure_status measure_event(struct measure *measure,
                                         enum vouchlog_tag tag,
                                         enum vouchlog_status built,
                                         struct bytes data)
{
    struct measure_pcr *pcr =
        tag < RUN_TIME_TAGS ? &measure->boot : &measure->run;
    size_t needed =
        event_size(measure, data.size) + 2 * event_size(measure, CAP_MAX_DATA);
    enum measure_status status = MEASURE_LOG_FULL;
    if (built != VOUCHLOG_OK) {
        return MEASURE_BAD_EVENT;
    }
    if (needed <= buffer_room(&measure->log)) {
        status = take_tpm(measure);
    }
    if (status == MEASURE_OK) {
        status = extend(measure, pcr, data);
    }
    if (status == MEASURE_BUSY) {
        return status;
    }
    if (status != MEASURE_OK) {
        return fail(measure, status);
    }
    give_tpm_back(measure);
    return MEASURE_OK;
}

enum measure_status measure_blob(struct measure *measure, enum vouchlog_tag tag,
                                 struct bytes blob)
{
    uint8_t data[VOUCHLOG_MAX_DATA];
    struct buffer out = buffer_over(data, sizeof(data));
    enum measure_status status = check_open(measure, tag);
    if (status != MEASURE_OK) {
        return status;
    }
    struct sha256_digest digest = sha256_of(blob);
    enum vouchlog_status built =
        vouchlog_build_blob(tag, &digest, blob.size, &out);
    return measure_event(measure, tag, built, buffer_bytes(&out));
}

enum measure_status measure_text(struct measure *measure, enum vouchlog_tag tag,
                                 struct bytes text)
{
    uint8_t data[VOUCHLOG_MAX_DATA];
    struct buffer out = buffer_over(data, sizeof(data));
    enum measure_status status = check_open(measure, tag);
    if (status != MEASURE_OK) {
        return status;
    }
    enum vouchlog_status built = vouchlog_build_text(tag, text, &out);
    return measure_event(measure, tag, built, buffer_bytes(&out));
}

/* ---- start and end ---- */

/* PCRs 20 to 22 from locality 2, if both the interface and the TPM agree. */
static enum measure_status reset_own_pcrs(struct measure *measure)
{
    enum measure_status status = take_tpm(measure);
    for (uint32_t i = PCR_DRTM_RESET;
         status == MEASURE_OK && i <= VOUCHLOG_PCR_RUN; i++) {
        status = pcr_reset(measure, i);
    }
    return status;
}

static void use_pcrs(struct measure *measure, uint32_t boot, uint32_t run)
{
    measure->boot.index = boot;
    measure->run.index = run;
}

/* Without locality 2, or where the TPM knows no localities, we share. */
static enum measure_status choose_pcrs(struct measure *measure)
{
    if (measure->tpm.has_five_localities) {
        measure->is_exclusive = true;
        enum measure_status status = reset_own_pcrs(measure);
        if (status == MEASURE_OK) {
            use_pcrs(measure, VOUCHLOG_PCR_BOOT, VOUCHLOG_PCR_RUN);
            return MEASURE_OK;
        }
        measure->is_exclusive = false;
        if (measure->tpm.is_dead || (status == MEASURE_TPM_REFUSED &&
                                     measure->rc != TPM2_RC_LOCALITY)) {
            return status;
        }
    }
    enum measure_status status = take_tpm(measure);
    if (status == MEASURE_OK) {
        use_pcrs(measure, VOUCHLOG_PCR_BOOT_SHARED, VOUCHLOG_PCR_RUN_SHARED);
    }
    return status;
}

/* What we extend starts from here. A reset PCR holds zeros. */
static enum measure_status read_start(struct measure *measure,
                                      struct measure_pcr *pcr)
{
    enum measure_status status = pcr_read(measure, pcr->index, &pcr->expected);
    if (status == MEASURE_OK && measure->is_exclusive &&
        !sha256_equal(&pcr->expected, &zero_digest)) {
        measure->detail = "PCR is not zero after its reset";
        status = MEASURE_WRONG_PCR;
    }
    return status;
}

static enum measure_status start(struct measure *measure,
                                 const struct measure_setup *setup)
{
    enum measure_status status = choose_pcrs(measure);
    if (status == MEASURE_OK) {
        status = pcr_find_banks(measure);
    }
    if (status == MEASURE_OK) {
        status = adopt_log(measure, setup);
    }
    if (status == MEASURE_OK) {
        status = read_start(measure, &measure->boot);
    }
    if (status == MEASURE_OK) {
        status = read_start(measure, &measure->run);
    }
    return status;
}

void measure_init_without_tpm(struct measure *measure)
{
    memset(measure, 0, sizeof(*measure));
    measure->detail = "";
}

enum measure_status measure_init(struct measure *measure,
                                 const struct measure_setup *setup)
{
    measure_init_without_tpm(measure);
    measure->log = setup->log;
    measure->log.used = 0;
    enum tpm_status probed = tpm_probe(&setup->io, &measure->tpm);
    if (probed == TPM_ABSENT) {
        return MEASURE_NO_TPM;
    }
    measure->has_tpm = true;
    if (probed != TPM_OK) {
        measure->detail = tpm_status_text(probed);
        return fail(measure, MEASURE_TPM_FAILED);
    }
    enum measure_status status = start(measure, setup);
    if (status != MEASURE_OK) {
        return fail(measure, status);
    }
    measure->is_measured = true;
    return MEASURE_OK;
}

static enum measure_status check_pcr(struct measure *measure,
                                     const struct measure_pcr *pcr)
{
    struct sha256_digest found;
    enum measure_status status = pcr_read(measure, pcr->index, &found);
    if (status == MEASURE_OK && !sha256_equal(&found, &pcr->expected)) {
        measure->detail = "PCR differs from the replay of the log";
        status = MEASURE_WRONG_PCR;
    }
    return status;
}

static enum measure_status copy_log(const struct measure *measure,
                                    struct buffer *area)
{
    struct bytes log = measure_log(measure);
    if (log.size == 0 || area->size == 0) {
        return MEASURE_OK;
    }
    if (log.size > area->size) {
        return MEASURE_LOG_FULL;
    }
    memcpy(area->data, log.data, log.size);
    memset(area->data + log.size, 0, area->size - log.size);
    area->used = log.size;
    return MEASURE_OK;
}

enum measure_status measure_publish(struct measure *measure,
                                    struct buffer *area)
{
    enum measure_status status = MEASURE_OK;
    if (!measure->has_tpm) {
        return MEASURE_NO_TPM;
    }
    if (measure->failure == MEASURE_OK) {
        status = take_tpm(measure);
        if (status == MEASURE_OK) {
            status = check_pcr(measure, &measure->boot);
        }
        if (status == MEASURE_OK) {
            status = check_pcr(measure, &measure->run);
        }
        if (status != MEASURE_OK) {
            (void)fail(measure, status);
        }
    }
    measure->is_published = true;
    give_tpm_back(measure);
    enum measure_status copied = copy_log(measure, area);
    return status != MEASURE_OK ? status : copied;
}

struct bytes measure_log(const struct measure *measure)
{
    return buffer_bytes(&measure->log);
}

STATUS_TEXT(measure_status, MEASURE_STATUS, "unknown measurement status")
