/* SPDX-License-Identifier: MIT */
/*
 * The page that a guest's TPM driver shares with us (xen/io/tpmif.h): four
 * small fields, then the command or response. The guest may change it at any
 * time, so each field is read once, and the command is copied before anything
 * in it is looked at.
 */
#ifndef VOUCH_VTPM_BASE_TPM_PAGE_H
#define VOUCH_VTPM_BASE_TPM_PAGE_H

#include "lib/bytes.h"
#include "vtpm/base/calls.h"

#define TPM_HEADER_SIZE 10 /* tag, size, code */

struct tpm_command {
    uint8_t data[VTPM_COMMAND_MAX];
    uint32_t size;
    uint8_t locality;
};

enum tpm_page_status {
    TPM_PAGE_NOTHING,
    TPM_PAGE_COMMAND,
    TPM_PAGE_CANCEL, /* the guest waits no longer for its command */
    TPM_PAGE_BAD,    /* a command whose size cannot be */
};

/* What does the guest want? A command is in *out. */
NODISCARD enum tpm_page_status tpm_page_take(const void *page,
                                             struct tpm_command *out);
/* Has it given up? For while a command is worked at. */
NODISCARD bool tpm_page_is_cancelled(const void *page);

/* The guest is to be notified after either: a response of at most
 * VTPM_COMMAND_MAX bytes; nothing, the command is given up. */
void tpm_page_finish(void *page, struct bytes response);
void tpm_page_drop(void *page);

#endif
