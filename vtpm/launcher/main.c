/* SPDX-License-Identifier: MIT */
/* The launcher, the one program of a guest's first kernel. */
#include "vtpm/launcher/launcher.h"

int main(void)
{
    return launcher_run();
}
