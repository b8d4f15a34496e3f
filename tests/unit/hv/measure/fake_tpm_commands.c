/* SPDX-License-Identifier: MIT */
/*
 * What the fake TPM does with a command, written from TPM Library Part 3 and
 * the PC Client profile's table of localities.
 */
#include "tests/unit/hv/measure/fake_tpm_commands.h"

#define RC_FAILURE 0x101u
#define RC_VALUE   0x084u

static bool may_extend(uint32_t pcr, int locality)
{
    switch (pcr) {
    case 17:
    case 18:
    case 19:
        return locality >= 2;
    case 20:
        return locality >= 1;
    case 21:
    case 22:
        return locality == 2;
    default:
        return pcr < 24;
    }
}

static bool may_reset(uint32_t pcr, int locality)
{
    return pcr == 16 || pcr == 23 || (locality == 2 && pcr >= 20 && pcr <= 22);
}

static void refuse(struct fake_tpm *fake, uint32_t rc)
{
    struct buffer out = buffer_over(fake->out, sizeof(fake->out));
    struct writer writer = writer_begin(&out);
    put_be16(&writer, 0x8001);
    put_be32(&writer, 10);
    put_be32(&writer, rc);
    fake->out_size = writer_end(&writer) ? out.used : 0;
}

static struct writer begin(struct buffer *out, uint16_t tag)
{
    struct writer writer = writer_begin(out);
    put_be16(&writer, tag);
    put_be32(&writer, 0);
    put_be32(&writer, 0);
    return writer;
}

static void finish(struct fake_tpm *fake, struct writer *writer)
{
    put_be32_at(writer, 2, (uint32_t)writer_written(writer));
    fake->out_size = writer_end(writer) ? writer->out->used : 0;
}

static void end_session(struct fake_tpm *fake, struct writer *writer)
{
    put_be16(writer, 0);
    put_u8(writer, 1);
    put_be16(writer, 0);
    finish(fake, writer);
}

static void extend384(struct sha384_digest *pcr,
                      const struct sha384_digest *digest)
{
    uint8_t both[96];
    memcpy(both, pcr->bytes, 48);
    memcpy(both + 48, digest->bytes, 48);
    *pcr = sha384_of(bytes_of(both, sizeof(both)));
}

static void do_event(struct fake_tpm *fake, uint32_t pcr, struct bytes data)
{
    struct sha256_digest sha256 = sha256_of(data);
    struct sha384_digest sha384 = sha384_of(data);
    struct buffer out = buffer_over(fake->out, sizeof(fake->out));
    if (!may_extend(pcr, fake->active)) {
        refuse(fake, TPM2_RC_LOCALITY);
        return;
    }
    bool broken = fake->commands >= fake->fault_at;
    if (!broken || fake->fault != FAULT_NO_EXTEND) {
        eventlog_extend_sha256(&fake->sha256[pcr], &sha256);
        extend384(&fake->sha384[pcr], &sha384);
    }
    if (broken && fake->fault == FAULT_WRONG_DIGEST) {
        sha256.bytes[31] ^= 1;
    }
    struct writer writer = begin(&out, 0x8002);
    put_be32(&writer, fake->has_sha384 ? 4 + 34 + 50 : 4 + 34);
    put_be32(&writer, fake->has_sha384 ? 2 : 1);
    if (fake->has_sha384) {
        put_be16(&writer, TPM_ALG_SHA384);
        put_bytes(&writer, bytes_of(sha384.bytes, 48));
    }
    put_be16(&writer, TPM_ALG_SHA256);
    put_bytes(&writer, bytes_of(sha256.bytes, 32));
    end_session(fake, &writer);
}

static void do_reset(struct fake_tpm *fake, uint32_t pcr)
{
    struct buffer out = buffer_over(fake->out, sizeof(fake->out));
    if (!may_reset(pcr, fake->active)) {
        refuse(fake, TPM2_RC_LOCALITY);
        return;
    }
    if (!fake->ignores_reset) {
        memset(&fake->sha256[pcr], 0, 32);
        memset(&fake->sha384[pcr], 0, 48);
    }
    struct writer writer = begin(&out, 0x8002);
    put_be32(&writer, 0);
    end_session(fake, &writer);
}

