/* SPDX-License-Identifier: MIT */
/*
 * The security server: one loaded policy, the labels in use, and a matrix that
 * answers for every pair of them. xsm_allowed() reads the matrix and nothing
 * else, so it may run on any CPU without a lock; what changes labels, mode or
 * booleans is serialised by the caller. A cell is complete before the label
 * that leads to it is handed out.
 *
 * Nothing here allocates: all of a policy lives in the caller's arena.
 */
#ifndef VOUCH_XSM_XSM_H
#define VOUCH_XSM_XSM_H

#include "lib/attributes.h"
#include "lib/bytes.h"
#include "lib/sha2.h"
#include "xsm/perm.h"

/* A security context in use. The index is the SID of the public ABI. */
typedef struct {
    uint16_t index;
} label_t;

/* label_t of the initial SIDs, for instance XSM_LABEL(dom0). They hold a
 * reference of their own and are valid from xsm_load() on. */
enum xsm_initial {
    XSM_INITIAL_none,
#define XSM_INITIAL_SID(name) XSM_INITIAL_##name,
#include "xsm/initial_sids.def"
#undef XSM_INITIAL_SID
    XSM_INITIAL_SIDS
};
#define XSM_LABEL(name) ((label_t){XSM_INITIAL_##name})

#define XSM_LABELS_MAX  1024

struct xsm_arena {
    uint8_t *base;
    size_t size;
    size_t used;
};

enum xsm_status {
    XSM_OK,
    XSM_BAD_POLICY,  /* struct xsm_refusal says where and why */
    XSM_NO_MEMORY,   /* the arena is too small */
    XSM_NO_LABEL,    /* as many labels in use as there may be */
    XSM_BAD_CONTEXT, /* no context of this policy */
    XSM_NOT_FOUND,   /* no boolean, class or permission of that name */
};

/* Why a policy was refused. section, reason and object are always set. */
#define XSM_OBJECT_MAX 64
struct xsm_refusal {
    const char *section;
    const char *reason;
    size_t offset;               /* in the policy file */
    char object[XSM_OBJECT_MAX]; /* the name that was being read, or "" */
};

enum xsm_mode { XSM_ENFORCING, XSM_PERMISSIVE };

struct xsm_options {
    enum xsm_mode mode;
    uint16_t labels; /* a power of two from 16 to XSM_LABELS_MAX */
};

/* What a load found, for the boot log. */
struct xsm_summary {
    uint32_t version;
    uint32_t types, rules;
    uint32_t mapped_permissions;  /* ours, found in the policy by name */
    uint32_t missing_permissions; /* ours, not in the policy */
    uint32_t foreign_permissions; /* in the policy, not ours */
    uint32_t absent_classes;      /* ours, no permission of which is known */
};

struct policy;
struct xsm_labels;
struct xsm_planes;

struct xsm {
    /* The hot part: cell[s * stride + t] is a row number, and fast[row *
     * 32 + class] the permissions that need no second look: allowed, and
     * not to be audited when allowed. */
    const uint16_t *cell;
    const uint32_t *fast;
    size_t stride;
    /* the rest */
    uint32_t mask; /* of a label's index: stride - 1 */
    enum xsm_mode mode;
    uint32_t generation; /* counts loads and changes of mode or booleans */
    struct policy *policy;
    struct xsm_labels *labels;
    struct xsm_planes *planes;
    struct xsm_arena *arena;
    struct sha256_digest digest; /* of the policy file */
    struct xsm_summary summary;
};

/* ---- policy ---- */

/* Read, validate and index a policy. It is copied: the caller may drop it.
 * On failure *xsm is unusable and *why is filled. */
NODISCARD enum xsm_status xsm_load(struct xsm *xsm, struct xsm_arena *arena,
                                   struct bytes policy,
                                   const struct xsm_options *options,
                                   struct xsm_refusal *why);

void xsm_set_mode(struct xsm *xsm, enum xsm_mode mode);
/* Booleans have numbers from 0 on. */
NODISCARD enum xsm_status xsm_boolean_find(const struct xsm *xsm,
                                           struct bytes name, uint32_t *number);
NODISCARD enum xsm_status xsm_boolean_get(const struct xsm *xsm,
                                          uint32_t number, struct bytes *name,
                                          uint32_t *value);
