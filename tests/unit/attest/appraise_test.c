/* SPDX-License-Identifier: MIT */
/*
 * The verdict over whole boots: a good one is trusted, and a change anywhere
 * names the component that was changed and no other.
 */
#include "tests/unit/attest/fixture.h"

#include "lib/vouchlog.h"

static int set_up(void **state)
{
    struct fixture *fixture = malloc(sizeof(*fixture));
    fixture_make(fixture, false);
    *state = fixture;
    return 0;
}

static int set_up_menu(void **state)
{
    struct fixture *fixture = malloc(sizeof(*fixture));
    fixture_make(fixture, true);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    fixture_free(*state);
    free(*state);
    return 0;
}

/* Only this component may be a cause. */
static void assert_only_cause(const struct verdict *verdict,
                              enum component component)
{
    size_t causes = 0;
    assert_component(verdict->component, component);
    for (size_t i = 0; i < verdict->finding_count; i++) {
        const struct finding *finding = &verdict->findings[i];
        if (!finding->is_consequence) {
            assert_component(finding->component, component);
            causes++;
        }
    }
    assert_true(causes > 0);
    assert_int_equal(verdict->rows[component].state, ROW_DIFFERS);
    for (int i = 0; i < COMPONENT_COUNT; i++) {
        if (i != (int)component) {
            assert_int_not_equal(verdict->rows[i].state, ROW_DIFFERS);
        }
    }
}

static void tamper(struct fixture *fixture, const char *path, const char *old,
                   const char *new, enum component component)
{
    boot_disk_edit(&fixture->disk, path, old, new);
    fixture_boot(fixture);
    assert_reason(fixture_appraise(fixture), REASON_COMPONENT_DIFFERS);
    assert_only_cause(&fixture->verdict, component);
}

static void test_trusted(void **state)
{
    struct fixture *fixture = *state;
    assert_reason(fixture_appraise(fixture), REASON_NONE);
    assert_int_equal(fixture->verdict.finding_count, 0);
    assert_true(fixture->verdict.is_authentic);
    assert_true(fixture->verdict.is_exclusive);
    assert_int_equal(fixture->verdict.launch, LAUNCH_NONE);
    const enum component rows[] = {
        COMPONENT_FIRMWARE,  COMPONENT_GRUB,   COMPONENT_GRUBCFG,
        COMPONENT_CMDLINE,   COMPONENT_POLICY, COMPONENT_KERNEL,
        COMPONENT_INITRD,    COMPONENT_MODE,   COMPONENT_DOM0_CMDLINE,
        COMPONENT_HYPERVISOR};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct verdict_row *row = &fixture->verdict.rows[rows[i]];
        assert_int_equal(row->state, ROW_OK);
        assert_true(row->has_expected && row->has_found);
        assert_memory_equal(&row->expected, &row->found, SHA256_SIZE);
    }
}

static void test_trusted_without_values(void **state)
{
    struct fixture *fixture = *state;
    (void)fixture_appraise(fixture);
    struct evidence evidence = forge_evidence(&fixture->key, &fixture->is,
                                              &fixture->quote, &fixture->log);
    evidence.has_values = false;
    appraise(fixture->appraiser, &fixture->reference, &evidence,
             fixture_nonce(fixture), &fixture->verdict);
    assert_reason(fixture->verdict.reason, REASON_NONE);
}

static void test_hypervisor(void **state)
{
    tamper(*state, "/boot/hypervisor", "hypervisor", "hypervisoR",
           COMPONENT_HYPERVISOR);
}

static void test_policy(void **state)
{
    tamper(*state, "/boot/policy", "policy", "Policy", COMPONENT_POLICY);
}

static void test_kernel(void **state)
{
    tamper(*state, "/boot/vmlinux", "kernel", "kernal", COMPONENT_KERNEL);
}

static void test_initrd(void **state)
{
    tamper(*state, "/boot/initramfs", "archive", "archivf", COMPONENT_INITRD);
}

static void test_grub_image(void **state)
{
    tamper(*state, "image", "\x90\x90\x90", "\x90\x91\x90", COMPONENT_GRUB);
}

