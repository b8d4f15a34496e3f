/* SPDX-License-Identifier: MIT */
/* See module.h. */
#include "vtpm/base/module.h"

#include "vtpm/base/hypercall.h"
#include "vtpm/base/image.h"
#include "vtpm/base/kernel.h"

struct bytes module_ramdisk(void)
{
    uint64_t start = start_info->mod_start;

    if (start_info->mod_len == 0) {
        return bytes_none();
    }
    /* Builders that do not mind our notes say which page it is. */
    if ((start_info->flags & SIF_MOD_START_PFN) != 0) {
        start = VIRT_BASE + start * PAGE_SIZE;
    }
    return bytes_of((const void *)start, start_info->mod_len);
}

struct bytes module_program(void)
{
    size_t size = (size_t)(image_program_end - image_program);

    return size != 0 ? bytes_of(image_program, size) : module_ramdisk();
}
