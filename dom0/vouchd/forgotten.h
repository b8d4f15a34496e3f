/* SPDX-License-Identifier: MIT */
/*
 * States that are given up: `vouch vtpm destroy` moves DIR/UUID to
 * DIR/forgotten/UUID, and here the hypervisor is told, then the folder
 * removed. What was not done before a crash is done at the next start.
 */
#ifndef VOUCH_DOM0_VOUCHD_FORGOTTEN_H
#define VOUCH_DOM0_VOUCHD_FORGOTTEN_H

#include "dom0/vouchd/hypervisor.h"

struct forgotten {
    int folder;
    int descriptor; /* readable when something came into it */
};

/* root: DIR. False: errno says why. */
NODISCARD bool forgotten_open(int root, const char *path,
                              struct forgotten *out);
/* How many were. */
unsigned forgotten_run(struct forgotten *forgotten,
                       struct hypervisor *hypervisor);

#endif
