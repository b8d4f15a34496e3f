/* SPDX-License-Identifier: MIT */
/* The fake machine of the page-type tests; see machine.h. */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "hv/base/log.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/descriptors.h"
#include "hv/cpu/paging.h"
#include "hv/cpu/tlb.h"
#include "hv/evtchn/evtchn.h"
#include "hv/mem/heap.h"
#include "hv/mem/memory.h"
#include "hv/mem/table.h"
#include "hv/security/security.h"

struct domain sides[2];
struct vcpu runners[2];
struct domain io_domain = {.id = DOMID_IO, .memory = {.id = DOMID_IO}};
struct domain hv_domain = {.id = DOMID_XEN, .memory = {.id = DOMID_XEN}};
struct domain *domain0 = &sides[0];
struct cpu_features cpu_features = {.physical_bits = 40};
uint64_t flushes, flushed_cpus;
void (*machine_on_flush)(void);
void (*machine_flushed)(void);

static struct cpu cpu;
_Thread_local struct cpu *fake_cpu = &cpu;
struct cpu *cpus[MAX_CPUS] = {&cpu};
uint32_t cpu_count = 1;

uint64_t tlb_clock;
maddr_t idle_root;
uint64_t m2p_l4_entry = 0x1063;
mfn_t gdt_zero_page = {1};

static uint64_t other_time; /* of the CPU that flushes only when told to */
static struct page frames[FRAMES];
static uint64_t m2p_words[FRAMES];
static const struct number_range nothing_denied[1];

void cpu_poll(void)
{
}

void tlb_load_root(maddr_t root)
{
    cpu.loaded_cr3 = root.a;
    cpu.tlb_time = ++tlb_clock;
}

void tlb_flush_local(void)
{
    cpu.tlb_time = ++tlb_clock;
}

void tlb_invalidate_local(uint64_t va)
{
    (void)va;
}

void tlb_flush_cpus(uint64_t cpu_mask)
{
    flushed_cpus = cpu_mask;
    flushes++;
    if (machine_on_flush != NULL) {
        machine_on_flush();
    }
    cpu.tlb_time = other_time = ++tlb_clock;
    if (machine_flushed != NULL) {
        machine_flushed();
    }
}

void tlb_flush_all(void)
{
    tlb_flush_cpus(1);
}

void tlb_flush_older(uint64_t stamp)
{
    if (cpu.tlb_time <= stamp || other_time <= stamp) {
        tlb_flush_cpus(1);
    }
}

void map_hv_page(uint64_t va, mfn_t mfn, uint64_t flags)
{
    (void)va;
    (void)mfn;
    (void)flags;
}

void unmap_hv_page(uint64_t va)
{
    (void)va;
}

void load_gdt(uint64_t base)
{
    (void)base;
}

void load_ldt(uint64_t base, uint32_t entries)
{
    (void)base;
    (void)entries;
}

struct memory *memory_of_page(const struct page *page)
{
    return page->owner < 2 ? &sides[page->owner].memory : NULL;
}

void memory_first_frame(struct memory *memory)
{
    (void)memory;
}

void memory_last_frame(struct memory *memory)
{
    (void)memory;
}

bool memory_is_current(const struct memory *memory)
{
    return memory == &current_vcpu()->domain->memory;
}

void log_line(const char *format, ...)
{
    (void)format;
}

void panic(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    abort();
}

static void side_reset(unsigned int side)
{
    struct domain *domain = &sides[side];
    struct vcpu *vcpu = &runners[side];

    memset(domain, 0, sizeof(*domain));
    memset(vcpu, 0, sizeof(*vcpu));
    domain->id = (domid_t)side;
    domain->is_hardware = side == 0;
    memory_init(&domain->memory, (uint16_t)side);
    domain->memory.max_pages = FRAMES;
    domain->memory.iomem.denied = side == 0 ? nothing_denied : NULL;
    domain->vcpu_count = 1;
    domain->vcpus[0] = vcpu;
    vcpu->domain = domain;
    for (unsigned int i = 0; i < FRAMES_PER_SIDE; i++) {
        if (memory_alloc_pages(&domain->memory, 0, 0) == NULL) {
            abort();
        }
    }
}

static void ram_make(void)
{
    void *at = (void *)(uintptr_t)DIRECTMAP_VIRT;
    static bool made;

    if (!made && mmap(at, FRAMES * PAGE_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
                      0) != at) {
        abort();
    }
    made = true;
    memset(at, 0, FRAMES * PAGE_SIZE);
}

void machine_reset(void)
{
    ram_make();
    memset(frames, 0, sizeof(frames));
    memset(&cpu, 0, sizeof(cpu));
    cpu.loaded_cr3 = 0;
    frame_table = frames;
    m2p = m2p_words;
    max_mfn = FRAMES;
    tlb_clock = 1;
    other_time = 0;
    idle_root = MADDR(2ull << PAGE_SHIFT);
    heap_forget();
    for (unsigned int i = 0; i < 8; i++) {
        frames[i] = (struct page){.owner = OWNER_IO};
    }
    heap_add(MFN(8), MFN(FRAMES));
    side_reset(0);
    side_reset(1);
    machine_run(0);
}

void machine_run(unsigned int side)
{
    cpu.current = &runners[side];
    cpu.budget = WORK_BUDGET;
}

uint64_t machine_frame(unsigned int side, uint64_t choice)
{
    uint64_t start = choice / 16 % FRAMES;

    if (choice % 16 == 0) {
        return start;
    }
    for (uint64_t i = 0; i < FRAMES; i++) {
        uint64_t mfn = (start + i) % FRAMES;

        if (frames[mfn].owner == side) {
            return mfn;
        }
    }
    return start;
}
