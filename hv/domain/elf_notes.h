/* SPDX-License-Identifier: MIT */
/*
 * The Xen notes of a kernel image; used by elf.c only.
 */
#ifndef VOUCH_HV_BOOT_ELF_NOTES_H
#define VOUCH_HV_BOOT_ELF_NOTES_H

#include "hv/domain/elf.h"

/* Take the notes of one PT_NOTE segment into *out. fault->offset is relative
 * to the segment. */
NODISCARD enum elf_status elf_notes_parse(struct bytes segment,
                                          struct elf_notes *out,
                                          struct elf_fault *fault);

/* All that must be there is there, once the last segment was taken. */
NODISCARD enum elf_status elf_notes_check(const struct elf_notes *notes);

#endif
