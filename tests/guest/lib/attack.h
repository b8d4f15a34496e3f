/* SPDX-License-Identifier: MIT */
/*
 * What one guest can try to do to another, one attempt at a time and as told
 * by the test that built both (lib/toolstack.h).  The list has every row of the
 * hypercall table that names another domain or acts on the machine.
 */
#ifndef TESTS_GUEST_LIB_ATTACK_H
#define TESTS_GUEST_LIB_ATTACK_H

#include "guest.h"

#define ATTACK_FRIENDS 3

/* Whom the record of a refusal names. */
enum attack_object { ATTACK_VICTIM, ATTACK_SELF, ATTACK_MACHINE };

struct attempt {
    const char *operation; /* as the record names it */
    const char *class, *permission; /* what is denied; NULL: no record */
    enum attack_object object;
    bool is_shared; /* guests of one tenant may */
    long (*run)(const struct attempt *attempt, domid_t victim);
    int number, code; /* of a hypercall that is a command with a structure */
    bool waits_for;   /* it opens a port of the caller's own for the victim */
};

#define ATTEMPTS_MAX 128
extern struct attempt attempts[ATTEMPTS_MAX];
extern unsigned int attempts_count;
void attempts_init(void);

/* A child's orders and answers, on a page of its own that the test maps. */
struct attack {
    volatile uint32_t asked, answered;
    /* a victim's: who gets a page and a port each, and which */
    domid_t friends[ATTACK_FRIENDS];
    uint32_t ports[ATTACK_FRIENDS];
    uint64_t mfn, root_mfn;
    /* an attacker's: which attempt at whom, how often, and what came of it */
    uint32_t number, repeat, port, ref;
    domid_t victim;
    volatile long result;
};
extern struct attack attack;

/* What a child runs. */
void attack_victim(void);
void attack_child(void);

#endif
