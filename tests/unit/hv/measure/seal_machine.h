/* SPDX-License-Identifier: MIT */
/*
 * A machine for the tests of sealing: a TPM (swtpm) that outlives its boots,
 * the operator's approval of what boots, and the table that dom0 keeps.
 */
#ifndef VOUCH_TESTS_SEAL_MACHINE_H
#define VOUCH_TESTS_SEAL_MACHINE_H

#include <openssl/evp.h>

#include "hv/measure/seal.h"
#include "lib/approval.h"
#include "tests/unit/hv/measure/fake_tpm.h"

#define APPROVED_PCRS (1u << 4 | 1u << 8 | 1u << 9 | 1u << 21)

extern struct fake_tpm fake;
extern struct measure measure;
extern struct seal seal;
extern uint8_t approval_data[APPROVAL_SIZE];
extern struct bytes approval; /* of this boot, by the operator */
extern EVP_PKEY *operator;
extern const uint8_t uuid[STATE_UUID_SIZE]; /* our guest's */

/* What dom0 keeps. */
struct kept {
    uint8_t data[STATE_TABLE_MAX];
    struct buffer table;
};
struct bytes kept(const struct kept *kept);

void boot(void);
/* In approval_data. */
struct bytes approve(EVP_PKEY *key, uint32_t pcrs);

/* NV_DefineSpace, with the parts that make a counter ours or not. */
uint32_t define(const char *attributes, const char *policy, unsigned size);
void undefine(void);
void define_ours(void);
/* The counter; PCR 4. */
void step_by_dom0(void);
void extend_by_dom0(void);

enum seal_status open_table(struct bytes table, struct kept *out);
uint64_t version_now(void);
/* A machine whose table has version 1 of our guest; and its next boot. */
void begin(struct kept *out);
void begin_and_boot(struct kept *out);

#endif
