/* SPDX-License-Identifier: MIT */
/*
 * Builds the hypervisor's address space: every part of the image with the
 * rights it needs and no more, stacks between holes, all RAM in the direct map
 * (without our text and constants), the table of machine frames for guests.
 * early_map says what RAM is still free until the heap has it.
 */
#include "hv/boot/paging.h"

#include "hv/base/asm.h"
#include "hv/base/log.h"
#include "hv/boot/boot_info.h"
#include "hv/mem/heap.h"
#include "hv/mem/page.h"
#include "lib/checked.h"
#include "lib/string.h"

#define LARGE_SIZE  (2ul << 20)
#define LOW_MEMORY  (1ul << 20) /* never given away: firmware, trampoline */
#define FOUR_GIB    (4ul << 30)
#define M2P_INVALID (~0ull)

extern uint8_t image_start[], image_end[], text_start[], text_end[];
extern uint8_t rodata_start[], rodata_end[], data_start[];
extern uint8_t early_start[], early_end[];

static struct memory_map early_map;
static bool directmap_ready;

static bool is_ram(enum memory_type type)
{
    return type == MEMORY_RAM || type == MEMORY_FIRMWARE_RAM ||
           type == MEMORY_IN_USE;
}

/* Whole pages: RAM shrinks to them, everything else grows. */
static void lay(uint64_t start, uint64_t end, enum memory_type type)
{
    struct memory_range range = {.type = type};
    bool shrink = type == MEMORY_RAM || type == MEMORY_FIRMWARE_RAM;

    range.start = shrink ? align_up(start, PAGE_SIZE) : start & PAGE_MASK;
    range.end = shrink ? end & PAGE_MASK : align_up(end, PAGE_SIZE);
    if (!memory_map_add(&early_map, range)) {
        refuse_boot("memory map: more than %u pieces", MEMORY_MAP_MAX);
    }
}

void early_init(void)
{
    const struct memory_map *map = &boot_info.memory;

    for (size_t i = 0; i < map->count; i++) {
        lay(map->ranges[i].start, map->ranges[i].end, map->ranges[i].type);
    }
    for (size_t i = 0; i < early_map.count; i++) {
        if (is_ram(early_map.ranges[i].type)) {
            max_mfn = early_map.ranges[i].end >> PAGE_SHIFT;
        }
    }
    if (max_mfn > DIRECTMAP_SIZE >> PAGE_SHIFT) {
        refuse_boot("memory map: RAM up to %lx", max_mfn << PAGE_SHIFT);
    }
    lay(boot_info.image.a, boot_info.image.a + boot_info.image_size,
        MEMORY_IN_USE);
    lay(boot_info.firmware_log.a,
        boot_info.firmware_log.a + boot_info.firmware_log_size, MEMORY_IN_USE);
    for (size_t i = 0; i < boot_info.module_count; i++) {
        const struct boot_module *module = &boot_info.modules[i];

        lay(module->start.a, module->start.a + module->size, MEMORY_IN_USE);
    }
}

static maddr_t take(uint64_t size, uint64_t align, uint64_t low, uint64_t high)
{
    struct memory_range within = {.start = low, .end = high};
    uint64_t start =
        memory_map_place(&early_map, MEMORY_RAM, size, align, &within);

    if (start == 0) {
        refuse_boot("too little memory: no place for %lu KiB", size >> 10);
    }
    lay(start, start + size, MEMORY_IN_USE);
    return MADDR(start);
}

maddr_t early_alloc(uint64_t size, uint64_t align)
{
    uint64_t high = directmap_ready ? UINT64_MAX : FOUR_GIB;
    maddr_t start = take(align_up(size, PAGE_SIZE), MAX(align, PAGE_SIZE),
                         LOW_MEMORY, high);

    memset(directmap_ready ? maddr_to_hva(start) : (void *)start.a, 0,
           align_up(size, PAGE_SIZE));
    return start;
}

maddr_t early_low_page(void)
{
    return take(PAGE_SIZE, PAGE_SIZE, PAGE_SIZE, 0xa0000);
}

