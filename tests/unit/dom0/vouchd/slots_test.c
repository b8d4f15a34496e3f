/* SPDX-License-Identifier: MIT */
/* Slots on a real file system: stored, replaced, absent, too large, a link
 * where a file should be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dom0/vouchd/message.h"
#include "dom0/vouchd/slots.h"

static const uint8_t uuid_data[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab,
                                      0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98,
                                      0x76, 0x54, 0x32, 0x10};
static const char uuid_text[] = "01234567-89ab-cdef-fedc-ba9876543210";

static char folder[] = "/tmp/vouch-slots.XXXXXX";
static int root;

static struct bytes uuid(void)
{
    return bytes_of(uuid_data, sizeof(uuid_data));
}

static int start(void **state)
{
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    root = open(folder, O_RDONLY | O_DIRECTORY);
    return root < 0 ? -1 : 0;
}

static int end(void **state)
{
    char command[64];
    close(root);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

static void what_is_stored_is_loaded(void **state)
{
    struct bytes found;
    assert_true(slots_load(root, uuid(), 0, &found));
    assert_null(found.data);
    assert_true(slots_store(root, uuid(), 0, bytes_of_text("first")));
    assert_true(slots_store(root, uuid(), 0, bytes_of_text("2nd")));
    assert_true(slots_load(root, uuid(), 0, &found));
    assert_true(bytes_equal(found, bytes_of_text("2nd")));
    free((void *)found.data);
    assert_true(slots_load(root, uuid(), 1, &found));
    assert_null(found.data);
}

static void what_is_too_large_is_not_loaded(void **state)
{
    struct bytes found;
    uint8_t *large = calloc(1, VTPM_STATE_SLOT_MAX + 1);
    assert_non_null(large);
    assert_true(
        slots_store(root, uuid(), 1, bytes_of(large, VTPM_STATE_SLOT_MAX + 1)));
    assert_false(slots_load(root, uuid(), 1, &found));
    assert_true(
        slots_store(root, uuid(), 1, bytes_of(large, VTPM_STATE_SLOT_MAX)));
    assert_true(slots_load(root, uuid(), 1, &found));
    assert_int_equal(found.size, VTPM_STATE_SLOT_MAX);
    free((void *)found.data);
    free(large);
}

static void a_certificate_is_small_and_goes(void **state)
{
    static const uint8_t large[VTPM_CERTIFICATE_MAX + 1];
    struct bytes found;
    assert_true(slots_store(root, uuid(), SLOTS_CERTIFICATE,
                            bytes_of(large, sizeof(large))));
    assert_false(slots_load(root, uuid(), SLOTS_CERTIFICATE, &found));
    assert_true(slots_store(root, uuid(), SLOTS_CERTIFICATE,
                            bytes_of(large, VTPM_CERTIFICATE_MAX)));
    assert_true(slots_load(root, uuid(), SLOTS_CERTIFICATE, &found));
    assert_int_equal(found.size, VTPM_CERTIFICATE_MAX);
    free((void *)found.data);
    assert_true(slots_remove(root, uuid(), SLOTS_CERTIFICATE));
    assert_true(slots_load(root, uuid(), SLOTS_CERTIFICATE, &found));
    assert_null(found.data);
    assert_true(slots_remove(root, uuid(), SLOTS_CERTIFICATE));
}

static void a_link_is_not_followed(void **state)
{
    struct bytes found;
    char path[128];
    snprintf(path, sizeof(path), "%s/%s/slot0", folder, uuid_text);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_false(slots_load(root, uuid(), 0, &found));
}

/* Whoever opens a FIFO waits for its other side, unless it is told not to. */
static void a_fifo_is_not_waited_for(void **state)
{
    struct bytes found;
    char path[128];
    snprintf(path, sizeof(path), "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    snprintf(path, sizeof(path), "%s/other.new", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    (void)alarm(60);
    assert_false(slots_read(root, "fifo", 100, &found));
    assert_null(found.data);
    assert_false(slots_replace(root, "other", bytes_of_text("x")));
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_false(slots_replace(root, "other", bytes_of_text("x")));
    char byte;
    assert_int_equal(read(reader, &byte, 1), 0);
    close(reader);
    (void)alarm(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_stored_is_loaded),
        cmocka_unit_test(what_is_too_large_is_not_loaded),
        cmocka_unit_test(a_certificate_is_small_and_goes),
        cmocka_unit_test(a_link_is_not_followed),
        cmocka_unit_test(a_fifo_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, start, end);
}
