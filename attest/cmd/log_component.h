/* SPDX-License-Identifier: MIT */
/*
 * What a manifest says to one event of a log: the component that it belongs to.
 * By itself, and not in its place among the others, which is the verifier's.
 */
#ifndef VOUCH_ATTEST_CMD_LOG_COMPONENT_H
#define VOUCH_ATTEST_CMD_LOG_COMPONENT_H

#include "attest/appraise.h"

/* Takes from the replayed log what log_component() needs. */
void log_component_collect(struct appraiser *appraiser);

/* Its name; "-" for what is no concern of the manifest's, a launch of somebody
 * else's guest; "?" if nothing explains it. number: from 1. */
const char *log_component(struct appraiser *appraiser,
                          const struct reference *reference, size_t number);

#endif