static maddr_t alloc_early_table(void)
{
    return early_alloc(PAGE_SIZE, PAGE_SIZE);
}

static maddr_t alloc_heap_table(void)
{
    struct page *page = heap_alloc_pages(0, 0);

    return page == NULL ? MADDR(0) : mfn_to_maddr(page_mfn(page));
}

/* ---- the address space ---- */

static void map_page(uint64_t va, uint64_t maddr, uint64_t flags)
{
    *paging_entry(va, 1, HV_PTE_TABLE) = maddr | flags;
}

static void map_image(const uint8_t *from, const uint8_t *to, uint64_t flags)
{
    for (const uint8_t *at = from; at < to; at += PAGE_SIZE) {
        map_page((uint64_t)at, mfn_to_maddr(image_mfn(at)).a, flags);
    }
}

/* Our text and constants are to be reached at their own address only. */
static bool is_constant(uint64_t maddr)
{
    uint64_t constant = (uint64_t)(data_start - image_start);

    return maddr >= image_base.a && maddr < image_base.a + constant;
}

static void map_ram(uint64_t start, uint64_t end)
{
    uint64_t image_last = image_base.a + boot_info.image_size;
    uint64_t at = start;

    while (at < end) {
        bool large = (at & (LARGE_SIZE - 1)) == 0 && end - at >= LARGE_SIZE &&
                     (at >= image_last || at + LARGE_SIZE <= image_base.a);

        if (large) {
            *paging_entry(DIRECTMAP_VIRT + at, 2, HV_PTE_TABLE) =
                at | HV_PTE_WRITE | HV_PTE_LARGE;
            at += LARGE_SIZE;
            continue;
        }
        if (!is_constant(at)) {
            map_page(DIRECTMAP_VIRT + at, at, HV_PTE_WRITE);
        }
        at += PAGE_SIZE;
    }
}

/* RAM and what firmware keeps in RAM, each run of it in one piece. */
static void map_directmap(void)
{
    struct memory_map runs = early_map;

    memory_map_retype(&runs, MEMORY_IN_USE, MEMORY_RAM);
    memory_map_retype(&runs, MEMORY_FIRMWARE_RAM, MEMORY_RAM);
    memory_map_retype(&runs, MEMORY_ACPI, MEMORY_RAM);
    memory_map_retype(&runs, MEMORY_NVS, MEMORY_RAM);
    for (size_t i = 0; i < runs.count; i++) {
        if (runs.ranges[i].type == MEMORY_RAM) {
            map_ram(runs.ranges[i].start, runs.ranges[i].end);
        }
    }
}

static void make_slots(void)
{
    for (uint64_t slot = HV_SLOT_FIRST; slot < HV_SLOT_END; slot++) {
        uint64_t va = HV_WINDOW_START + ((slot - HV_SLOT_FIRST) << 39);

        /* Guests read slot 256; the rights below it say what. */
        (void)paging_entry(
            va, 3, HV_PTE_TABLE | (slot == HV_SLOT_FIRST ? HV_PTE_US : 0));
    }
}

/* ---- the frame table and the M2P ---- */

static void set_frames(uint64_t first, uint64_t last, uint16_t owner)
{
    for (uint64_t mfn = first; mfn < last && mfn < max_mfn; mfn++) {
        frame_table[mfn].owner = owner;
    }
}

static void make_frame_table(void)
{
    uint64_t at = 0;

    frame_table =
        maddr_to_hva(early_alloc(max_mfn * sizeof(struct page), PAGE_SIZE));
    for (size_t i = 0; i < early_map.count; i++) {
        const struct memory_range *range = &early_map.ranges[i];

        set_frames(at, range->start >> PAGE_SHIFT, OWNER_IO);
        at = range->end >> PAGE_SHIFT;
        set_frames(range->start >> PAGE_SHIFT, at,
                   is_ram(range->type) ? OWNER_HV : OWNER_IO);
    }
}

