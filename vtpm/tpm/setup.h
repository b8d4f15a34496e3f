/* SPDX-License-Identifier: MIT */
/*
 * What firmware does to a TPM before it lets anybody else near it: starts it,
 * looks at its banks, and sets the platform hierarchy's password, which is
 * never stored and which no guest learns: it is empty after each start, so a
 * command before setup_run() would be firmware's. The password lets us, and
 * nobody else, write the indexes that the platform made.
 */
#ifndef VOUCH_VTPM_TPM_SETUP_H
#define VOUCH_VTPM_TPM_SETUP_H

#include "lib/bytes.h"
#include "lib/status.h"
#include "lib/tpm_alg.h"

#define SETUP_STATUS(S)                                                        \
    S(SETUP_OK, "ok")                                                          \
    S(SETUP_NO_STARTUP, "the TPM does not start")                              \
    S(SETUP_NO_BANKS, "the TPM has no SHA-256 and SHA-384 banks")              \
    S(SETUP_NO_RANDOM, "no random numbers for the platform's password")        \
    S(SETUP_NO_PASSWORD, "the platform's password cannot be set")

enum setup_status { SETUP_STATUS(STATUS_CODE) };

#define SETUP_PASSWORD_SIZE 32

struct platform {
    uint8_t password[SETUP_PASSWORD_SIZE];
    struct tpm_bank banks[TPM_MAX_BANKS]; /* all that are active */
    size_t bank_count;
};

NODISCARD enum setup_status setup_run(struct platform *out);

/*
 * The platform's index holds these bytes, and no others, from now on; everybody
 * may read them with an empty password, nobody else write. The response code of
 * what failed, or 0; then there may be no such index. At most 2048 bytes.
 */
NODISCARD uint32_t setup_write_index(const struct platform *platform,
                                     uint32_t index, struct bytes content);

/* There is no such index of the platform's from now on; one that a guest made
 * stays. The response code of what failed, or 0. */
NODISCARD uint32_t setup_remove_index(const struct platform *platform,
                                      uint32_t index);

const char *setup_status_text(enum setup_status status);

#endif
