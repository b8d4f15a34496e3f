/* SPDX-License-Identifier: MIT */
/*
 * vouch create: a guest with a TPM of its own, from an ordinary xl
 * configuration with a line vtpm = ["backend=NAME"]. It starts the vTPM domain
 * NAME and then the guest, by xl, and stays to keep the two together: when the
 * guest is gone, so is its vTPM domain; when it begins again, so does that.
 *
 * All that is known of Xen here is xl's command line and what xl says, so that
 * this program, which also verifies offline, needs none of Xen's libraries.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attest/cmd/command.h"
#include "attest/cmd/help.h"
#include "attest/cmd/pair.h"
#include "attest/cmd/program.h"

#define LAUNCHER     "/usr/lib/vouch/launcher"
#define BUNDLE       "/usr/lib/vouch/vtpm.bundle"
#define LOG_FOLDER   "/var/log/xen"
#define READY_TRIES  300
#define READY_US     100000
#define STORE_TIME_S 3 /* for the vTPM to store what it has */

static const char command[] = "create";

struct inputs {
    const char *launcher, *bundle, *stay, *configuration;
};

static bool parse_inputs(int argc, char **argv, struct inputs *in)
{
    const struct option_spec options[] = {
        {.name = "--launcher", .value = &in->launcher},
        {.name = "--vtpm", .value = &in->bundle},
        {.name = "-F", .is_flag = true, .value = &in->stay},
        {.name = NULL}};
    if (!command_options(command, options, &argc, argv) || argc != 2) {
        help_after_error(command);
        return false;
    }
    in->launcher = in->launcher != NULL ? in->launcher : LAUNCHER;
    in->bundle = in->bundle != NULL ? in->bundle : BUNDLE;
    in->configuration = argv[1];
    return true;
}

static bool read_pair(const struct inputs *in, struct pair *out)
{
    const char *const words[] = {"xl", "create",          "-q",
                                 "-n", in->configuration, NULL};
    struct bytes text = command_read(command, in->configuration);
    struct bytes parsed = bytes_none();
    if (text.data == NULL) {
        return false;
    }
    int status = program_output(words, &parsed);
    const char *why =
        status == 0 ? pair_plan(text, parsed, out) : "is not what xl can read";
    if (status < 0) {
        command_error(command, "xl cannot be run: is this dom0?");
    } else if (why != NULL) {
        command_error(command, "%s %s", in->configuration, why);
    }
    free((void *)text.data);
    free((void *)parsed.data);
    return why == NULL;
}

/* ---- the vTPM domain ---- */

static void end_vtpm(const struct pair *pair)
{
    const char *const words[] = {"xl", "destroy", pair->vtpm, NULL};
    if (program_run(words) != 0) {
        command_error(command, "%s: is gone already", pair->vtpm);
    }
}

/* Its domid as text; false if it is not there. */
static bool find_vtpm(const struct pair *pair, char out[16])
{
    const char *const words[] = {"xl", "domid", pair->vtpm, NULL};
    struct bytes text;
    if (program_output(words, &text) != 0) {
        return false;
    }
    size_t size = text.size < 15 ? text.size : 15;
    memcpy(out, text.data, size);
    out[size] = 0;
    out[strcspn(out, "\n")] = 0;
    free((void *)text.data);
    return out[0] != 0;
}

/* It is ready when it offers its stream to the daemon. */
static bool wait_for_vtpm(const struct pair *pair)
{
    char domid[16], path[64];
    const char *const words[] = {"xenstore-exists", path, NULL};
    if (!find_vtpm(pair, domid)) {
        return false;
    }
    snprintf(path, sizeof(path), "/local/domain/%s/data/vouch/ring-ref", domid);
    for (int i = 0; i < READY_TRIES; i++) {
        if (program_run(words) == 0) {
            return true;
        }
        usleep(READY_US);
    }
    return false;
}

