/* SPDX-License-Identifier: MIT */
/* The three digests of a guest are those of plain files, however it is packed.
 */
#include "tests/unit/attest/fixture.h"

#include "attest/guest_image.h"
#include "tests/unit/tools/image/pack.h"

#define ROOM (1 << 20)

static struct hasher hasher;
static uint8_t file[PACK_ELF_SIZE], packed[ROOM];

static int set_up(void **state)
{
    (void)state;
    return hasher_init(&hasher) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    hasher_free(&hasher);
    return 0;
}

static void check_digest(const struct guest_blob *blob, struct bytes of)
{
    struct sha256_digest wanted = hash_bytes(&hasher, of);
    assert_int_equal(blob->size, of.size);
    assert_true(sha256_equal(&blob->digest, &wanted));
}

static void test_digests(void **state)
{
    (void)state;
    struct buffer elf = buffer_over(file, sizeof(file));
    pack_elf(&elf);
    struct bytes vmlinux = buffer_bytes(&elf);
    struct bundle parts = {.kernel = vmlinux,
                           .cmdline = bytes_of_text("console=hvc0")};
    struct guest_image plain, image;
    const char *why = "";
    assert_true(guest_image_measure(&hasher, &parts, &plain, &why));
    check_digest(&plain.initrd, bytes_none());
    check_digest(&plain.cmdline, parts.cmdline);
    for (size_t i = 0; i < PACK_KINDS; i++) {
        struct buffer out = buffer_over(packed, ROOM);
        pack_bzimage((enum compression)i, vmlinux, &out);
        parts.kernel = buffer_bytes(&out);
        parts.initrd = bytes_of_text("initrd");
        assert_true(guest_image_measure(&hasher, &parts, &image, &why));
        assert_memory_equal(&image.kernel, &plain.kernel, sizeof(plain.kernel));
        check_digest(&image.initrd, parts.initrd);
    }
}

/* Whatever is changed of what is loaded, the digest is another. */
static void test_change(void **state)
{
    (void)state;
    struct buffer elf = buffer_over(file, sizeof(file));
    struct guest_image plain, image;
    const char *why = "";
    pack_elf(&elf);
    struct bundle parts = {.kernel = buffer_bytes(&elf)};
    assert_true(guest_image_measure(&hasher, &parts, &plain, &why));
    file[0x2345] ^= 1;
    assert_true(guest_image_measure(&hasher, &parts, &image, &why));
    assert_false(sha256_equal(&plain.kernel.digest, &image.kernel.digest));
}

static void test_no_kernel(void **state)
{
    (void)state;
    struct bundle parts = {.kernel = bytes_of_text("not a kernel")};
    struct guest_image image;
    const char *why = "";
    assert_false(guest_image_measure(&hasher, &parts, &image, &why));
    assert_true(strlen(why) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_digests),
                                       cmocka_unit_test(test_change),
                                       cmocka_unit_test(test_no_kernel)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
