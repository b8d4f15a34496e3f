/* SPDX-License-Identifier: MIT */
/*
 * Where the builder puts what: for kernels of every shape nothing overlaps, the
 * region's page tables suffice, and what does not fit is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hv/base/errno.h"
#include "hv/domain/build.h"

#define VIRT_BASE 0xffffffff80000000ull
#define MIB       (1ull << 20)
#define SPARE     0x80000ull

static struct elf_image kernel;
static struct build_rings rings;
static struct build_input input;
static struct build_plan plan;

/* A kernel from offset to offset + size above VIRT_BASE, in so many MiB. */
static int make(uint64_t offset, uint64_t size, uint64_t initrd, uint64_t mib)
{
    kernel = (struct elf_image){
        .virtual_start = VIRT_BASE + offset,
        .virtual_end = VIRT_BASE + offset + size,
        .notes = {.present = 1u << XEN_ELFNOTE_INIT_P2M,
                  .virt_base = VIRT_BASE,
                  .init_p2m = 0x8000000000},
    };
    input.kernel = &kernel;
    input.initrd_size = initrd;
    input.pages = mib * MIB / PAGE_SIZE;
    input.free_pages = input.pages - (initrd + PAGE_SIZE - 1) / PAGE_SIZE;
    return build_plan_make(&plan, &input);
}

static uint64_t pages(uint64_t start, uint64_t end)
{
    assert_true(end >= start && (end - start) % PAGE_SIZE == 0);
    return (end - start) / PAGE_SIZE;
}

/* All parts, in order, none missing, none over another. */
static void plan_is_sound(void)
{
    uint64_t after = plan.start_info + PAGE_SIZE;
    uint64_t region = pages(plan.base, plan.end);
    assert_true(plan.start_info >= kernel.virtual_end);
    if (input.rings != NULL) {
        assert_int_equal(plan.store, after);
        assert_int_equal(plan.console, after + PAGE_SIZE);
        after += 2 * PAGE_SIZE;
    } else {
        assert_true(plan.store == 0 && plan.console == 0);
    }
    assert_int_equal(plan.tables, after);
    assert_int_equal(plan.stack, after + plan.table_count * PAGE_SIZE);
    assert_true(plan.end - plan.stack - PAGE_SIZE >= SPARE);
    /* L4, L3, L2, and an L1 for every 2 MiB from an aligned base on */
    assert_true(plan.table_count >= 3 + (region + 511) / 512);
    assert_int_equal(plan.initrd_pfn, region);
    assert_int_equal(plan.p2m_pfn, region + plan.initrd_pages);
    assert_true(plan.p2m_pages * 512 >= plan.pages);
    assert_int_equal(plan.rest_pfn,
                     plan.p2m_pfn + plan.p2m_pages + plan.p2m_table_pages);
    assert_true(plan.rest_pfn <= plan.pages);
    assert_true(plan.rest_pfn - plan.initrd_pages <= input.free_pages);
}

static void kernels_of_all_sizes(void **state)
{
    (void)state;
    for (int with_rings = 0; with_rings < 2; with_rings++) {
        input.rings = with_rings ? &rings : NULL;
        for (uint64_t size = PAGE_SIZE; size < 64 * MIB; size = size * 5 / 3) {
            assert_int_equal(make(MIB, size, 3 * size / 2 + 7, 256), 0);
            plan_is_sound();
            assert_true((plan.end & (4 * MIB - 1)) == 0);
        }
    }
}

static void small_memory_is_used_to_the_end(void **state)
{
    (void)state;
    input.rings = &rings;
    assert_int_equal(make(0, 96 * 1024, 5557453, 8), 0); /* 5.3 MiB of 8 */
    plan_is_sound();
    assert_true((plan.end & (4 * MIB - 1)) != 0);
    /* the largest that fits, and one page more */
    uint64_t initrd = 6 * MIB;
    while (make(0, 96 * 1024, initrd, 8) == 0) {
        plan_is_sound();
        initrd += PAGE_SIZE;
    }
    assert_true(initrd > 6 * MIB + 256 * 1024);
    assert_int_equal(make(0, 96 * 1024, initrd, 8), -ENOMEM);
}

/* The file's own frames cannot be the region's while it is read. */
static void what_is_not_free_is_not_used(void **state)
{
    (void)state;
    input.rings = NULL;
    assert_int_equal(make(0, 3 * MIB, 0, 8), 0);
    input.free_pages = plan.rest_pfn;
    assert_int_equal(build_plan_make(&plan, &input), 0);
    input.free_pages = 3 * MIB / PAGE_SIZE;
    assert_int_equal(build_plan_make(&plan, &input), -ENOMEM);
}

static void strange_kernels_are_refused(void **state)
{
    (void)state;
    input.rings = &rings;
    assert_int_equal(make(MIB, MIB, 0, 64), 0);
    kernel.notes.init_p2m = 0x800000000000ull - PAGE_SIZE; /* not canonical */
    assert_int_equal(build_plan_make(&plan, &input), -EINVAL);
    kernel.notes.init_p2m = -PAGE_SIZE; /* wraps */
    assert_int_equal(build_plan_make(&plan, &input), -EINVAL);
    kernel.notes.init_p2m = 0xffff830000000000ull;
    assert_int_equal(build_plan_make(&plan, &input), -EINVAL);
    assert_int_equal(make(MIB, MIB, 0, 64), 0);
    kernel.notes.present = 0;
    assert_int_equal(build_plan_make(&plan, &input), -EINVAL);
    assert_int_equal(make(MIB, 1ull << 30, 0, 4096), -EINVAL); /* two L2s */
    assert_int_equal(make(MIB, 80 * MIB, 0, 64), -ENOMEM);
    assert_int_equal(make(MIB, 1ull << 46, 0, 64), -ENOMEM); /* at once */
    assert_int_equal(make(MIB, MIB, 63 * MIB, 64), -ENOMEM);
    assert_int_equal(make(-8 * MIB, MIB, 0, 64), -EINVAL); /* below its base */
}

/* Its region would reach the end of all addresses. */
static void the_end_of_addresses_is_no_place(void **state)
{
    (void)state;
    input.rings = NULL;
    make(MIB, MIB, 0, 64);
    kernel.notes.virt_base = -4 * MIB;
    kernel.virtual_start = -3 * MIB;
    kernel.virtual_end = -PAGE_SIZE;
    assert_int_equal(build_plan_make(&plan, &input), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_of_all_sizes),
        cmocka_unit_test(small_memory_is_used_to_the_end),
        cmocka_unit_test(what_is_not_free_is_not_used),
        cmocka_unit_test(strange_kernels_are_refused),
        cmocka_unit_test(the_end_of_addresses_is_no_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
