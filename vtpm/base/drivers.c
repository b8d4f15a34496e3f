/* SPDX-License-Identifier: MIT */
/* The drivers of the image, and the calls that are theirs. */
#include "vtpm/base/driver.h"

const struct driver *const drivers[] = {
    NULL,
};

const struct call_row driver_calls[] = {
    {0, NULL},
};
