/* SPDX-License-Identifier: MIT */
/* vouch vtpm: which of the verbs that need no folder of states. */
#include "attest/cmd/state.h"

#include <string.h>

static const struct {
    const char *verb;
    int (*run)(int argc, char **argv);
} verbs[] = {
    {"authorize", command_vtpm_authorize},
    {"state-key", command_vtpm_state_key},
    {"setup", command_vtpm_setup},
    {"pcrs", command_vtpm_pcrs},
};

bool command_vtpm_state(int argc, char **argv, int *status)
{
    for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(argv[1], verbs[i].verb) == 0) {
            *status = verbs[i].run(argc - 1, argv + 1);
            return true;
        }
    }
    return false;
}
