/* SPDX-License-Identifier: MIT */
/* xenstore for the tests of drivers: a few nodes, of which others' may be set
 * and anybody's looked at. */
#ifndef VOUCH_TESTS_UNIT_VTPM_BASE_FAKE_STORE_H
#define VOUCH_TESTS_UNIT_VTPM_BASE_FAKE_STORE_H

#include <stddef.h>

void fake_store_reset(void);
/* As anybody but the driver does it: watches fire. NULL removes the node and
 * all below. */
void fake_store_set(const char *path, const char *value);
/* "" if it is not there. */
const char *fake_store_get(const char *path);

#endif
