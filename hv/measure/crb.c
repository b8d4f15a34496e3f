/* SPDX-License-Identifier: MIT */
/*
 * The command response buffer interface (PTP 1.05, 6.4.2): the command lies in
 * a buffer that the TPM names, and start is a bit that the TPM clears when the
 * response is there. Buffers outside the register window are refused.
 */
#include "hv/measure/tpm.h"

#include "lib/tpm2.h"

#define LOCALITY_CONTROL 0x08
#define LOCALITY_STATUS  0x0c
#define CONTROL_REQUEST  0x40
#define CONTROL_STATUS   0x44
#define CONTROL_CANCEL   0x48
#define CONTROL_START    0x4c
#define COMMAND_SIZE     0x58
#define COMMAND_LOW      0x5c
#define RESPONSE_SIZE    0x64
#define RESPONSE_LOW     0x68

#define LOCALITY_REQUEST 1u
#define LOCALITY_RELEASE 2u
#define LOCALITY_SEIZE   4u
#define LOCALITY_GRANTED 1u
#define REQUEST_READY    1u
#define REQUEST_IDLE     2u
#define STATUS_ERROR     1u
#define START            1u

#define TIMEOUT_B_US     2000000u
#define TIMEOUT_C_US     750000u
#define ANSWER_LIMIT_US  10000000u

/* A buffer of the device, as an offset into the register window. */
struct window {
    uint32_t offset, size;
};

static uint32_t at(const struct tpm *tpm, uint32_t offset)
{
    return tpm->locality * TPM_IO_LOCALITY_SIZE + offset;
}

static bool wait_clear(const struct tpm *tpm, uint32_t offset, uint32_t bits,
                       uint32_t limit_us)
{
    const struct tpm_wait wait = {.offset = at(tpm, offset),
                                  .is_wide = true,
                                  .mask = bits,
                                  .value = 0,
                                  .limit_us = limit_us};
    return tpm_wait(tpm, &wait);
}

/* size_register is followed by the address; both are the device's word. */
static bool find_window(const struct tpm *tpm, uint32_t size_register,
                        uint32_t address_register, struct window *out)
{
    uint64_t address = tpm_read32(tpm, at(tpm, address_register));
    address |= (uint64_t)tpm_read32(tpm, at(tpm, address_register + 4)) << 32;
    out->size = tpm_read32(tpm, at(tpm, size_register));
    if (address < tpm->io.base || address - tpm->io.base >= tpm->io.size) {
        return false;
    }
    out->offset = (uint32_t)(address - tpm->io.base);
    return out->size <= tpm->io.size - out->offset;
}

static bool has_error(const struct tpm *tpm)
{
    return (tpm_read32(tpm, at(tpm, CONTROL_STATUS)) & STATUS_ERROR) != 0;
}

static void read_bytes(const struct tpm *tpm, uint32_t offset, size_t size,
                       struct buffer *out)
{
    for (size_t i = 0; i < size; i++) {
        out->data[out->used++] = tpm_read8(tpm, offset + (uint32_t)i);
    }
}

static enum tpm_status read_response(const struct tpm *tpm,
                                     struct buffer *response)
{
    struct window window;
    size_t size;
    if (!find_window(tpm, RESPONSE_SIZE, RESPONSE_LOW, &window) ||
        window.size < TPM2_HEADER_SIZE) {
        return TPM_DEVICE_ERROR;
    }
    if (response->size < TPM2_HEADER_SIZE) {
        return TPM_TOO_LONG;
    }
    read_bytes(tpm, window.offset, TPM2_HEADER_SIZE, response);
    if (tpm2_response_size(buffer_bytes(response), &size) != TPM2_OK ||
        size > window.size) {
        return TPM_BAD_RESPONSE;
    }
    if (size > response->size) {
        return TPM_TOO_LONG;
    }
    read_bytes(tpm, window.offset + TPM2_HEADER_SIZE, size - TPM2_HEADER_SIZE,
               response);
    return TPM_OK;
}

static enum tpm_status wait_answer(struct tpm *tpm)
{
    if (wait_clear(tpm, CONTROL_START, START, ANSWER_LIMIT_US)) {
        return has_error(tpm) ? TPM_DEVICE_ERROR : TPM_OK;
    }
    tpm_write32(tpm, at(tpm, CONTROL_CANCEL), 1);
    (void)wait_clear(tpm, CONTROL_START, START, TIMEOUT_B_US);
    tpm_write32(tpm, at(tpm, CONTROL_CANCEL), 0);
    return TPM_NO_ANSWER;
}

static enum tpm_status run(struct tpm *tpm, struct bytes command,
                           struct buffer *response)
{
    struct window window;
    tpm_write32(tpm, at(tpm, CONTROL_REQUEST), REQUEST_READY);
    if (!wait_clear(tpm, CONTROL_REQUEST, REQUEST_READY, TIMEOUT_C_US)) {
        return TPM_NOT_READY;
    }
    if (has_error(tpm) ||
        !find_window(tpm, COMMAND_SIZE, COMMAND_LOW, &window)) {
        return TPM_DEVICE_ERROR;
    }
    if (command.size > window.size) {
        return TPM_TOO_LONG;
    }
    for (size_t i = 0; i < command.size; i++) {
        tpm_write8(tpm, window.offset + (uint32_t)i, command.data[i]);
    }
    tpm_write32(tpm, at(tpm, CONTROL_START), START);
    enum tpm_status status = wait_answer(tpm);
    return status == TPM_OK ? read_response(tpm, response) : status;
}

static enum tpm_status crb_transfer(struct tpm *tpm, struct bytes command,
                                    struct buffer *response)
{
    enum tpm_status status = run(tpm, command, response);
    tpm_write32(tpm, at(tpm, CONTROL_REQUEST), REQUEST_IDLE);
    (void)wait_clear(tpm, CONTROL_REQUEST, REQUEST_IDLE, TIMEOUT_C_US);
    return status;
}

const struct tpm_interface tpm_crb = {
    .name = "CRB",
    .control = LOCALITY_CONTROL,
    .state = LOCALITY_STATUS,
    .request = LOCALITY_REQUEST,
    .seize = LOCALITY_SEIZE,
    .release = LOCALITY_RELEASE,
    .granted = LOCALITY_GRANTED,
    .is_wide = true,
    .transfer = crb_transfer,
};
