/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as multiboot2 information, with the total size put right so that
 * the tags are reached. All that is found must lie inside.
 */
#include <stdlib.h>

#include "hv/boot/multiboot2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct bytes part, struct bytes whole)
{
    if (part.size != 0 && (part.data < whole.data ||
                           part.data + part.size > whole.data + whole.size)) {
        abort();
    }
}

static void check(struct bytes information)
{
    struct multiboot2_info info;
    struct multiboot2_fault fault;
    struct multiboot2_memory memory;
    if (multiboot2_parse(information, &info, &fault) != MULTIBOOT2_OK) {
        if (fault.offset > information.size) {
            abort();
        }
        return;
    }
    check_inside(info.command_line, information);
    check_inside(info.loader_name, information);
    check_inside(info.old_rsdp, information);
    check_inside(info.new_rsdp, information);
    for (size_t i = 0; i < info.module_count; i++) {
        check_inside(info.modules[i].text, information);
    }
    const struct multiboot2_memory_map *maps[] = {&info.memory,
                                                  &info.efi_memory};
    for (size_t m = 0; m < 2; m++) {
        size_t i = 0;
        while (multiboot2_memory_at(maps[m], i, &memory)) {
            i++;
        }
        if (i * maps[m]->entry_size != maps[m]->entries.size) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    if (copy == NULL) {
        return 0;
    }
    if (size != 0) {
        memcpy(copy, data, size);
    }
    for (size_t i = 0; size >= 8 && i < 4; i++) {
        copy[i] = (uint8_t)(size >> (8 * i));
    }
    check(bytes_of(copy, size));
    free(copy);
    return 0;
}
