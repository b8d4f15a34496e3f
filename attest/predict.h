/* SPDX-License-Identifier: MIT */
/*
 * Reference values from files alone, before any boot: what firmware measures
 * of GRUB's image, what GRUB measures of its configuration and of the files it
 * loads, and what the hypervisor measures of what it was given.
 */
#ifndef VOUCH_ATTEST_PREDICT_H
#define VOUCH_ATTEST_PREDICT_H

#include <jansson.h>

#include "attest/component.h"
#include "attest/grub.h"
#include "attest/hash.h"

#define FIRMWARE_FORMAT "vouch-firmware-1"

/* Another file that may stand in a component's place. */
struct predict_alternative {
    enum component component;
    struct bytes file;
};

struct predict_input {
    struct bytes image;    /* BOOTX64.EFI */
    struct bytes embedded; /* the configuration inside it */
    struct grub_files files;
    const char *mode;        /* text of the hypervisor's MODE record, or NULL */
    bool is_shared_accepted; /* PCR 11 and 12 will do */
    const struct predict_alternative *alternatives;
    size_t alternative_count;
};

/* Adds "boot", "hypervisor" and "scripts" to payload. False: *error says why,
 * and is to be given to free. */
NODISCARD bool predict_boot(struct hasher *hasher,
                            const struct predict_input *input, json_t *payload,
                            char **error);

/* An endorsement {"format", "name", "before", "after"} from the log of a
 * machine that is known to be good. NULL: *error says why. */
json_t *predict_endorse(struct hasher *hasher, struct bytes log,
                        const char *name, char **error);

#endif
