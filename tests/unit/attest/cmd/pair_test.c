/* SPDX-License-Identifier: MIT */
/* The plan that `vouch create` makes of a configuration, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "attest/cmd/pair.h"

#define UUID "ae7c2de2-ad03-4c14-b1b5-c486c8078250"
#define INFO                                                                   \
    "\"c_info\":{\"type\":\"pv\",\"name\":\"web\",\"uuid\":\"" UUID "\","      \
    "\"ssid_label\":\"tenant01_u:guest_r:attested_t\"}"
#define VTPM "\"vtpms\":[{\"backend_domname\":\"web-tpm\",\"devid\":0}]"

static const char *plan(const char *configuration, const char *parsed,
                        struct pair *out)
{
    return pair_plan(bytes_of_text(configuration), bytes_of_text(parsed), out);
}

static bool has_line(const struct pair_lines *lines, const char *text)
{
    for (size_t i = 0; i < lines->count; i++) {
        if (strcmp(lines->text[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static void a_pair_is_planned(void **state)
{
    struct pair pair;
    struct pair_lines lines;
    assert_null(plan("name=\"web\"\n uuid = \"" UUID "\"",
                     "{" INFO "," VTPM ",\"on_reboot\":\"restart\"}", &pair));
    assert_string_equal(pair.guest, "web");
    assert_string_equal(pair.vtpm, "web-tpm");
    assert_string_equal(pair.uuid, UUID);
    assert_true(pair.has_uuid);
    assert_true(pair.begins_again[1]);
    assert_false(pair.begins_again[0]);
    pair_vtpm_lines(&pair, "/launcher", "/bundle", &lines);
    assert_true(has_line(&lines, "name=\"web-tpm\""));
    assert_true(has_line(&lines, "kernel=\"/launcher\""));
    assert_true(has_line(&lines, "ramdisk=\"/bundle\""));
    assert_true(has_line(&lines, "memory=8"));
    assert_true(has_line(&lines, "seclabel=\"tenant01_u:guest_r:vtpm_t\""));
    pair_guest_lines(&pair, &lines);
    assert_int_equal(lines.count, 1);
    assert_true(has_line(&lines, "on_reboot=\"destroy\""));
}

static void a_guest_without_uuid_keeps_one(void **state)
{
    struct pair pair, again;
    struct pair_lines lines;
    char line[64];
    assert_null(plan("# uuid\nname=\"web\"", "{" INFO "," VTPM "}", &pair));
    assert_null(plan("myuuid=1; name=\"web\"", "{" INFO "," VTPM "}", &again));
    assert_false(pair.has_uuid);
    assert_string_not_equal(pair.uuid, UUID);
    assert_string_equal(pair.uuid, again.uuid);
    assert_int_equal(strlen(pair.uuid), 36);
    assert_int_equal(pair.uuid[14], '8');
    pair_guest_lines(&pair, &lines);
    snprintf(line, sizeof(line), "uuid=\"%s\"", pair.uuid);
    assert_true(has_line(&lines, line));
}

static void what_restarts_is_ours_to_restart(void **state)
{
    struct pair pair;
    struct pair_lines lines;
    assert_null(plan("", "{" INFO "," VTPM ",\"on_poweroff\":\"restart\","
                     "\"on_crash\":\"rename_restart\","
                     "\"on_watchdog\":\"preserve\"}",
                     &pair));
    pair_guest_lines(&pair, &lines);
    assert_true(has_line(&lines, "on_poweroff=\"destroy\""));
    assert_true(has_line(&lines, "on_crash=\"destroy\""));
    assert_false(has_line(&lines, "on_watchdog=\"destroy\""));
    assert_true(pair.begins_again[0] && pair.begins_again[3]);
    assert_false(pair.begins_again[4]);
}

static void what_cannot_be_a_pair(void **state)
{
    const char *const wrong[] = {
        "",
        "[]",
        "{}",
        "{" INFO "}",
        "{" INFO ",\"vtpms\":[]}",
        "{" INFO ",\"vtpms\":[{\"backend_domname\":\"a\"},"
        "{\"backend_domname\":\"b\"}]}",
        "{" INFO ",\"vtpms\":[{\"backend_domname\":\"a\\\"b\"}]}",
        "{" INFO ",\"vtpms\":[{\"backend_domname\":\"web\"}]}",
        "{" VTPM ",\"c_info\":{\"type\":\"hvm\",\"name\":\"web\",\"uuid\":\""
        UUID "\",\"ssid_label\":\"a:b:c\"}}",
        "{" VTPM ",\"c_info\":{\"type\":\"pv\",\"name\":\"w w\",\"uuid\":\""
        UUID "\",\"ssid_label\":\"a:b:c\"}}",
        "{" VTPM ",\"c_info\":{\"type\":\"pv\",\"name\":\"web\",\"uuid\":\""
        UUID "\"}}",
    };
    struct pair pair;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_non_null(plan("", wrong[i], &pair));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_is_planned),
        cmocka_unit_test(a_guest_without_uuid_keeps_one),
        cmocka_unit_test(what_restarts_is_ours_to_restart),
        cmocka_unit_test(what_cannot_be_a_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
