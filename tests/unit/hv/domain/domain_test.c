/* SPDX-License-Identifier: MIT */
/*
 * Domains: ids, references and frames, until the last of each goes.  The heap
 * and the frame table are the real ones, over a machine of a thousand frames;
 * what a whole domain is freed by is a fake that counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "hv/base/log.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/paging.h"
#include "hv/cpu/tlb.h"
#include "hv/domain/domain.h"
#include "hv/mem/heap.h"
#include "hv/mem/table.h"

#define RAM_FRAMES 4096u

static struct page frames[RAM_FRAMES];
static uint64_t m2p_words[RAM_FRAMES];
static struct cpu cpu;
static unsigned int freed, vcpus_freed;

_Thread_local struct cpu *fake_cpu = &cpu;
struct cpu *cpus[MAX_CPUS] = {&cpu};
uint32_t cpu_count = 1;
struct cpu_features cpu_features = {.physical_bits = 40};
uint64_t tlb_clock;
maddr_t idle_root;

void cpu_poll(void)
{
}

void tlb_flush_older(uint64_t stamp)
{
    (void)stamp;
}

void tlb_flush_all(void)
{
    tlb_clock++;
}

/* Another CPU may want the domain's id, or look for it, at this very moment. */
void vcpu_free(struct vcpu *vcpu)
{
    domid_t id = vcpu->domain->id;

    assert_null(domain_alloc(id));
    assert_null(domain_get(id));
    vcpus_freed++;
    heap_free(vcpu, sizeof(*vcpu));
}

void domain_free(struct domain *domain)
{
    freed++;
    domain_release(domain);
}

void log_line(const char *format, ...)
{
    (void)format;
}

void panic(const char *format, ...)
{
    (void)format;
    abort();
}

static int machine_make(void **state)
{
    static bool made;
    void *at = (void *)(uintptr_t)DIRECTMAP_VIRT;

    (void)state;
    if (!made) {
        assert_ptr_equal(mmap(at, RAM_FRAMES * PAGE_SIZE,
                              PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
                              -1, 0),
                         at);
    }
    made = true;
    frame_table = frames;
    m2p = m2p_words;
    max_mfn = RAM_FRAMES;
    idle_root = MADDR(1ull << PAGE_SHIFT);
    heap_forget();
    heap_add(MFN(2), MFN(RAM_FRAMES));
    cpu.budget = WORK_BUDGET;
    freed = 0;
    return 0;
}

static struct domain *make(domid_t wanted)
{
    struct domain *domain = domain_alloc(wanted);

    assert_non_null(domain);
    domain->memory.max_pages = RAM_FRAMES;
    domain->is_complete = 1;
    return domain;
}

/* What the steps of its death leave for the end. */
static void end(struct domain *domain)
{
    domain_drop_shared(domain);
    domain_put(domain);
}

static void ids_are_given_in_turn(void **state)
{
    struct domain *kept = make(5);
    domid_t last = 0;

    (void)state;
    for (unsigned int i = 0; i < 2 * DOMID_FIRST_RESERVED; i++) {
        struct domain *domain = make(DOMID_INVALID);

        assert_true(domain->id > 0 && domain->id < DOMID_FIRST_RESERVED);
        assert_int_not_equal(domain->id % MAX_DOMAINS, 5);
        if (i > 0 && last + 2u < DOMID_FIRST_RESERVED) {
            assert_true(domain->id > last && domain->id <= last + 2);
        }
        last = domain->id;
        end(domain);
    }
    assert_null(domain_alloc(5));
    assert_null(domain_alloc(5 + MAX_DOMAINS));
    end(kept);
    end(make(5 + MAX_DOMAINS));
}

/* There are GDT slots for as many vCPUs as places in the table allow. */
static void a_place_is_free_after_its_vcpus(void **state)
{
    struct domain *domain = make(5);

    (void)state;
    vcpus_freed = 0;
    for (; domain->vcpu_count < 2; domain->vcpu_count++) {
        struct vcpu *vcpu = heap_alloc(sizeof(*vcpu));

        assert_non_null(vcpu);
        vcpu->domain = domain;
        domain->vcpus[domain->vcpu_count] = vcpu;
    }
    end(domain);
    assert_int_equal(vcpus_freed, 2);
    end(make(5));
}

static void there_are_only_so_many(void **state)
{
    struct domain *all[MAX_DOMAINS];
    uint64_t before = heap_free_count();

    (void)state;
    for (unsigned int i = 0; i < MAX_DOMAINS; i++) {
        all[i] = make(DOMID_INVALID);
    }
    assert_null(domain_alloc(DOMID_INVALID));
    for (unsigned int i = 0; i < MAX_DOMAINS; i++) {
        end(all[i]);
    }
    assert_int_equal(freed, MAX_DOMAINS);
    assert_int_equal(heap_free_count(), before);
}

static void only_what_is_complete_is_found(void **state)
{
    struct domain *low = make(7), *high = make(300);
    struct domain *half = domain_alloc(20);

    (void)state;
    assert_null(domain_get(20));
    assert_null(domain_get(300 + MAX_DOMAINS));
    assert_null(domain_get(7 + 0x8000));
    assert_ptr_equal(domain_get_next(0), low);
    assert_ptr_equal(domain_get_next(7), low);
    assert_ptr_equal(domain_get_next(8), high);
    assert_null(domain_get_next(301));
    half->is_complete = 1;
    assert_ptr_equal(domain_get_next(8), half);
    for (unsigned int i = 0; i < 2; i++) {
        domain_put(low);
    }
    domain_put(high);
    domain_put(half);
    end(low);
    end(high);
    end(half);
    assert_int_equal(freed, 3);
}

