/* SPDX-License-Identifier: MIT */
/*
 * What the hypervisor launched the guest with, in the TPM: kernel, initrd and
 * command line as the records of lib/vouchlog.h in PCRs 4, 9 and 8, all banks,
 * and the log of that in an index that the guest can only read. Once in the
 * life of a TPM, before the first command of the guest.
 */
#ifndef VOUCH_VTPM_TPM_MEASURED_H
#define VOUCH_VTPM_TPM_MEASURED_H

#include "hv/abi/vouch.h"
#include "lib/status.h"
#include "vtpm/tpm/setup.h"

#define MEASURED_STATUS(S)                                                     \
    S(MEASURED_OK, "ok")                                                       \
    S(MEASURED_BAD_RECORD, "a record of the launch cannot be made")            \
    S(MEASURED_NO_EXTEND, "the TPM does not extend a PCR")                     \
    S(MEASURED_NO_LOG, "the log of the launch does not fit")

enum measured_status { MEASURED_STATUS(STATUS_CODE) };

/*
 * After an error some PCRs may be extended: the TPM must not be used. That the
 * index could not be written (a guest has filled the TPM's memory) is no error;
 * *index_code says so, and the PCRs hold what they should.
 */
NODISCARD enum measured_status
measured_extend(const struct platform *platform,
                const struct vouch_launch_info *info, uint32_t *index_code);

const char *measured_status_text(enum measured_status status);

#endif
