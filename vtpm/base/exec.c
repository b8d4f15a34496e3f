/* SPDX-License-Identifier: MIT */
/* See exec.h. */
#include "vtpm/base/exec.h"

#include "lib/checked.h"
#include "vtpm/base/arguments.h"
#include "vtpm/base/console.h"
#include "vtpm/base/errno.h"
#include "vtpm/base/hypercall.h"
#include "vtpm/base/module.h"
#include "vtpm/base/page.h"
#include "vtpm/base/paging.h"
#include "vtpm/base/program.h"
#include "vtpm/base/random.h"
#include "vtpm/base/space.h"
#include "vtpm/base/syscall.h"

#define STACK_START (SPACE_STACK_END - EXEC_STACK_SIZE)
#define PIE_BASE    0x400000

uint64_t exec_heap_start;

static _Noreturn void refuse(const char *why)
{
    console_line("the program %s", why);
    kernel_crash();
}

/* Nobody may write what the program executes or trusts, by no other address. */
static void make_read_only(const uint8_t *pages, uint64_t size)
{
    for (uint64_t done = 0; done < size; done += PAGE_SIZE) {
        uint64_t at = (uint64_t)pages + done;

        paging_set(at, 1, *paging_entry(at, 1) & ~PTE_RW);
    }
    paging_commit();
}

static int load_segment(const struct program_segment *segment)
{
    uint64_t address = segment->address & PAGE_MASK;
    uint64_t inside = segment->address - address;
    uint64_t size = align_up(inside + segment->size, PAGE_SIZE);
    const uint8_t *pages = segment->file.data - inside;
    int result;

    if (!segment->is_writable) {
        make_read_only(pages, size);
        return space_map_kernel(address, pages, size,
                                segment->is_executable ? SPACE_EXECUTE
                                                       : SPACE_READ);
    }
    result = space_map(address, size, SPACE_WRITE);
    if (result == 0) {
        memcpy((void *)segment->address, segment->file.data,
               segment->file.size);
    }
    return result;
}

static void load(struct program *program)
{
    const struct program_place place = {SPACE_START, STACK_START, PIE_BASE};
    enum program_status status =
        program_parse(module_program(), &place, program);

    if (status != PROGRAM_OK) {
        refuse(program_status_text(status));
    }
    for (size_t i = 0; i < program->segment_count; i++) {
        if (load_segment(&program->segments[i]) != 0) {
            refuse("needs more memory than there is");
        }
    }
    exec_heap_start = align_up(program->end, PAGE_SIZE);
}

static uint64_t make_stack(const struct program *program)
{
    uint8_t random[ARGUMENTS_RANDOM];
    struct buffer out = buffer_over(random, sizeof(random));
    uint64_t top;

    if (space_map(STACK_START, EXEC_STACK_SIZE, SPACE_WRITE) != 0) {
        refuse("needs more memory than there is");
    }
    random_fill_weakly(&out);
    top = arguments_put((uint8_t *)SPACE_STACK_END, program,
                        (const char *)start_info->cmd_line, random);
    if (top == 0) {
        refuse("has too many arguments");
    }
    return top;
}

void exec_load(struct registers *registers)
{
    struct program program;

    load(&program);
    *registers = (struct registers){
        .rip = program.entry,
        .rsp = make_stack(&program),
        .cs = FLAT_USER_CS64 | 3,
        .ss = FLAT_USER_SS64 | 3,
        .rflags = 2,
    };
}