static void the_last_reference_frees(void **state)
{
    uint64_t before = heap_free_count();
    struct domain *domain = make(DOMID_INVALID);
    domid_t id = domain->id;

    (void)state;
    assert_ptr_equal(domain_get(id), domain);
    end(domain);
    assert_int_equal(freed, 0);
    domain_put(domain);
    assert_int_equal(freed, 1);
    assert_null(domain_get(id));
    assert_int_equal(heap_free_count(), before);
}

static void frames_keep_their_domain(void **state)
{
    uint64_t before = heap_free_count();
    struct domain *domain = make(DOMID_INVALID);
    struct page *one = memory_alloc_pages(&domain->memory, 0, 0);
    struct page *two = memory_alloc_pages(&domain->memory, 0, 0);

    (void)state;
    end(domain);
    assert_ptr_equal(memory_of_page(one), &domain->memory);
    page_put(one);
    assert_int_equal(freed, 0);
    assert_ptr_equal(memory_of_page(two), &domain->memory);
    assert_true(page_get(two, &domain->memory));
    page_put(two);
    assert_int_equal(freed, 0);
    page_put(two);
    assert_int_equal(freed, 1);
    assert_int_equal(heap_free_count(), before);
}

static void a_mapped_shared_page_keeps_its_domain(void **state)
{
    uint64_t before = heap_free_count();
    struct domain *domain = make(DOMID_INVALID);
    struct page *page = domain->shared_page;

    (void)state;
    assert_int_equal(page_get_and_type(page, &domain->memory, PAGE_WRITABLE),
                     0);
    end(domain);
    assert_int_equal(freed, 0);
    assert_int_equal(domain->memory.page_count, 1);
    domain->shared->wc_sec = 1; /* who comes too late writes elsewhere */
    page_put_and_type(page);
    assert_int_equal(freed, 1);
    assert_int_equal(heap_free_count(), before);
}

static void a_domain_without_a_limit_gets_nothing(void **state)
{
    struct domain *domain = make(DOMID_INVALID);

    (void)state;
    domain->memory.max_pages = 0;
    assert_null(memory_alloc_pages(&domain->memory, 0, 0));
    domain->memory.max_pages = 3;
    assert_null(memory_alloc_pages(&domain->memory, 2, 0));
    assert_int_equal(domain->memory.page_count, 0);
    end(domain);
    assert_int_equal(freed, 1);
}

static unsigned int relinquish(struct domain *domain)
{
    unsigned int calls = 1;

    cpu.budget = WORK_BUDGET;
    while (memory_relinquish(&domain->memory) != 0) {
        assert_true(cpu.budget > -2 * WORK_TABLE); /* it stopped in time */
        cpu.budget = WORK_BUDGET;
        assert_true(++calls < 1000);
    }
    return calls;
}

static void frames_are_taken_in_bounded_steps(void **state)
{
    uint64_t before = heap_free_count();
    struct domain *domain = make(DOMID_INVALID), *other = make(DOMID_INVALID);
    struct page *mapped = NULL;
    struct page *others = memory_alloc_pages(&other->memory, 0, 0);

    (void)state;
    for (unsigned int i = 0; i < 1000; i++) {
        mapped = memory_alloc_pages(&domain->memory, 0, 0);
    }
    assert_true(page_get(mapped, &domain->memory)); /* somebody maps it */
    assert_true(relinquish(domain) > 1000 * WORK_FRAME / WORK_BUDGET);
    assert_int_equal(domain->memory.page_count, 1);
    assert_int_equal(relinquish(domain), 1); /* nothing is dropped twice */
    assert_int_equal(other->memory.page_count, 1);
    end(domain);
    assert_int_equal(freed, 0);
    page_put(mapped);
    assert_int_equal(freed, 1);
    page_put(others);
    end(other);
    assert_int_equal(heap_free_count(), before);
}

/* A pinned tree: one L4 to L1 with frames of every kind of reference. */
static void pinned_tables_fall(void **state)
{
    uint64_t before = heap_free_count();
    struct domain *domain = make(DOMID_INVALID);
    struct page *table[5];

    (void)state;
    for (unsigned int level = 0; level <= 4; level++) {
        table[level] = memory_alloc_pages(&domain->memory, 0, 0);
        if (level > 0) {
            uint64_t *entries = mfn_to_hva(page_mfn(table[level]));

            for (unsigned int i = 0; i < 8; i++) {
                entries[i] = page_mfn(table[level - 1]).n << PAGE_SHIFT |
                             PTE_P | PTE_US | PTE_RW;
            }
        }
    }
    assert_int_equal(page_get_and_type(table[4], &domain->memory, PAGE_L4), 0);
    table[4]->flags |= PAGE_PINNED;
    assert_int_equal(page_type_count(table[0]), 8);
    relinquish(domain);
    assert_int_equal(domain->memory.page_count, 0);
    end(domain);
    assert_int_equal(freed, 1);
    assert_int_equal(heap_free_count(), before);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, machine_make)
    const struct CMUnitTest tests[] = {
        TEST(ids_are_given_in_turn),
        TEST(a_place_is_free_after_its_vcpus),
        TEST(there_are_only_so_many),
        TEST(only_what_is_complete_is_found),
        TEST(the_last_reference_frees),
        TEST(frames_keep_their_domain),
        TEST(a_mapped_shared_page_keeps_its_domain),
        TEST(a_domain_without_a_limit_gets_nothing),
        TEST(frames_are_taken_in_bounded_steps),
        TEST(pinned_tables_fall),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
