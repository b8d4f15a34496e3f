/* SPDX-License-Identifier: MIT */
/*
 * What the two interfaces share: finding out which one there is (PTP 1.05,
 * 6.4), bounded waiting, and repeating a command when the TPM asks for it.
 */
#include "hv/measure/tpm.h"

#include "lib/tpm2.h"

/* Interface identifier register (PTP 1.05, table 32). */
#define INTERFACE_ID         0x30
#define INTERFACE_TYPE_MASK  0xfu
#define INTERFACE_TYPE_FIFO  0x0u
#define INTERFACE_TYPE_CRB   0x1u
#define INTERFACE_TYPE_TIS   0xfu /* TIS 1.3: no such register */
#define INTERFACE_LOCALITIES (1u << 8)

#define FIFO_ACCESS          0x000
#define FIFO_VENDOR          0xf00
#define CRB_STATE            0x000
#define REGISTERS_VALID      0x80u
#define NOTHING_THERE        0xffffffffu

#define PROBE_LIMIT_US       750000u /* TIMEOUT_A */
#define LONGEST_STEP         128u    /* microseconds between two looks */

#define RETRIES              64u
#define RETRY_DELAY_US       20000u

uint32_t tpm_read32(const struct tpm *tpm, uint32_t offset)
{
    return tpm->io.read32(tpm->io.context, offset);
}

uint8_t tpm_read8(const struct tpm *tpm, uint32_t offset)
{
    return tpm->io.read8(tpm->io.context, offset);
}

void tpm_write32(const struct tpm *tpm, uint32_t offset, uint32_t value)
{
    tpm->io.write32(tpm->io.context, offset, value);
}

void tpm_write8(const struct tpm *tpm, uint32_t offset, uint8_t value)
{
    tpm->io.write8(tpm->io.context, offset, value);
}

/* Time is counted in delays asked for, so even a stopped clock ends a wait. */
static bool wait_for(const struct tpm *tpm, const struct tpm_wait *wait,
                     unsigned width)
{
    uint32_t waited = 0, step = 1;
    for (;;) {
        uint32_t value = width == 8 ? tpm_read8(tpm, wait->offset)
                                    : tpm_read32(tpm, wait->offset);
        if ((value & wait->mask) == wait->value) {
            return true;
        }
        if (waited >= wait->limit_us) {
            return false;
        }
        tpm->io.delay_us(tpm->io.context, step);
        waited += step;
        step = step < LONGEST_STEP ? 2 * step : step;
    }
}

bool tpm_wait8(const struct tpm *tpm, const struct tpm_wait *wait)
{
    return wait_for(tpm, wait, 8);
}

bool tpm_wait32(const struct tpm *tpm, const struct tpm_wait *wait)
{
    return wait_for(tpm, wait, 32);
}

static enum tpm_status probe_fifo(struct tpm *tpm)
{
    const struct tpm_wait valid = {.offset = FIFO_ACCESS,
                                   .mask = REGISTERS_VALID,
                                   .value = REGISTERS_VALID,
                                   .limit_us = PROBE_LIMIT_US};
    uint32_t vendor = tpm_read32(tpm, FIFO_VENDOR);
    if (vendor == 0 || vendor == NOTHING_THERE || !tpm_wait8(tpm, &valid)) {
        return TPM_ABSENT;
    }
    tpm->ops = &tpm_tis_ops;
    return TPM_OK;
}

static enum tpm_status probe_crb(struct tpm *tpm)
{
    const struct tpm_wait valid = {.offset = CRB_STATE,
                                   .mask = REGISTERS_VALID,
                                   .value = REGISTERS_VALID,
                                   .limit_us = PROBE_LIMIT_US};
    if (!tpm_wait32(tpm, &valid)) {
        return TPM_ABSENT;
    }
    tpm->ops = &tpm_crb_ops;
    return TPM_OK;
}

enum tpm_status tpm_probe(const struct tpm_io *io, struct tpm *out)
{
    struct tpm tpm = {.io = *io};
    uint32_t id = tpm_read32(&tpm, INTERFACE_ID);
    enum tpm_status status;
    tpm.has_five_localities = (id & INTERFACE_LOCALITIES) != 0;
    switch (id & INTERFACE_TYPE_MASK) {
    case INTERFACE_TYPE_FIFO:
        status = probe_fifo(&tpm);
        break;
    case INTERFACE_TYPE_CRB:
        status = probe_crb(&tpm);
        break;
    case INTERFACE_TYPE_TIS:
        tpm.has_five_localities = true;
        status = probe_fifo(&tpm);
        break;
    default:
        status = TPM_UNKNOWN_INTERFACE;
        break;
    }
    if (status == TPM_OK) {
        *out = tpm;
    }
    return status;
}

enum tpm_status tpm_request_locality(struct tpm *tpm, unsigned locality)
{
    if (tpm->is_dead) {
        return TPM_DEAD;
    }
    if (locality > 4 || (locality > 0 && !tpm->has_five_localities) ||
        tpm->io.size < (locality + 1) * TPM_IO_LOCALITY_SIZE) {
        return TPM_NO_LOCALITY;
    }
    if (tpm->has_locality && tpm->locality == locality) {
        return TPM_OK;
    }
    tpm_release_locality(tpm);
    enum tpm_status status = tpm->ops->request_locality(tpm, locality);
    if (status == TPM_OK) {
        tpm->locality = locality;
        tpm->has_locality = true;
    }
    return status;
}

void tpm_release_locality(struct tpm *tpm)
{
    if (tpm->has_locality) {
        tpm->ops->release_locality(tpm);
        tpm->has_locality = false;
    }
}

/* After these the device may be anywhere within a command. */
static bool is_fatal(enum tpm_status status)
{
    switch (status) {
    case TPM_NOT_READY:
    case TPM_STUCK_WRITE:
    case TPM_BAD_WRITE:
    case TPM_NO_ANSWER:
    case TPM_STUCK_READ:
    case TPM_DEVICE_ERROR:
    case TPM_DEAD:
        return true;
    case TPM_OK:
    case TPM_ABSENT:
    case TPM_UNKNOWN_INTERFACE:
    case TPM_NO_LOCALITY:
    case TPM_BAD_RESPONSE:
    case TPM_TOO_LONG:
    case TPM_BUSY:
        return false;
    }
    return true;
}

static bool asks_to_retry(struct bytes response)
{
    uint32_t rc;
    return tpm2_response_code(response, &rc) == TPM2_FAILED &&
           (rc == TPM2_RC_RETRY || rc == TPM2_RC_YIELDED ||
            rc == TPM2_RC_TESTING);
}

enum tpm_status tpm_send(struct tpm *tpm, struct bytes command,
                         struct buffer *response)
{
    if (tpm->is_dead) {
        return TPM_DEAD;
    }
    if (!tpm->has_locality) {
        return TPM_NO_LOCALITY;
    }
    for (unsigned i = 0; i < RETRIES; i++) {
        response->used = 0;
        enum tpm_status status = tpm->ops->transfer(tpm, command, response);
        if (status != TPM_OK) {
            tpm->is_dead = is_fatal(status);
            response->used = 0;
            return status;
        }
        if (!asks_to_retry(buffer_bytes(response))) {
            return TPM_OK;
        }
        tpm->io.delay_us(tpm->io.context, RETRY_DELAY_US);
    }
    response->used = 0;
    return TPM_BUSY;
}

STATUS_TEXT(tpm_status, TPM_STATUS, "unknown TPM status")
