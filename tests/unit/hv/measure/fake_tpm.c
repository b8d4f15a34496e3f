/* SPDX-License-Identifier: MIT */
/*
 * The registers of the fake TPM, with its ways to fail. The FIFO moves 7 bytes
 * at a time, so that no message is a whole number of bursts.
 */
#include "tests/unit/hv/measure/fake_tpm.h"

#include <stdlib.h>

#include "hv/measure/tpm.h"
#include "tests/unit/hv/measure/fake_tpm_commands.h"

#define BURST      7u
#define CRB_BUFFER 0x80u
#define CRB_SIZE   0xf80u
#define FIFO_ID    0x2100u  /* as QEMU's tpm-tis */
#define CRB_ID     0x25811u /* as QEMU's tpm-crb */
#define VENDOR     0x00011014u
#define LOCALITIES 0x100u

static bool is_broken(const struct fake_tpm *fake, enum fake_fault fault)
{
    return fake->fault == fault && fake->commands >= fake->fault_at;
}

/* ---- FIFO ---- */

static size_t command_size(const struct fake_tpm *fake)
{
    struct cursor cursor = cursor_over(bytes_of(fake->in, fake->in_size));
    take_skip(&cursor, 2);
    uint32_t size = take_be32(&cursor);
    return cursor.failed ? SIZE_MAX : size;
}

static uint8_t fifo_access(const struct fake_tpm *fake, int locality)
{
    if (locality != 0 && !fake->has_localities) {
        return 0x80;
    }
    return (uint8_t)(0x81 | (fake->active == locality ? 0x20 : 0));
}

static size_t fifo_output_left(const struct fake_tpm *fake)
{
    if (!fake->going || is_broken(fake, FAULT_SILENT)) {
        return 0;
    }
    size_t end = fake->out_size;
    if (fake->fault == FAULT_STOPS_READING && fake->commands > fake->fault_at &&
        end > 5) {
        end = 5;
    }
    return fake->out_at < end ? end - fake->out_at : 0;
}

static uint32_t fifo_burst(const struct fake_tpm *fake)
{
    size_t left = fifo_output_left(fake);
    if (is_broken(fake, FAULT_NO_BURST)) {
        return 0;
    }
    return fake->going && left < BURST ? (uint32_t)left : BURST;
}

static uint32_t fifo_status(const struct fake_tpm *fake)
{
    uint32_t status = 0x80;
    if (is_broken(fake, FAULT_ALL_ONES)) {
        return 0xffffffff;
    }
    if (fake->ready && !is_broken(fake, FAULT_NEVER_READY)) {
        status |= 0x40;
    }
    bool expects = fake->in_size != 0 && fake->in_size < command_size(fake);
    expects = expects && !is_broken(fake, FAULT_NOT_EXPECTING);
    if (expects || is_broken(fake, FAULT_ALWAYS_EXPECTING)) {
        status |= 0x08;
    }
    if (fifo_output_left(fake) != 0) {
        status |= 0x10;
    }
    return status | fifo_burst(fake) << 8;
}

static void fifo_command_ready(struct fake_tpm *fake)
{
    fake->ready = true;
    fake->going = false;
    fake->in_size = 0;
    fake->out_size = 0;
    fake->out_at = 0;
}

static void fifo_set_status(struct fake_tpm *fake, uint8_t value)
{
    if ((value & 0x40) != 0) {
        fifo_command_ready(fake);
    }
    if ((value & 0x20) != 0 && fake->in_size == command_size(fake)) {
        fake->going = true;
        if (!is_broken(fake, FAULT_SILENT)) {
            fake_tpm_run(fake);
        }
    }
}

static void fifo_take(struct fake_tpm *fake, uint8_t byte)
{
    fake->ready = false;
    if (fake->in_size < sizeof(fake->in)) {
        fake->in[fake->in_size++] = byte;
    }
}

static uint8_t fifo_give(struct fake_tpm *fake)
{
    return fifo_output_left(fake) != 0 ? fake->out[fake->out_at++] : 0xff;
}

static void fifo_set_access(struct fake_tpm *fake, int locality, uint8_t value)
{
    bool exists = locality == 0 || fake->has_localities;
    bool refused =
        fake->refused_locality != 0 && (int)fake->refused_locality == locality;
    if ((value & 0x20) != 0 && fake->active == locality) {
        fake->active = -1;
    }
    if (!exists || refused) {
        return;
    }
    if ((value & 0x02) != 0 && fake->active == -1) {
        fake->active = locality;
    }
    if ((value & 0x08) != 0 && locality > fake->active) {
        fake->active = locality;
        fifo_command_ready(fake);
        fake->ready = false;
    }
}

/* ---- CRB ---- */

static uint32_t crb_read(const struct fake_tpm *fake, uint32_t offset)
{
    bool outside = fake->fault == FAULT_BUFFER_OUTSIDE;
    switch (offset) {
    case 0x00:
        return 0x80u | (fake->active == 0 ? 2u : 0u);
    case 0x0c:
        return fake->active == 0 ? 1 : 0;
    case 0x40:
        return is_broken(fake, FAULT_NEVER_READY) && fake->ready ? 1 : 0;
    case 0x44:
        return is_broken(fake, FAULT_DEVICE_ERROR) ? 1 : 0;
    case 0x4c:
        return is_broken(fake, FAULT_SILENT) && fake->going ? 1 : 0;
    case 0x58:
    case 0x64:
        return CRB_SIZE;
    case 0x5c:
    case 0x68:
        return outside ? 0x1000 : TPM_IO_BASE + CRB_BUFFER;
    default:
        return 0;
    }
}

