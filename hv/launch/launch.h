/* SPDX-License-Identifier: MIT */
/*
 * Launch: a domain ends what it runs and starts a kernel that it hands over in
 * its own frames, measured.  It goes in steps, each bounded, which its vCPU 0
 * carries out instead of going back to its guest; the others are stopped.  Once
 * it has begun it ends with the new kernel or with the domain.
 *
 * Nobody else may read or write what is measured and built:
 *   - the label changes first, then every other CPU proves that it has left the
 *     hypervisor: what the old label allowed is over;
 *   - no frame is used (measured, parsed or written) before all of them were
 *     found to have no reference but the allocation's, and were frozen: nobody
 *     gets one until the new tables are written;
 *   - translations that outlived their mapping are flushed before that.
 */
#pragma once

#include "hv/abi/vouch.h"
#include "hv/domain/domain.h"
#include "lib/sha2.h"

struct launch_record {
    struct vouch_launch_info info; /* constant once it is there */
};

/* Of struct domain: the keys of the TPM that is kept for it, or that it keeps.
 */
enum launch_identity {
    IDENTITY_NONE,
    IDENTITY_PENDING, /* being recorded */
    IDENTITY_RECORDED,
};

/* VOUCHOP_launch of the current vCPU: 0 when it has begun. */
long launch_begin(struct vcpu *vcpu, const struct vouch_launch *arg) NODISCARD;
/* From its exit: one step, or a part of one.  No lock held. */
void launch_go_on(struct vcpu *vcpu);
/*
 * For a domain that dies and does not run: gives back what a launch that did
 * not end holds.  0 or -ERESTART.
 */
int launch_abandon(struct domain *domain) NODISCARD;
/* Last of all, when nobody has a reference on the domain. */
void launch_forget(struct domain *domain);

/* What the domain was launched with, or NULL. */
const struct launch_record *launch_record_of(const struct domain *domain);

/* At boot: the images whose domains may keep TPMs (vtpm= on the command line).
 */
#define LAUNCH_VTPMS_MAX 4u
void launch_know_vtpms(const struct sha256_digest *images, size_t count);
/* Whether the domain was launched from one of them. */
bool launch_is_known_vtpm(const struct domain *domain);

/*
 * From now on keeper, a vTPM domain, keeps a TPM for guest and for no other, be
 * it one that has its id after it.  False: it keeps another's.
 */
bool launch_keep(struct domain *keeper, const struct domain *guest) NODISCARD;
/* Whether domain keeps a TPM, and that of another than itself or guest. */
bool launch_keeps_another(const struct domain *domain,
                          const struct domain *guest) NODISCARD;

/*
 * The TPM that keeper keeps for guest is to get its identity: no launch of
 * guest begins before identity_end().  0; -ESRCH: keeper keeps another's;
 * -EEXIST: one of them has one; -EACCES: guest was launched, or is being
 * launched; -EBUSY: it is just being recorded.
 */
int launch_identity_begin(struct domain *keeper,
                          struct domain *guest) NODISCARD;
void launch_identity_end(struct domain *keeper, struct domain *guest,
                         bool is_recorded);
