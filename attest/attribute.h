/* SPDX-License-Identifier: MIT */
/*
 * Which findings are causes, and which only follow from them? A configuration
 * file that differs is no cause if putting the changed command lines into the
 * file that we know gives, byte for byte, what was measured.
 */
#ifndef VOUCH_ATTEST_ATTRIBUTE_H
#define VOUCH_ATTEST_ATTRIBUTE_H

#include "attest/compare.h"

/* Marks findings of the verdict as consequences. */
void attribute_findings(struct comparison *comparison);

#endif