static void test_command_line(void **state)
{
    struct fixture *fixture = *state;
    tamper(fixture, "/grub/cmdline.cfg", "loglvl=info", "loglvl=inf0",
           COMPONENT_CMDLINE);
    assert_int_equal(fixture->verdict.rows[COMPONENT_GRUBCFG].state,
                     ROW_FOLLOWS);
}

static void test_dom0_command_line(void **state)
{
    struct fixture *fixture = *state;
    tamper(fixture, "/grub/cmdline.cfg", "quiet", "quieT",
           COMPONENT_DOM0_CMDLINE);
    assert_int_equal(fixture->verdict.rows[COMPONENT_GRUBCFG].state,
                     ROW_FOLLOWS);
}

static void test_grub_comment(void **state)
{
    tamper(*state, "/grub/grub.cfg", "What", "Whut", COMPONENT_GRUBCFG);
}

static void test_menu_command_line(void **state)
{
    struct fixture *fixture = *state;
    tamper(fixture, "/grub/grub.cfg", "loglvl=info", "loglvl=none",
           COMPONENT_CMDLINE);
    assert_int_equal(fixture->verdict.rows[COMPONENT_GRUBCFG].state,
                     ROW_FOLLOWS);
}

static void test_menu_dom0_command_line(void **state)
{
    tamper(*state, "/grub/grub.cfg", "ro quiet", "rw quiet",
           COMPONENT_DOM0_CMDLINE);
}

static void test_menu_title(void **state)
{
    tamper(*state, "/grub/grub.cfg", "\"Vouch\"", "\"vouch\"",
           COMPONENT_GRUBCFG);
}

static void test_menu_timeout(void **state)
{
    tamper(*state, "/grub/grub.cfg", "timeout=0", "timeout=9",
           COMPONENT_GRUBCFG);
}

/* A second change hides behind no consequence: both are named. */
static void test_command_line_and_comment(void **state)
{
    struct fixture *fixture = *state;
    boot_disk_edit(&fixture->disk, "/grub/cmdline.cfg", "loglvl=info",
                   "loglvl=none");
    boot_disk_edit(&fixture->disk, "/grub/cmdline.cfg", "\nset dom0",
                   "\n#\nset dom0");
    fixture_boot(fixture);
    assert_reason(fixture_appraise(fixture), REASON_COMPONENT_DIFFERS);
    assert_int_equal(fixture->verdict.rows[COMPONENT_CMDLINE].state,
                     ROW_DIFFERS);
    assert_int_equal(fixture->verdict.rows[COMPONENT_GRUBCFG].state,
                     ROW_DIFFERS);
}

static void test_both_command_lines(void **state)
{
    struct fixture *fixture = *state;
    boot_disk_edit(&fixture->disk, "/grub/cmdline.cfg", "info", "none");
    boot_disk_edit(&fixture->disk, "/grub/cmdline.cfg", "quiet", "loud");
    fixture_boot(fixture);
    assert_reason(fixture_appraise(fixture), REASON_COMPONENT_DIFFERS);
    assert_int_equal(fixture->verdict.rows[COMPONENT_CMDLINE].state,
                     ROW_DIFFERS);
    assert_int_equal(fixture->verdict.rows[COMPONENT_DOM0_CMDLINE].state,
                     ROW_DIFFERS);
    assert_int_equal(fixture->verdict.rows[COMPONENT_GRUBCFG].state,
                     ROW_FOLLOWS);
}

/* policy=permissive changes the mode too, and that follows. */
static void test_mode_follows(void **state)
{
    struct fixture *fixture = *state;
    tamper(fixture, "/grub/cmdline.cfg", "loglvl=info", "policy=permissive",
           COMPONENT_CMDLINE);
    assert_int_equal(fixture->verdict.rows[COMPONENT_MODE].state, ROW_FOLLOWS);
}

