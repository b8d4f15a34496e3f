/* SPDX-License-Identifier: MIT */
/*
 * Commands of our own to the TPM, put together by hand, and what it answers:
 * as a guest's, but that they come before a guest's or between two of them. At
 * most one handle with a password, further handles without.
 *     command_begin(&c, CODE_CC_...);  or  command_begin_auth(&c, ...);
 *     put_...(&c.writer, ...);
 *     code = command_run(&c, &parameters);
 */
#ifndef VOUCH_VTPM_TPM_COMMAND_H
#define VOUCH_VTPM_TPM_COMMAND_H

#include "lib/bytes.h"
#include "vtpm/tpm/code.h"

#define COMMAND_ROOM 1536

struct command {
    struct buffer buffer;
    struct writer writer; /* for the parameters */
    bool has_auth;
    uint8_t data[COMMAND_ROOM];
};

/* What command_run() says of an answer that is none. */
#define COMMAND_BAD_ANSWER 0xffffffffu

/* Handles, if there are any, are put next. */
void command_begin(struct command *command, uint32_t code);

/* First handle authorized by a password. A command that needs a second handle
 * names it; 0 is none. */
void command_begin_auth(struct command *command, uint32_t code, uint32_t handle,
                        uint32_t second, struct bytes auth);

/* Put what is preceded by its size, in 2 bytes. */
void command_put_sized(struct writer *writer, struct bytes bytes);

/*
 * The response code. On success parameters, where it is not NULL, stands before
 * the answer's first handle or parameter, which are the TPM's memory until its
 * next command. With a password, the parameters' size (be32) precedes them.
 */
NODISCARD uint32_t command_run(struct command *command,
                               struct cursor *parameters);

#endif
