/* SPDX-License-Identifier: MIT */
/*
 * The map is made once.  What the hypervisor itself uses is RAM to the
 * hardware domain: its own frames are pseudo-physical, and the machine's it
 * cannot map.
 */
#include "hv/boot/machine_map.h"

#include "hv/base/layout.h"
#include "hv/base/log.h"
#include "hv/boot/boot_info.h"

#define MSI_START 0xfee00000ull
#define MSI_END   0xfef00000ull

static struct e820_entry entries[MEMORY_MAP_MAX]; /* constant after boot */
static size_t entry_count;

static uint32_t e820_type(enum memory_type type)
{
    switch (type) {
    case MEMORY_RAM:
    case MEMORY_FIRMWARE_RAM:
    case MEMORY_IN_USE:
        return MEMORY_RAM;
    case MEMORY_NONE:
    case MEMORY_RESERVED:
        return MEMORY_RESERVED;
    case MEMORY_ACPI:
    case MEMORY_NVS:
    case MEMORY_UNUSABLE:
        break;
    }
    return type;
}

static void reserve(struct memory_map *map, uint64_t start, uint64_t end)
{
    struct memory_range range = {start, end, MEMORY_RESERVED};

    if (!memory_map_add(map, range)) {
        refuse_boot("memory map: too many ranges");
    }
}

void machine_map_init(const uint64_t *reserved_pages, size_t count)
{
    static struct memory_map map;

    map = boot_info.memory;
    memory_map_retype(&map, MEMORY_FIRMWARE_RAM, MEMORY_RAM);
    memory_map_retype(&map, MEMORY_IN_USE, MEMORY_RAM);
    reserve(&map, MSI_START, MSI_END);
    for (size_t i = 0; i < count; i++) {
        reserve(&map, reserved_pages[i], reserved_pages[i] + PAGE_SIZE);
    }
    for (size_t i = 0; i < map.count; i++) {
        const struct memory_range *range = &map.ranges[i];

        if (range->type != MEMORY_NONE) {
            entries[entry_count++] =
                (struct e820_entry){range->start, range->end - range->start,
                                    e820_type(range->type)};
        }
    }
}

const struct e820_entry *machine_map(size_t *count)
{
    *count = entry_count;
    return entries;
}
