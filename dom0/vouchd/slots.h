/* SPDX-License-Identifier: MIT */
/*
 * What vTPMs stored: DIR/UUID/slot0 and slot1; and, if the operator gave one,
 * DIR/UUID/certificate, of the TPM's EK. A file is replaced in one step and is
 * on stable storage when that returns, so that a power cut leaves the old or
 * the new. What is in it is not looked at. `vouch vtpm` reads and writes the
 * same files, and moves to DIR/forgotten what is given up.
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

/* Files of a UUID: 0 and 1 are the slots, then the certificate. */
#define SLOTS_CERTIFICATE 2u
#define SLOTS_FILES       3u

const char *slots_name(unsigned file);
/* Bytes that slots_load() takes. */
size_t slots_max(unsigned file);

NODISCARD bool slots_store(int root, struct bytes uuid, unsigned file,
                           struct bytes content);
/* As slots_read(). */
NODISCARD bool slots_load(int root, struct bytes uuid, unsigned file,
                          struct bytes *out);
/* True also if there is no such file; false: errno says why. */
NODISCARD bool slots_remove(int root, struct bytes uuid, unsigned file);
/* Of a UUID's own folder: all that the above may have left there. */
void slots_empty(int folder);

#endif
