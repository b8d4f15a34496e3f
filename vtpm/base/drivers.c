/* SPDX-License-Identifier: MIT */
/* The drivers of the image, and the calls that are theirs. */
#include "vtpm/base/driver.h"

#include "vtpm/base/tpmback.h"
#include "vtpm/base/vchan.h"

const struct driver *const drivers[] = {
    &tpmback_driver,
    &vchan_driver,
    NULL,
};

const struct call_row driver_calls[] = {
    {VTPM_CALL_SERVE, tpmback_do_serve},
    {VTPM_CALL_COMMAND, tpmback_do_command},
    {VTPM_CALL_RESPONSE, tpmback_do_response},
    {VTPM_CALL_DOM0_READ, vchan_do_read},
    {VTPM_CALL_DOM0_WRITE, vchan_do_write},
    {0, NULL},
};
