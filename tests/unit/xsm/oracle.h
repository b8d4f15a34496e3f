/* SPDX-License-Identifier: MIT */
/* libsepol as an oracle, without its headers, whose names are also ours. */
#ifndef VOUCH_TESTS_UNIT_XSM_ORACLE_H
#define VOUCH_TESTS_UNIT_XSM_ORACLE_H

#include <stdint.h>

struct oracle_vectors {
    uint32_t allow, audit_allow, audit_deny;
};

void oracle_open(const char *path);
void oracle_close(void);
/* 0 if the context is not valid. */
uint32_t oracle_sid(const char *context);
struct oracle_vectors oracle_compute(uint32_t source, uint32_t target,
                                     uint16_t class);
/* The context of a new object; to be freed. */
char *oracle_transition(uint32_t source, uint32_t target, uint16_t class);
void oracle_boolean(const char *name, int value);
/* Does libsepol take the file at all? */
int oracle_accepts(const void *data, uint32_t size);

#endif
