/* SPDX-License-Identifier: MIT */
/*
 * The hypercall page: for kernels that ask for one, stubs of 32 bytes that
 * issue each hypercall number by SYSCALL.
 */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/domain/domain.h"
#include "hv/mem/page.h"
#include "lib/string.h"

#define STUB_SIZE 32u
#define INT3      0xcc

static void stub_write(uint8_t *stub, uint8_t number)
{
    const uint8_t call[] = {
        0x51, 0x41, 0x53,             /* push %rcx; push %r11 */
        0xb8, number, 0, 0, 0,        /* mov $number, %eax */
        0x0f, 0x05,                   /* syscall */
        0x41, 0x5b, 0x59, 0xc3,       /* pop %r11; pop %rcx; ret */
    };
    const uint8_t iret[] = {          /* jumped to: completes a frame */
        0x51, 0x41, 0x53, 0x50,       /* push %rcx; push %r11; push %rax */
        0xb8, number, 0, 0, 0,        /* mov $number, %eax */
        0x0f, 0x05,                   /* syscall */
    };

    memset(stub, INT3, STUB_SIZE);
    if (number == __HYPERVISOR_iret) {
        memcpy(stub, iret, sizeof(iret));
    } else {
        memcpy(stub, call, sizeof(call));
    }
}

long do_domctl_hypercall_init(const struct permit *permit, struct call *call,
                              struct xen_domctl *arg)
{
    struct page *page = page_of(MFN(arg->u.hypercall_init.gmfn));
    uint8_t *stubs;

    if (page == NULL || !page_get(page, &call->target->memory)) {
        return -EINVAL;
    }
    if (page_get_writable(page) != 0) { /* no lock is held */
        page_put(page);
        return -EINVAL;
    }
    stubs = mfn_to_hva(page_mfn(page));
    for (uint32_t i = 0; i < PAGE_SIZE / STUB_SIZE; i++) {
        stub_write(stubs + i * STUB_SIZE, (uint8_t)i);
    }
    page_put_and_type(page);
    return 0;
}
