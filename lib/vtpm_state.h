/* SPDX-License-Identifier: MIT */
/*
 * A stored state of a vTPM, as it looks from outside: vtpm/tpm/state.h makes and
 * opens it, dom0 keeps it as bytes, and `vouch vtpm` shows its version. Only
 * the header can be read without the key, and nothing of it is believed.
 *
 * Slot: magic[8], format (le32), size of the ciphertext (le32), version (le64),
 * uuid[16], salt[32], ciphertext, tag[16].
 */
#ifndef VOUCH_LIB_VTPM_STATE_H
#define VOUCH_LIB_VTPM_STATE_H

/* Written in turn, each with a later version. */
#define VTPM_STATE_SLOTS 2

#define VTPM_STATE_MAGIC       "VOUCHTPM"
#define VTPM_STATE_FORMAT      1
#define VTPM_STATE_SALT_SIZE   32
#define VTPM_STATE_HEADER_SIZE 72
#define VTPM_STATE_TAG_SIZE    16

/* The longest slot that dom0 takes; a vTPM's are shorter. */
#define VTPM_STATE_SLOT_MAX (256 * 1024 + 4096)

#endif
