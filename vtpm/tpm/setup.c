/* SPDX-License-Identifier: MIT */
/*
 * Firmware's part. An index has the size of what it holds, so that who reads it
 * whole gets nothing else: it is made anew for each content.
 */
#include "vtpm/tpm/setup.h"

#include "lib/tpm2.h"
#include "vtpm/tpm/command.h"
#include "vtpm/tpm/port.h"

#define WRITE_AT_ONCE 1024 /* of an index: MAX_NV_BUFFER_SIZE */

/* Part 2, 13.4: attributes of an index */
#define NV_PPWRITE        (1u << 0)
#define NV_PPREAD         (1u << 16)
#define NV_OWNERREAD      (1u << 17)
#define NV_AUTHREAD       (1u << 18)
#define NV_NO_DA          (1u << 25)
#define NV_PLATFORMCREATE (1u << 30)

static uint32_t startup(void)
{
    struct command command;
    command_begin(&command, CODE_CC_STARTUP);
    put_be16(&command.writer, CODE_SU_CLEAR);
    return command_run(&command, NULL);
}

static bool has_bank(const struct platform *platform, uint16_t algorithm)
{
    for (size_t i = 0; i < platform->bank_count; i++) {
        if (platform->banks[i].algorithm == algorithm) {
            return true;
        }
    }
    return false;
}

static bool read_banks(struct platform *out)
{
    struct command command;
    struct cursor cursor;
    command_begin(&command, CODE_CC_GET_CAPABILITY);
    put_be32(&command.writer, CODE_CAP_PCRS);
    put_be32(&command.writer, 0); /* all of them */
    put_be32(&command.writer, 1);
    if (command_run(&command, &cursor) != CODE_SUCCESS) {
        return false;
    }
    take_skip(&cursor, 1 + sizeof(uint32_t)); /* no more data, capability */
    uint32_t count = take_be32(&cursor);
    out->bank_count = 0;
    for (uint32_t i = 0; i < count && i < TPM_MAX_BANKS; i++) {
        uint16_t algorithm = take_be16(&cursor);
        struct bytes pcrs = take_bytes(&cursor, take_u8(&cursor));
        if (pcrs.size != 0 && pcrs.data[0] != 0) {
            out->banks[out->bank_count++] = (struct tpm_bank){
                .algorithm = algorithm,
                .digest_size = tpm_alg_digest_size(algorithm)};
        }
    }
    return !cursor.failed && count <= TPM_MAX_BANKS &&
           has_bank(out, TPM_ALG_SHA256) && has_bank(out, TPM_ALG_SHA384);
}

static uint32_t set_password(const struct platform *platform)
{
    struct command command;
    command_begin_auth(&command, CODE_CC_HIERARCHY_CHANGE_AUTH,
                       CODE_RH_PLATFORM, 0, bytes_none());
    command_put_sized(&command.writer,
                      bytes_of(platform->password, sizeof(platform->password)));
    return command_run(&command, NULL);
}

enum setup_status setup_run(struct platform *out)
{
    if (startup() != CODE_SUCCESS) {
        return SETUP_NO_STARTUP;
    }
    if (!read_banks(out)) {
        return SETUP_NO_BANKS;
    }
    if (!port_random(out->password, sizeof(out->password))) {
        return SETUP_NO_RANDOM;
    }
    /* The TPM drops zeros at the end of a password (Part 1, 19.6.4.3). */
    out->password[sizeof(out->password) - 1] |= 1;
    return set_password(out) == CODE_SUCCESS ? SETUP_OK : SETUP_NO_PASSWORD;
}

static struct bytes password_of(const struct platform *platform)
{
    return bytes_of(platform->password, sizeof(platform->password));
}

static uint32_t undefine(const struct platform *platform, uint32_t index)
{
    struct command command;
    command_begin_auth(&command, CODE_CC_NV_UNDEFINE_SPACE, CODE_RH_PLATFORM,
                       index, password_of(platform));
    return command_run(&command, NULL);
}

static uint32_t define(const struct platform *platform, uint32_t index,
                       size_t size)
{
    struct command command;
    uint8_t public[16];
    struct buffer buffer = buffer_over(public, sizeof(public));
    struct writer writer = writer_begin(&buffer);
    put_be32(&writer, index);
    put_be16(&writer, TPM_ALG_SHA256);
    put_be32(&writer, NV_PPWRITE | NV_PPREAD | NV_OWNERREAD | NV_AUTHREAD |
                          NV_NO_DA | NV_PLATFORMCREATE);
    put_be16(&writer, 0); /* policy */
    put_be16(&writer, (uint16_t)size);
    command_begin_auth(&command, CODE_CC_NV_DEFINE_SPACE, CODE_RH_PLATFORM, 0,
                       password_of(platform));
    command_put_sized(&command.writer, bytes_none()); /* its own password */
    command_put_sized(&command.writer, buffer_bytes(&buffer));
    return writer_end(&writer) ? command_run(&command, NULL)
                               : COMMAND_BAD_ANSWER;
}

static uint32_t write_at(const struct platform *platform, uint32_t index,
                         size_t offset, struct bytes part)
{
    struct command command;
    command_begin_auth(&command, CODE_CC_NV_WRITE, CODE_RH_PLATFORM, index,
                       password_of(platform));
    command_put_sized(&command.writer, part);
    put_be16(&command.writer, (uint16_t)offset);
    return command_run(&command, NULL);
}

uint32_t setup_write_index(const struct platform *platform, uint32_t index,
                           struct bytes content)
{
    (void)!undefine(platform, index); /* it may be the first */
    uint32_t code = define(platform, index, content.size);
    for (size_t at = 0; code == CODE_SUCCESS && at < content.size;) {
        size_t left = content.size - at;
        size_t size = left < WRITE_AT_ONCE ? left : WRITE_AT_ONCE;
        code = write_at(platform, index, at, bytes_of(content.data + at, size));
        at += size;
    }
    return code;
}

/* Is it there, and did the platform make it? */
static bool is_platforms(uint32_t index)
{
    struct command command;
    struct cursor cursor;
    command_begin(&command, CODE_CC_NV_READ_PUBLIC);
    put_be32(&command.writer, index);
    if (command_run(&command, &cursor) != CODE_SUCCESS) {
        return false;
    }
    /* size, index, algorithm of its Name */
    take_skip(&cursor, 2 + 4 + 2);
    uint32_t attributes = take_be32(&cursor);
    return !cursor.failed && (attributes & NV_PLATFORMCREATE) != 0;
}

uint32_t setup_remove_index(const struct platform *platform, uint32_t index)
{
    return is_platforms(index) ? undefine(platform, index) : CODE_SUCCESS;
}

STATUS_TEXT(setup_status, SETUP_STATUS, "unknown setup status")
