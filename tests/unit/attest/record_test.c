/* SPDX-License-Identifier: MIT */
/*
 * LAUNCH and IDENTITY records: what the hypervisor writes is read back, and no
 * change of a byte leaves the same meaning.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "attest/record.h"

#define LABEL "tenant01_u:guest_r:launched_t"

struct text_of {
    uint8_t data[VOUCHLOG_MAX_PAYLOAD];
    struct buffer buffer;
    struct writer writer;
};

static void begin(struct text_of *text)
{
    text->buffer = buffer_over(text->data, sizeof(text->data));
    text->writer = writer_begin(&text->buffer);
}

static struct vouchlog_launch good_launch(void)
{
    struct vouchlog_launch launch = {.instance = UINT64_MAX,
                                     .domid = 7,
                                     .pages = 65536,
                                     .vcpus = 2,
                                     .label = LABEL};
    for (unsigned i = 0; i < 16; i++) {
        launch.uuid[i] = (uint8_t)(0x11 * i);
    }
    launch.kernel = sha256_of(bytes_of_text("kernel"));
    launch.initrd = sha256_of(bytes_of_text("initrd"));
    launch.cmdline = sha256_of(bytes_of_text("cmdline"));
    return launch;
}

static struct vouchlog_identity good_identity(void)
{
    struct vouchlog_identity identity = {.vtpm = 3, .guest = 4};
    memset(identity.ak, 0xab, sizeof(identity.ak));
    memset(identity.ek, 0xcd, sizeof(identity.ek));
    return identity;
}

static struct record record_of(enum vouchlog_tag tag, struct bytes text)
{
    return (struct record){.tag = tag, .form = RECORD_TEXT, .text = text};
}

/* Through the event too, as a log has it. */
static void parse_event(enum vouchlog_tag tag, struct bytes text,
                        uint8_t data[VOUCHLOG_MAX_DATA], struct record *record)
{
    struct buffer out = buffer_over(data, VOUCHLOG_MAX_DATA);
    assert_int_equal(vouchlog_build_text(tag, text, &out), VOUCHLOG_OK);
    assert_int_equal(record_parse(buffer_bytes(&out), record), RECORD_OK);
}

static void test_launch(void **state)
{
    struct vouchlog_launch is = good_launch();
    struct text_of text;
    uint8_t data[VOUCHLOG_MAX_DATA];
    struct record record;
    struct record_launch read;
    (void)state;
    begin(&text);
    vouchlog_put_launch(&text.writer, &is);
    assert_true(writer_end(&text.writer));
    parse_event(VOUCHLOG_LAUNCH, buffer_bytes(&text.buffer), data, &record);
    assert_true(record_parse_launch(&record, &read));
    assert_true(read.instance == is.instance && read.domid == is.domid &&
                read.pages == is.pages && read.vcpus == is.vcpus);
    assert_memory_equal(read.uuid, is.uuid, 16);
    assert_true(bytes_equal(read.label, bytes_of_text(LABEL)));
    assert_true(sha256_equal(&read.kernel, &is.kernel));
    assert_true(sha256_equal(&read.initrd, &is.initrd));
    assert_true(sha256_equal(&read.cmdline, &is.cmdline));
}

static void test_identity(void **state)
{
    struct vouchlog_identity is = good_identity();
    struct text_of text;
    uint8_t data[VOUCHLOG_MAX_DATA];
    struct record record;
    struct record_identity read;
    (void)state;
    begin(&text);
    vouchlog_put_identity(&text.writer, &is);
    assert_true(writer_end(&text.writer));
    parse_event(VOUCHLOG_IDENTITY, buffer_bytes(&text.buffer), data, &record);
    assert_true(record_parse_identity(&record, &read));
    assert_true(read.vtpm == is.vtpm && read.guest == is.guest);
    assert_memory_equal(read.ak, is.ak, sizeof(is.ak));
    assert_memory_equal(read.ek, is.ek, sizeof(is.ek));
}

