/* SPDX-License-Identifier: MIT */
/*
 * What vTPMs stored: DIR/UUID/slot0 and slot1. A slot is replaced in one step
 * and is on stable storage when that returns, so that a power cut leaves the
 * old or the new. What is in it is ciphertext and not looked at. `vouch vtpm`
 * reads and writes the same files, and moves to DIR/forgotten what is given up.
 */
#ifndef VOUCH_DOM0_VOUCHD_SLOTS_H
#define VOUCH_DOM0_VOUCHD_SLOTS_H

#include "lib/bytes.h"

#define SLOTS_FORGOTTEN "forgotten"

/* False if it is not spelled as uuid_text() does. */
NODISCARD bool slots_uuid_parse(const char *text, uint8_t uuid[16]);

/* Replaces a file of that folder. False: errno says why, and the old one is
 * still there. */
NODISCARD bool slots_replace(int folder, const char *name,
                             struct bytes content);
/* *out is to be given to free; its data is NULL if there is no such file.
 * False: it cannot be read, or is longer than max. */
NODISCARD bool slots_read(int folder, const char *name, size_t max,
                          struct bytes *out);

NODISCARD bool slots_store(int root, struct bytes uuid, unsigned slot,
                           struct bytes content);
NODISCARD bool slots_load(int root, struct bytes uuid, unsigned slot,
                          struct bytes *out);

#endif
