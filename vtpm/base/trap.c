/* SPDX-License-Identifier: MIT */
/* See trap.h. */
#include "vtpm/base/trap.h"

#include "vtpm/base/console.h"
#include "vtpm/base/hypercall.h"
#include "vtpm/base/paging.h"

#define TRAPS_MAX  24
#define TRAP_MASKS 4 /* flag: events stay masked */
#define VECTOR_UD  6
#define VECTOR_GP  13
#define VECTOR_PF  14

struct trap_entry {
    uint64_t vector, address;
};
extern const struct trap_entry trap_entries[];
extern const uint8_t syscall_entry[], kernel_stack_guard[], kernel_stack_top[];

static void traps_set(void)
{
    struct trap_info table[TRAPS_MAX] = {{0}};

    for (size_t i = 0; trap_entries[i].address != 0; i++) {
        table[i] = (struct trap_info){
            .vector = (uint8_t)trap_entries[i].vector,
            .flags = TRAP_MASKS,
            .cs = FLAT_KERNEL_CS,
            .address = trap_entries[i].address,
        };
    }
    if (hypercall(__HYPERVISOR_set_trap_table, (uint64_t)table, 0, 0, 0) != 0) {
        kernel_panic("the hypervisor refuses the trap table");
    }
}

void trap_init(void)
{
    struct callback_register call = {
        .type = CALLBACKTYPE_syscall,
        .flags = CALLBACKF_mask_events,
        .address = (uint64_t)syscall_entry,
    };

    traps_set();
    if (hypercall(__HYPERVISOR_callback_op, CALLBACKOP_register,
                  (uint64_t)&call, 0, 0) != 0 ||
        hypercall(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS,
                  (uint64_t)kernel_stack_top, 0, 0) != 0) {
        kernel_panic("the hypervisor refuses the way in for system calls");
    }
    paging_protect_page(kernel_stack_guard, 0);
}

static const char *name_of(uint64_t vector)
{
    switch (vector) {
    case VECTOR_UD:
        return "invalid instruction";
    case VECTOR_GP:
        return "general protection fault";
    case VECTOR_PF:
        return "page fault";
    default:
        return "trap";
    }
}

void trap_fatal(const struct trap_frame *frame)
{
    const char *who = (frame->cs & 3) == 3 ? "the program" : "the kernel";
    const char *what = name_of(frame->vector);

    if (frame->vector == VECTOR_PF) {
        console_line("%s died: %s at 0x%lx, address 0x%lx, error %lx", who,
                     what, frame->rip, shared_info->vcpu_info[0].arch.cr2,
                     frame->error);
    } else {
        console_line("%s died: %s (%lu) at 0x%lx, error %lx", who, what,
                     frame->vector, frame->rip, frame->error);
    }
    kernel_crash();
}
