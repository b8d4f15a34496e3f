/* SPDX-License-Identifier: MIT */
/*
 * vCPU bring-up as Linux does it: a context in kernel mode, on the same root,
 * with the same trap table and callbacks as the first vCPU.
 */
#include "vcpu.h"
#include "event.h"
#include "paging.h"
#include "trap.h"

#define VCPU_STACK_SIZE 16384

/* vcpu_self() tells vCPUs apart by this range. */
char vcpu_stacks[VCPU_STACK_SIZE] __attribute__((aligned(4096)));
__asm__(".globl vcpu_stacks_end\n"
        ".set vcpu_stacks_end, vcpu_stacks + 16384");

extern const char vcpu_start[];
static struct vcpu_guest_context vcpu_new;

void vcpu_context(struct vcpu_guest_context *context, void (*body)(void))
{
    struct trap_info table[64];
    unsigned int count = trap_table(table);

    memset(context, 0, sizeof(*context));
    context->flags = VGCF_in_kernel;
    context->user_regs.rip = (uint64_t)vcpu_start;
    context->user_regs.rdi = (uint64_t)body;
    context->user_regs.rsp = (uint64_t)vcpu_stacks + VCPU_STACK_SIZE - 16;
    context->user_regs.cs = FLAT_KERNEL_CS;
    context->user_regs.ss = FLAT_KERNEL_SS;
    context->user_regs.rflags = 0x1000;
    for (unsigned int i = 0; i < count; i++) {
        context->trap_ctxt[table[i].vector] = table[i];
    }
    context->kernel_ss = FLAT_KERNEL_SS;
    context->kernel_sp = (uint64_t)vcpu_stacks + VCPU_STACK_SIZE - 4096;
    context->ctrlreg[3] = root_mfn() << 12;
    context->event_callback_eip = (uint64_t)trap_stub_256;
    context->failsafe_callback_eip = (uint64_t)trap_stub_258;
    context->syscall_callback_eip = (uint64_t)trap_stub_257;
}

long vcpu_initialise(unsigned int vcpu,
                     const struct vcpu_guest_context *context)
{
    return vcpu_op(VCPUOP_initialise, vcpu, context);
}

long vcpu_run(unsigned int vcpu, void (*body)(void))
{
    long error;

    vcpu_context(&vcpu_new, body);
    error = vcpu_initialise(vcpu, &vcpu_new);
    return error != 0 ? error : vcpu_op(VCPUOP_up, vcpu, NULL);
}
