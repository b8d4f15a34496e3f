/* SPDX-License-Identifier: MIT */
/*
 * Numbers are those of the TPM 1.2 specification, Part 2: 17 ordinals, 16
 * return codes, 21 capabilities. Each ordinal is a row of a table.
 */
#include "vtpm/tpm/bilingual.h"

#include "lib/checked.h"
#include "vtpm/base/calls.h"
#include "vtpm/tpm/answer.h"
#include "vtpm/tpm/command.h"

#define TAG_COMMAND            0x00c1u
#define TAG_AUTH2_COMMAND      0x00c3u

#define ORD_EXTEND             0x14u
#define ORD_PCR_READ           0x15u
#define ORD_GET_RANDOM         0x46u
#define ORD_SELF_TEST_FULL     0x50u
#define ORD_CONTINUE_SELF_TEST 0x53u
#define ORD_GET_TEST_RESULT    0x54u
#define ORD_GET_CAPABILITY     0x65u
#define ORD_STARTUP            0x99u

#define OLD_SUCCESS            0u
#define OLD_BAD_INDEX          2u
#define OLD_FAIL               9u
#define OLD_BAD_ORDINAL        10u
#define OLD_BAD_SIZE           25u
#define OLD_BAD_MODE           44u

#define PCR_COUNT              24
#define SHA1_SIZE              20
#define RANDOM_MAX             32 /* at once; the driver asks again */

struct call {
    const struct platform *platform;
    struct cursor parameters;
    struct writer answer;
};

/* ---- capabilities ---- */

#define CAP_FLAG          4u
#define CAP_PROPERTY      5u
#define CAP_VERSION       6u
#define CAP_VERSION_1_2   0x1au

#define FLAG_PERMANENT    0x108u
#define FLAG_VOLATILE     0x109u

#define PROP_PCRS         0x101u
#define PROP_MANUFACTURER 0x103u
#define PROP_OWNER        0x111u
#define PROP_TIMEOUTS     0x115u
#define PROP_DURATIONS    0x120u
#define PROP_INPUT_BUFFER 0x124u

#define SECOND_US         1000000u
/* The driver waits so long for a command before it cancels it: short, medium
 * and long ones. A key of 4096 bits takes seconds. */
#define DURATIONS_US                                                           \
    {                                                                          \
        2 * SECOND_US, 30 * SECOND_US, 120 * SECOND_US                         \
    }
#define TIMEOUTS_US                                                            \
    {                                                                          \
        SECOND_US, 2 * SECOND_US, SECOND_US, SECOND_US                         \
    }

static void put_numbers(struct writer *out, const uint32_t *numbers,
                        size_t count)
{
    put_be32(out, (uint32_t)(count * sizeof(uint32_t)));
    for (size_t i = 0; i < count; i++) {
        put_be32(out, numbers[i]);
    }
}

static uint32_t get_property(uint32_t property, struct writer *out)
{
    static const uint32_t timeouts[] = TIMEOUTS_US, durations[] = DURATIONS_US,
                          pcrs = PCR_COUNT, room = VTPM_COMMAND_MAX;
    switch (property) {
    case PROP_PCRS:
        put_numbers(out, &pcrs, 1);
        return OLD_SUCCESS;
    case PROP_MANUFACTURER:
        put_be32(out, 4);
        put_bytes(out, bytes_of("VOCH", 4));
        return OLD_SUCCESS;
    case PROP_OWNER: /* in the sense of TPM 1.2 it never has one */
        put_be32(out, 1);
        put_u8(out, 0);
        return OLD_SUCCESS;
    case PROP_TIMEOUTS:
        put_numbers(out, timeouts, ARRAY_SIZE(timeouts));
        return OLD_SUCCESS;
    case PROP_DURATIONS:
        put_numbers(out, durations, ARRAY_SIZE(durations));
        return OLD_SUCCESS;
    case PROP_INPUT_BUFFER:
        put_numbers(out, &room, 1);
        return OLD_SUCCESS;
    default:
        return OLD_BAD_MODE;
    }
}