/* An extra command in the configuration, a line more in the file. */
static void test_extra_command(void **state)
{
    struct fixture *fixture = *state;
    boot_disk_edit(&fixture->disk, "/grub/grub.cfg", "boot\n",
                   "echo more\nboot\n");
    fixture_boot(fixture);
    (void)fixture_appraise(fixture);
    assert_only_cause(&fixture->verdict, COMPONENT_GRUBCFG);
    bool is_named = false;
    for (size_t i = 0; i < fixture->verdict.finding_count; i++) {
        is_named |=
            fixture->verdict.findings[i].reason == REASON_EVENT_UNEXPLAINED;
    }
    assert_true(is_named);
}

static void test_missing_initrd(void **state)
{
    struct fixture *fixture = *state;
    boot_disk_edit(&fixture->disk, "/grub/grub.cfg",
                   "module2 --nounzip /boot/initramfs\n", "");
    fixture_boot(fixture);
    (void)fixture_appraise(fixture);
    assert_int_equal(fixture->verdict.rows[COMPONENT_INITRD].state,
                     ROW_DIFFERS);
    assert_int_equal(fixture->verdict.rows[COMPONENT_GRUBCFG].state,
                     ROW_DIFFERS);
    assert_int_equal(fixture->verdict.rows[COMPONENT_POLICY].state, ROW_OK);
}

static void test_unexplained(void **state)
{
    static const struct {
        uint32_t pcr;
        enum component component;
    } cases[] = {{0, COMPONENT_FIRMWARE},    {5, COMPONENT_FIRMWARE},
                 {8, COMPONENT_GRUBCFG},     {9, COMPONENT_GRUBCFG},
                 {21, COMPONENT_HYPERVISOR}, {22, COMPONENT_RUNTIME},
                 {11, COMPONENT_RUNTIME},    {14, COMPONENT_RUNTIME}};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fixture_boot(fixture);
        forge_event(&fixture->log, cases[i].pcr, EV_ACTION, NULL,
                    bytes_of_text("surprise"));
        assert_reason(fixture_appraise(fixture), REASON_EVENT_UNEXPLAINED);
        assert_only_cause(&fixture->verdict, cases[i].component);
        assert_string_equal(fixture->verdict.findings[0].what, "surprise");
    }
}

/* Something measured but not extended must be explained as well. */
static void test_no_action(void **state)
{
    struct fixture *fixture = *state;
    forge_event(&fixture->log, 0, EV_NO_ACTION, NULL, bytes_of_text("note"));
    assert_reason(fixture_appraise(fixture), REASON_EVENT_UNEXPLAINED);
}

static void test_capped(void **state)
{
    struct fixture *fixture = *state;
    uint8_t data[VOUCHLOG_MAX_DATA];
    struct buffer buffer = buffer_over(data, sizeof(data));
    assert_int_equal(vouchlog_build_text(VOUCHLOG_CAP,
                                         bytes_of_text("the log is full"),
                                         &buffer),
                     VOUCHLOG_OK);
    forge_event(&fixture->log, VOUCHLOG_PCR_BOOT, EV_EVENT_TAG, NULL,
                buffer_bytes(&buffer));
    assert_reason(fixture_appraise(fixture), REASON_LOG_CAPPED);
    assert_only_cause(&fixture->verdict, COMPONENT_HYPERVISOR);
}

/* ---- dynamic launch ---- */

static void set_launch(struct fixture *fixture, unsigned pcr, uint8_t value)
{
    fixture->reference.launches[0].pcr = pcr;
    memset(fixture->reference.launches[0].value.bytes, value, SHA256_SIZE);
    fixture->reference.launch_count = 1;
}

/* Even a manifest that asks for all 00 or all FF gets no dynamic launch. */
static void test_launch_absent(void **state)
{
    static const uint8_t idle[] = {0x00, 0xff};
    struct fixture *fixture = *state;
    for (unsigned pcr = 17; pcr <= 19; pcr++) {
        for (size_t i = 0; i < 2; i++) {
            for (size_t j = 0; j < 3; j++) {
                const uint8_t asked[] = {0x00, 0xff, 0x42};
                set_launch(fixture, pcr, asked[j]);
                memset(fixture->log.pcr[pcr].bytes, idle[i], SHA256_SIZE);
                assert_reason(fixture_appraise(fixture), REASON_DRTM_ABSENT);
                assert_only_cause(&fixture->verdict, COMPONENT_LAUNCH);
                assert_int_equal(fixture->verdict.launch, LAUNCH_NONE);
            }
        }
    }
}

