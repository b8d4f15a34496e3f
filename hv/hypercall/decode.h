/* SPDX-License-Identifier: MIT */
/*
 * A decoder for the few instructions the hypervisor emulates: those that a
 * guest kernel may not run at CPL 3 (privops.def) and the forms of writing to
 * memory that a live L1 page table meets.  It is a pure function of at most
 * 15 bytes; anything else it does not recognise.
 */
#pragma once

#include "hv/hypercall/insn.h"
#include "lib/bytes.h"

/* False: not one of ours, malformed, or code ends too early. */
bool decode_insn(struct bytes code, enum insn_width width,
                 struct insn *insn) NODISCARD;
