/* SPDX-License-Identifier: MIT */
/*
 * The last conversation with UEFI firmware (UEFI 2.10; TCG EFI Protocol 1.0).
 * Order matters: events logged after the first GetEventLog call, and those of
 * ExitBootServices itself, are in the Final Events table; of these only what
 * came after our copy is appended to it.
 */
#include "hv/boot/efi.h"

#include "hv/base/asm.h"
#include "hv/base/log.h"
#include "hv/boot/boot_info.h"
#include "lib/eventlog.h"

#define EFI          __attribute__((ms_abi))
#define EFI_SUCCESS  0ull
#define TCG2_LOG     2u      /* EFI_TCG2_EVENT_LOG_FORMAT_TCG_2 */
#define LOADER_DATA  2u      /* EfiLoaderData */
#define ANY_PAGES    0u      /* AllocateAnyPages */
#define FINAL_ROOM   0x4000u /* for events logged after our copy */
#define LOG_MAX      0x100000u
#define MAP_PAGES    16u
#define EXIT_TRIES   4
#define TABLES_LIMIT 256u

/* GUIDs as they are in memory: the first three fields are little-endian. */
static const uint8_t tcg2_guid[16] = {0x6c, 0x76, 0x7f, 0x60, 0x55, 0x74,
                                      0xbe, 0x42, 0x93, 0x0b, 0xe4, 0xd7,
                                      0x6d, 0xb2, 0x72, 0x0f};
static const uint8_t final_events_guid[16] = {0x96, 0xd0, 0x2e, 0x1e, 0xe2,
                                              0x30, 0x54, 0x42, 0xbd, 0x89,
                                              0x86, 0x3b, 0xbe, 0xf8, 0x23,
                                              0x25};

struct boot_services {
    uint8_t header[24];
    void *raise_tpl, *restore_tpl;
    uint64_t(EFI *allocate_pages)(uint32_t how, uint32_t type, uint64_t pages,
                                  uint64_t *address);
    void *free_pages;
    uint64_t(EFI *get_memory_map)(uint64_t *size, void *map, uint64_t *key,
                                  uint64_t *entry_size, uint32_t *version);
    void *between[21]; /* AllocatePool to UnloadImage */
    uint64_t(EFI *exit_boot_services)(uint64_t image, uint64_t key);
    void *more[10];
    uint64_t(EFI *locate_protocol)(const uint8_t *guid, void *registration,
                                   void **interface);
};
_Static_assert(offsetof(struct boot_services, get_memory_map) == 56 &&
                   offsetof(struct boot_services, exit_boot_services) == 232 &&
                   offsetof(struct boot_services, locate_protocol) == 320,
               "UEFI 2.10, 4.4");

struct configuration_table {
    uint8_t guid[16];
    uint64_t table;
};

struct system_table {
    uint8_t before[96];
    struct boot_services *boot_services;
    uint64_t table_count;
    struct configuration_table *tables;
};
_Static_assert(offsetof(struct system_table, tables) == 112, "UEFI 2.10, 4.3");

struct tcg2_protocol {
    void *get_capability;
    uint64_t(EFI *get_event_log)(struct tcg2_protocol *self, uint32_t format,
                                 uint64_t *start, uint64_t *last,
                                 uint8_t *truncated);
};

struct memory_descriptor {
    uint32_t type, pad;
    uint64_t physical_start, virtual_start, pages, attribute;
};

/* The log we took: where it is, how much of it is filled. */
static struct {
    uint64_t address, capacity, used;
    uint64_t final_seen; /* events in the Final Events table before that */
} log;

enum memory_type efi_memory_type(uint32_t type)
{
    switch (type) {
    case 1: /* EfiLoaderCode */
    case 2: /* EfiLoaderData */
    case 7: /* EfiConventionalMemory */
        return MEMORY_RAM;
    case 3: /* EfiBootServicesCode */
    case 4: /* EfiBootServicesData: the page tables we run on */
        return MEMORY_FIRMWARE_RAM;
    case 8:
        return MEMORY_UNUSABLE;
    case 9:
        return MEMORY_ACPI;
    case 10:
        return MEMORY_NVS;
    default:
        return MEMORY_RESERVED;
    }
}

static uint64_t allocate(struct boot_services *services, uint64_t pages)
{
    uint64_t address = 0;

    if (services->allocate_pages(ANY_PAGES, LOADER_DATA, pages, &address) !=
        EFI_SUCCESS) {
        refuse_boot("EFI: no memory for %lu pages", pages);
    }
    return address;
}

static const uint8_t *find_final_events(const struct system_table *system)
{
    for (uint64_t i = 0; i < MIN(system->table_count, TABLES_LIMIT); i++) {
        if (memcmp(system->tables[i].guid, final_events_guid,
                   sizeof(final_events_guid)) == 0) {
            return (const uint8_t *)system->tables[i].table;
        }
    }
    return NULL;
}

static uint64_t final_count(const uint8_t *table)
{
    return table == NULL ? 0 : *(const uint64_t *)(table + 8);
}

