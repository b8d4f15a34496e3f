/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a kernel. What is accepted must be loadable as it stands:
 * segments inside the file, apart from each other and from the hypervisor.
 */
#include <stdlib.h>

#include "hv/domain/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_segment(const struct elf_image *image, size_t index,
                          struct bytes file)
{
    const struct elf_segment *segment = &image->segments[index];
    uint64_t last = segment->virtual_start + (segment->memory_size - 1);
    require(segment->memory_size != 0 &&
            segment->file.size <= segment->memory_size);
    require(segment->file.size == 0 ||
            (segment->file.data >= file.data &&
             segment->file.data + segment->file.size <= file.data + file.size));
    require(last >= segment->virtual_start);
    require(last < ELF_HYPERVISOR_START ||
            segment->virtual_start >= ELF_HYPERVISOR_END);
    require(segment->physical_start >= image->physical_start &&
            segment->physical_start + segment->memory_size <=
                image->physical_end);
    for (size_t i = 0; i < index; i++) {
        const struct elf_segment *other = &image->segments[i];
        require(last < other->virtual_start ||
                segment->virtual_start >
                    other->virtual_start + (other->memory_size - 1));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_image image;
    struct elf_fault fault;
    struct bytes file = bytes_of(data, size);
    if (elf_parse(file, &image, &fault) != ELF_OK) {
        return 0;
    }
    require(image.segment_count > 0 && image.segment_count <= ELF_MAX_SEGMENTS);
    for (size_t i = 0; i < image.segment_count; i++) {
        check_segment(&image, i, file);
    }
    (void)!elf_check_dom0(&image);
    return 0;
}
