/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a program. What is accepted must be loadable as it stands:
 * segments inside the file and the place, on pages of their own.
 */
#include <stdlib.h>

#include "vtpm/base/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_segment(const struct program *program, size_t index,
                          const struct program_place *place, struct bytes file)
{
    const struct program_segment *segment = &program->segments[index];

    require(segment->size != 0 && segment->file.size <= segment->size);
    require(segment->address >= place->start &&
            segment->address + segment->size > segment->address &&
            segment->address + segment->size <= place->end);
    require(segment->file.size == 0 ||
            (segment->file.data >= file.data &&
             segment->file.data + segment->file.size <= file.data + file.size));
    require(!segment->is_writable || !segment->is_executable);
    require(segment->is_writable || segment->file.size == segment->size);
    require(segment->address % 4096 == segment->offset % 4096);
    if (index != 0) {
        const struct program_segment *before = &program->segments[index - 1];
        require(segment->address / 4096 >
                (before->address + before->size - 1) / 4096);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct program_place place = {0x10000, 0x40000000, 0x400000};
    struct bytes file = bytes_of(data, size);
    struct program program;

    if (program_parse(file, &place, &program) == PROGRAM_OK) {
        for (size_t i = 0; i < program.segment_count; i++) {
            check_segment(&program, i, &place, file);
        }
        require(program.headers == 0 || program.headers >= place.start);
    }
    return 0;
}
