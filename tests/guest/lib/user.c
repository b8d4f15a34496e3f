/* SPDX-License-Identifier: MIT */
/*
 * User mode.  The same L3 hangs in slot 0 of the kernel root and of the user
 * root, as Linux shares its tables between the two.  Coming back, the upcall
 * mask is what it was before user_run.
 */
#include "user.h"
#include "event.h"
#include "paging.h"

static uint64_t user_root;
static void *user_data_page;
static bool user_running;
static struct frame user_exit;
static uint8_t user_trap_stack[16384] __attribute__((aligned(16)));

void user_init(void)
{
    uint64_t l3, pages = (uint64_t)(user_image_end - user_image) / PAGE_SIZE;
    void *root = page_alloc();
    struct mmuext_op op[2] = {{0}};

    user_data_page = page_alloc();
    for (uint64_t i = 0; i < pages; i++) {
        uint64_t mfn = virt_to_mfn(user_image + i * PAGE_SIZE);

        map_page(USER_CODE + i * PAGE_SIZE, pte_make(mfn, PTE_P | PTE_US));
    }
    map_page(USER_DATA,
             pte_make(virt_to_mfn(user_data_page), PTE_P | PTE_RW | PTE_US));
    l3 = *pte_pointer(USER_CODE, 4);
    ((uint64_t *)root)[0] = l3;
    page_make_ro(root);
    user_root = virt_to_mfn(root);
    op[0].cmd = MMUEXT_PIN_L4_TABLE;
    op[0].arg1.mfn = user_root;
    op[1].cmd = MMUEXT_NEW_USER_BASEPTR;
    op[1].arg1.mfn = user_root;
    if (mmuext_op(op, 2, NULL, DOMID_SELF) != 0) {
        guest_fail("user root: pin and NEW_USER_BASEPTR");
    }
    hypercall(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS,
              user_trap_stack + sizeof(user_trap_stack));
}

uint64_t user_address(const char *snippet)
{
    return USER_CODE + (uint64_t)(snippet - user_image);
}

uint64_t *user_data(void)
{
    return user_data_page;
}

uint64_t user_root_mfn(void)
{
    return user_root;
}

struct frame user_frame(const char *snippet)
{
    return (struct frame){
        .rip = user_address(snippet),
        .cs = FLAT_USER_CS64 | 3,
        .rflags = EFLAGS_IF | 2,
        .rsp = USER_STACK_TOP,
        .ss = FLAT_USER_SS64 | 3,
    };
}

bool user_trapped(const struct frame *frame)
{
    if (!user_running) {
        return false;
    }
    user_running = false;
    user_exit = *frame;
    return true;
}

void user_run(struct frame *frame)
{
    user_run_by(user_call, frame);
}

void user_run_by(void (*enter)(struct frame *frame), struct frame *frame)
{
    volatile struct vcpu_info *vcpu = vcpu_info_self();
    uint8_t mask = vcpu->evtchn_upcall_mask;

    trap_reset();
    trap_fixup = 0;
    user_running = true;
    enter(frame);
    *frame = user_exit;
    vcpu->evtchn_upcall_mask = mask;
    if (mask == 0 && vcpu->evtchn_upcall_pending != 0) {
        event_deliver();
    }
}
