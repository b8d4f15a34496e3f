/* SPDX-License-Identifier: MIT */
/*
 * The byte stream to the daemon in dom0: the server of one libxenvchan channel
 * that dom0 finds under VTPM_WIRE_PATH (lib/vtpm_wire.h). A client that leaves
 * ends the stream; the next one gets a new one, once the last has nothing of
 * it mapped any more. So no byte of one stream is ever in another.
 */
#ifndef VOUCH_VTPM_BASE_VCHAN_H
#define VOUCH_VTPM_BASE_VCHAN_H

#include "vtpm/base/driver.h"

extern const struct driver vchan_driver;

long vchan_do_read(const struct call *call);  /* VTPM_CALL_DOM0_READ */
long vchan_do_write(const struct call *call); /* VTPM_CALL_DOM0_WRITE */

#endif
