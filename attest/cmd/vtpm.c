/* SPDX-License-Identifier: MIT */
/* vouch vtpm: which file has the verb. */
#include <string.h>

#include "attest/cmd/command.h"
#include "attest/cmd/state.h"

int command_vtpm(int argc, char **argv)
{
    const struct {
        const char *verb;
        int (*run)(int argc, char **argv);
    } verbs[] = {
        {"authorize", command_vtpm_authorize},
        {"state-key", command_vtpm_state_key},
        {"setup", command_vtpm_setup},
        {"pcrs", command_vtpm_pcrs},
        {"certify", command_vtpm_certify},
    };
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (argc >= 2 && strcmp(argv[1], verbs[i].verb) == 0) {
            return verbs[i].run(argc - 1, argv + 1);
        }
    }
    return command_vtpm_kept(argc, argv);
}
