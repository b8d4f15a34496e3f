/* SPDX-License-Identifier: MIT */
/* Which bytes of a PE image count for its digest, and which do not. */
#include "tests/unit/attest/fixture.h"

#include "attest/pe.h"

#define SIZE       0x400
#define SECTION_AT 0x148

struct world {
    struct hasher hasher;
    struct boot_disk disk;
    uint8_t image[SIZE + 64];
    struct pe_measure measure;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_true(hasher_init(&world->hasher));
    boot_disk_make(&world->disk, false);
    struct bytes image = boot_disk_find(&world->disk, "image")->content;
    assert_int_equal(image.size, SIZE);
    memcpy(world->image, image.data, SIZE);
    assert_true(pe_measure(&world->hasher, image, &world->measure));
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    hasher_free(&world->hasher);
    free(world);
    return 0;
}

/* The checksum and the entry for signatures, by the format's definition. */
static bool is_left_out(size_t offset)
{
    return (offset >= 0x98 && offset < 0x9c) ||
           (offset >= 0xe8 && offset < 0xf0);
}

static void test_every_byte(void **state)
{
    struct world *world = *state;
    struct pe_measure other;
    for (size_t i = 0; i < SIZE; i++) {
        world->image[i] ^= 0x01;
        bool is_measured =
            pe_measure(&world->hasher, bytes_of(world->image, SIZE), &other);
        world->image[i] ^= 0x01;
        bool is_same =
            is_measured && sha256_equal(&other.digest, &world->measure.digest);
        if (is_same) {
            assert_true(is_left_out(i));
        }
    }
}

/* Signatures are appended and do not count; other appended data does. */
static void test_appended(void **state)
{
    struct world *world = *state;
    struct pe_measure other;
    memset(world->image + SIZE, 0x5a, 64);
    assert_true(
        pe_measure(&world->hasher, bytes_of(world->image, SIZE + 64), &other));
    assert_false(sha256_equal(&other.digest, &world->measure.digest));
    world->image[0xe8] = 0x00; /* at 0x400 ... */
    world->image[0xe9] = 0x04;
    world->image[0xec] = 64; /* ... 64 bytes of signatures */
    assert_true(
        pe_measure(&world->hasher, bytes_of(world->image, SIZE + 64), &other));
    assert_true(sha256_equal(&other.digest, &world->measure.digest));
}

static void test_malformed(void **state)
{
    struct world *world = *state;
    struct pe_measure other;
    for (size_t size = 0; size < SIZE; size++) {
        assert_false(
            pe_measure(&world->hasher, bytes_of(world->image, size), &other));
    }
    world->image[0x3f] = 0xff; /* PE header out of the file */
    assert_false(
        pe_measure(&world->hasher, bytes_of(world->image, SIZE), &other));
    world->image[0x3f] = 0;
    world->image[0x47] = 0xff; /* 65281 sections */
    assert_false(
        pe_measure(&world->hasher, bytes_of(world->image, SIZE), &other));
}

/* The section's header: a name, size in memory, address, size in
 * the file, offset. */
static enum pe_section_status find(struct world *world, const char *name,
                                   struct bytes *out)
{
    return pe_find_section(bytes_of(world->image, SIZE), name, out);
}

static void test_sections(void **state)
{
    struct world *world = *state;
    struct bytes found = bytes_none();
    assert_int_equal(find(world, ".other", &found), PE_SECTION_ABSENT);
    assert_int_equal(find(world, ".longname", &found), PE_SECTION_ABSENT);
    uint8_t *header = world->image + SECTION_AT;
    memcpy(header, ".linux\0\0", 8);
    header[8] = 0x34;
    header[9] = 0x01;
    assert_int_equal(find(world, ".linux", &found), PE_SECTION_OK);
    assert_int_equal(found.size, 0x134);
    assert_ptr_equal(found.data, world->image + 0x200);
    header[11] = 1; /* more in memory than in the file */
    assert_int_equal(find(world, ".linux", &found), PE_SECTION_MALFORMED);
    header[11] = 0;
    header[23] = 1; /* outside the file */
    assert_int_equal(find(world, ".linux", &found), PE_SECTION_MALFORMED);
}

static void test_section_twice(void **state)
{
    struct world *world = *state;
    struct bytes found;
    uint8_t *header = world->image + SECTION_AT;
    memcpy(header, ".linux\0\0", 8);
    memcpy(header + 40, header, 40);
    world->image[0x46] = 2;
    assert_int_equal(find(world, ".linux", &found), PE_SECTION_TWICE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_byte), TEST(test_appended), TEST(test_malformed),
        TEST(test_sections), TEST(test_section_twice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
