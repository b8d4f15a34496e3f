/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's command line: every word, every wrong value, and that an
 * unknown word is named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hv/boot/cmdline.h"
#include "lib/checked.h"

static struct cmdline parsed;
static struct bytes word;

static enum cmdline_status parse(const char *text)
{
    memset(&parsed, 0x5a, sizeof(parsed));
    return cmdline_parse(bytes_of_text(text), &parsed, &word);
}

static void defaults(void **state)
{
    (void)state;
    static const char *const empty[] = {"", " ", "/boot/vouch",
                                        "/boot/vouch.gz  "};
    for (size_t i = 0; i < ARRAY_SIZE(empty); i++) {
        assert_int_equal(parse(empty[i]), CMDLINE_OK);
        assert_int_equal(parsed.console_port, 1);
        assert_int_equal(parsed.console_baud, 0);
        assert_int_equal(parsed.dom0_memory, 0);
        assert_int_equal(parsed.dom0_max_vcpus, 0);
        assert_int_equal(parsed.max_cpus, 0);
        assert_int_equal(parsed.policy, CMDLINE_ENFORCING);
        assert_int_equal(parsed.tpm, CMDLINE_TPM_AUTO);
        assert_int_equal(parsed.log_level, CMDLINE_LOG_INFO);
        assert_false(parsed.no_reboot);
    }
}

static void all_words(void **state)
{
    (void)state;
    assert_int_equal(
        parse("/boot/vouch console=com2,115200  dom0_mem=1024M "
              "dom0_max_vcpus=2 maxcpus=4 loglvl=all policy=permissive "
              "tpm=crb noreboot tboot=0x7f00a000"),
        CMDLINE_OK);
    assert_int_equal(parsed.console_port, 2);
    assert_int_equal(parsed.console_baud, 115200);
    assert_int_equal(parsed.dom0_memory, 1024ull << 20);
    assert_int_equal(parsed.dom0_max_vcpus, 2);
    assert_int_equal(parsed.max_cpus, 4);
    assert_int_equal(parsed.log_level, CMDLINE_LOG_ALL);
    assert_int_equal(parsed.policy, CMDLINE_PERMISSIVE);
    assert_int_equal(parsed.tpm, CMDLINE_TPM_CRB);
    assert_true(parsed.no_reboot);
}

static void sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {{"dom0_mem=4096", 4096ull << 10},
                {"dom0_mem=4096K", 4096ull << 10},
                {"dom0_mem=512m", 512ull << 20},
                {"dom0_mem=2G", 2ull << 30}};
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        assert_int_equal(parse(good[i].text), CMDLINE_OK);
        assert_true(parsed.dom0_memory == good[i].bytes);
    }
}

static void wrong_values_are_named(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "console=",
        "console=com0",
        "console=com5",
        "console=com1,",
        "console=com1,1",
        "console=com1,115200,8n1",
        "console=com12",
        "console=com1,0",
        "console=com1,230400",
        "console=vga",
        "dom0_mem=",
        "dom0_mem=0",
        "dom0_mem=M",
        "dom0_mem=-1M",
        "dom0_mem=0x10M",
        "dom0_mem=1T",
        "dom0_mem=18446744073709551615G",
        "dom0_max_vcpus=0",
        "dom0_max_vcpus=33",
        "dom0_max_vcpus=two",
        "maxcpus=0",
        "maxcpus=257",
        "loglvl=verbose",
        "policy=",
        "policy=disabled",
        "tpm=2",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(parse(bad[i]), CMDLINE_BAD_VALUE);
        assert_true(bytes_equal(word, bytes_of_text(bad[i])));
        assert_int_equal(((uint8_t *)&parsed)[0], 0x5a); /* untouched */
    }
}

static void unknown_words_are_named(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "polcy=permissive",
        "noreboot=yes",
        "noreboots",
        "console",
        "dom0_mem",
        "placeholder",
        "=",
        "policy:enforcing",
        "tpm",
        "boot/vouch",
        "CONSOLE=com1",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(parse(bad[i]), CMDLINE_UNKNOWN_WORD);
        assert_true(bytes_equal(word, bytes_of_text(bad[i])));
    }
    assert_int_equal(parse("noreboot /boot/vouch tpm=off"),
                     CMDLINE_UNKNOWN_WORD);
    assert_true(bytes_equal(word, bytes_of_text("/boot/vouch")));
}

static void doubled_words_are_named(void **state)
{
    (void)state;
    assert_int_equal(parse("policy=enforcing tpm=off policy=permissive"),
                     CMDLINE_DUPLICATE);
    assert_true(bytes_equal(word, bytes_of_text("policy=permissive")));
    assert_int_equal(parse("noreboot noreboot"), CMDLINE_DUPLICATE);
}

#define HALF "0123456789abcdef0123456789abcdef"

