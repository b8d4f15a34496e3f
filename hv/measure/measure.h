/* SPDX-License-Identifier: MIT */
/*
 * The one place that extends PCRs. What is measured gets an event of ours
 * (lib/vouchlog.h), is extended in every bank of the TPM by TPM2_PCR_Event,
 * and is appended to the log that the firmware began, all or nothing. The
 * first failure caps the PCRs: from then on nothing is measured, and whoever
 * asks for a measurement is refused.
 *
 * PCRs 21 and 22 are used from locality 2, where nobody but the hypervisor
 * can reach; where there is no locality 2, PCRs 11 and 12, not exclusively.
 * Not reentrant: at boot one CPU, later the caller's lock. A reader of the log
 * needs none: it only grows.
 */
#ifndef VOUCH_HV_MEASURE_MEASURE_H
#define VOUCH_HV_MEASURE_MEASURE_H

#include "hv/measure/tpm.h"
#include "lib/eventlog.h"
#include "lib/status.h"
#include "lib/tpm2.h"
#include "lib/vouchlog.h"

#define MEASURE_STATUS(S)                                                      \
    S(MEASURE_OK, "ok")                                                        \
    S(MEASURE_NO_TPM, "no TPM")                                                \
    S(MEASURE_BAD_LOG, "firmware event log is malformed")                      \
    S(MEASURE_NO_SHA256, "no SHA-256 bank")                                    \
    S(MEASURE_TPM_FAILED, "TPM interface failed")                              \
    S(MEASURE_TPM_REFUSED, "TPM refused a command")                            \
    S(MEASURE_BAD_ANSWER, "TPM answered malformed data")                       \
    S(MEASURE_WRONG_DIGEST, "TPM returned a wrong digest")                     \
    S(MEASURE_WRONG_PCR, "PCR holds a wrong value")                            \
    S(MEASURE_LOG_FULL, "event log is full")                                   \
    S(MEASURE_BAD_EVENT, "event cannot be measured now")                       \
    S(MEASURE_BUSY, "TPM is in use")                                           \
    S(MEASURE_CAPPED, "measuring ended with an earlier failure")

enum measure_status { MEASURE_STATUS(STATUS_CODE) };

struct measure_setup {
    struct tpm_io io;
    struct bytes firmware_log; /* whole, or empty if there is none */
    /* Where there is no firmware_log: the area that the ACPI TPM2 table names,
     * which a BIOS fills, and which measure_publish() overwrites. */
    struct bytes log_area;
    struct buffer log; /* where to keep the log; not cleared */
};

/* One of the two PCRs we extend. */
struct measure_pcr {
    uint32_t index;
    struct sha256_digest expected; /* SHA-256 bank */
};

struct measure {
    struct tpm tpm;
    bool has_tpm;
    bool is_measured;  /* a TPM, and no failure so far */
    bool is_exclusive; /* PCRs that only the hypervisor can extend */
    bool is_published; /* boot events are over */
    struct measure_pcr boot, run;
    struct eventlog_header header;
    struct buffer log;
    enum measure_status failure; /* the first one, or MEASURE_OK */
    const char *detail;          /* of the last failure, for the console */
    uint32_t rc;                 /* of MEASURE_TPM_REFUSED */
    struct tpm2_banks banks;     /* active in the TPM */
    uint8_t command_data[TPM2_MAX_COMMAND];
    uint8_t response_data[TPM2_MAX_RESPONSE];
};

/*
 * Start: find the TPM, take over the firmware's log (or begin one), take
 * locality 2 and reset PCRs 20 to 22. MEASURE_NO_TPM is no failure; on all
 * others the PCRs are capped. *measure needs no preparation.
 */
NODISCARD enum measure_status measure_init(struct measure *measure,
                                           const struct measure_setup *setup);

/* For a machine that shall not use its TPM (tpm=off). */
void measure_init_without_tpm(struct measure *measure);

/*
 * Measure a blob, or a text, before it is used. A tag of 0x5601.... goes to
 * the boot PCR and must come before measure_publish(), one of 0x5602.... to
 * the run-time PCR. MEASURE_NO_TPM, at no cost, if there is no TPM. After
 * measure_publish() MEASURE_BUSY, which changes nothing: dom0 is using the TPM.
 */
NODISCARD enum measure_status
measure_blob(struct measure *measure, enum vouchlog_tag tag, struct bytes blob);
NODISCARD enum measure_status
measure_text(struct measure *measure, enum vouchlog_tag tag, struct bytes text);

/*
 * Boot is over: check that both PCRs hold what the log says, release the TPM
 * for dom0, and copy the log into area (LASA, LAML bytes; zeros behind it).
 * An empty area is none. MEASURE_LOG_FULL if it does not fit: area is then
 * left as it was, and the measurements stand.
 */
NODISCARD enum measure_status measure_publish(struct measure *measure,
                                              struct buffer *area);

/* The whole log so far: firmware's and ours. */
struct bytes measure_log(const struct measure *measure);

const char *measure_status_text(enum measure_status status);

#endif
