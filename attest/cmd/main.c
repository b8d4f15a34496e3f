/* SPDX-License-Identifier: MIT */
/* vouch: which command, and nothing else. */
#include <stdio.h>
#include <string.h>

#include "attest/cmd/command.h"

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
    fputs("usage: vouch COMMAND ...   (see vouch(1))\n", to);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].purpose);
    }
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        put_usage(stderr);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0) {
        put_usage(stdout);
        return EXIT_DONE;
    }
    fprintf(stderr, "vouch: no such command: %s\n", argv[1]);
    put_usage(stderr);
    return EXIT_USAGE;
}