static void crb_start(struct fake_tpm *fake)
{
    fake->going = true;
    memcpy(fake->in, fake->crb + CRB_BUFFER, CRB_SIZE);
    fake->in_size = CRB_SIZE;
    fake->in_size = command_size(fake);
    if (is_broken(fake, FAULT_SILENT) || fake->in_size > CRB_SIZE) {
        return;
    }
    fake_tpm_run(fake);
    memset(fake->crb + CRB_BUFFER, 0xee, CRB_SIZE);
    memcpy(fake->crb + CRB_BUFFER, fake->out, fake->out_size);
}

static void crb_write(struct fake_tpm *fake, uint32_t offset, uint32_t value)
{
    switch (offset) {
    case 0x08:
        if (value == 1 && fake->active == -1) {
            fake->active = 0;
        } else if (value == 2 && fake->active == 0) {
            fake->active = -1;
        }
        break;
    case 0x40:
        fake->ready = value == 1;
        fake->going = false;
        break;
    case 0x4c:
        if (value == 1) {
            crb_start(fake);
        }
        break;
    default:
        break;
    }
}

/* ---- the bus ---- */

uint32_t tpm_read32(const struct tpm *tpm, uint32_t offset)
{
    struct fake_tpm *fake = (struct fake_tpm *)tpm->io.registers;
    uint32_t locality = offset / TPM_IO_LOCALITY_SIZE;
    uint32_t at = offset % TPM_IO_LOCALITY_SIZE;
    if (offset > TPM_IO_SIZE - 4) {
        abort();
    }
    if (fake->kind == FAKE_ALIEN) {
        return at == 0x30 ? 0x7 : 0;
    }
    if (fake->kind == FAKE_FIFO && at == 0x30) {
        return FIFO_ID & ~(fake->has_localities ? 0 : LOCALITIES);
    }
    if (fake->kind == FAKE_FIFO && at == 0xf00) {
        return VENDOR;
    }
    if (fake->kind == FAKE_FIFO && at == 0x18) {
        return fake->active == (int)locality ? fifo_status(fake) : 0xffffffff;
    }
    if (fake->kind == FAKE_CRB && at == 0x30) {
        return CRB_ID;
    }
    if (fake->kind == FAKE_CRB) {
        return locality == 0 ? crb_read(fake, at) : 0;
    }
    return 0xffffffff;
}

uint8_t tpm_read8(const struct tpm *tpm, uint32_t offset)
{
    struct fake_tpm *fake = (struct fake_tpm *)tpm->io.registers;
    int locality = (int)(offset / TPM_IO_LOCALITY_SIZE);
    uint32_t at = offset % TPM_IO_LOCALITY_SIZE;
    if (offset >= TPM_IO_SIZE) {
        abort();
    }
    if (fake->kind == FAKE_CRB) {
        return fake->crb[offset];
    }
    if (fake->kind != FAKE_FIFO) {
        return 0xff;
    }
    if (at == 0x00) {
        return fifo_access(fake, locality);
    }
    if (at == 0x18) {
        return (uint8_t)tpm_read32(tpm, offset);
    }
    return at == 0x24 && fake->active == locality ? fifo_give(fake) : 0xff;
}

void tpm_write8(const struct tpm *tpm, uint32_t offset, uint8_t value)
{
    struct fake_tpm *fake = (struct fake_tpm *)tpm->io.registers;
    int locality = (int)(offset / TPM_IO_LOCALITY_SIZE);
    uint32_t at = offset % TPM_IO_LOCALITY_SIZE;
    if (offset >= TPM_IO_SIZE) {
        abort();
    }
    if (fake->kind == FAKE_CRB) {
        fake->crb[offset] = value;
        return;
    }
    if (fake->kind != FAKE_FIFO) {
        return;
    }
    if (at == 0x00) {
        fifo_set_access(fake, locality, value);
    } else if (at == 0x18 && fake->active == locality) {
        fifo_set_status(fake, value);
    } else if (at == 0x24 && fake->active == locality) {
        fifo_take(fake, value);
    }
}

void tpm_write32(const struct tpm *tpm, uint32_t offset, uint32_t value)
{
    struct fake_tpm *fake = (struct fake_tpm *)tpm->io.registers;
    if (offset > TPM_IO_SIZE - 4) {
        abort();
    }
    if (fake->kind == FAKE_CRB && offset < TPM_IO_LOCALITY_SIZE) {
        crb_write(fake, offset, value);
    }
}

void tpm_delay_us(const struct tpm *tpm, uint32_t microseconds)
{
    struct fake_tpm *fake = (struct fake_tpm *)tpm->io.registers;
    fake->elapsed_us += microseconds;
}

void fake_tpm_init(struct fake_tpm *fake, enum fake_kind kind)
{
    memset(fake, 0, sizeof(*fake));
    fake->kind = kind;
    fake->active = -1;
    fake->has_localities = kind == FAKE_FIFO;
    for (size_t i = 17; i <= 22; i++) {
        memset(&fake->sha256[i], 0xff, 32);
        memset(&fake->sha384[i], 0xff, 48);
    }
}

void fake_tpm_occupy(struct fake_tpm *fake, int locality)
{
    fake->active = locality;
}

struct tpm_io fake_tpm_io(struct fake_tpm *fake)
{
    return (struct tpm_io){.registers = (volatile uint8_t *)fake,
                           .base = TPM_IO_BASE,
                           .size = TPM_IO_SIZE};
}
