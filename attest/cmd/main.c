/* SPDX-License-Identifier: MIT */
/* vouch: which command, and nothing else. */
#include <stdio.h>
#include <string.h>

#include "attest/cmd/command.h"
#include "attest/cmd/help.h"
#include "attest/evidence.h"
#include "attest/manifest.h"
#include "attest/released.h"

/* Two that speak these understand each other. */
#define FORMATS                                                                \
    MANIFEST_FORMAT " " EVIDENCE_FORMAT " " EVIDENCE_GUEST_FORMAT              \
                    " " RELEASED_FORMAT

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *purpose;
} commands[] = {
    {"enroll", command_enroll, "create the attestation key, write its public"},
    {"ref", command_ref, "make and show reference values"},
    {"quote", command_quote, "make an evidence file"},
    {"verify", command_verify, "appraise an evidence file"},
    {"release", command_release, "release a secret to a trusted guest"},
    {"receive", command_receive, "in a guest, take a released secret"},
    {"log", command_log, "explain an event log"},
    {"bundle", command_bundle, "make and show what a guest boots"},
    {"create", command_create, "start a guest with a TPM of its own (dom0)"},
    {"vtpm", command_vtpm, "what is stored of guests' TPMs (dom0)"},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void put_usage(FILE *to)
{
    fputs("usage: vouch COMMAND ...   (see vouch(1))\n"
          "       vouch COMMAND --help\n",
          to);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].purpose);
    }
}

/* What was asked for has to be there. */
static int shown(void)
{
    return command_flush("help") ? EXIT_DONE : EXIT_FAILED;
}

static int run_other(const char *word)
{
    if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 ||
        strcmp(word, "-h") == 0) {
        put_usage(stdout);
        return shown();
    }
    if (strcmp(word, "--version") == 0) {
        puts("vouch: " FORMATS);
        return shown();
    }
    fprintf(stderr, "vouch: no such command: %s\n", word);
    put_usage(stderr);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        put_usage(stderr);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return help_is_asked(argc, argv)
                       ? shown()
                       : commands[i].run(argc - 1, argv + 1);
        }
    }
    return run_other(argv[1]);
}