/* Bytes of the log from its first to the end of its last entry. */
static size_t measure_log(uint64_t start, uint64_t last)
{
    struct eventlog_header header;
    struct eventlog_reader reader;
    struct eventlog_event event;
    struct bytes all = bytes_of((const void *)start, LOG_MAX);

    if (eventlog_parse_header(all, &header) != EVENTLOG_OK) {
        log_line("EFI: the firmware's event log has no valid header");
        return 0;
    }
    if (last <= start) {
        return header.size;
    }
    if (last - start >= LOG_MAX) {
        log_line("EFI: the firmware's event log is over %u KiB: not taken",
                 LOG_MAX >> 10);
        return 0;
    }
    reader = eventlog_open_events(
        &header, bytes_of((const void *)last, LOG_MAX - (last - start)));
    if (eventlog_next(&reader, &event) != EVENTLOG_OK) {
        log_line("EFI: the last event of the firmware's log is malformed");
        return 0;
    }
    return last - start + event.raw.size;
}

static void take_log(const struct system_table *system)
{
    struct boot_services *services = system->boot_services;
    struct tcg2_protocol *tcg2 = NULL;
    uint64_t start = 0, last = 0;
    uint8_t truncated = 0;

    if (services->locate_protocol(tcg2_guid, NULL, (void **)&tcg2) !=
            EFI_SUCCESS ||
        tcg2 == NULL) {
        log_line("EFI: firmware has no TPM 2.0");
        return;
    }
    if (tcg2->get_event_log(tcg2, TCG2_LOG, &start, &last, &truncated) !=
            EFI_SUCCESS ||
        start == 0) {
        log_line("EFI: firmware has no crypto-agile event log");
        return;
    }
    log.used = measure_log(start, last);
    if (log.used == 0) {
        return;
    }
    log.capacity = (log.used + FINAL_ROOM + PAGE_SIZE - 1) & PAGE_MASK;
    log.address = allocate(services, log.capacity / PAGE_SIZE);
    memcpy((void *)log.address, (const void *)start, log.used);
    log.final_seen = final_count(find_final_events(system));
    boot_info.firmware_log_truncated = truncated != 0;
}

/* Appends the final events that came after our copy. */
static void append_final_events(const uint8_t *table)
{
    struct eventlog_header header;
    struct eventlog_reader reader;
    struct eventlog_event event;
    struct bytes taken = bytes_of((const void *)log.address, log.used);
    uint64_t index = 0;

    if (log.used == 0 || final_count(table) <= log.final_seen) {
        return;
    }
    if (eventlog_parse_header(taken, &header) != EVENTLOG_OK ||
        eventlog_open_final(&header, bytes_of(table, LOG_MAX), &reader) !=
            EVENTLOG_OK) {
        log_line("EFI: malformed Final Events table");
        boot_info.firmware_log_truncated = true;
        return;
    }
    while (eventlog_next(&reader, &event) == EVENTLOG_OK) {
        if (index++ < log.final_seen) {
            continue;
        }
        if (event.raw.size > log.capacity - log.used) {
            boot_info.firmware_log_truncated = true;
            return;
        }
        memcpy((void *)(log.address + log.used), event.raw.data,
               event.raw.size);
        log.used += event.raw.size;
    }
    if (index < final_count(table)) {
        log_line("EFI: Final Events table ends after %lu of %lu events", index,
                 final_count(table));
        boot_info.firmware_log_truncated = true;
    }
}

/* The map may change under us, then its key is stale: read it again. */
static uint64_t exit_boot_services(struct boot_services *services,
                                   uint64_t image_handle, uint64_t map,
                                   uint64_t *entry_size)
{
    for (unsigned int i = 0; i < EXIT_TRIES; i++) {
        uint64_t size = MAP_PAGES * PAGE_SIZE;
        uint64_t key = 0;
        uint32_t version = 0;

        if (services->get_memory_map(&size, (void *)map, &key, entry_size,
                                     &version) != EFI_SUCCESS ||
            *entry_size < sizeof(struct memory_descriptor)) {
            refuse_boot("EFI: GetMemoryMap failed");
        }
        if (services->exit_boot_services(image_handle, key) == EFI_SUCCESS) {
            return size;
        }
    }
    refuse_boot("EFI: ExitBootServices failed %u times", EXIT_TRIES);
}

void efi_leave_firmware(uint64_t system_table, uint64_t image_handle)
{
    struct system_table *system = (struct system_table *)system_table;
    uint64_t map, map_size, entry_size = 0;

    if (system_table == 0) {
        refuse_boot("EFI boot services run, but there is no system table");
    }
    take_log(system);
    map = allocate(system->boot_services, MAP_PAGES);
    map_size = exit_boot_services(system->boot_services, image_handle, map,
                                  &entry_size);
    interrupts_off();

    append_final_events(find_final_events(system));
    boot_info.firmware_log = MADDR(log.address);
    boot_info.firmware_log_size = log.used;
    for (uint64_t at = 0; at + entry_size <= map_size; at += entry_size) {
        const struct memory_descriptor *d = (const void *)(map + at);

        if (d->pages > UINT64_MAX >> PAGE_SHIFT) {
            refuse_boot("EFI memory map: %lx pages at %lx", d->pages,
                        d->physical_start);
        }
        boot_info_add_memory(d->physical_start, d->pages << PAGE_SHIFT,
                             efi_memory_type(d->type));
    }
}
