/* SPDX-License-Identifier: MIT */
/*
 * Bytes with their size (lib/span.h), taken apart by a cursor (lib/cursor.h)
 * and put together by a writer (lib/writer.h). All of lib, and whoever reads
 * or makes data in some format, uses the three together.
 */
#ifndef VOUCH_LIB_BYTES_H
#define VOUCH_LIB_BYTES_H

#include "lib/cursor.h"
#include "lib/span.h"
#include "lib/writer.h"

#endif
