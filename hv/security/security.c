/* SPDX-License-Identifier: MIT */
/*
 * The policy in force and the record of what it refused.  The policy lives in
 * an arena of frames that is never freed.  audit_lock guards the ring.
 */
#include "hv/security/security.h"

#include "hv/base/log.h"
#include "hv/base/spinlock.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/time.h"
#include "hv/mem/heap.h"
#include "xsm/audit.h"

#define ARENA_SIZE (1ul << 20)
#define RING_SIZE  (1ul << 16)
#define LABELS     256u
#define BURST      16u
#define NS_PER_RECORD 100000000ull /* then ten a second for each domain */

/* Units of work: to make a record and hash it. A line on the UART is all there is. */
#define WORK_RECORD 128

struct xsm security_policy;

static struct xsm_arena arena;
static spinlock_t audit_lock; /* guards what follows */
static struct audit_ring ring;
static struct audit_budget budgets[MAX_DOMAINS]; /* by domid */
/* Each domain's own share of the serial line, whatever others write there: it is
 * slow, and whoever writes to it keeps its CPU from everybody. */
static struct audit_budget shares[MAX_DOMAINS];
static const struct audit_limits share_limits = {
    .burst = 4,
    .ns_per_record = 4000000000,
};

static void policy_refuse(const struct xsm_refusal *why)
{
    refuse_boot("policy: %s: %s at offset %zu%s%s", why->section, why->reason,
                why->offset, why->object[0] != '\0' ? ", in " : "",
                why->object);
}

void security_init(struct bytes module, bool enforcing)
{
    struct xsm_options options = {
        .mode = enforcing ? XSM_ENFORCING : XSM_PERMISSIVE,
        .labels = LABELS,
    };
    struct xsm_refusal why;
    enum xsm_status status;
    void *ring_memory = heap_alloc(RING_SIZE);

    arena.base = heap_alloc(ARENA_SIZE);
    arena.size = ARENA_SIZE;
    if (arena.base == NULL || ring_memory == NULL) {
        refuse_boot("policy: no memory to load it");
    }
    audit_init(&ring, ring_memory, RING_SIZE,
               (struct audit_limits){BURST, NS_PER_RECORD});
    status = xsm_load(&security_policy, &arena, module, &options, &why);
    if (status == XSM_BAD_POLICY) {
        policy_refuse(&why);
    }
    if (status != XSM_OK) {
        refuse_boot("policy: needs more memory than %lu KiB", ARENA_SIZE >> 10);
    }
    log_line("policy: version %u, %u types, %u rules, %u permissions known, "
             "%u missing, %s",
             security_policy.summary.version, security_policy.summary.types,
             security_policy.summary.rules,
             security_policy.summary.mapped_permissions,
             security_policy.summary.missing_permissions,
             enforcing ? "enforcing" : "permissive");
}

/* A record on the serial line, and how many before it are not there. */
static void show(const struct buffer *text, uint32_t unseen)
{
    if (unseen != 0) {
        log_line("audit: %u records of this domain before this one are in the "
                 "log only",
                 unseen);
    }
    log_line("%.*s", (int)text->used, (const char *)text->data);
}

/* Of the next domain that has this domid modulo MAX_DOMAINS, a new one. */
static struct audit_budget *share_of(domid_t id)
{
    struct audit_budget *share = &shares[id % MAX_DOMAINS];

    if (share->domid != id) {
        *share = (struct audit_budget){.domid = id};
    }
    return share;
}

/* True if it is on the serial line. */
static bool audit(const struct security_question *question,
                  struct xsm_decision decision)
{
    char text[XSM_AUDIT_LINE_MAX];
    struct buffer buffer = buffer_over(text, sizeof(text));
    struct writer writer = writer_begin(&buffer);
    struct audit_budget *budget = &budgets[question->source_id % MAX_DOMAINS];
    struct audit_budget *share;
    uint32_t suppressed, suppressed_of, unseen;
    bool is_recorded, is_shown;
    struct xsm_event event = {
        .source = question->source,
        .target = question->target,
        .perm = question->permission,
        .decision = decision,
        .source_domid = question->source_id,
        .target_domid = question->target_id < DOMID_FIRST_RESERVED
                            ? question->target_id
                            : XSM_NO_DOMAIN,
        .vcpu = current_vcpu() == NULL ? 0 : current_vcpu()->id,
        .hypercall = question->operation,
    };

    spin_lock(&audit_lock);
    event.sequence = ring.sequence;
    xsm_event_put_text(&security_policy, &event, &writer);
    CHECK(writer_end(&writer));
    suppressed = budget->suppressed;
    suppressed_of = budget->domid;
    is_recorded = audit_write(&ring, budget, question->source_id,
                              system_time_ns(), buffer_bytes(&buffer));
    share = share_of(question->source_id);
    unseen = share->suppressed;
    is_shown = is_recorded && audit_take(&share_limits, share, system_time_ns());
    if (is_shown) {
        share->suppressed = 0;
    }
    spin_unlock(&audit_lock);
    if (is_recorded && suppressed != 0) {
        log_quietly("audit: suppressed=%u source=d%u", suppressed,
                    suppressed_of);
    }
    if (is_shown) {
        show(&buffer, unseen);
    } else if (is_recorded) {
        log_quietly("%.*s", (int)buffer.used, text);
    }
    return is_shown;
}

/*
 * A refusal is paid for, so that a multicall of them is continued and not held
 * on to. Only a refusal: what goes on might start again for want of work.
 */
static void charge(bool is_shown)
{
    int64_t *budget = &this_cpu()->budget;

    *budget = is_shown ? MIN(*budget, 0) : *budget - WORK_RECORD;
}

bool security_refused(const struct security_question *question)
{
    struct xsm_decision decision =
        xsm_decide(&security_policy, question->source, question->target,
                   question->permission);

    if (decision.audit) {
        bool is_shown = audit(question, decision);

        if (!decision.allowed) {
            charge(is_shown);
        }
    }
    return decision.allowed;
}
