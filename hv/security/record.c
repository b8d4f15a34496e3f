/* SPDX-License-Identifier: MIT */
/* See record.h; hv/measure does the work. */
#include "hv/security/record.h"

#include "hv/base/asm.h"
#include "hv/base/atomic.h"
#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/time.h"

struct measure measurements;

static uint8_t is_taken; /* atomic: whose measurements and the TPM are */

bool record_begin(void)
{
    return atomic_xchg(&is_taken, 1) == 0;
}

void record_end(void)
{
    atomic_set(&is_taken, 0);
}

bool record_is_measured(void)
{
    return READ_ONCE(measurements.is_measured);
}

/* Guests wait while we do, once there are any: their interrupts need not. */
void tpm_delay_us(const struct tpm *tpm, uint32_t microseconds)
{
    if (measurements.is_published) {
        interrupts_on();
    }
    udelay(microseconds);
    interrupts_off();
}

static int outcome(enum measure_status status, const char *what)
{
    switch (status) {
    case MEASURE_OK:
        return 0;
    case MEASURE_BUSY:
        return -EBUSY;
    case MEASURE_NO_TPM:
        return -ENODEV;
    case MEASURE_CAPPED:
        return -EIO; /* was told when it happened */
    default:
        log_line("measuring %s failed: %s: %s; measured=no", what,
                 measure_status_text(status),
                 measurements.detail != NULL ? measurements.detail : "");
        return -EIO;
    }
}

int record_text(enum vouchlog_tag tag, struct bytes text)
{
    enum measure_status status;

    if (!record_begin()) {
        return -EBUSY;
    }
    status = measure_text(&measurements, tag, text);
    record_end();
    return outcome(status, vouchlog_tag_name(tag));
}