static void test_launch(void **state)
{
    struct fixture *fixture = *state;
    set_launch(fixture, 17, 0x42);
    memset(fixture->log.pcr[17].bytes, 0x42, SHA256_SIZE);
    memset(fixture->log.pcr[18].bytes, 0x00, SHA256_SIZE);
    memset(fixture->log.pcr[19].bytes, 0x00, SHA256_SIZE);
    assert_reason(fixture_appraise(fixture), REASON_NONE);
    assert_int_equal(fixture->verdict.launch, LAUNCH_DYNAMIC);
    fixture->log.pcr[17].bytes[31] ^= 1;
    assert_reason(fixture_appraise(fixture), REASON_COMPONENT_DIFFERS);
    assert_only_cause(&fixture->verdict, COMPONENT_LAUNCH);
}

static void test_launch_unexplained(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned pcr = 17; pcr <= 20; pcr++) {
        fixture_boot(fixture);
        memset(fixture->log.pcr[pcr].bytes, 0x42, SHA256_SIZE);
        assert_reason(fixture_appraise(fixture), REASON_DRTM_UNEXPLAINED);
        assert_only_cause(&fixture->verdict, COMPONENT_LAUNCH);
    }
}

/* ---- PCRs 11 and 12 instead of 21 and 22 ---- */

static void boot_shared(struct fixture *fixture)
{
    for (size_t i = 0; i < fixture->reference.hypervisor.count; i++) {
        fixture->reference.hypervisor.items[i].pcr = VOUCHLOG_PCR_BOOT_SHARED;
    }
    forge_start(&fixture->log, &fixture->hasher);
    forge_boot(&fixture->log, &fixture->reference, fixture->real_log);
    for (size_t i = 0; i < fixture->reference.hypervisor.count; i++) {
        fixture->reference.hypervisor.items[i].pcr = VOUCHLOG_PCR_BOOT;
    }
    for (unsigned pcr = 17; pcr <= 22; pcr++) {
        memset(fixture->log.pcr[pcr].bytes, 0xff, SHA256_SIZE);
    }
}

static void test_shared(void **state)
{
    struct fixture *fixture = *state;
    boot_shared(fixture);
    assert_reason(fixture_appraise(fixture), REASON_NOT_EXCLUSIVE);
    assert_only_cause(&fixture->verdict, COMPONENT_HYPERVISOR);
    fixture->reference.is_shared_accepted = true;
    assert_reason(fixture_appraise(fixture), REASON_NONE);
    assert_false(fixture->verdict.is_exclusive);
}

/* Records in both places are from two writers: one of them is not ours. */
static void test_shared_beside_exclusive(void **state)
{
    struct fixture *fixture = *state;
    const struct reference_event *first =
        &fixture->reference.hypervisor.items[0];
    forge_event(&fixture->log, VOUCHLOG_PCR_BOOT_SHARED, EV_EVENT_TAG, NULL,
                first->text);
    fixture->reference.is_shared_accepted = true;
    assert_reason(fixture_appraise(fixture), REASON_EVENT_UNEXPLAINED);
}

/* ---- alternatives ---- */

static void test_alternatives(void **state)
{
    static const char other[] = "\x7f"
                                "ELF, the next kernel";
    struct fixture *fixture = *state;
    const struct boot_alternative alternatives[] = {
        {COMPONENT_KERNEL, bytes_of_text(other)}, {COMPONENT_COUNT, {0}}};
    fixture_refer(fixture, alternatives);
    assert_reason(fixture_appraise(fixture), REASON_NONE);
    boot_disk_edit(&fixture->disk, "/boot/vmlinux",
                   "\x7f"
                   "ELF, dom0's kernel",
                   other);
    fixture_boot(fixture);
    assert_reason(fixture_appraise(fixture), REASON_NONE);
    boot_disk_edit(&fixture->disk, "/boot/vmlinux", "next", "last");
    fixture_boot(fixture);
    assert_reason(fixture_appraise(fixture), REASON_COMPONENT_DIFFERS);
    assert_only_cause(&fixture->verdict, COMPONENT_KERNEL);
}

