/* SPDX-License-Identifier: MIT */
/*
 * The handlers' prototypes, made from hypercalls.def: a row whose handler has
 * another type does not compile.  Included by the dispatcher and by the files
 * that define handlers, by nothing else.
 */
#pragma once

#include "hv/abi/call.h"

typedef void NO_TYPE;

#define FAMILY(...)
#define CALL(f, ...)                                                           \
    long do_##f(const struct permit *permit, struct call *call, void *none);
#define ROW(f, op, nr, t, ...)                                                 \
    long do_##f##_##op(const struct permit *permit, struct call *call, t *arg);
#include "hv/abi/hypercalls.def"
