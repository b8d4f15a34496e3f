/* SPDX-License-Identifier: MIT */
/*
 * A TPM for the unit tests: the registers of a FIFO or CRB interface and, when
 * nothing is broken on purpose, the commands that measuring uses, with the
 * locality rules of the PC Client profile. Time is counted, not spent.
 */
#ifndef VOUCH_TESTS_FAKE_TPM_H
#define VOUCH_TESTS_FAKE_TPM_H

#include "hv/measure/tpm_io.h"
#include "lib/eventlog.h"
#include "lib/tpm2.h"
#include "tests/unit/lib/sha512.h"

enum fake_kind { FAKE_NONE, FAKE_FIFO, FAKE_CRB, FAKE_ALIEN };

enum fake_fault {
    FAULT_NONE,
    FAULT_NEVER_READY,
    FAULT_NO_BURST,      /* takes and gives no byte */
    FAULT_NOT_EXPECTING, /* thinks the command is complete too early */
    FAULT_ALWAYS_EXPECTING,
    FAULT_SILENT,        /* runs the command for ever */
    FAULT_STOPS_READING, /* gives 5 bytes of the response */
    FAULT_GARBAGE,       /* answers bytes that are no response */
    FAULT_ALL_ONES,      /* as a device that fell off its bus */
    FAULT_SHORT,         /* response two bytes shorter than it says */
    FAULT_LONG,          /* more bytes than the response says */
    FAULT_HUGE,          /* response says 64 KiB */
    FAULT_REFUSES,       /* TPM_RC_FAILURE */
    FAULT_RETRY_ONCE,    /* TPM_RC_RETRY, then works */
    FAULT_RETRY_ALWAYS,
    FAULT_WRONG_DIGEST,
    FAULT_NO_EXTEND,      /* says yes, extends nothing */
    FAULT_OTHER_PCR,      /* reads another PCR than asked */
    FAULT_DEVICE_ERROR,   /* CRB: fatal error bit */
    FAULT_BUFFER_OUTSIDE, /* CRB: buffer beyond the window */
};

struct fake_tpm {
    enum fake_kind kind;
    bool has_localities;
    bool has_sha384;
    bool ignores_reset;        /* says yes, resets nothing */
    unsigned refused_locality; /* never granted, if not 0 */
    enum fake_fault fault;
    unsigned fault_at; /* number of the command that meets it, from 0 */
    unsigned commands;
    uint64_t elapsed_us;
    struct sha256_digest sha256[24];
    struct sha384_digest sha384[24];
    /* interface */
    int active; /* locality, or -1 */
    bool ready, going;
    uint8_t in[TPM2_MAX_COMMAND], out[TPM2_MAX_RESPONSE + 16];
    size_t in_size, out_size, out_at;
    uint8_t crb[TPM_IO_SIZE];
};

void fake_tpm_init(struct fake_tpm *fake, enum fake_kind kind);
struct tpm_io fake_tpm_io(struct fake_tpm *fake);

/* dom0, or firmware, holds this locality and does not let go. */
void fake_tpm_occupy(struct fake_tpm *fake, int locality);

#endif