static void state_is_one_digest(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "state=",
        "state=" HALF,
        "state=" HALF HALF "0",
        "state=" HALF "0123456789abcdef0123456789abcdeF",
        "state=" HALF "0123456789abcdef0123456789abcdeg",
    };
    assert_int_equal(parse("noreboot"), CMDLINE_OK);
    assert_false(parsed.has_state);
    assert_int_equal(parse("state=" HALF HALF), CMDLINE_OK);
    assert_true(parsed.has_state);
    assert_int_equal(parsed.state.bytes[0], 0x01);
    assert_int_equal(parsed.state.bytes[31], 0xef);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(parse(bad[i]), CMDLINE_BAD_VALUE);
    }
    assert_int_equal(parse("state=" HALF HALF " state=" HALF HALF),
                     CMDLINE_DUPLICATE);
}

#define HEX_15 "0123456789abcde"
#define HEX_63 HEX_15 "f" HEX_15 "f" HEX_15 "f" HEX_15

static void vtpm_images_are_listed(void **state)
{
    (void)state;
    assert_int_equal(parse("tpm=auto"), CMDLINE_OK);
    assert_int_equal(parsed.vtpm_count, 0);
    assert_int_equal(parse("vtpm=" HEX_63 "0 noreboot vtpm=" HEX_63 "1"),
                     CMDLINE_OK);
    assert_int_equal(parsed.vtpm_count, 2);
    assert_int_equal(parsed.vtpm[0].bytes[0], 0x01);
    assert_int_equal(parsed.vtpm[0].bytes[31], 0xe0);
    assert_int_equal(parsed.vtpm[1].bytes[31], 0xe1);
    assert_int_equal(parse("vtpm=" HEX_63 "0 vtpm=" HEX_63 "1 vtpm=" HEX_63
                           "2 vtpm=" HEX_63 "3"),
                     CMDLINE_OK);
    assert_int_equal(parsed.vtpm_count, 4);
}

static void vtpm_images_are_digests(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "vtpm=",
        "vtpm=" HEX_63,
        "vtpm=" HEX_63 "00",
        "vtpm=" HEX_63 "g",
        "vtpm=" HEX_63 "F",
        "vtpm=" HEX_63 "/",
        "vtpm=" HEX_63 ":",
        "vtpm=" HEX_63 "`",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(parse(bad[i]), CMDLINE_BAD_VALUE);
    }
    /* one twice, and a fifth */
    assert_int_equal(parse("vtpm=" HEX_63 "0 vtpm=" HEX_63 "0"),
                     CMDLINE_BAD_VALUE);
    assert_int_equal(parse("vtpm=" HEX_63 "0 vtpm=" HEX_63 "1 vtpm=" HEX_63
                           "2 vtpm=" HEX_63 "3 vtpm=" HEX_63 "4"),
                     CMDLINE_BAD_VALUE);
    assert_int_equal(parse("vtpm"), CMDLINE_UNKNOWN_WORD);
}

static void strange_text_is_refused(void **state)
{
    (void)state;
    static char text[CMDLINE_MAX_SIZE + 2];
    assert_int_equal(parse("noreboot\ttpm=off"), CMDLINE_NOT_TEXT);
    assert_int_equal(parse("tpm=\xc3\xa4"), CMDLINE_NOT_TEXT);
    memset(text, 'a', sizeof(text) - 1);
    assert_int_equal(parse(text), CMDLINE_TOO_LONG);
    text[CMDLINE_MAX_SIZE] = '\0';
    assert_int_equal(parse(text), CMDLINE_UNKNOWN_WORD);
}

static void path_is_stripped(void **state)
{
    (void)state;
    static const struct {
        const char *text, *rest;
    } cases[] = {
        {"", ""},
        {"/boot/x", ""},
        {" /boot/x  a b ", "a b"},
        {"a /boot/x", "a /boot/x"},
        {"  a", "a"},
        {"/a /b", "/b"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_true(
            bytes_equal(cmdline_strip_path(bytes_of_text(cases[i].text)),
                        bytes_of_text(cases[i].rest)));
    }
}

static void texts_are_all_there(void **state)
{
    (void)state;
    for (int i = CMDLINE_OK; i <= CMDLINE_DUPLICATE; i++) {
        assert_string_not_equal(cmdline_status_text((enum cmdline_status)i),
                                "unknown command line status");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(all_words),
        cmocka_unit_test(sizes),
        cmocka_unit_test(wrong_values_are_named),
        cmocka_unit_test(unknown_words_are_named),
        cmocka_unit_test(doubled_words_are_named),
        cmocka_unit_test(state_is_one_digest),
        cmocka_unit_test(vtpm_images_are_listed),
        cmocka_unit_test(vtpm_images_are_digests),
        cmocka_unit_test(strange_text_is_refused),
        cmocka_unit_test(path_is_stripped),
        cmocka_unit_test(texts_are_all_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
