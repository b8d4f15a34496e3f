/* SPDX-License-Identifier: MIT */
/*
 * Every TPM 1.2 command that a Linux driver sends, as it sends it, against the
 * real TPM 2.0; what is cut short or too long; all other ordinals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/checked.h"
#include "tests/unit/vtpm/tpm/fake_port.h"
#include "vtpm/tpm/bilingual.h"
#include "vtpm/tpm/tpm.h"

#define TAG         0x00c1
#define BAD_ORDINAL 10
#define BAD_SIZE    25

static struct platform platform;
static uint8_t data[VTPM_COMMAND_MAX];
static struct buffer out;

static int start(void **state)
{
    fake_reset();
    assert_int_equal(tpm_start(bytes_none()), TPM_OK);
    assert_int_equal(setup_run(&platform), SETUP_OK);
    return 0;
}

static int stop(void **state)
{
    tpm_stop();
    return 0;
}

static uint32_t send(uint16_t tag, uint32_t ordinal, struct bytes parameters)
{
    uint8_t memory[128];
    struct buffer command = buffer_over(memory, sizeof(memory));
    struct writer writer = writer_begin(&command);
    put_be16(&writer, tag);
    put_be32(&writer, (uint32_t)(10 + parameters.size));
    put_be32(&writer, ordinal);
    put_bytes(&writer, parameters);
    assert_true(writer_end(&writer));
    assert_true(bilingual_is_command(buffer_bytes(&command)));
    out = buffer_over(data, sizeof(data));
    bilingual_process(&platform, buffer_bytes(&command), &out);
    struct cursor cursor = cursor_over(buffer_bytes(&out));
    assert_int_equal(take_be16(&cursor), 0x00c4);
    assert_int_equal(take_be32(&cursor), out.used);
    return take_be32(&cursor);
}

struct exchange {
    uint32_t ordinal;
    size_t size; /* of the parameters */
    const char *parameters;
    uint32_t code;
    size_t answer; /* bytes of parameters */
};

static const struct exchange exchanges[] = {
    /* GetCapability: timeouts, durations, PCRs, owner, manufacturer */
    {0x65, 12, "\0\0\0\5\0\0\0\4\0\0\1\x15", 0, 20},
    {0x65, 12, "\0\0\0\5\0\0\0\4\0\0\1\x20", 0, 16},
    {0x65, 12, "\0\0\0\5\0\0\0\4\0\0\1\1", 0, 8},
    {0x65, 12, "\0\0\0\5\0\0\0\4\0\0\1\x11", 0, 5},
    {0x65, 12, "\0\0\0\5\0\0\0\4\0\0\1\3", 0, 8},
    {0x65, 12, "\0\0\0\5\0\0\0\4\0\0\1\x24", 0, 8},
    /* flags, versions */
    {0x65, 12, "\0\0\0\4\0\0\0\4\0\0\1\x08", 0, 26},
    {0x65, 12, "\0\0\0\4\0\0\0\4\0\0\1\x09", 0, 11},
    {0x65, 8, "\0\0\0\6\0\0\0\0", 0, 8},
    {0x65, 8, "\0\0\0\x1a\0\0\0\0", 0, 19},
    /* unknown capabilities, properties, flags; a size beyond the end */
    {0x65, 8, "\0\0\0\x7f\0\0\0\0", 44, 0},
    {0x65, 12, "\0\0\0\5\0\0\0\4\0\0\7\7", 44, 0},
    {0x65, 12, "\0\0\0\4\0\0\0\4\0\0\7\7", 44, 0},
    {0x65, 12, "\0\0\0\5\xff\xff\xff\xff\0\0\1\1", BAD_SIZE, 0},
    {0x65, 4, "\0\0\0\5", BAD_SIZE, 0},
    /* GetRandom: what is there at once */
    {0x46, 4, "\0\0\0\x10", 0, 20},
    {0x46, 4, "\xff\xff\xff\xff", 0, 36},
    {0x46, 4, "\0\0\0\0", 0, 4},
    {0x46, 3, "\0\0\0", BAD_SIZE, 0},
    /* PCRRead, Extend */
    {0x15, 4, "\0\0\0\x17", 0, 20},
    {0x15, 4, "\0\0\0\x18", 2, 0},
    {0x15, 5, "\0\0\0\0\0", BAD_SIZE, 0},
    {0x14, 24,
     "\0\0\0\x0a"
     "01234567890123456789",
     0, 20},
    {0x14, 24,
     "\xff\xff\xff\xff"
     "01234567890123456789",
     2, 0},
    {0x14, 23,
     "\0\0\0\x0a"
     "0123456789012345678",
     BAD_SIZE, 0},
    /* PCR 17 is the dynamic launch's: not at locality 0 */
    {0x14, 24,
     "\0\0\0\x11"
     "01234567890123456789",
     9, 0},
    /* self tests, their result; Startup; SaveState */
    {0x50, 0, "", 0, 0},
    {0x53, 0, "", 0, 0},
    {0x54, 0, "", 0, 4},
    {0x99, 2, "\0\1", 38, 0},
    {0x98, 0, "", 0, 0},
};

static void each_command_has_its_answer(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(exchanges); i++) {
        const struct exchange *exchange = &exchanges[i];
        assert_int_equal(send(TAG, exchange->ordinal,
                              bytes_of(exchange->parameters, exchange->size)),
                         exchange->code);
        assert_int_equal(out.used, 10 + exchange->answer);
    }
    assert_false(tpm_is_failed());
}

static void all_else_is_no_ordinal(void **state)
{
    for (uint32_t ordinal = 0; ordinal < 0x200; ordinal++) {
        bool is_known = false;
        for (size_t i = 0; i < ARRAY_SIZE(exchanges); i++) {
            is_known = is_known || exchanges[i].ordinal == ordinal;
        }
        if (!is_known) {
            assert_int_equal(send(TAG, ordinal, bytes_none()), BAD_ORDINAL);
        }
        assert_int_equal(send(0xc2, ordinal, bytes_none()), BAD_ORDINAL);
        assert_int_equal(send(0xc3, ordinal, bytes_none()), BAD_ORDINAL);
    }
}

static void other_tags_are_none_of_ours(void **state)
{
    assert_false(bilingual_is_command(bytes_of("\x80\1", 2)));
    assert_false(bilingual_is_command(bytes_of("\0\xc4", 2)));
    assert_false(bilingual_is_command(bytes_of("\0\xc0", 2)));
    assert_false(bilingual_is_command(bytes_of("\0", 1)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_command_has_its_answer),
        TEST(all_else_is_no_ordinal),
        TEST(other_tags_are_none_of_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
