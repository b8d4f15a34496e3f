/* SPDX-License-Identifier: MIT */
/*
 * Collects what the loader left, from multiboot 1 or 2, into boot_info.  All
 * addresses are the loader's: identity mapped and below 4 GiB.
 */
#include "hv/boot/boot_info.h"

#include "hv/base/log.h"
#include "hv/boot/cmdline.h"
#include "hv/boot/efi.h"
#include "hv/boot/multiboot2.h"
#include "hv/hypercall/firmware.h"

#define MULTIBOOT1_MAGIC 0x2badb002u

extern uint8_t image_start[], image_end[];
struct boot_info boot_info;

const char *boot_info_keep_text(struct bytes text)
{
    char *kept = boot_info.text + boot_info.text_used;

    if (text.size >= BOOT_TEXT_SIZE - boot_info.text_used) {
        refuse_boot("boot information: command lines over %u bytes",
                    BOOT_TEXT_SIZE);
    }
    if (text.size != 0) {
        memcpy(kept, text.data, text.size);
    }
    kept[text.size] = '\0';
    boot_info.text_used += text.size + 1;
    return kept;
}

void boot_info_add_module(maddr_t start, uint64_t size, struct bytes text)
{
    if (boot_info.module_count == BOOT_MODULES_MAX) {
        refuse_boot("boot information: more than %u modules", BOOT_MODULES_MAX);
    }
    boot_info.modules[boot_info.module_count++] = (struct boot_module){
        .start = start,
        .size = size,
        .command_line = boot_info_keep_text(text),
    };
}

void boot_info_add_memory(uint64_t start, uint64_t size, enum memory_type type)
{
    struct memory_range range = {start, start + size, type};

    if (range.end < start) {
        refuse_boot("memory map: %lx bytes at %lx", size, start);
    }
    if (!memory_map_add(&boot_info.memory, range)) {
        refuse_boot("memory map: more than %u pieces", MEMORY_MAP_MAX);
    }
}

void boot_info_add_e820(uint64_t start, uint64_t size, uint32_t type)
{
    bool known = type >= MEMORY_RAM && type <= MEMORY_UNUSABLE;

    boot_info_add_memory(start, size, known ? type : MEMORY_RESERVED);
}

static void keep_rsdp(const struct multiboot2_info *info)
{
    struct bytes rsdp =
        info->new_rsdp.size != 0 ? info->new_rsdp : info->old_rsdp;

    boot_info.rsdp_size = MIN(rsdp.size, sizeof(boot_info.rsdp_copy));
    if (boot_info.rsdp_size != 0) {
        memcpy(boot_info.rsdp_copy, rsdp.data, boot_info.rsdp_size);
    }
}

/* Of a loader that left the firmware itself: E820, EFI's map, or both. */
static void keep_memory(const struct multiboot2_info *info)
{
    struct multiboot2_memory memory;

    for (size_t i = 0; multiboot2_memory_at(&info->memory, i, &memory); i++) {
        boot_info_add_e820(memory.start, memory.size, memory.type);
    }
    for (size_t i = 0; multiboot2_memory_at(&info->efi_memory, i, &memory);
         i++) {
        enum memory_type type = efi_memory_type(memory.type);

        boot_info_add_memory(memory.start, memory.size,
                             type == MEMORY_FIRMWARE_RAM ? MEMORY_RAM : type);
    }
}

static void parse(maddr_t address, struct multiboot2_info *info)
{
    const void *start = (const void *)address.a;
    struct multiboot2_fault fault = {0};
    enum multiboot2_status status;
    size_t size = 0;

    status = multiboot2_total_size(bytes_of(start, 8), &size);
    if (status == MULTIBOOT2_OK) {
        status = multiboot2_parse(bytes_of(start, size), info, &fault);
    }
    if (status != MULTIBOOT2_OK) {
        refuse_boot("multiboot information: %s, tag %u at offset %zu",
                    multiboot2_status_text(status), fault.tag, fault.offset);
    }
}

static void collect_multiboot2(maddr_t address)
{
    static struct multiboot2_info info;

    parse(address, &info);
    boot_info.entry =
        info.efi_boot_services_running ? BOOT_EFI : BOOT_MULTIBOOT2;
    boot_info.command_line = boot_info_keep_text(info.command_line);
    boot_info.loader_name = boot_info_keep_text(info.loader_name);
    for (size_t i = 0; i < info.module_count; i++) {
        const struct multiboot2_module *module = &info.modules[i];

        boot_info_add_module(MADDR(module->start), module->end - module->start,
                             cmdline_strip_path(module->text));
    }
    keep_rsdp(&info);
    boot_info.efi_system_table = MADDR(info.efi64_system_table);
    if (info.efi_boot_services_running) {
        efi_leave_firmware(info.efi64_system_table, info.efi64_image_handle);
    } else {
        keep_memory(&info);
    }
}

void boot_info_collect(uint32_t magic, maddr_t info, maddr_t image)
{
    boot_info.command_line = "";
    boot_info.loader_name = "an unnamed loader";
    boot_info.image = image;
    boot_info.image_size = (uint64_t)(image_end - image_start);
    switch (magic) {
    case MULTIBOOT1_MAGIC:
        multiboot1_collect(info);
        break;
    case MULTIBOOT2_MAGIC:
        collect_multiboot2(info);
        break;
    default:
        refuse_boot("loader's magic is %x: neither multiboot 1 nor 2", magic);
    }
    if (memory_map_total(&boot_info.memory, MEMORY_RAM) == 0) {
        refuse_boot("boot information: no memory map");
    }
}

const char *hypervisor_command_line(void)
{
    return boot_info.command_line;
}