/* Rebuilds the matrix: no decision may run meanwhile. */
NODISCARD enum xsm_status xsm_boolean_set(struct xsm *xsm, struct bytes name,
                                          uint32_t value);

/* ---- labels ---- */

/* The label of a context "user:role:type". Takes a reference. */
NODISCARD enum xsm_status xsm_label_of(struct xsm *xsm, struct bytes context,
                                       label_t *out);
/* The label of a new object of class made by source beside target: source
 * and target themselves give a domain's self label (class domain), two
 * domains the label of an event channel end. Takes a reference. */
NODISCARD enum xsm_status xsm_label_transition(struct xsm *xsm, label_t source,
                                               label_t target,
                                               enum xsm_class class,
                                               label_t *out);
void xsm_label_get(struct xsm *xsm, label_t label);
void xsm_label_put(struct xsm *xsm, label_t label);
bool xsm_label_is_live(const struct xsm *xsm, label_t label);
/* An SID from outside: a live label, or unlabeled. Takes no reference. */
label_t xsm_label_of_sid(const struct xsm *xsm, uint32_t sid);
void xsm_label_put_text(const struct xsm *xsm, label_t label,
                        struct writer *out);

/* ---- decisions ---- */

/* All ones if source may do perm to target without any further look, else 0.
 * No branch depends on the answer, so it may mask what must not be reached
 * speculatively. Labels are only made here and never exceed the matrix. */
static inline uint64_t xsm_allowed_mask(const struct xsm *xsm, label_t source,
                                        label_t target, struct xsm_perm perm)
{
    size_t cell = source.index * xsm->stride + target.index;
    size_t row = (size_t)xsm->cell[cell] << XSM_ROW_SHIFT;
    uint32_t vector = xsm->fast[row + perm.class];
    return -(uint64_t)(vector >> (perm.bit & 31) & 1);
}

/* The fast answer: true is final and needs no audit. On false ask
 * xsm_decide(), which knows about permissive mode and auditing. The fence
 * keeps a mispredicted "allowed" from running ahead. */
static inline bool xsm_allowed(const struct xsm *xsm, label_t source,
                               label_t target, struct xsm_perm perm)
{
    if (xsm_allowed_mask(xsm, source, target, perm) == 0) {
        return false;
    }
    __asm__ volatile("lfence" ::: "memory");
    return true;
}

/* What xsm_allowed() looks at for this pair: one vector per class. Changes when
 * xsm->generation does. */
static inline const uint32_t *xsm_vectors(const struct xsm *xsm, label_t source,
                                          label_t target)
{
    size_t cell = source.index * xsm->stride + target.index;
    return &xsm->fast[(size_t)xsm->cell[cell] << XSM_ROW_SHIFT];
}

struct xsm_decision {
    bool allowed;    /* what to do: permissive mode is already in it */
    bool granted;    /* what the policy says */
    bool audit;      /* a record is to be written */
    bool permissive; /* allowed only because mode or type is permissive */
};

struct xsm_decision xsm_decide(const struct xsm *xsm, label_t source,
                               label_t target, struct xsm_perm perm);

/* ---- naming ---- */

const char *xsm_class_name(enum xsm_class class);
const char *xsm_perm_name(struct xsm_perm perm);

/* ---- audit lines ---- */

#define XSM_NO_DOMAIN 0xffff

/* One decision as people read it. source_domid may act on target_domid, or
 * (XSM_NO_DOMAIN) on something that is not a domain. */
struct xsm_event {
    label_t source;
    label_t target;
    struct xsm_perm perm;
    struct xsm_decision decision;
    uint16_t source_domid;
    uint16_t target_domid;
    uint16_t vcpu;
    const char *hypercall; /* and its sub-operation; NULL if there is none */
    const char *operation;
    uint64_t sequence;
};

/* "avc:  denied  { map_write } for source=d5 target=d7 scontext=... ": what
 * audit2allow and audit2why read; our own fields follow tclass. */
#define XSM_AUDIT_LINE_MAX 768
void xsm_event_put_text(const struct xsm *xsm, const struct xsm_event *event,
                        struct writer *out);

#endif
