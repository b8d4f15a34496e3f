/* SPDX-License-Identifier: MIT */
/* Where the parts of the kernel's image are (image.lds). */
#ifndef VOUCH_VTPM_BASE_IMAGE_H
#define VOUCH_VTPM_BASE_IMAGE_H

#include <stdint.h>

#define VIRT_BASE 0xffffffff80000000ul

extern const uint8_t image_start[], image_text_end[], image_rodata_end[],
    image_end[];
extern const uint8_t image_program[], image_program_end[];

#endif
