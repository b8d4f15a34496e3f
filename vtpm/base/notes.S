/* SPDX-License-Identifier: MIT */
/*
 * How a domain builder knows this image (xen/elfnote.h). The toolstack's makes
 * a region that ends on a multiple of 4 MiB, which can be all of an 8 MiB
 * domain only if nothing lies behind it: so there is no MOD_START_PFN, and
 * INIT_P2M is above VIRT_BASE, where that builder ignores it and puts the list
 * of frames into the region too. Other builders take it as it is.
 */
#define __ASSEMBLY__ 1
#include <xen/elfnote.h>

#define NOTE(type, ...)                                                        \
    .pushsection .notes, "a", @note;                                           \
    .balign 4;                                                                 \
    .long 2f - 1f, 4f - 3f, type;                                              \
1:  .asciz "Xen";                                                              \
2:  .balign 4;                                                                 \
3:  __VA_ARGS__;                                                               \
4:  .balign 4;                                                                 \
    .popsection

NOTE(XEN_ELFNOTE_GUEST_OS, .asciz "vouch-base")
NOTE(XEN_ELFNOTE_GUEST_VERSION, .asciz "1")
NOTE(XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0")
NOTE(XEN_ELFNOTE_VIRT_BASE, .quad 0xffffffff80000000)
NOTE(XEN_ELFNOTE_INIT_P2M, .quad 0xffffffffc0000000)
NOTE(XEN_ELFNOTE_PADDR_OFFSET, .quad 0)
NOTE(XEN_ELFNOTE_ENTRY, .quad kernel_start)
NOTE(XEN_ELFNOTE_FEATURES,
     .ascii "!writable_page_tables|pae_pgdir_above_4gb")
NOTE(XEN_ELFNOTE_SUPPORTED_FEATURES, .long 0x8801)
NOTE(XEN_ELFNOTE_PAE_MODE, .asciz "yes")
NOTE(XEN_ELFNOTE_LOADER, .asciz "generic")
NOTE(XEN_ELFNOTE_L1_MFN_VALID, .quad 1, 1)
NOTE(XEN_ELFNOTE_HV_START_LOW, .quad 0xffff800000000000)

    .section .note.GNU-stack, "", @progbits