/* Enabled, active, nothing locked: tag and flags, all of them false. */
static uint32_t get_flags(uint32_t which, struct writer *out)
{
    static const uint8_t permanent[22] = {0, 0x1f},
                         volatile_flags[7] = {0, 0x20};
    struct bytes flags = which == FLAG_PERMANENT
                             ? bytes_of(permanent, sizeof(permanent))
                             : bytes_of(volatile_flags, sizeof(volatile_flags));
    if (which != FLAG_PERMANENT && which != FLAG_VOLATILE) {
        return OLD_BAD_MODE;
    }
    put_be32(out, (uint32_t)flags.size);
    put_bytes(out, flags);
    return OLD_SUCCESS;
}

static uint32_t get_version(struct writer *out)
{
    static const uint8_t version[] = {1, 1, 0, 0};
    put_be32(out, sizeof(version));
    put_bytes(out, bytes_of(version, sizeof(version)));
    return OLD_SUCCESS;
}

/* TPM_CAP_VERSION_INFO: level 2, errata 3, our name, nothing more. */
static uint32_t get_version_1_2(struct writer *out)
{
    static const uint8_t info[] = {0, 0x30, 1,   2,   0,   0, 0, 2,
                                   3, 'V',  'O', 'C', 'H', 0, 0};
    put_be32(out, sizeof(info));
    put_bytes(out, bytes_of(info, sizeof(info)));
    return OLD_SUCCESS;
}

static uint32_t do_get_capability(struct call *call)
{
    uint32_t area = take_be32(&call->parameters);
    struct cursor sub = cursor_over(
        take_bytes(&call->parameters, take_be32(&call->parameters)));
    if (!cursor_is_done(&call->parameters)) {
        return OLD_BAD_SIZE;
    }
    switch (area) {
    case CAP_FLAG:
        return get_flags(take_be32(&sub), &call->answer);
    case CAP_PROPERTY:
        return get_property(take_be32(&sub), &call->answer);
    case CAP_VERSION:
        return get_version(&call->answer);
    case CAP_VERSION_1_2:
        return get_version_1_2(&call->answer);
    default:
        return OLD_BAD_MODE;
    }
}

/* ---- the rest ---- */

static uint32_t do_get_random(struct call *call)
{
    struct command command;
    struct cursor cursor;
    uint32_t wanted = take_be32(&call->parameters);
    if (!cursor_is_done(&call->parameters)) {
        return OLD_BAD_SIZE;
    }
    command_begin(&command, CODE_CC_GET_RANDOM);
    put_be16(&command.writer,
             (uint16_t)(wanted < RANDOM_MAX ? wanted : RANDOM_MAX));
    if (command_run(&command, &cursor) != CODE_SUCCESS) {
        return OLD_FAIL;
    }
    struct bytes random = take_bytes(&cursor, take_be16(&cursor));
    put_be32(&call->answer, (uint32_t)random.size);
    put_bytes(&call->answer, random);
    return OLD_SUCCESS;
}

static uint32_t read_pcr(uint32_t pcr, struct writer *out)
{
    struct command command;
    struct cursor cursor;
    command_begin(&command, CODE_CC_PCR_READ);
    put_be32(&command.writer, 1);
    put_be16(&command.writer, TPM_ALG_SHA1);
    put_u8(&command.writer, PCR_COUNT / 8);
    put_little(&command.writer, 1u << pcr, PCR_COUNT / 8);
    if (command_run(&command, &cursor) != CODE_SUCCESS) {
        return OLD_FAIL;
    }
    /* update counter, selection, number of digests */
    take_skip(&cursor, 4 + 4 + 2 + 1 + PCR_COUNT / 8 + 4);
    struct bytes value = take_bytes(&cursor, take_be16(&cursor));
    if (value.size != SHA1_SIZE) {
        return OLD_FAIL; /* a TPM without a SHA-1 bank */
    }
    put_bytes(out, value);
    return OLD_SUCCESS;
}

