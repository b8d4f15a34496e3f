/* SPDX-License-Identifier: MIT */
/*
 * What the commands of vouch share: options, files, messages. Here, and only
 * here, is transport: the library takes and gives bytes.
 */
#ifndef VOUCH_ATTEST_CMD_COMMAND_H
#define VOUCH_ATTEST_CMD_COMMAND_H

#include <jansson.h>

#include "lib/bytes.h"

#define EXIT_DONE           0
#define EXIT_FAILED         1
#define EXIT_USAGE          2

#define COMMAND_MAX_REPEATS 64

/* One option of a command. The value goes to *value, or, if it may be given
 * several times, to values[0...count). */
struct option_spec {
    const char *name; /* with its dashes */
    bool is_flag;     /* takes no value; *value becomes the name */
    bool is_needed;
    const char **value;
    const char **values;
    size_t *count;
};

/* Sets what is given and leaves the operands in argv[1...*argc). False: wrong
 * usage, and said so; what is needed and missing is named. */
NODISCARD bool command_options(const char *command,
                               const struct option_spec *options, int *argc,
                               char **argv);

/* Say why on standard error, with the command's name. */
__attribute__((format(printf, 2, 3))) void
command_error(const char *command, const char *message, ...);

/* The whole file, or standard input for "-"; to be given to free. NULL data:
 * it could not be read, and that was said. */
struct bytes command_read(const char *command, const char *path);
/* Replaces path in one step, or writes to standard output for "-". */
NODISCARD bool command_write(const char *command, const char *path,
                             struct bytes content);
/* ... that only its owner may read. */
NODISCARD bool command_write_private(const char *command, const char *path,
                                     struct bytes content);

/* What was printed has to be there. False: it is not, and that was said. */
NODISCARD bool command_flush(const char *command);

/* ... of JSON. */
NODISCARD bool command_write_json(const char *command, const char *path,
                                  const json_t *root);

/* Lower- or upper-case hexadecimal; false if it is none or too long. */
NODISCARD bool command_parse_hex(const char *text, uint8_t *out, size_t room,
                                 size_t *size);

int command_enroll(int argc, char **argv);
int command_quote(int argc, char **argv);
int command_receive(int argc, char **argv);
int command_ref(int argc, char **argv);
int command_release(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_log(int argc, char **argv);
int command_bundle(int argc, char **argv);
int command_create(int argc, char **argv);
int command_vtpm(int argc, char **argv);

#endif
