/* SPDX-License-Identifier: MIT */
/*
 * TPM 2.0 commands as bytes (TPM Library Part 3). Numbers are big-endian; the
 * size in the header is filled in last.
 */
#include "lib/tpm2.h"

#include "lib/tpm2_parts.h"

/* Part 2: 6.5.2 command codes, 6.12 capabilities */
#define TPM_CC_PCR_EVENT  0x0000013c
#define TPM_CC_PCR_RESET  0x0000013d
#define TPM_CC_GET_CAP    0x0000017a
#define TPM_CC_PCR_READ   0x0000017e
#define TPM_CAP_PCRS      0x00000005

#define SESSION_AREA_SIZE 9
#define PCR_SELECT_SIZE   3 /* bytes of a selection: 24 PCRs */
#define SIZE_OFFSET       2 /* of the command size in the header */

struct writer tpm2_begin_command(struct buffer *out, uint16_t tag,
                                 uint32_t code)
{
    out->used = 0;
    struct writer writer = writer_begin(out);
    put_be16(&writer, tag);
    put_be32(&writer, 0); /* size, later */
    put_be32(&writer, code);
    return writer;
}

enum tpm2_status tpm2_end_command(struct writer *writer)
{
    put_be32_at(writer, SIZE_OFFSET, (uint32_t)writer_written(writer));
    return writer_end(writer) ? TPM2_OK : TPM2_NO_SPACE;
}

/* Size of the authorization area, session, empty nonce, attributes, empty
 * password or HMAC. */
void tpm2_put_session(struct writer *writer, uint32_t session,
                      uint8_t attributes)
{
    put_be32(writer, SESSION_AREA_SIZE);
    put_be32(writer, session);
    put_be16(writer, 0);
    put_u8(writer, attributes);
    put_be16(writer, 0);
}

/* A command on one PCR, authorized by the empty password. */
static struct writer begin_pcr_command(struct buffer *out, uint32_t code,
                                       uint32_t pcr)
{
    struct writer writer = tpm2_begin_command(out, TPM_ST_SESSIONS, code);
    put_be32(&writer, pcr);
    tpm2_put_session(&writer, TPM_RS_PW, 0);
    return writer;
}

enum tpm2_status tpm2_command_pcr_event(uint32_t pcr, struct bytes data,
                                        struct buffer *out)
{
    if (data.size > TPM2_MAX_EVENT) {
        return TPM2_BAD_ARGUMENT;
    }
    struct writer writer = begin_pcr_command(out, TPM_CC_PCR_EVENT, pcr);
    put_be16(&writer, (uint16_t)data.size);
    put_bytes(&writer, data);
    return tpm2_end_command(&writer);
}

enum tpm2_status tpm2_command_pcr_reset(uint32_t pcr, struct buffer *out)
{
    struct writer writer = begin_pcr_command(out, TPM_CC_PCR_RESET, pcr);
    return tpm2_end_command(&writer);
}

enum tpm2_status tpm2_command_pcr_read(const struct tpm2_selection *selection,
                                       struct buffer *out)
{
    struct writer writer =
        tpm2_begin_command(out, TPM_ST_NO_SESSIONS, TPM_CC_PCR_READ);
    put_be32(&writer, 1);
    put_be16(&writer, selection->algorithm);
    put_u8(&writer, PCR_SELECT_SIZE);
    put_little(&writer, selection->pcrs, PCR_SELECT_SIZE);
    return tpm2_end_command(&writer);
}

enum tpm2_status tpm2_command_get_banks(struct buffer *out)
{
    struct writer writer =
        tpm2_begin_command(out, TPM_ST_NO_SESSIONS, TPM_CC_GET_CAP);
    put_be32(&writer, TPM_CAP_PCRS);
    put_be32(&writer, 0); /* property: ignored */
    put_be32(&writer, 1); /* count: the whole selection counts as one */
    return tpm2_end_command(&writer);
}
