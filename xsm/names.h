/* SPDX-License-Identifier: MIT */
/*
 * Names of our classes and permissions, and back. Searches take text of any
 * origin.
 */
#ifndef VOUCH_XSM_NAMES_H
#define VOUCH_XSM_NAMES_H

#include "lib/bytes.h"
#include "xsm/perm.h"

#define XSM_NO_CLASS 0xff
#define XSM_NO_BIT   0xff

/* XSM_NO_CLASS and XSM_NO_BIT if there is none of that name. */
uint8_t xsm_class_find(struct bytes name);
uint8_t xsm_bit_find(enum xsm_class class, struct bytes name);

/* How many permissions class has, and a vector of all of them. */
uint32_t xsm_class_size(enum xsm_class class);
uint32_t xsm_class_vector(enum xsm_class class);

#endif