static void make_m2p(void)
{
    uint64_t size = align_up(max_mfn * sizeof(uint64_t), LARGE_SIZE);
    maddr_t start = early_alloc(size, LARGE_SIZE);

    m2p = maddr_to_hva(start);
    for (uint64_t i = 0; i < size / sizeof(uint64_t); i++) {
        m2p[i] = M2P_INVALID;
    }
    for (uint64_t at = 0; at < size; at += LARGE_SIZE) {
        *paging_entry(M2P_VIRT + at, 2, HV_PTE_TABLE | HV_PTE_US) =
            (start.a + at) | HV_PTE_READ | HV_PTE_US | HV_PTE_LARGE;
    }
    m2p_l4_entry = *paging_entry(M2P_VIRT, 4, 0);
}

void paging_build(void)
{
    image_base = boot_info.image;
    paging_set_table_source(alloc_early_table, 0);
    idle_root = alloc_early_table();
    make_slots();
    map_image(text_start, text_end, HV_PTE_EXECUTE);
    map_image(rodata_start, rodata_end, HV_PTE_READ);
    map_image(data_start, image_end, HV_PTE_WRITE);
    map_directmap();
    write_cr3(idle_root.a);

    directmap_ready = true;
    paging_set_table_source(alloc_early_table, DIRECTMAP_VIRT);
    make_m2p();
    make_frame_table();
}

/* ---- stacks, trampoline ---- */

static void map_fresh(uint64_t from, uint64_t to)
{
    for (uint64_t va = from; va < to; va += PAGE_SIZE) {
        map_page(va, early_alloc(PAGE_SIZE, PAGE_SIZE).a, HV_PTE_WRITE);
    }
}

void paging_map_stacks(uint32_t cpu_id)
{
    uint64_t block = STACKS_VIRT + (uint64_t)cpu_id * CPU_STACK_STRIDE;

    map_fresh(block + CPU_IST_NMI_TOP - PAGE_SIZE, block + CPU_IST_NMI_TOP);
    map_fresh(block + CPU_IST_DF_TOP - PAGE_SIZE, block + CPU_IST_DF_TOP);
    map_fresh(block + CPU_IST_MC_TOP - PAGE_SIZE, block + CPU_IST_MC_TOP);
    map_fresh(block + CPU_IST_DB_TOP - PAGE_SIZE, block + CPU_IST_DB_TOP);
    map_fresh(block + CPU_STACK_BASE, block + CPU_STACK_BASE + CPU_STACK_SIZE);
}

void paging_map_trampoline(maddr_t page)
{
    map_page(page.a, page.a, HV_PTE_EXECUTE);
}

/* The tables of the lower half stay, empty, in the idle root only. */
void paging_unmap_trampoline(maddr_t page)
{
    *paging_entry(page.a, 1, 0) = 0;
    invlpg(page.a);
}

/* ---- giving memory away ---- */

static void give(uint64_t start, uint64_t end)
{
    start = MAX(start, LOW_MEMORY);
    if (start < end) {
        heap_add(MFN(start >> PAGE_SHIFT), MFN(end >> PAGE_SHIFT));
    }
}

void heap_fill(void)
{
    for (size_t i = 0; i < early_map.count; i++) {
        const struct memory_range *range = &early_map.ranges[i];

        if (range->type == MEMORY_RAM || range->type == MEMORY_FIRMWARE_RAM) {
            give(range->start, range->end);
        }
    }
    paging_set_table_source(alloc_heap_table, DIRECTMAP_VIRT);

    /* What only the way here needed: early tables and the boot stack. */
    for (uint8_t *at = early_start; at < early_end; at += PAGE_SIZE) {
        mfn_t mfn = image_mfn(at);

        unmap_hv_page((uint64_t)at);
        invlpg((uint64_t)at);
        heap_add(mfn, MFN(mfn.n + 1));
    }
}

void release_memory(maddr_t start, uint64_t size)
{
    give(align_up(start.a, PAGE_SIZE), (start.a + size) & PAGE_MASK);
}
