/* SPDX-License-Identifier: MIT */
/*
 * A TPM 2.0 on a memory-mapped interface: FIFO (TIS 1.3, PTP) or command and
 * response buffer (PTP). One command at a time; the caller serializes. Every
 * wait is bounded. A TPM that stopped answering is given up for good: all
 * later commands fail at once.
 */
#ifndef VOUCH_HV_MEASURE_TPM_H
#define VOUCH_HV_MEASURE_TPM_H

#include "hv/measure/tpm_io.h"
#include "lib/bytes.h"
#include "lib/status.h"

#define TPM_STATUS(S)                                                          \
    S(TPM_OK, "ok")                                                            \
    S(TPM_ABSENT, "no TPM")                                                    \
    S(TPM_UNKNOWN_INTERFACE, "TPM interface is neither FIFO nor CRB")          \
    S(TPM_NO_LOCALITY, "TPM locality not granted")                             \
    S(TPM_NOT_READY, "TPM does not become ready")                              \
    S(TPM_STUCK_WRITE, "TPM stopped taking a command")                         \
    S(TPM_BAD_WRITE, "TPM disagrees about a command's size")                   \
    S(TPM_NO_ANSWER, "TPM does not answer")                                    \
    S(TPM_STUCK_READ, "TPM stopped in the middle of a response")               \
    S(TPM_BAD_RESPONSE, "TPM response is garbage")                             \
    S(TPM_DEVICE_ERROR, "TPM reports a fatal error")                           \
    S(TPM_TOO_LONG, "TPM command or response does not fit its buffer")         \
    S(TPM_BUSY, "TPM stays busy")                                              \
    S(TPM_IN_USE, "TPM is in use by another locality")                                              \
    S(TPM_DEAD, "TPM was given up")

enum tpm_status { TPM_STATUS(STATUS_CODE) };

struct tpm;

struct tpm_interface {
    const char *name;
    /* In each locality: the register that takes and gives it, with the bits
     * to write, and the one that tells who has it. */
    uint32_t control, state;
    uint8_t request, seize, release, granted;
    bool is_wide; /* these are 32-bit registers */
    /* One command, one response; no retries. response->used is set. Leaves
     * the device idle where it can. */
    enum tpm_status (*transfer)(struct tpm *tpm, struct bytes command,
                                struct buffer *response);
};

struct tpm {
    struct tpm_io io;
    const struct tpm_interface *interface;
    unsigned locality; /* held, if has_locality */
    bool has_locality;
    bool has_five_localities; /* the interface says so */
    bool is_dead;
};

/* Is there a TPM, and of which interface? Sends no command. */
NODISCARD enum tpm_status tpm_probe(const struct tpm_io *io, struct tpm *out);

/* Take a locality from whoever may have it; release any other first. Higher
 * localities take from lower ones by force if these do not let go. */
NODISCARD enum tpm_status tpm_request_locality(struct tpm *tpm,
                                               unsigned locality);
/* The same without force and without much patience: TPM_IN_USE, and nothing has
 * changed, if who has it does not let go at once. Who has this very locality is
 * not disturbed either. */
NODISCARD enum tpm_status tpm_ask_locality(struct tpm *tpm, unsigned locality);
void tpm_release_locality(struct tpm *tpm);

/* Send a command in the locality held; repeats it while the TPM asks for that
 * (TPM_RC_RETRY, YIELDED, TESTING). TPM_OK means a whole response arrived, not
 * that it says yes. */
NODISCARD enum tpm_status tpm_send(struct tpm *tpm, struct bytes command,
                                   struct buffer *response);

const char *tpm_status_text(enum tpm_status status);

/* ---- for the interfaces ---- */

/* The device: tpm_mmio.c, or the one of the unit tests. Letting time pass is
 * for whoever has a clock: hv/boot/measured.c. */
uint32_t tpm_read32(const struct tpm *tpm, uint32_t offset);
uint8_t tpm_read8(const struct tpm *tpm, uint32_t offset);
void tpm_write32(const struct tpm *tpm, uint32_t offset, uint32_t value);
void tpm_write8(const struct tpm *tpm, uint32_t offset, uint8_t value);
void tpm_delay_us(const struct tpm *tpm, uint32_t microseconds);

/* A condition on a register: (register & mask) == value. */
struct tpm_wait {
    uint32_t offset;
    bool is_wide; /* 32 bits, not 8 */
    uint32_t mask, value;
    uint32_t limit_us;
};
/* False if the condition does not come true in time. */
NODISCARD bool tpm_wait(const struct tpm *tpm, const struct tpm_wait *wait);

extern const struct tpm_interface tpm_tis;
extern const struct tpm_interface tpm_crb;

#endif
