/* SPDX-License-Identifier: MIT */
/*
 * The ELF notes by which a hypervisor's domain builder knows this image: the
 * same set, in the same form, as a Linux 6.1 PV kernel carries (see
 * xen/elfnote.h), so that whatever builds Linux builds these guests.  There
 * is no hypercall page: every hypercall is an inline SYSCALL.
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

NOTE(XEN_ELFNOTE_GUEST_OS, .asciz "vouch-test")
NOTE(XEN_ELFNOTE_GUEST_VERSION, .asciz "1")
NOTE(XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0")
NOTE(XEN_ELFNOTE_VIRT_BASE, .quad 0xffffffff80000000)
NOTE(XEN_ELFNOTE_INIT_P2M, .quad 0x8000000000)
NOTE(XEN_ELFNOTE_ENTRY, .quad guest_start)
NOTE(XEN_ELFNOTE_FEATURES,
     .ascii "!writable_page_tables|pae_pgdir_above_4gb")
NOTE(XEN_ELFNOTE_SUPPORTED_FEATURES, .long 0x8801)
NOTE(XEN_ELFNOTE_PAE_MODE, .asciz "yes")
NOTE(XEN_ELFNOTE_LOADER, .asciz "generic")
NOTE(XEN_ELFNOTE_L1_MFN_VALID, .quad 1, 1)
NOTE(XEN_ELFNOTE_SUSPEND_CANCEL, .long 1)
NOTE(XEN_ELFNOTE_MOD_START_PFN, .long 1)
NOTE(XEN_ELFNOTE_HV_START_LOW, .quad 0xffff800000000000)
NOTE(XEN_ELFNOTE_PADDR_OFFSET, .quad 0)

    .section .note.GNU-stack, "", @progbits
