/* SPDX-License-Identifier: MIT */
/* What attest-play and attest-guest share. What fails ends the program, which
 * says what it was. */
#ifndef VOUCH_ATTEST_TESTING_PLAY_SHARED_H
#define VOUCH_ATTEST_TESTING_PLAY_SHARED_H

#include <tss2/tss2_esys.h>

#include "lib/bytes.h"

void must(bool condition, const char *what);
/* At most 4 MiB; allocated. */
struct bytes read_file(const char *path);
void write_file(const char *path, struct bytes content);
/* digest: SHA-256. */
void extend(ESYS_CONTEXT *esys, uint32_t pcr, const uint8_t *digest);

#endif
