/* SPDX-License-Identifier: MIT */
/*
 * A map of the machine's memory: ranges sorted by address, never overlapping,
 * adjacent ones of one type merged.  Pure; what firmware says may overlap, and
 * then the type that promises less wins.
 */
#pragma once

#include "hv/base/compiler.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEMORY_MAP_MAX 192

/* 1 to 5 are the numbers of E820; where ranges overlap, the higher wins. */
enum memory_type {
    MEMORY_NONE = 0,
    MEMORY_RAM = 1,
    MEMORY_RESERVED = 2,
    MEMORY_ACPI = 3, /* ACPI tables: RAM once nobody reads them */
    MEMORY_NVS = 4,
    MEMORY_UNUSABLE = 5,
    MEMORY_FIRMWARE_RAM = 6, /* RAM, but not before we left the firmware */
    MEMORY_IN_USE = 7,       /* RAM that we use */
};

struct memory_range {
    uint64_t start, end; /* bytes; end is the first byte after it */
    enum memory_type type;
};

struct memory_map {
    struct memory_range ranges[MEMORY_MAP_MAX];
    size_t count;
};

/*
 * Lays a range over the map; an empty one changes nothing.  False, and the map
 * unchanged, if it has become too fragmented.
 */
bool memory_map_add(struct memory_map *map,
                    struct memory_range range) NODISCARD;

/*
 * The highest address, aligned to align (a power of two), of size bytes of
 * this type within [low, high); 0 if there is no such place.
 */
uint64_t memory_map_place(const struct memory_map *map, enum memory_type type,
                          uint64_t size, uint64_t align,
                          const struct memory_range *within);

/* Bytes of this type. */
uint64_t memory_map_total(const struct memory_map *map, enum memory_type type);

/* Turns every range of one type into another. */
void memory_map_retype(struct memory_map *map, enum memory_type from,
                       enum memory_type to);
