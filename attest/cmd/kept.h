/* SPDX-License-Identifier: MIT */
/*
 * `vouch vtpm`'s verbs on what vouchd keeps for vTPMs, in its folder. A state
 * is ciphertext that only the hypervisor which made it can open, under one
 * UUID: it is shown by size and version, carried away and back whole, or given
 * up. The daemon need not run for any of it; what is given up, it does when it
 * does.
 */
#ifndef VOUCH_ATTEST_CMD_KEPT_H
#define VOUCH_ATTEST_CMD_KEPT_H

#include "attest/uuid.h"
#include "dom0/vouchd/slots.h"
#include "hv/abi/vouch.h"
#include "lib/bytes.h"

#define KEPT_COMMAND "vtpm"

struct kept_inputs {
    const char *folder, *json, *out, *force, *remove;
    const char *name;              /* a UUID, as text; NULL: none is given */
    char text[UUID_TEXT_SIZE];     /* what name points to: in lower case */
    uint8_t uuid[VOUCH_UUID_SIZE]; /* ... and as bytes */
    const char *path;              /* NULL: none is given */
    int root;                      /* the folder */
};

/* Whether something is kept under that UUID; says so if not. */
NODISCARD bool kept_is_there(const struct kept_inputs *in);

/* What is kept under one UUID; .data is NULL where there is no such file. */
struct kept_files {
    uint8_t uuid[VOUCH_UUID_SIZE];
    struct bytes files[SLOTS_FILES];
};

/* Is there anything of that name, a link included? errno, if not. */
NODISCARD bool kept_is_in(int folder, const char *name);
/* To be given to kept_free() in any case. False: some of it cannot be read, and
 * that was said. */
NODISCARD bool kept_load(int root, const char *name, struct kept_files *out);
void kept_free(struct kept_files *files);

/* The version of a slot, as far as it can be read without a key. False: it is
 * no state of that UUID. */
NODISCARD bool kept_version(const struct kept_files *kept, unsigned slot,
                            uint64_t *out);

/* False: it could not be done, and that was said. */
NODISCARD bool kept_list(const struct kept_inputs *in);
NODISCARD bool kept_show(const struct kept_inputs *in);
NODISCARD bool kept_export(const struct kept_inputs *in);
NODISCARD bool kept_import(const struct kept_inputs *in);
NODISCARD bool kept_destroy(const struct kept_inputs *in);
NODISCARD bool kept_certificate(const struct kept_inputs *in);

#endif