static bool start_vtpm(const struct inputs *in, const struct pair *pair)
{
    struct pair_lines lines;
    const char *words[4 + PAIR_LINES + 1] = {"xl", "create", "-q", "/dev/null"};
    pair_vtpm_lines(pair, in->launcher, in->bundle, &lines);
    for (size_t i = 0; i < lines.count; i++) {
        words[4 + i] = lines.text[i];
    }
    if (program_run(words) != 0) {
        command_error(command, "%s: xl cannot create it", pair->vtpm);
        return false;
    }
    if (!wait_for_vtpm(pair)) {
        command_error(command, "%s: it does not start", pair->vtpm);
        end_vtpm(pair);
        return false;
    }
    return true;
}

/* ---- the guest ---- */

struct life {
    const struct pair *pair;
    bool is_started;
    int started; /* told once that the guest is there; -1: told, or nobody */
    int reason;  /* why it ended; -1: nobody said */
};

static void tell_started(struct life *life)
{
    life->is_started = true;
    if (life->started >= 0) {
        (void)!write(life->started, "+", 1);
        close(life->started);
        life->started = -1;
    }
}

/* What `xl create -F` says of a guest's life. */
static void take_line(void *context, const char *line)
{
    struct life *life = context;
    const char *reason = strstr(line, " has shut down, reason code ");
    fprintf(stderr, "%s\n", line);
    if (strncmp(line, "Waiting for domain ", 19) == 0) {
        tell_started(life);
    } else if (reason != NULL) {
        life->reason = atoi(reason + strlen(" has shut down, reason code "));
    }
}

static bool live(const struct inputs *in, struct life *life)
{
    struct pair_lines lines;
    const char *words[4 + PAIR_LINES + 1] = {"xl", "create", "-F",
                                             in->configuration};
    pair_guest_lines(life->pair, &lines);
    for (size_t i = 0; i < lines.count; i++) {
        words[4 + i] = lines.text[i];
    }
    life->reason = -1;
    bool is_done = program_lines(words, take_line, life) == 0;
    sleep(STORE_TIME_S);
    end_vtpm(life->pair);
    return is_done && life->reason >= 0 && life->reason < PAIR_REASONS &&
           life->pair->begins_again[life->reason];
}

/* False: the guest was never there. */
static bool keep(const struct inputs *in, const struct pair *pair, int started)
{
    struct life life = {.pair = pair, .started = started};
    do {
        if (!start_vtpm(in, pair)) {
            break;
        }
    } while (live(in, &life));
    if (life.started >= 0) {
        close(life.started);
    }
    return life.is_started;
}

/* ---- in the background ---- */

static void leave_terminal(const struct pair *pair)
{
    char path[128];
    snprintf(path, sizeof(path), LOG_FOLDER "/vouch-%s.log", pair->guest);
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    int none = open("/dev/null", O_RDONLY | O_CLOEXEC);
    (void)setsid();
    if (log >= 0 && none >= 0) {
        (void)dup2(none, STDIN_FILENO);
        (void)dup2(log, STDOUT_FILENO);
        (void)dup2(log, STDERR_FILENO);
    }
}

/* True when the guest was started. */
static bool keep_in_background(const struct inputs *in, const struct pair *pair)
{
    int ends[2];
    char mark;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        leave_terminal(pair);
        _exit(keep(in, pair, ends[1]) ? EXIT_DONE : EXIT_FAILED);
    }
    close(ends[1]);
    bool is_started = child > 0 && read(ends[0], &mark, 1) == 1;
    close(ends[0]);
    if (!is_started) {
        command_error(command,
                      "%s: not started, see " LOG_FOLDER "/vouch-%s.log",
                      pair->guest, pair->guest);
    }
    return is_started;
}

int command_create(int argc, char **argv)
{
    struct inputs inputs = {0};
    struct pair pair;
    if (!parse_inputs(argc, argv, &inputs)) {
        return EXIT_USAGE;
    }
    if (!read_pair(&inputs, &pair)) {
        return EXIT_FAILED;
    }
    if (inputs.stay != NULL) {
        return keep(&inputs, &pair, -1) ? EXIT_DONE : EXIT_FAILED;
    }
    return keep_in_background(&inputs, &pair) ? EXIT_DONE : EXIT_FAILED;
}
