/* SPDX-License-Identifier: MIT */
/*
 * What the hypervisor launched is in the real TPM's PCRs and in the log, in
 * every bank, and the log leads to the PCRs. A guest that has filled the TPM's
 * memory loses the log, not the measurement.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/eventlog.h"
#include "lib/vtpm_wire.h"
#include "tests/unit/lib/eventlog_replay.h"
#include "tests/unit/vtpm/tpm/fake_port.h"
#include "vtpm/tpm/command.h"
#include "vtpm/tpm/measured.h"
#include "vtpm/tpm/tpm.h"

#define OWNER 0x40000001u
#define PCRS_MEASURED                                                          \
    (1u << VTPM_PCR_KERNEL | 1u << VTPM_PCR_INITRD | 1u << VTPM_PCR_CMDLINE)

static struct platform platform;
static struct vouch_launch_info info;

static int start(void **state)
{
    fake_reset();
    info = (struct vouch_launch_info){
        .kernel_size = 1, .initrd_size = 22, .cmdline_size = 333};
    memset(info.kernel, 0xaa, sizeof(info.kernel));
    memset(info.initrd, 0xbb, sizeof(info.initrd));
    memset(info.cmdline, 0xcc, sizeof(info.cmdline));
    assert_int_equal(tpm_start(bytes_none()), TPM_OK);
    assert_int_equal(setup_run(&platform), SETUP_OK);
    return 0;
}

static int stop(void **state)
{
    tpm_stop();
    return 0;
}

static struct bytes read_pcr(unsigned pcr, uint16_t bank)
{
    struct command command;
    struct cursor cursor;
    command_begin(&command, CODE_CC_PCR_READ);
    put_be32(&command.writer, 1);
    put_be16(&command.writer, bank);
    put_u8(&command.writer, 3);
    put_little(&command.writer, 1u << pcr, 3);
    assert_int_equal(command_run(&command, &cursor), CODE_SUCCESS);
    take_skip(&cursor, 4 + 4 + 2 + 1 + 3 + 4);
    return take_bytes(&cursor, take_be16(&cursor));
}

/* The index, read by its own empty password, byte for byte to its end. */
static struct bytes read_log(void)
{
    static uint8_t log[2048];
    struct command command;
    struct cursor cursor;
    size_t size = 0;
    for (struct bytes part; size < sizeof(log); size += part.size) {
        command_begin_auth(&command, 0x14e, VTPM_NV_LOG, VTPM_NV_LOG,
                           bytes_none());
        put_be16(&command.writer, 1);
        put_be16(&command.writer, (uint16_t)size);
        if (command_run(&command, &cursor) != CODE_SUCCESS) {
            break;
        }
        take_skip(&cursor, 4);
        part = take_bytes(&cursor, take_be16(&cursor));
        memcpy(log + size, part.data, part.size);
    }
    return bytes_of(log, size);
}

static void pcrs_of_all_banks_are_extended(void **state)
{
    static const uint8_t zeros[TPM_MAX_DIGEST_SIZE];
    uint32_t code = 1;
    assert_int_equal(measured_extend(&platform, &info, &code), MEASURED_OK);
    assert_int_equal(code, 0);
    for (unsigned pcr = 0; pcr < 16; pcr++) {
        for (size_t i = 0; i < platform.bank_count; i++) {
            struct bytes value = read_pcr(pcr, platform.banks[i].algorithm);
            assert_int_equal(value.size, platform.banks[i].digest_size);
            bool is_clean = memcmp(value.data, zeros, value.size) == 0;
            assert_int_equal(is_clean, (PCRS_MEASURED >> pcr & 1) == 0);
        }
    }
}

static void the_log_leads_to_the_pcrs(void **state)
{
    struct eventlog_pcrs pcrs;
    uint32_t code;
    assert_int_equal(measured_extend(&platform, &info, &code), MEASURED_OK);
    struct bytes log = read_log();
    assert_true(log.size > 500);
    assert_int_equal(eventlog_replay_sha256(log, &pcrs), EVENTLOG_OK);
    for (unsigned pcr = 0; pcr < 10; pcr++) {
        assert_true(bytes_equal(read_pcr(pcr, TPM_ALG_SHA256),
                                sha256_bytes(&pcrs.pcr[pcr])));
    }
}

/* Indexes of the owner's, until there is no more room for any. */
static void fill(void)
{
    uint32_t index = 0x01500000;
    for (size_t size = 2048; size != 0; size = size == 1 ? 0 : size / 2) {
        uint32_t code = CODE_SUCCESS;
        while (code == CODE_SUCCESS) {
            struct command command;
            command_begin_auth(&command, CODE_CC_NV_DEFINE_SPACE, OWNER, 0,
                               bytes_none());
            put_be16(&command.writer, 0);
            put_be16(&command.writer, 14);
            put_be32(&command.writer, index++);
            put_be16(&command.writer, TPM_ALG_SHA256);
            put_be32(&command.writer, 0x00020002); /* owner reads, writes */
            put_be16(&command.writer, 0);
            put_be16(&command.writer, (uint16_t)size);
            code = command_run(&command, NULL);
        }
        assert_int_equal(code, 0x14b); /* TPM_RC_NV_SPACE */
    }
}

static void a_full_tpm_measures_all_the_same(void **state)
{
    static const uint8_t zeros[TPM_MAX_DIGEST_SIZE];
    uint32_t code = 0;
    fill();
    assert_int_equal(measured_extend(&platform, &info, &code), MEASURED_OK);
    assert_int_equal(code, 0x14b);
    assert_memory_not_equal(read_pcr(VTPM_PCR_KERNEL, TPM_ALG_SHA256).data,
                            zeros, 32);
    assert_false(tpm_is_failed());
}

static void no_password_of_a_guest_is_the_platforms(void **state)
{
    struct command command;
    command_begin_auth(&command, CODE_CC_HIERARCHY_CHANGE_AUTH,
                       CODE_RH_PLATFORM, 0, bytes_none());
    put_be16(&command.writer, 0);
    assert_int_equal(command_run(&command, NULL) & 0xff, 0xa2); /* BAD_AUTH */
}

static void an_index_holds_what_was_written_last(void **state)
{
    assert_int_equal(
        setup_write_index(&platform, VTPM_NV_LOG, bytes_of(&info, 64)), 0);
    assert_true(bytes_equal(read_log(), bytes_of(&info, 64)));
    assert_int_equal(
        setup_write_index(&platform, VTPM_NV_LOG, bytes_of(&info, 128)), 0);
    assert_true(bytes_equal(read_log(), bytes_of(&info, 128)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pcrs_of_all_banks_are_extended),
        TEST(the_log_leads_to_the_pcrs),
        TEST(a_full_tpm_measures_all_the_same),
        TEST(no_password_of_a_guest_is_the_platforms),
        TEST(an_index_holds_what_was_written_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
