/* SPDX-License-Identifier: MIT */
/*
 * The log is handed over as a file without a name, what is printed comes back
 * through a pipe.
 */
#include "dom0/vouchd/quoter.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dom0/vouchd/say.h"
#include "lib/vtpm_wire.h"

#define SECONDS    60
#define TEXT_MAX   VTPM_EVIDENCE_MAX
#define LOG_NUMBER 3 /* the child's descriptor */
#define LOG_PATH   "/dev/fd/3"

extern char **environ;

void quoter_init(struct quoter *quoter, const struct quoter_options *options)
{
    *quoter = (struct quoter){.options = *options,
                              .output = -1,
                              .text = buffer_over(malloc(TEXT_MAX), TEXT_MAX)};
    if (quoter->text.data == NULL) {
        abort();
    }
}

static int file_of(struct bytes content)
{
    int file = memfd_create("log", MFD_CLOEXEC);
    if (file >= 0 &&
        write(file, content.data, content.size) != (ssize_t)content.size) {
        close(file);
        file = -1;
    }
    return file;
}

/* The child has standard input and error, the pipe as output, and the log. */
static bool spawn(struct quoter *quoter, char *const *words, int output,
                  int log)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, log, LOG_NUMBER);
    int error = posix_spawnp(&quoter->child, words[0], &actions, NULL, words,
                             environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        quoter->child = 0;
        say("%s: %s", words[0], strerror(error));
    }
    return error == 0;
}

static bool start_with(struct quoter *quoter, const char *nonce, int log)
{
    const struct quoter_options *options = &quoter->options;
    char *words[] = {(char *)options->program,
                     "quote",
                     "--nonce",
                     (char *)nonce,
                     "--log",
                     LOG_PATH,
                     "-o",
                     "-",
                     options->tcti != NULL ? "--tcti" : NULL,
                     (char *)options->tcti,
                     NULL};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    bool is_done = spawn(quoter, words, ends[1], log);
    close(ends[1]);
    if (!is_done) {
        close(ends[0]);
        return false;
    }
    quoter->output = ends[0];
    (void)fcntl(quoter->output, F_SETFL, O_NONBLOCK);
    return true;
}

bool quoter_start(struct quoter *quoter, const struct sha256_digest *nonce,
                  struct bytes log)
{
    char text[2 * SHA256_SIZE + 1];
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        snprintf(text + 2 * i, 3, "%02x", nonce->bytes[i]);
    }
    /* dup2 onto itself would leave the descriptor closed in the child. */
    int low = file_of(log);
    int file = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, LOG_NUMBER + 1);
    bool is_done = file >= 0 && start_with(quoter, text, file);
    if (low >= 0) {
        close(low);
    }
    if (file >= 0) {
        close(file);
    }
    quoter->text.used = 0;
    quoter->deadline = time(NULL) + SECONDS;
    return is_done;
}

static enum quoter_state end(struct quoter *quoter, const char *why)
{
    int status = 0;
    if (why != NULL) {
        kill(quoter->child, SIGKILL);
    }
    while (waitpid(quoter->child, &status, 0) < 0 && errno == EINTR) {
    }
    close(quoter->output);
    quoter->output = -1;
    quoter->child = 0;
    if (why == NULL && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return QUOTER_DONE;
    }
    say("no quote: %s", why != NULL ? why : "vouch quote failed");
    return QUOTER_FAILED;
}

enum quoter_state quoter_look(struct quoter *quoter, bool is_readable)
{
    struct buffer *text = &quoter->text;
    while (is_readable) {
        if (buffer_room(text) == 0) {
            return end(quoter, "more evidence than an answer can hold");
        }
        ssize_t got =
            read(quoter->output, text->data + text->used, buffer_room(text));
        if (got == 0) {
            return end(quoter, NULL);
        }
        if (got < 0) {
            break;
        }
        text->used += (size_t)got;
    }
    if (time(NULL) > quoter->deadline) {
        return end(quoter, "it takes too long");
    }
    return QUOTER_RUNNING;
}
