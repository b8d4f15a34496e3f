/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own page tables, walked and edited in host memory: what is
 * mapped is there with its rights, nothing else changes, and running out of
 * memory for tables maps nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hv/base/errno.h"
#include "hv/base/layout.h"
#include "hv/base/log.h"
#include "hv/base/spinlock.h"
#include "hv/cpu/paging.h"

#define TABLES 64

uint8_t image_start[4 * PAGE_SIZE] aligned_to(4096);
static uint8_t tables[TABLES][PAGE_SIZE] aligned_to(4096);
static unsigned int tables_used, tables_limit;

void cpu_poll(void)
{
    abort();
}

void panic(const char *format, ...)
{
    (void)format;
    mock_assert(0, "panic", __FILE__, __LINE__);
    abort();
}

static maddr_t alloc_table(void)
{
    if (tables_used == tables_limit) {
        return MADDR(0);
    }
    return MADDR((uint64_t)tables[tables_used++]);
}

static int start(void **state)
{
    (void)state;
    memset(tables, 0, sizeof(tables));
    tables_used = 0;
    tables_limit = TABLES;
    paging_set_table_source(alloc_table, 0);
    idle_root = alloc_table();
    return 0;
}

/* What the processor would find: the L1 entry, or 0. */
static uint64_t walk(uint64_t va)
{
    uint64_t table = idle_root.a;

    for (int shift = 39;; shift -= 9) {
        uint64_t entry = ((const uint64_t *)table)[(va >> shift) & 511];

        if (shift == 12 || (entry & HV_PTE_P) == 0) {
            return entry;
        }
        table = entry & HV_PTE_ADDRESS;
    }
}

static void test_map_one_page(void **state)
{
    uint64_t va = VCPU_GDT_VIRT + 5 * PAGE_SIZE;

    (void)state;
    assert_int_equal(map_hv_reserve(va, PAGE_SIZE), 0);
    assert_int_equal(walk(va), 0);
    map_hv_page(va, MFN(0x1234), HV_PTE_READ);
    assert_true(walk(va) == (0x1234000 | HV_PTE_READ));
    assert_int_equal(walk(va - PAGE_SIZE), 0);
    assert_int_equal(walk(va + PAGE_SIZE), 0);
    unmap_hv_page(va);
    assert_int_equal(walk(va), 0);
}

static void test_map_without_tables(void **state)
{
    (void)state;
    expect_assert_failure(map_hv_page(VCPU_GDT_VIRT, MFN(0x1234), HV_PTE_READ));
}

/* An area over several tables, from any address in its first page. */
static void test_reserve_area(void **state)
{
    uint64_t va = VCPU_GDT_VIRT + (1ul << 21) - 2 * PAGE_SIZE;
    unsigned int used;

    (void)state;
    assert_int_equal(map_hv_reserve(va + 123, 4 * PAGE_SIZE), 0);
    used = tables_used;
    assert_int_equal(map_hv_reserve(va, 4 * PAGE_SIZE), 0);
    assert_int_equal(tables_used, used);
    for (unsigned int i = 0; i < 5; i++) {
        map_hv_page(va + i * PAGE_SIZE, MFN(i + 1), HV_PTE_WRITE);
    }
    for (unsigned int i = 0; i < 5; i++) {
        assert_true(walk(va + i * PAGE_SIZE) ==
                    ((i + 1ull) << PAGE_SHIFT | HV_PTE_WRITE));
    }
}

static void test_reserve_without_memory(void **state)
{
    (void)state;
    tables_limit = tables_used + 2; /* of the three it needs */
    assert_int_equal(map_hv_reserve(VCPU_GDT_VIRT, PAGE_SIZE), -ENOMEM);
    assert_null(ioremap(MADDR(0xfee00000), PAGE_SIZE));
}

static void test_ioremap(void **state)
{
    uint8_t *first, *second;

    (void)state;
    first = ioremap(MADDR(0xfed00ff0), 0x20); /* over a page's end */
    assert_int_equal((uint64_t)first & 0xfff, 0xff0);
    assert_true(walk((uint64_t)first) ==
                (0xfed00000 | HV_PTE_WRITE | HV_PTE_UNCACHED));
    assert_true(walk((uint64_t)first + PAGE_SIZE) ==
                (0xfed01000 | HV_PTE_WRITE | HV_PTE_UNCACHED));
    second = ioremap(MADDR(0xfec00000), 1);
    /* Between two areas there is a hole to fall into. */
    assert_int_equal(walk((uint64_t)first + 2 * PAGE_SIZE), 0);
    assert_true((uint64_t)second >=
                ((uint64_t)first & PAGE_MASK) + 3 * PAGE_SIZE);
}

static void test_firmware_is_read_only(void **state)
{
    const void *table;

    (void)state;
    table = map_firmware(MADDR(0x7fee1234), 100);
    assert_int_equal((uint64_t)table & 0xfff, 0x234);
    assert_true(walk((uint64_t)table) == (0x7fee1000 | HV_PTE_READ));
}

/* No size makes an area reach what lies behind it. */
static void test_too_large(void **state)
{
    (void)state;
    assert_null(ioremap(MADDR(0), IMAGE_VIRT - IOREMAP_VIRT + 1));
    assert_null(ioremap(MADDR(0), SIZE_MAX));
}

static void test_image_frames(void **state)
{
    (void)state;
    image_base = MADDR(0x7fe00000);
    assert_int_equal(image_mfn(image_start).n, 0x7fe00);
    assert_int_equal(image_mfn(image_start + 2 * PAGE_SIZE + 5).n, 0x7fe02);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_map_one_page, start),
        cmocka_unit_test_setup(test_reserve_area, start),
        cmocka_unit_test_setup(test_reserve_without_memory, start),
        cmocka_unit_test_setup(test_ioremap, start),
        cmocka_unit_test_setup(test_firmware_is_read_only, start),
        cmocka_unit_test_setup(test_too_large, start),
        cmocka_unit_test_setup(test_image_frames, start),
        /* Last: a panic leaves the lock taken. */
        cmocka_unit_test_setup(test_map_without_tables, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
