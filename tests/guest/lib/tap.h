/* SPDX-License-Identifier: MIT */
/*
 * The Test Anything Protocol over the console.  One test point per check, the
 * values of a failed one printed; the last line is "# result: pass" or
 * "# result: fail", which is what the runner believes.
 */
#ifndef TESTS_GUEST_LIB_TAP_H
#define TESTS_GUEST_LIB_TAP_H

#include "guest.h"

void tap_ok(bool passed, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void tap_is(uint64_t got, uint64_t want, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* An errno that says no; which one is not part of the property. */
void tap_refused(long error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void tap_refused_hv(long error, long error_of_xen, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A stated difference: what we want, what Xen 4.17 gives instead. */
void tap_is_hv(uint64_t got, uint64_t want, uint64_t want_of_xen,
               const char *format, ...) __attribute__((format(printf, 4, 5)));
void tap_ok_hv(bool passed, bool passed_on_xen, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The machine cannot show this property: says why, counts as a test point. */
void tap_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tap_done(void);

#endif
