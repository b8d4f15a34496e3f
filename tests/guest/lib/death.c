/* SPDX-License-Identifier: MIT */
/* Ways to die: each leaves the hypervisor no way to go on with this vCPU. */
#include "death.h"
#include "event.h"
#include "paging.h"
#include "user.h"

USER_SNIPPET(user_ud2, "ud2");

static void __attribute__((noinline)) trap_on_stack(uint64_t rsp)
{
    __asm__ volatile("movq %0, %%rsp\n\tud2" ::"r"(rsp) : "memory");
}

static void user_trap_on(uint64_t kernel_sp)
{
    struct frame frame = user_frame(user_ud2);

    user_init();
    hypercall(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS, kernel_sp);
    user_run(&frame);
}

void death(uint64_t which)
{
    switch (which) {
    case 1: /* a frame would be written into the hypervisor */
        trap_on_stack(HV_PRIVATE + 0x100000);
        break;
    case 2: /* or just reach into its window from above */
        trap_on_stack(HV_END + 8);
        break;
    case 3:
        user_trap_on(HV_PRIVATE + 0x100000);
        break;
    case 4: /* a stack that nothing maps */
        trap_on_stack(TEST_VA + 0x200000);
        break;
    case 5: /* no handler */
        hypercall(__HYPERVISOR_set_trap_table, NULL);
        __asm__ volatile("ud2");
        break;
    case 6: { /* user mode without a user root */
        struct frame frame = user_frame(user_ud2);

        frame_resume_at(&frame);
        break;
    }
    case 7: /* an iret frame that cannot be read */
        __asm__ volatile("movq %0, %%rsp\n\tmovl $23, %%eax\n\tsyscall" ::"r"(
            TEST_VA + 0x300000));
        break;
    case 8: /* and one that lies in the hypervisor */
        __asm__ volatile(
            "movq %0, %%rsp\n\tmovl $23, %%eax\n\tsyscall" ::"r"(HV_PRIVATE));
        break;
    default:
        break;
    }
}
