/* SPDX-License-Identifier: MIT */
/*
 * One run of `vouch quote`: it is given the nonce and the log, and prints
 * evidence. It is ended when it takes too long.
 */
#ifndef VOUCH_DOM0_VOUCHD_QUOTER_H
#define VOUCH_DOM0_VOUCHD_QUOTER_H

#include <sys/types.h>
#include <time.h>

#include "lib/bytes.h"
#include "lib/sha2.h"

struct quoter_options {
    const char *program; /* that speaks as `vouch` */
    const char *tcti;    /* NULL: the machine's TPM */
};

enum quoter_state {
    QUOTER_RUNNING,
    QUOTER_DONE,   /* output is evidence */
    QUOTER_FAILED, /* and that was said */
};

struct quoter {
    struct quoter_options options;
    pid_t child; /* 0: none */
    int output;  /* -1: none */
    time_t deadline;
    struct buffer text;
};

void quoter_init(struct quoter *quoter, const struct quoter_options *options);
NODISCARD bool quoter_start(struct quoter *quoter,
                            const struct sha256_digest *nonce,
                            struct bytes log);
/* Takes what it prints, if something is there, and sees whether it is over. */
enum quoter_state quoter_look(struct quoter *quoter, bool is_readable);

#endif