static uint32_t do_pcr_read(struct call *call)
{
    uint32_t pcr = take_be32(&call->parameters);
    if (!cursor_is_done(&call->parameters)) {
        return OLD_BAD_SIZE;
    }
    return pcr < PCR_COUNT ? read_pcr(pcr, &call->answer) : OLD_BAD_INDEX;
}

static uint32_t extend_banks(const struct platform *platform, uint32_t pcr,
                             struct bytes digest)
{
    static const uint8_t zeros[TPM_MAX_DIGEST_SIZE];
    struct command command;
    command_begin_auth(&command, CODE_CC_PCR_EXTEND, pcr, 0, bytes_none());
    put_be32(&command.writer, (uint32_t)platform->bank_count);
    for (size_t i = 0; i < platform->bank_count; i++) {
        put_be16(&command.writer, platform->banks[i].algorithm);
        put_bytes(&command.writer, digest);
        put_bytes(&command.writer,
                  bytes_of(zeros, platform->banks[i].digest_size - SHA1_SIZE));
    }
    return command_run(&command, NULL);
}

static uint32_t do_extend(struct call *call)
{
    uint32_t pcr = take_be32(&call->parameters);
    struct bytes digest = take_bytes(&call->parameters, SHA1_SIZE);
    if (!cursor_is_done(&call->parameters)) {
        return OLD_BAD_SIZE;
    }
    if (pcr >= PCR_COUNT) {
        return OLD_BAD_INDEX;
    }
    if (extend_banks(call->platform, pcr, digest) != CODE_SUCCESS) {
        return OLD_FAIL;
    }
    return read_pcr(pcr, &call->answer);
}

static uint32_t do_save_state(struct call *call)
{
    struct command command;
    command_begin(&command, CODE_CC_SHUTDOWN);
    put_be16(&command.writer, CODE_SU_STATE);
    return command_run(&command, NULL) == CODE_SUCCESS ? OLD_SUCCESS : OLD_FAIL;
}

/* It tests itself before it uses anything, and has found nothing. */
static uint32_t do_nothing(struct call *call)
{
    return OLD_SUCCESS;
}

static uint32_t do_get_test_result(struct call *call)
{
    put_be32(&call->answer, 0);
    return OLD_SUCCESS;
}

static uint32_t do_startup(struct call *call)
{
    return BILINGUAL_NOT_READY;
}

static const struct {
    uint32_t ordinal;
    uint32_t (*handle)(struct call *call);
} rows[] = {
    {ORD_EXTEND, do_extend},
    {ORD_PCR_READ, do_pcr_read},
    {ORD_GET_RANDOM, do_get_random},
    {ORD_SELF_TEST_FULL, do_nothing},
    {ORD_CONTINUE_SELF_TEST, do_nothing},
    {ORD_GET_TEST_RESULT, do_get_test_result},
    {ORD_GET_CAPABILITY, do_get_capability},
    {BILINGUAL_SAVE_STATE, do_save_state},
    {ORD_STARTUP, do_startup},
};

bool bilingual_is_command(struct bytes command)
{
    struct cursor cursor = cursor_over(command);
    uint16_t tag = take_be16(&cursor);
    return !cursor.failed && tag >= TAG_COMMAND && tag <= TAG_AUTH2_COMMAND;
}

void bilingual_process(const struct platform *platform, struct bytes command,
                       struct buffer *out)
{
    struct call call = {.platform = platform,
                        .parameters = cursor_over(command),
                        .answer = answer_begin(out)};
    uint32_t code = OLD_BAD_ORDINAL;
    uint16_t tag = take_be16(&call.parameters);
    take_skip(&call.parameters, sizeof(uint32_t)); /* size */
    uint32_t ordinal = take_be32(&call.parameters);
    for (size_t i = 0; i < ARRAY_SIZE(rows) && tag == TAG_COMMAND; i++) {
        if (rows[i].ordinal == ordinal) {
            code = rows[i].handle(&call);
        }
    }
    answer_end_old(&call.answer, code);
}
