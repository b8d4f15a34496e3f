/* SPDX-License-Identifier: MIT */
/*
 * Memory maps against an oracle that keeps one type for each unit of a small
 * address space.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hv/boot/memory_map.h"

#define SPACE 64u

/* The range that holds address, or NULL. */
static const struct memory_range *find(const struct memory_map *map,
                                       uint64_t address)
{
    for (size_t i = 0; i < map->count; i++) {
        if (address >= map->ranges[i].start && address < map->ranges[i].end) {
            return &map->ranges[i];
        }
    }
    return NULL;
}

static struct memory_map map;
static enum memory_type oracle[SPACE];

static void oracle_add(struct memory_range range)
{
    for (uint64_t at = range.start; at < range.end; at++) {
        if (oracle[at] < range.type) {
            oracle[at] = range.type;
        }
    }
}

static void check_map(void)
{
    uint64_t before = 0;

    for (size_t i = 0; i < map.count; i++) {
        const struct memory_range *range = &map.ranges[i];

        assert_true(range->start < range->end);
        assert_true(range->start >= before);
        if (i > 0 && map.ranges[i - 1].end == range->start) {
            assert_int_not_equal(map.ranges[i - 1].type, range->type);
        }
        before = range->end;
    }
    for (uint64_t at = 0; at < SPACE; at++) {
        const struct memory_range *range = find(&map, at);

        assert_int_equal(range == NULL ? MEMORY_NONE : range->type, oracle[at]);
    }
}

static uint64_t total_of(enum memory_type type)
{
    uint64_t total = 0;

    for (uint64_t at = 0; at < SPACE; at++) {
        total += oracle[at] == type;
    }
    return total;
}

static void test_random_layers(void **state)
{
    (void)state;
    srand(1);
    for (unsigned int run = 0; run < 2000; run++) {
        memset(&map, 0, sizeof(map));
        memset(oracle, 0, sizeof(oracle));
        for (unsigned int i = 0; i < 12; i++) {
            struct memory_range range = {
                .start = (uint64_t)rand() % SPACE,
                .type = (enum memory_type)(1 + rand() % 7),
            };

            range.end =
                range.start + (uint64_t)rand() % (SPACE - range.start + 1);
            assert_true(memory_map_add(&map, range));
            oracle_add(range);
        }
        check_map();
        for (int type = 1; type <= 7; type++) {
            assert_int_equal(memory_map_total(&map, (enum memory_type)type),
                             total_of((enum memory_type)type));
        }
    }
}

static void test_retype(void **state)
{
    (void)state;
    memset(&map, 0, sizeof(map));
    assert_true(memory_map_add(&map, (struct memory_range){0, 4, MEMORY_RAM}));
    assert_true(
        memory_map_add(&map, (struct memory_range){4, 8, MEMORY_FIRMWARE_RAM}));
    assert_true(memory_map_add(&map, (struct memory_range){8, 12, MEMORY_RAM}));
    memory_map_retype(&map, MEMORY_FIRMWARE_RAM, MEMORY_RAM);
    assert_int_equal(map.count, 1);
    assert_int_equal(map.ranges[0].start, 0);
    assert_int_equal(map.ranges[0].end, 12);
}

/* A full map refuses a range that needs room and stays as it was. */
static void test_full(void **state)
{
    struct memory_map before;

    (void)state;
    memset(&map, 0, sizeof(map));
    for (uint64_t i = 0; i < MEMORY_MAP_MAX; i++) {
        assert_true(memory_map_add(
            &map, (struct memory_range){4 * i, 4 * i + 2, MEMORY_RAM}));
    }
    before = map;
    assert_false(memory_map_add(
        &map, (struct memory_range){1000000, 1000001, MEMORY_RAM}));
    assert_false(memory_map_add(&map, (struct memory_range){0, 1, MEMORY_NVS}));
    assert_memory_equal(&map, &before, sizeof(map));
    assert_true(memory_map_add(&map, (struct memory_range){2, 4, MEMORY_RAM}));
    assert_int_equal(map.count, MEMORY_MAP_MAX - 1);
}

static void test_extreme_addresses(void **state)
{
    (void)state;
    memset(&map, 0, sizeof(map));
    assert_true(memory_map_add(
        &map, (struct memory_range){0, UINT64_MAX, MEMORY_RESERVED}));
    assert_true(memory_map_add(
        &map, (struct memory_range){UINT64_MAX - 1, UINT64_MAX, MEMORY_NVS}));
    assert_int_equal(map.count, 2);
    assert_true(
        memory_map_add(&map, (struct memory_range){5, 5, MEMORY_UNUSABLE}));
    assert_true(
        memory_map_add(&map, (struct memory_range){6, 5, MEMORY_UNUSABLE}));
    assert_int_equal(map.count, 2);
}

static void test_place(void **state)
{
    const struct memory_range all = {.start = 0x1000, .end = UINT64_MAX};
    const struct memory_range low = {.start = 0x1000, .end = 0x8000};

    (void)state;
    memset(&map, 0, sizeof(map));
    assert_true(
        memory_map_add(&map, (struct memory_range){0x0, 0x10000, MEMORY_RAM}));
    assert_true(memory_map_add(
        &map, (struct memory_range){0x20000, 0x23000, MEMORY_RAM}));
    assert_true(memory_map_add(
        &map, (struct memory_range){0x10000, 0x20000, MEMORY_RESERVED}));
    assert_int_equal(memory_map_place(&map, MEMORY_RAM, 0x1000, 0x1000, &all),
                     0x22000);
    assert_int_equal(memory_map_place(&map, MEMORY_RAM, 0x4000, 0x1000, &all),
                     0xc000);
    assert_int_equal(memory_map_place(&map, MEMORY_RAM, 0x1000, 0x10000, &all),
                     0x20000);
    assert_int_equal(memory_map_place(&map, MEMORY_RAM, 0x1000, 0x1000, &low),
                     0x7000);
    /* Below 0x1000 would be the only place for it. */
    assert_int_equal(memory_map_place(&map, MEMORY_RAM, 0x10000, 0x1000, &all),
                     0);
    assert_int_equal(memory_map_place(&map, MEMORY_NVS, 1, 1, &all), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_layers),
        cmocka_unit_test(test_retype),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_extreme_addresses),
        cmocka_unit_test(test_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
