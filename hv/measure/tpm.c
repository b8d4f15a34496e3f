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

#define FIRST_REGISTER       0x000 /* who has the locality, in both */
#define FIFO_VENDOR          0xf00
#define REGISTERS_VALID      0x80u
#define NOTHING_THERE        0xffffffffu

/* How long another locality may take to let go before we seize. */
#define PATIENCE_US          10000u
#define ASKING_US            2000u   /* the same where we only ask */
#define TIMEOUT_A_US         750000u
#define LONGEST_STEP         128u    /* microseconds between two looks */

#define RETRIES              64u
#define RETRY_DELAY_US       20000u

/* Time is counted in delays asked for, so even a stopped clock ends a wait. */
bool tpm_wait(const struct tpm *tpm, const struct tpm_wait *wait)
{
    uint32_t waited = 0, step = 1;
    for (;;) {
        uint32_t value = wait->is_wide ? tpm_read32(tpm, wait->offset)
                                       : tpm_read8(tpm, wait->offset);
        if ((value & wait->mask) == wait->value) {
            return true;
        }
        if (waited >= wait->limit_us) {
            return false;
        }
        tpm_delay_us(tpm, step);
        waited += step;
        step = step < LONGEST_STEP ? 2 * step : step;
    }
}

static bool vendor_is_there(const struct tpm *tpm)
{
    uint32_t vendor = tpm_read32(tpm, FIFO_VENDOR);
    return vendor != 0 && vendor != NOTHING_THERE;
}

enum tpm_status tpm_probe(const struct tpm_io *io, struct tpm *out)
{
    struct tpm tpm = {.io = *io};
    uint32_t id = tpm_read32(&tpm, INTERFACE_ID);
    tpm.has_five_localities = (id & INTERFACE_LOCALITIES) != 0;
    switch (id & INTERFACE_TYPE_MASK) {
    case INTERFACE_TYPE_TIS:
        tpm.has_five_localities = true;
        /* fall through */
    case INTERFACE_TYPE_FIFO:
        tpm.interface = &tpm_tis;
        if (!vendor_is_there(&tpm)) {
            return TPM_ABSENT;
        }
        break;
    case INTERFACE_TYPE_CRB:
        tpm.interface = &tpm_crb;
        break;
    default:
        return TPM_UNKNOWN_INTERFACE;
    }
    const struct tpm_wait valid = {.offset = FIRST_REGISTER,
                                   .is_wide = tpm.interface->is_wide,
                                   .mask = REGISTERS_VALID,
                                   .value = REGISTERS_VALID,
                                   .limit_us = TIMEOUT_A_US};
    if (!tpm_wait(&tpm, &valid)) {
        return TPM_ABSENT;
    }
    *out = tpm;
    return TPM_OK;
}

/* ---- localities ---- */

static void set_control(const struct tpm *tpm, unsigned locality, uint8_t bit)
{
    uint32_t offset =
        locality * TPM_IO_LOCALITY_SIZE + tpm->interface->control;
    if (tpm->interface->is_wide) {
        tpm_write32(tpm, offset, bit);
    } else {
        tpm_write8(tpm, offset, bit);
    }
}

static struct tpm_wait grant_of(const struct tpm *tpm, unsigned locality,
                                uint32_t limit_us)
{
    const struct tpm_interface *interface = tpm->interface;
    return (struct tpm_wait){
        .offset = locality * TPM_IO_LOCALITY_SIZE + interface->state,
        .is_wide = interface->is_wide,
        .mask = interface->granted,
        .value = interface->granted,
        .limit_us = limit_us};
}

static enum tpm_status take_locality(const struct tpm *tpm, unsigned locality)
{
    const struct tpm_interface *interface = tpm->interface;
    struct tpm_wait granted = grant_of(tpm, locality, PATIENCE_US);
    set_control(tpm, locality, interface->request);
    if (tpm_wait(tpm, &granted)) {
        return TPM_OK;
    }
    if (locality != 0) {
        set_control(tpm, locality, interface->seize);
    }
    granted.limit_us = TIMEOUT_A_US;
    if (tpm_wait(tpm, &granted)) {
        return TPM_OK;
    }
    set_control(tpm, locality, interface->release);
    return TPM_NO_LOCALITY;
}

static enum tpm_status ask_for_locality(const struct tpm *tpm,
                                        unsigned locality)
{
    const struct tpm_wait now = grant_of(tpm, locality, 0);
    const struct tpm_wait soon = grant_of(tpm, locality, ASKING_US);
    if (tpm_wait(tpm, &now)) {
        return TPM_IN_USE; /* not by us: we give back what we took */
    }
    set_control(tpm, locality, tpm->interface->request);
    if (tpm_wait(tpm, &soon)) {
        return TPM_OK;
    }
    set_control(tpm, locality, tpm->interface->release);
    return TPM_IN_USE;
}

static enum tpm_status
obtain(struct tpm *tpm, unsigned locality,
       enum tpm_status (*take)(const struct tpm *, unsigned))
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
    enum tpm_status status = take(tpm, locality);
    if (status == TPM_OK) {
        tpm->locality = locality;
        tpm->has_locality = true;
    }
    return status;
}

enum tpm_status tpm_request_locality(struct tpm *tpm, unsigned locality)
{
    return obtain(tpm, locality, take_locality);
}

enum tpm_status tpm_ask_locality(struct tpm *tpm, unsigned locality)
{
    return obtain(tpm, locality, ask_for_locality);
}

void tpm_release_locality(struct tpm *tpm)
{
    if (tpm->has_locality) {
        set_control(tpm, tpm->locality, tpm->interface->release);
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
    case TPM_IN_USE:
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
    if (command.size < TPM2_HEADER_SIZE || command.size > TPM2_MAX_COMMAND) {
        return TPM_TOO_LONG;
    }
    for (unsigned i = 0; i < RETRIES; i++) {
        response->used = 0;
        enum tpm_status status = tpm->interface->transfer(tpm, command, response);
        if (status != TPM_OK) {
            tpm->is_dead = is_fatal(status);
            response->used = 0;
            return status;
        }
        if (!asks_to_retry(buffer_bytes(response))) {
            return TPM_OK;
        }
        tpm_delay_us(tpm, RETRY_DELAY_US);
    }
    response->used = 0;
    return TPM_BUSY;
}

STATUS_TEXT(tpm_status, TPM_STATUS, "unknown TPM status")
