/* SPDX-License-Identifier: MIT */
/*
 * A machine that is only files: what vouchd is built with to be tested without
 * a hypervisor. The folder $VOUCHD_DOUBLE has
 *   domains    lines "DOMID RING UUID": a vTPM domain and its guest
 *   DOMID      the socket at which that domain listens
 *   log        the event log
 *   counter    how often the table of versions was committed
 *   changes    how often the table changed since
 *   forgotten  UUIDs, as they were forgotten
 */
#ifndef VOUCH_TESTS_SCENARIO_VOUCHD_DOUBLE_H
#define VOUCH_TESTS_SCENARIO_VOUCHD_DOUBLE_H

#include "lib/bytes.h"

/* DIR/name */
void double_path(const char *name, char *out, size_t room);
/* The file's first number, or 0. */
unsigned long double_number(const char *name);

#endif
