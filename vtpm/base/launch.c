/* SPDX-License-Identifier: MIT */
/*
 * See launch.h. The lists of frames may be larger than the kernel is, and must
 * lie in one piece: they are pages of the program's space for that long.
 */
#include "vtpm/base/launch.h"

#include "lib/checked.h"
#include "vtpm/base/errno.h"
#include "vtpm/base/hypercall.h"
#include "vtpm/base/paging.h"
#include "vtpm/base/space.h"
#include "vtpm/base/user.h"

struct list {
    uint64_t address, size; /* size 0: there is none */
};

static int list_frames(const struct list *list, uint64_t from, uint64_t size)
{
    uint64_t *frames = (uint64_t *)list->address;

    for (uint64_t done = 0; done < size; done += PAGE_SIZE) {
        uint64_t entry = space_entry(from + done);

        *frames++ = (entry & PTE_MFN) / PAGE_SIZE;
    }
    return 0;
}

static int list_make(struct list *list, const void *data, uint64_t size)
{
    uint64_t from = (uint64_t)data;
    uint64_t pages;

    if (size == 0) {
        return 0;
    }
    if (!is_aligned(from, PAGE_SIZE) || size > SPACE_END) {
        return -EINVAL;
    }
    pages = align_up(size, PAGE_SIZE) / PAGE_SIZE;
    if (!user_may_read(from, pages * PAGE_SIZE)) {
        return -EFAULT;
    }
    list->size = align_up(pages * sizeof(uint64_t), PAGE_SIZE);
    list->address = space_find(list->size);
    if (list->address == 0 ||
        space_map(list->address, list->size, SPACE_WRITE) != 0) {
        list->size = 0;
        return -ENOMEM;
    }
    return list_frames(list, from, size);
}

static void list_drop(const struct list *list)
{
    space_unmap(list->address, list->size);
}

static long launch(const struct vtpm_launch *launch, const struct list *kernel,
                   const struct list *initrd)
{
    struct vouch_launch to = {
        .kernel = {kernel->address, launch->kernel_size},
        .initrd = {initrd->address, launch->initrd_size},
        .cmdline = (uint64_t)launch->cmdline,
        .cmdline_size = launch->cmdline_size,
    };

    if ((start_info->flags & SIF_INITDOMAIN) == 0) {
        to.console_mfn = start_info->console.domU.mfn;
        to.console_port = start_info->console.domU.evtchn;
        to.store_mfn = start_info->store_mfn;
        to.store_port = start_info->store_evtchn;
    }
    return vouch_op(VOUCHOP_launch, &to);
}

long do_launch(const struct call *call)
{
    struct list kernel = {0}, initrd = {0};
    struct vtpm_launch from;
    long result;

    if (user_read(&from, call->a, sizeof(from)) != 0) {
        return -EFAULT;
    }
    if (from.kernel_size == 0 || from.cmdline_size > VOUCH_CMDLINE_MAX) {
        return -EINVAL;
    }
    if (!user_may_read((uint64_t)from.cmdline, from.cmdline_size)) {
        return -EFAULT;
    }
    result = list_make(&kernel, from.kernel, from.kernel_size);
    if (result == 0) {
        result = list_make(&initrd, from.initrd, from.initrd_size);
    }
    if (result == 0) {
        result = launch(&from, &kernel, &initrd);
    }
    list_drop(&kernel);
    list_drop(&initrd);
    return result;
}
