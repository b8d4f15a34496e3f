/* SPDX-License-Identifier: MIT */
/*
 * The vTPM program: waits for what happens, and lets the TPM deal with it.
 */
#include <errno.h>

#include "vtpm/tpm/port.h"
#include "vtpm/tpm/say.h"
#include "vtpm/tpm/vtpm.h"

int main(void)
{
    static struct vtpm vtpm; /* it is too large for a small stack */
    struct vtpm_event event;
    vtpm_init(&vtpm);
    for (;;) {
        int error = port_wait(&event, vtpm_timeout_ms(&vtpm));
        if (error == 0) {
            vtpm_event(&vtpm, &event);
        } else if (error != -ETIMEDOUT) {
            say_error("nothing to wait for", error);
            return 1;
        }
        vtpm_step(&vtpm);
    }
}