/* GRUB loaded one kernel and the hypervisor another: both are known, but they
 * are not the same. */
static void test_mixed_alternatives(void **state)
{
    static const char other[] = "\x7f"
                                "ELF, the next kernel";
    struct fixture *fixture = *state;
    const struct boot_alternative alternatives[] = {
        {COMPONENT_KERNEL, bytes_of_text(other)}, {COMPONENT_COUNT, {0}}};
    fixture_refer(fixture, alternatives);
    struct reference_events *records = &fixture->reference.hypervisor;
    for (size_t i = 0; i < records->count; i++) {
        if (records->items[i].component == COMPONENT_KERNEL) {
            struct sha256_digest *digests =
                (struct sha256_digest *)records->items[i].digests;
            struct sha256_digest first = digests[0];
            digests[0] = digests[1];
            digests[1] = first;
        }
    }
    assert_reason(fixture_appraise(fixture), REASON_COMPONENT_DIFFERS);
    assert_only_cause(&fixture->verdict, COMPONENT_KERNEL);
}

/* ---- what comes out ---- */

static void test_text(void **state)
{
    struct fixture *fixture = *state;
    size_t size;
    (void)fixture_appraise(fixture);
    char *text = verdict_text(&fixture->verdict, &size);
    assert_int_equal(strlen(text), size);
    assert_non_null(strstr(text, "\nTRUSTED\n"));
    free(text);
    boot_disk_edit(&fixture->disk, "/boot/policy", "policy", "Policy");
    fixture_boot(fixture);
    (void)fixture_appraise(fixture);
    text = verdict_text(&fixture->verdict, &size);
    assert_null(strstr(text, "\nTRUSTED\n"));
    assert_non_null(strstr(text, "\nUNTRUSTED: policy: component-differs: "));
    assert_null(strstr(strstr(text, "\nUNTRUSTED: ") + 1, "\nUNTRUSTED: "));
    free(text);
}

static void test_json(void **state)
{
    struct fixture *fixture = *state;
    size_t size;
    boot_disk_edit(&fixture->disk, "/boot/policy", "policy", "Policy");
    fixture_boot(fixture);
    (void)fixture_appraise(fixture);
    char *text = verdict_json(&fixture->verdict, &size);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "verdict")),
                        "untrusted");
    assert_string_equal(json_string_value(json_object_get(root, "component")),
                        "policy");
    assert_int_equal(json_array_size(json_object_get(root, "findings")), 2);
    json_decref(root);
    free(text);
}

#define PLAIN(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define MENU(name)  cmocka_unit_test_setup_teardown(name, set_up_menu, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAIN(test_trusted),
        PLAIN(test_trusted_without_values),
        PLAIN(test_hypervisor),
        PLAIN(test_policy),
        PLAIN(test_kernel),
        PLAIN(test_initrd),
        PLAIN(test_grub_image),
        PLAIN(test_command_line),
        PLAIN(test_dom0_command_line),
        PLAIN(test_grub_comment),
        PLAIN(test_command_line_and_comment),
        PLAIN(test_both_command_lines),
        PLAIN(test_mode_follows),
        PLAIN(test_extra_command),
        PLAIN(test_missing_initrd),
        PLAIN(test_unexplained),
        PLAIN(test_no_action),
        PLAIN(test_capped),
        PLAIN(test_launch_absent),
        PLAIN(test_launch),
        PLAIN(test_launch_unexplained),
        PLAIN(test_shared),
        PLAIN(test_shared_beside_exclusive),
        PLAIN(test_alternatives),
        PLAIN(test_mixed_alternatives),
        PLAIN(test_text),
        PLAIN(test_json),
        MENU(test_trusted),
        MENU(test_hypervisor),
        MENU(test_menu_command_line),
        MENU(test_menu_dom0_command_line),
        MENU(test_menu_title),
        MENU(test_menu_timeout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
