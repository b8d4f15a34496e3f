/* SPDX-License-Identifier: MIT */
/*
 * A world for the parts of the vTPM program: a clock that a test moves, a
 * hypervisor whose answers a test chooses, a guest with one command, and a
 * stream to a daemon that gives and takes a few bytes at a time.
 */
#ifndef VOUCH_TESTS_UNIT_VTPM_TPM_FAKE_PORT_H
#define VOUCH_TESTS_UNIT_VTPM_TPM_FAKE_PORT_H

#include "vtpm/tpm/port.h"

#define FAKE_STREAM      400000
#define FAKE_SLOT        200000
#define FAKE_CERTIFICATE 4096

struct fake_port {
    uint64_t now_ms;
    /* Hypervisor */
    int key_result, mark_result, launch_result, identity_result;
    struct vouch_state_key key;
    struct vouch_launch_info launch;
    struct vouch_identity identity;
    unsigned mark_count, identity_count, serve_count;
    /* Guest */
    uint8_t command[VTPM_COMMAND_MAX], answer[VTPM_COMMAND_MAX];
    size_t command_size, answer_size;
    unsigned answer_count;
    /* Stream */
    bool is_gone, is_full; /* full: it takes nothing */
    size_t chunk;          /* bytes that one call moves at most */
    uint8_t sent[FAKE_STREAM], coming[FAKE_STREAM];
    size_t sent_size, coming_size;
    /* Daemon */
    bool is_silent, is_broken;
    uint8_t slots[2][FAKE_SLOT];
    size_t slot_sizes[2];
    uint8_t certificate[FAKE_CERTIFICATE];
    size_t certificate_size; /* 0: there is none */
    bool holds_certificate;  /* does not answer that question yet */
    uint64_t held_id;
    unsigned store_count, load_count, evidence_count, certificate_count;
    uint8_t evidence[256]; /* the last request */
    size_t evidence_size;
    /* Console */
    char said[160];
};

extern struct fake_port fake;

void fake_reset(void);
/* What the daemon sends, as it is. */
void fake_send(uint32_t type, uint64_t id, uint32_t status, struct bytes body);
/* Takes the first whole message that was sent; false if there is none. */
bool fake_take(uint32_t *type, uint64_t *id, uint8_t *body, size_t *size);
/* What the daemon held back. */
void fake_give_certificate(void);
/* The daemon answers all whole questions. */
void fake_daemon(void);

#endif
