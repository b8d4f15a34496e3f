/* SPDX-License-Identifier: MIT */
/*
 * Version 1 of the multiboot information, for QEMU's -kernel and old GRUB
 * configurations (Multiboot Specification 0.6.96, 3.3).
 */
#include "hv/base/log.h"
#include "hv/boot/boot_info.h"

#define MB1_HAS_COMMAND_LINE 0x004u
#define MB1_HAS_MODULES      0x008u
#define MB1_HAS_MEMORY_MAP   0x040u
#define MB1_HAS_LOADER_NAME  0x200u
#define MB1_TEXT_MAX         4096

struct mb1_info {
    uint32_t flags, mem_lower, mem_upper, boot_device, command_line;
    uint32_t module_count, modules, syms[4], map_size, map;
    uint32_t drives_size, drives, config_table, loader_name;
};
_Static_assert(sizeof(struct mb1_info) == 68, "multiboot 1, 3.3");

struct mb1_module {
    uint32_t start, end, text, reserved;
};

struct mb1_range {
    uint32_t size; /* of what follows */
    uint64_t start, length;
    uint32_t type;
} packed;
_Static_assert(sizeof(struct mb1_range) == 24, "multiboot 1, 3.3");

/* The loader's memory: identity mapped, all below 4 GiB. */
static const void *at(uint32_t address)
{
    return (const void *)(uint64_t)address;
}

static struct bytes text_at(uint32_t address)
{
    const char *text = at(address);
    size_t size = 0;

    while (size < MB1_TEXT_MAX && text[size] != '\0') {
        size++;
    }
    return bytes_of(text, size);
}

static void collect_memory(const struct mb1_info *info)
{
    uint64_t end = (uint64_t)info->map + info->map_size;
    uint64_t next = info->map;

    while (next + sizeof(struct mb1_range) <= end) {
        struct mb1_range range = *(const struct mb1_range *)next;

        boot_info_add_e820(range.start, range.length, range.type);
        next += (uint64_t)range.size + sizeof(range.size);
    }
}

/* QEMU puts the file's name in front of every text; GRUB does not. */
static struct bytes strip_name(struct bytes text, const struct mb1_info *info)
{
    static const char qemu[] = "qemu";
    size_t skip = 0;

    if ((info->flags & MB1_HAS_LOADER_NAME) == 0 ||
        !bytes_equal(text_at(info->loader_name), bytes_of_text(qemu))) {
        return text;
    }
    while (skip < text.size && text.data[skip] != ' ') {
        skip++;
    }
    skip += skip < text.size;
    return bytes_of(text.data + skip, text.size - skip);
}

void multiboot1_collect(maddr_t address)
{
    struct mb1_info info = *(const struct mb1_info *)address.a;

    boot_info.entry = BOOT_MULTIBOOT1;
    if ((info.flags & MB1_HAS_MEMORY_MAP) == 0) {
        refuse_boot("multiboot information: no memory map");
    }
    collect_memory(&info);
    if ((info.flags & MB1_HAS_COMMAND_LINE) != 0) {
        boot_info.command_line =
            boot_info_keep_text(strip_name(text_at(info.command_line), &info));
    }
    if ((info.flags & MB1_HAS_LOADER_NAME) != 0) {
        boot_info.loader_name = boot_info_keep_text(text_at(info.loader_name));
    }
    if ((info.flags & MB1_HAS_MODULES) == 0) {
        return;
    }
    for (uint32_t i = 0; i < info.module_count; i++) {
        struct mb1_module module =
            ((const struct mb1_module *)at(info.modules))[i];

        if (module.end < module.start) {
            refuse_boot("multiboot information: module %u ends before it "
                        "starts",
                        i);
        }
        boot_info_add_module(MADDR(module.start), module.end - module.start,
                             module.text == 0
                                 ? bytes_none()
                                 : strip_name(text_at(module.text), &info));
    }
}
