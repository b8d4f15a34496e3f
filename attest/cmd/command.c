/* SPDX-License-Identifier: MIT */
/* Options, files and messages for the commands of vouch. */
#include "attest/cmd/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attest/file.h"
#include "attest/json.h"

#define MAX_FILE (UINT64_C(1) << 30)

void command_error(const char *command, const char *message, ...)
{
    va_list arguments;
    fprintf(stderr, "vouch %s: ", command);
    va_start(arguments, message);
    vfprintf(stderr, message, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

static const struct option_spec *find_option(const struct option_spec *options,
                                             const char *name)
{
    for (; options->name != NULL; options++) {
        if (strcmp(options->name, name) == 0) {
            return options;
        }
    }
    return NULL;
}

static bool set_option(const char *command, const struct option_spec *option,
                       const char *value)
{
    if (option->values != NULL) {
        if (*option->count == COMMAND_MAX_REPEATS) {
            command_error(command, "%s given too often", option->name);
            return false;
        }
        option->values[(*option->count)++] = value;
        return true;
    }
    if (*option->value != NULL) {
        command_error(command, "%s given twice", option->name);
        return false;
    }
    *option->value = value;
    return true;
}

static bool has_needed(const char *command, const struct option_spec *options)
{
    for (; options->name != NULL; options++) {
        bool is_given = options->values != NULL ? *options->count != 0
                                                : *options->value != NULL;
        if (options->is_needed && !is_given) {
            command_error(command, "%s is needed", options->name);
            return false;
        }
    }
    return true;
}

bool command_options(const char *command, const struct option_spec *options,
                     int *argc, char **argv)
{
    int operands = 1;
    for (int i = 1; i < *argc; i++) {
        if (argv[i][0] != '-' || argv[i][1] == 0) {
            argv[operands++] = argv[i];
            continue;
        }
        const struct option_spec *option = find_option(options, argv[i]);
        if (option == NULL) {
            command_error(command, "no such option: %s", argv[i]);
            return false;
        }
        const char *value = option->name;
        if (!option->is_flag) {
            value = i + 1 < *argc ? argv[++i] : NULL;
        }
        if (value == NULL) {
            command_error(command, "%s needs a value", option->name);
            return false;
        }
        if (!set_option(command, option, value)) {
            return false;
        }
    }
    *argc = operands;
    return has_needed(command, options);
}

static struct bytes read_all(int file)
{
    struct stat status;
    size_t size = 0, room = 1 << 16;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
        (uint64_t)status.st_size > MAX_FILE) {
        errno = EFBIG;
        return bytes_none();
    }
    uint8_t *data = malloc(room);
    while (data != NULL) {
        ssize_t got = read(file, data + size, room - size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got == 0) {
            return bytes_of(data, size);
        }
        if (got > 0 && size + (size_t)got > MAX_FILE) {
            errno = EFBIG;
            got = -1;
        }
        if (got < 0) {
            free(data);
            return bytes_none();
        }
        size += (size_t)got;
        if (size == room) {
            room *= 2;
            uint8_t *bigger = realloc(data, room);
            if (bigger == NULL) {
                free(data);
            }
            data = bigger;
        }
    }
    return bytes_none();
}

/* Who reads it first leaves nothing for the second. One thread reads. */
static bool take_stdin(const char *command)
{
    static bool is_taken;
    if (is_taken) {
        command_error(command, "only one file can be -, standard input");
        return false;
    }
    is_taken = true;
    return true;
}

struct bytes command_read(const char *command, const char *path)
{
    bool is_stdin = strcmp(path, "-") == 0;
    if (is_stdin && !take_stdin(command)) {
        return bytes_none();
    }
    int file = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct bytes content = bytes_none();
    if (file >= 0) {
        content = read_all(file);
    }
    if (content.data == NULL && errno == EFBIG) {
        command_error(command, "cannot read %s: it has more than 1 GiB", path);
    } else if (content.data == NULL) {
        command_error(command, "cannot read %s: %s", path, strerror(errno));
    }
    if (file >= 0 && !is_stdin) {
        close(file);
    }
    return content;
}

/* A name beside the file, so that the rename is within one file system. */
static bool replace(const char *path, struct bytes content, mode_t mode)
{
    char name[4096];
    if (snprintf(name, sizeof(name), "%s.XXXXXX", path) >= (int)sizeof(name)) {
        errno = ENAMETOOLONG;
        return false;
    }
    int file = mkstemp(name);
    if (file < 0) {
        return false;
    }
    bool is_done = file_write(file, content) && fchmod(file, mode) == 0 &&
                   fsync(file) == 0;
    is_done = close(file) == 0 && is_done;
    is_done = is_done && rename(name, path) == 0;
    if (!is_done) {
        unlink(name);
    }
    return is_done;
}

/* Not by their paths: behind a redirection those are links to a file, and in
 * their places a file would be put. -1: it is none of them. */
static int standard_stream(const char *path)
{
    if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0) {
        return STDOUT_FILENO;
    }
    return strcmp(path, "/dev/stderr") == 0 ? STDERR_FILENO : -1;
}

static bool write_mode(const char *command, const char *path,
                       struct bytes content, mode_t mode)
{
    struct stat status;
    bool is_done;
    int stream = standard_stream(path);
    if (stream >= 0) {
        is_done = file_write(stream, content);
    } else if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        /* A device or a pipe: nothing to replace. */
        int file = open(path, O_WRONLY | O_CLOEXEC);
        is_done = file >= 0 && file_write(file, content);
        if (file >= 0) {
            is_done = close(file) == 0 && is_done;
        }
    } else {
        is_done = replace(path, content, mode);
    }
    if (!is_done) {
        command_error(command, "cannot write %s: %s", path, strerror(errno));
    }
    return is_done;
}

bool command_write(const char *command, const char *path, struct bytes content)
{
    return write_mode(command, path, content, 0644);
}

bool command_write_private(const char *command, const char *path,
                           struct bytes content)
{
    return write_mode(command, path, content, 0600);
}

bool command_flush(const char *command)
{
    bool is_done = fflush(stdout) == 0 && ferror(stdout) == 0;
    if (!is_done) {
        command_error(command, "cannot write -: %s", strerror(errno));
    }
    return is_done;
}

bool command_write_json(const char *command, const char *path,
                        const json_t *root)
{
    size_t size;
    char *text = json_text(root, &size);
    bool is_done = command_write(command, path, bytes_of(text, size));
    free(text);
    return is_done;
}

bool command_parse_hex(const char *text, uint8_t *out, size_t room,
                       size_t *size)
{
    size_t length = strlen(text);
    if (length % 2 != 0 || length / 2 > room ||
        strspn(text, "0123456789abcdefABCDEF") != length) {
        return false;
    }
    for (size_t i = 0; i < length / 2; i++) {
        const char digits[3] = {text[2 * i], text[2 * i + 1], 0};
        out[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    *size = length / 2;
    return true;
}
