/* SPDX-License-Identifier: MIT */
/*
 * Compiler attributes under names of our own. A fallible function is
 * NODISCARD: its caller must look at the status, or the build fails.
 */
#ifndef VOUCH_LIB_ATTRIBUTES_H
#define VOUCH_LIB_ATTRIBUTES_H

#define NODISCARD  __attribute__((warn_unused_result))

#endif
