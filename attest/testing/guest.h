/* SPDX-License-Identifier: MIT */
/*
 * A guest and its vTPM for tests: what the hypervisor would log of them, what
 * the vTPM would log and quote, and a manifest's entry for both. All of it is
 * good until a test changes it, and it can be lied about at each step.
 */
#ifndef VOUCH_ATTEST_TESTING_GUEST_H
#define VOUCH_ATTEST_TESTING_GUEST_H

#include <jansson.h>

#include "attest/testing/forge.h"
#include "lib/vouchlog.h"

#define GUEST_USER "tenant01_u"

struct guest {
    struct hasher *hasher;
    struct forge_key ak, ek;
    struct reference_blob kernel, initrd, cmdline; /* the guest's */
    struct reference_blob vtpm_kernel, vtpm_initrd, vtpm_cmdline;
    struct vouchlog_launch vtpm, launch;
    struct vouchlog_identity identity;
    struct forge_log log; /* its TPM's */
    struct forge_quote quote;
    struct forge_signed is;
    struct merkle_path proof;
    struct sha256_digest root; /* for the platform to sign */
};

/* Different names make different files, not different vTPM images. instance is
 * the vTPM's; the guest has the next. Ready but for guest_quote_make(). */
void guest_make(struct guest *guest, struct hasher *hasher, const char *name,
                uint64_t instance);
void guest_free(struct guest *guest);

/* Records into the platform's log, or any text under any tag. */
void guest_log_vtpm(const struct guest *guest, struct forge_log *platform);
void guest_log_identity(const struct guest *guest, struct forge_log *platform);
void guest_log_launch(const struct guest *guest, struct forge_log *platform);
void guest_log_text(struct forge_log *platform, enum vouchlog_tag tag,
                    struct bytes text);

/* The vTPM measures what launch says, with the sizes of the guest's files. */
void guest_measure(struct guest *guest);
/* Quote what its log leads to, and put it among count waiting others. */
void guest_quote_make(struct guest *guest, struct bytes nonce, size_t index,
                      size_t count);
/* The leaf, path and root for the quote as it is now. */
void guest_prove(struct guest *guest, struct bytes nonce, size_t index,
                 size_t count);
/* Adds the guest to the platform's evidence. */
void guest_put_evidence(const struct guest *guest, struct evidence *evidence);

/* Entries of a manifest's "guests" and "vtpms". */
json_t *guest_reference(const struct guest *guest, const char *name);
json_t *guest_vtpm_reference(const struct guest *guest);

#endif