static void do_read(struct fake_tpm *fake, struct cursor *command)
{
    struct buffer out = buffer_over(fake->out, sizeof(fake->out));
    uint32_t count = take_be32(command);
    uint16_t algorithm = take_be16(command);
    uint8_t size = take_u8(command);
    uint32_t pcrs = (uint32_t)take_little(command, size);
    if (command->failed || count != 1 || algorithm != TPM_ALG_SHA256 ||
        size != 3 || pcrs == 0) {
        refuse(fake, RC_VALUE);
        return;
    }
    if (fake->fault == FAULT_OTHER_PCR && fake->commands >= fake->fault_at) {
        pcrs = 1;
    }
    struct writer writer = begin(&out, 0x8001);
    put_be32(&writer, 7);
    put_be32(&writer, 1);
    put_be16(&writer, algorithm);
    put_u8(&writer, 3);
    put_little(&writer, pcrs, 3);
    put_be32(&writer, 1);
    put_be16(&writer, 32);
    uint32_t pcr = (uint32_t)__builtin_ctz(pcrs);
    put_bytes(&writer, sha256_bytes(&fake->sha256[pcr]));
    finish(fake, &writer);
}

static void do_banks(struct fake_tpm *fake)
{
    struct buffer out = buffer_over(fake->out, sizeof(fake->out));
    struct writer writer = begin(&out, 0x8001);
    put_u8(&writer, 0);
    put_be32(&writer, 5);
    put_be32(&writer, 3);
    put_be16(&writer, TPM_ALG_SHA1);
    put_u8(&writer, 3);
    put_little(&writer, 0, 3);
    put_be16(&writer, TPM_ALG_SHA256);
    put_u8(&writer, 3);
    put_little(&writer, 0xffffff, 3);
    put_be16(&writer, TPM_ALG_SHA384);
    put_u8(&writer, 3);
    put_little(&writer, fake->has_sha384 ? 0xffffff : 0, 3);
    finish(fake, &writer);
}

/* The handle and the empty password session of a PCR command. */
static bool take_session(struct cursor *command, uint32_t *pcr)
{
    static const uint8_t password[] = {0x40, 0, 0, 9, 0, 0, 0, 0, 0};
    *pcr = take_be32(command);
    struct bytes area = take_bytes(command, take_be32(command));
    return !command->failed && *pcr < 24 &&
           bytes_equal(area, bytes_of(password, sizeof(password)));
}

static void run_good(struct fake_tpm *fake)
{
    struct cursor command = cursor_over(bytes_of(fake->in, fake->in_size));
    uint16_t tag = take_be16(&command);
    uint32_t size = take_be32(&command);
    uint32_t code = take_be32(&command);
    uint32_t pcr;
    if (command.failed || size != fake->in_size) {
        refuse(fake, RC_VALUE);
    } else if (tag == 0x8001 && code == 0x17e) {
        do_read(fake, &command);
    } else if (tag == 0x8001 && code == 0x17a) {
        do_banks(fake);
    } else if (tag != 0x8002 || !take_session(&command, &pcr)) {
        refuse(fake, RC_VALUE);
    } else if (code == 0x13d) {
        do_reset(fake, pcr);
    } else if (code == 0x13c) {
        struct bytes data = take_bytes(&command, take_be16(&command));
        if (cursor_is_done(&command)) {
            do_event(fake, pcr, data);
        } else {
            refuse(fake, RC_VALUE);
        }
    } else {
        refuse(fake, RC_VALUE);
    }
}

static void spoil(struct fake_tpm *fake)
{
    switch (fake->fault) {
    case FAULT_GARBAGE:
        memset(fake->out, 0x5a, 20);
        fake->out_size = 20;
        break;
    case FAULT_SHORT:
        fake->out_size -= 2;
        break;
    case FAULT_LONG:
        fake->out_size += 3;
        break;
    case FAULT_HUGE:
        fake->out[3] = 1;
        break;
    case FAULT_REFUSES:
        refuse(fake, RC_FAILURE);
        break;
    case FAULT_RETRY_ONCE:
    case FAULT_RETRY_ALWAYS:
        refuse(fake, TPM2_RC_RETRY);
        break;
    default:
        break;
    }
}

void fake_tpm_run(struct fake_tpm *fake)
{
    bool retries = fake->fault == FAULT_RETRY_ONCE ||
                   fake->fault == FAULT_RETRY_ALWAYS ||
                   fake->fault == FAULT_REFUSES;
    bool broken = fake->commands >= fake->fault_at;
    if (!broken || !retries) {
        run_good(fake);
    }
    if (broken) {
        spoil(fake);
    }
    if (broken && fake->fault == FAULT_RETRY_ONCE) {
        fake->fault = FAULT_NONE;
    }
    fake->commands++;
    fake->out_at = 0;
}
