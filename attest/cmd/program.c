/* SPDX-License-Identifier: MIT */
/* Programs are found by PATH and get this one's standard input. */
#include "attest/cmd/program.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX (1u << 20)
#define LINE_SIZE  1024

extern char **environ;

/* What goes to the end of a pipe. */
enum outputs { OUTPUT_ONLY, OUTPUT_AND_ERRORS };

static pid_t start(const char *const *words, int output, enum outputs which)
{
    posix_spawn_file_actions_t actions;
    pid_t child;
    posix_spawn_file_actions_init(&actions);
    if (output >= 0) {
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    }
    if (output >= 0 && which == OUTPUT_AND_ERRORS) {
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    }
    int error = posix_spawnp(&child, words[0], &actions, NULL,
                             (char *const *)words, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error == 0 ? child : -1;
}

static int finish(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int program_run(const char *const *words)
{
    pid_t child = start(words, -1, OUTPUT_ONLY);
    return child < 0 ? -1 : finish(child);
}

/* The end to read from; -1 if it cannot be run. */
static FILE *open_pipe(const char *const *words, enum outputs which,
                       pid_t *child)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return NULL;
    }
    *child = start(words, ends[1], which);
    close(ends[1]);
    FILE *from = *child < 0 ? NULL : fdopen(ends[0], "r");
    if (from == NULL) {
        close(ends[0]);
    }
    return from;
}

int program_output(const char *const *words, struct bytes *out)
{
    pid_t child;
    *out = bytes_none();
    FILE *from = open_pipe(words, OUTPUT_ONLY, &child);
    uint8_t *data = malloc(OUTPUT_MAX);
    if (from == NULL || data == NULL) {
        free(data);
        return -1;
    }
    size_t size = fread(data, 1, OUTPUT_MAX, from);
    fclose(from);
    int status = finish(child);
    if (status == 0 && size == OUTPUT_MAX) {
        status = EXIT_FAILURE;
    }
    if (status != 0) {
        free(data);
        return status;
    }
    *out = bytes_of(data, size);
    return 0;
}

int program_lines(const char *const *words,
                  void (*take)(void *context, const char *line), void *context)
{
    pid_t child;
    char line[LINE_SIZE];
    FILE *from = open_pipe(words, OUTPUT_AND_ERRORS, &child);
    if (from == NULL) {
        return -1;
    }
    while (fgets(line, sizeof(line), from) != NULL) {
        size_t size = strlen(line);
        if (size != 0 && line[size - 1] == '\n') {
            line[size - 1] = 0;
        }
        take(context, line);
    }
    fclose(from);
    return finish(child);
}
