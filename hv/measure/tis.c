/* SPDX-License-Identifier: MIT */
/*
 * The FIFO interface (TCG TIS 1.3; PTP 1.05, 6.5): one byte-wide FIFO, and a
 * status register that says who is to move next. A command's last byte must
 * be exactly where the TPM expects no more.
 */
#include "hv/measure/tpm.h"

#include "lib/tpm2.h"

#define ACCESS             0x00 /* 8 bits */
#define STATUS             0x18 /* 32 bits: bits 7:0 status, 23:8 burst count */
#define DATA_FIFO          0x24

#define ACCESS_REQUEST_USE 0x02u
#define ACCESS_SEIZE       0x08u
#define ACCESS_ACTIVE      0x20u /* writing it releases, or withdraws */
#define ACCESS_VALID       0x80u

#define STATUS_EXPECT      0x08u
#define STATUS_AVAILABLE   0x10u
#define STATUS_GO          0x20u
#define STATUS_READY       0x40u
#define STATUS_VALID       0x80u

#define TIMEOUT_B_US 2000000u
#define TIMEOUT_C_US 750000u
#define TIMEOUT_D_US 750000u
/* Longer than any command we send takes, a pending self-test included. */
#define ANSWER_LIMIT_US 10000000u

static uint32_t at(const struct tpm *tpm, uint32_t offset)
{
    return tpm->locality * TPM_IO_LOCALITY_SIZE + offset;
}

static bool wait_status(struct tpm *tpm, uint32_t mask, uint32_t value,
                        uint32_t limit_us)
{
    const struct tpm_wait wait = {.offset = at(tpm, STATUS),
                                  .mask = mask,
                                  .value = value,
                                  .limit_us = limit_us};
    return tpm_wait(tpm, &wait);
}

static void set_status(struct tpm *tpm, uint8_t bit)
{
    tpm_write8(tpm, at(tpm, STATUS), bit);
}

/* How many bytes may move at once; 0 if none in time. */
static size_t wait_burst(struct tpm *tpm)
{
    uint32_t waited = 0, step = 1;
    for (;;) {
        uint32_t status = tpm_read32(tpm, at(tpm, STATUS));
        size_t burst = status >> 8 & 0xffff;
        if (burst != 0 || waited >= TIMEOUT_D_US) {
            return burst;
        }
        tpm_delay_us(tpm, step);
        waited += step;
        step = step < 128 ? 2 * step : step;
    }
}

static enum tpm_status write_bytes(struct tpm *tpm, struct bytes bytes)
{
    size_t sent = 0;
    while (sent < bytes.size) {
        size_t burst = wait_burst(tpm);
        if (burst == 0) {
            return TPM_STUCK_WRITE;
        }
        for (; burst > 0 && sent < bytes.size; burst--) {
            tpm_write8(tpm, at(tpm, DATA_FIFO), bytes.data[sent++]);
        }
    }
    return TPM_OK;
}

static enum tpm_status expect(struct tpm *tpm, uint32_t more)
{
    return wait_status(tpm, STATUS_VALID | STATUS_EXPECT, STATUS_VALID | more,
                       TIMEOUT_C_US)
               ? TPM_OK
               : TPM_BAD_WRITE;
}

static enum tpm_status write_command(struct tpm *tpm, struct bytes command)
{
    struct bytes most = bytes_of(command.data, command.size - 1);
    struct bytes last = bytes_of(command.data + command.size - 1, 1);
    enum tpm_status status = write_bytes(tpm, most);
    if (status == TPM_OK) {
        status = expect(tpm, STATUS_EXPECT);
    }
    if (status == TPM_OK) {
        status = write_bytes(tpm, last);
    }
    if (status == TPM_OK) {
        status = expect(tpm, 0);
    }
    return status;
}

static enum tpm_status read_bytes(struct tpm *tpm, struct buffer *out,
                                  size_t size)
{
    const uint32_t available = STATUS_VALID | STATUS_AVAILABLE;
    if (size > buffer_room(out)) {
        return TPM_TOO_LONG;
    }
    while (size > 0) {
        if (!wait_status(tpm, available, available, TIMEOUT_C_US)) {
            return TPM_STUCK_READ;
        }
        size_t burst = wait_burst(tpm);
        if (burst == 0) {
            return TPM_STUCK_READ;
        }
        for (; burst > 0 && size > 0; burst--, size--) {
            out->data[out->used++] =
                tpm_read8(tpm, at(tpm, DATA_FIFO));
        }
    }
    return TPM_OK;
}

static enum tpm_status read_response(struct tpm *tpm, struct buffer *out)
{
    size_t size;
    enum tpm_status status = read_bytes(tpm, out, TPM2_HEADER_SIZE);
    if (status != TPM_OK) {
        return status;
    }
    if (tpm2_response_size(buffer_bytes(out), &size) != TPM2_OK) {
        return TPM_BAD_RESPONSE;
    }
    status = read_bytes(tpm, out, size - TPM2_HEADER_SIZE);
    if (status != TPM_OK) {
        return status;
    }
    return wait_status(tpm, STATUS_VALID | STATUS_AVAILABLE, STATUS_VALID,
                       TIMEOUT_C_US)
               ? TPM_OK
               : TPM_BAD_RESPONSE;
}

static enum tpm_status run(struct tpm *tpm, struct bytes command,
                           struct buffer *response)
{
    const uint32_t answered = STATUS_VALID | STATUS_AVAILABLE;
    set_status(tpm, STATUS_READY);
    if (!wait_status(tpm, STATUS_READY, STATUS_READY, TIMEOUT_B_US)) {
        return TPM_NOT_READY;
    }
    enum tpm_status status = write_command(tpm, command);
    if (status != TPM_OK) {
        return status;
    }
    set_status(tpm, STATUS_GO);
    if (!wait_status(tpm, answered, answered, ANSWER_LIMIT_US)) {
        return TPM_NO_ANSWER;
    }
    return read_response(tpm, response);
}

static enum tpm_status tis_transfer(struct tpm *tpm, struct bytes command,
                                    struct buffer *response)
{
    enum tpm_status status = run(tpm, command, response);
    set_status(tpm, STATUS_READY); /* idle; aborts what may still run */
    return status;
}

const struct tpm_interface tpm_tis = {
    .name = "FIFO",
    .control = ACCESS,
    .state = ACCESS,
    .request = ACCESS_REQUEST_USE,
    .seize = ACCESS_SEIZE,
    .release = ACCESS_ACTIVE,
    .granted = ACCESS_VALID | ACCESS_ACTIVE,
    .transfer = tis_transfer,
};
