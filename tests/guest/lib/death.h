/* SPDX-License-Identifier: MIT */
/* What a domain can only do once. */
#ifndef TESTS_GUEST_LIB_DEATH_H
#define TESTS_GUEST_LIB_DEATH_H

#include "guest.h"

#define DEATHS 8 /* cases 1 to this */

/* Returns if the domain survived it, or if there is no such case. */
void death(uint64_t which);

#endif
