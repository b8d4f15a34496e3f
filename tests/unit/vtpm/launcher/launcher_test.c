/* SPDX-License-Identifier: MIT */
/*
 * launcher: what it hands over is what the bundle has, unpacked, page aligned,
 * and in place where it can be; each thing that is wrong has a line.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/bundle.h"
#include "tests/unit/tools/image/pack.h"
#include "tools/image/compact.h"
#include "vtpm/launcher/calls.h"
#include "vtpm/launcher/launcher.h"

#define ROOM    (1 << 18)
#define INITRD  "the initrd"
#define CMDLINE "console=hvc0"

static uint8_t elf[PACK_ELF_SIZE], compact_elf_file[PACK_ELF_SIZE];
static uint8_t packed[ROOM];
static uint8_t file[ROOM] __attribute__((aligned(BUNDLE_PAGE)));
static struct bytes compact;

static struct vtpm_module module;
static int module_error, launch_error;
static struct vtpm_launch launched;
static size_t launches;
static void (*look)(void); /* while the memory is there */

int call_module(struct vtpm_module *out)
{
    *out = module;
    return module_error;
}

int call_launch(const struct vtpm_launch *launch)
{
    launched = *launch;
    launches++;
    if (look != NULL) {
        look();
    }
    return launch_error;
}

static int make_kernel(void **state)
{
    (void)state;
    struct buffer out = buffer_over(elf, sizeof(elf));
    pack_elf(&out);
    out = buffer_over(compact_elf_file, sizeof(compact_elf_file));
    assert_int_equal(compact_elf(bytes_of(elf, sizeof(elf)), &out), COMPACT_OK);
    compact = buffer_bytes(&out);
    return 0;
}

static void make_module(struct bytes kernel, struct bytes initrd)
{
    struct bundle bundle = {
        .kernel = kernel, .initrd = initrd, .cmdline = bytes_of_text(CMDLINE)};
    struct buffer out = buffer_over(file, sizeof(file));
    struct writer writer = writer_begin(&out);
    bundle_put(&writer, &bundle);
    assert_true(writer_end(&writer));
    module = (struct vtpm_module){.data = file, .size = out.used};
    module_error = 0;
    launch_error = EPERM;
    launches = 0;
}

/* Runs it and gives what it said, which lives until the next time. */
static const char *run(void)
{
    static char said[1000];
    int ends[2], standard = dup(STDOUT_FILENO);
    assert_int_equal(pipe(ends), 0);
    (void)fflush(stdout);
    assert_true(dup2(ends[1], STDOUT_FILENO) >= 0);
    int status = launcher_run();
    assert_true(dup2(standard, STDOUT_FILENO) >= 0);
    close(ends[1]);
    close(standard);
    ssize_t size = read(ends[0], said, sizeof(said) - 1);
    close(ends[0]);
    assert_true(size > 0);
    said[size] = 0;
    assert_int_not_equal(status, 0);
    return said;
}

static void look_at_all(void)
{
    assert_true(
        bytes_equal(bytes_of(launched.kernel, launched.kernel_size), compact));
    assert_int_equal((uintptr_t)launched.kernel % BUNDLE_PAGE, 0);
    assert_true(bytes_equal(bytes_of(launched.initrd, launched.initrd_size),
                            bytes_of_text(INITRD)));
    assert_int_equal((uintptr_t)launched.initrd % BUNDLE_PAGE, 0);
    assert_true(bytes_equal(bytes_of(launched.cmdline, launched.cmdline_size),
                            bytes_of_text(CMDLINE)));
}

static void unpacks_each_kind(void **state)
{
    (void)state;
    look = look_at_all;
    for (size_t i = 0; i < PACK_KINDS; i++) {
        struct buffer out = buffer_over(packed, sizeof(packed));
        pack_bzimage((enum compression)i, bytes_of(elf, sizeof(elf)), &out);
        make_module(buffer_bytes(&out), bytes_of_text(INITRD));
        assert_non_null(strstr(run(), "launcher: kernel "));
        assert_int_equal(launches, 1);
        assert_true((const uint8_t *)launched.initrd > file &&
                    (const uint8_t *)launched.initrd < file + ROOM);
    }
    look = NULL;
}

static void an_elf_is_made_compact(void **state)
{
    (void)state;
    look = look_at_all;
    make_module(bytes_of(elf, sizeof(elf)), bytes_of_text(INITRD));
    assert_non_null(strstr(run(), "Operation not permitted"));
    assert_int_equal(launches, 1);
    look = NULL;
}

static void a_compact_elf_stays_in_place(void **state)
{
    (void)state;
    make_module(compact, bytes_none());
    (void)run();
    assert_int_equal(launches, 1);
    assert_ptr_equal(launched.kernel, file + BUNDLE_PAGE);
    assert_int_equal(launched.kernel_size, compact.size);
    assert_int_equal(launched.initrd_size, 0);
}

static void check_says(const char *wanted)
{
    const char *said = run();
    assert_string_equal(said, wanted);
    assert_int_equal(launches, 0);
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    make_module(bytes_of_text("no kernel"), bytes_none());
    check_says("launcher: the bundle's kernel ends before its boot header "
               "does\n");
    module.size--;
    check_says("launcher: the ramdisk is not as long as the bundle's header "
               "says\n");
    module_error = EPERM;
    check_says("launcher: the ramdisk cannot be had: Operation not "
               "permitted\n");
    module_error = ENOENT;
    check_says("launcher: the domain has no ramdisk; it should be a bundle "
               "(vouch bundle make)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unpacks_each_kind),
        cmocka_unit_test(an_elf_is_made_compact),
        cmocka_unit_test(a_compact_elf_stays_in_place),
        cmocka_unit_test(says_what_is_wrong),
    };
    return cmocka_run_group_tests_name("launcher", tests, make_kernel, NULL);
}