/* One meaning has one spelling: whatever still parses after a change writes
 * out as the changed text. */
static void check_spelling(struct bytes text)
{
    struct record record = record_of(VOUCHLOG_LAUNCH, text);
    struct record_launch read;
    if (!record_parse_launch(&record, &read)) {
        return;
    }
    char label[128] = {0};
    memcpy(label, read.label.data, read.label.size);
    struct vouchlog_launch again = {.instance = read.instance,
                                    .domid = read.domid,
                                    .pages = read.pages,
                                    .vcpus = read.vcpus,
                                    .label = label,
                                    .kernel = read.kernel,
                                    .initrd = read.initrd,
                                    .cmdline = read.cmdline};
    memcpy(again.uuid, read.uuid, 16);
    struct text_of written;
    begin(&written);
    vouchlog_put_launch(&written.writer, &again);
    assert_true(writer_end(&written.writer));
    assert_true(bytes_equal(buffer_bytes(&written.buffer), text));
}

static void test_one_spelling(void **state)
{
    static const uint8_t others[] = {' ', '0', 'a', 'A', ':', '=', '-', 'g'};
    struct vouchlog_launch is = good_launch();
    struct text_of text;
    (void)state;
    begin(&text);
    vouchlog_put_launch(&text.writer, &is);
    struct bytes whole = buffer_bytes(&text.buffer);
    for (size_t i = 0; i < whole.size; i++) {
        uint8_t kept = text.data[i];
        for (size_t j = 0; j < sizeof(others); j++) {
            text.data[i] = others[j];
            check_spelling(whole);
        }
        text.data[i] = kept;
        struct record record =
            record_of(VOUCHLOG_LAUNCH, bytes_of(whole.data, i));
        struct record_launch read;
        assert_false(record_parse_launch(&record, &read));
    }
    text.data[whole.size] = ' ';
    struct record record =
        record_of(VOUCHLOG_LAUNCH, bytes_of(whole.data, whole.size + 1));
    struct record_launch read;
    assert_false(record_parse_launch(&record, &read));
}

static void test_cut_identity(void **state)
{
    struct vouchlog_identity is = good_identity();
    struct text_of text;
    struct record_identity read;
    (void)state;
    begin(&text);
    vouchlog_put_identity(&text.writer, &is);
    struct bytes whole = buffer_bytes(&text.buffer);
    for (size_t i = 0; i < whole.size; i++) {
        struct record record =
            record_of(VOUCHLOG_IDENTITY, bytes_of(whole.data, i));
        assert_false(record_parse_identity(&record, &read));
    }
    struct record record = record_of(VOUCHLOG_LAUNCH, whole);
    assert_false(record_parse_identity(&record, &read));
    record = record_of(VOUCHLOG_IDENTITY, whole);
    record.form = RECORD_BLOB;
    assert_false(record_parse_identity(&record, &read));
}

static void test_labels(void **state)
{
    static const char *const bad[] = {"",     "a",    "a:b",     "::c",  "a::c",
                                      ":b:c", "a:b:", "a:b c:d", "a:b: "};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct vouchlog_launch is = good_launch();
        struct text_of text;
        struct record_launch read;
        is.label = bad[i];
        begin(&text);
        vouchlog_put_launch(&text.writer, &is);
        struct record record =
            record_of(VOUCHLOG_LAUNCH, buffer_bytes(&text.buffer));
        assert_false(record_parse_launch(&record, &read));
    }
    struct bytes label = bytes_of_text(LABEL);
    assert_true(
        bytes_equal(record_label_user(label), bytes_of_text("tenant01_u")));
    assert_true(
        bytes_equal(record_label_type(label), bytes_of_text("launched_t")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_launch), cmocka_unit_test(test_identity),
        cmocka_unit_test(test_one_spelling),
        cmocka_unit_test(test_cut_identity), cmocka_unit_test(test_labels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
