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
#define BURST      64u
#define NS_PER_RECORD 100000000ull /* then ten a second for each domain */

struct xsm security_policy;

static struct xsm_arena arena;
static spinlock_t audit_lock; /* guards what follows */
static struct audit_ring ring;
static struct audit_budget budgets[MAX_DOMAINS]; /* by domid */
/* Of all domains together: the serial line is slow, and whoever writes to it
 * keeps its CPU from everybody. */
static struct audit_budget serial_budget;

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
        log_line("audit: %u records before this one are in the log only",
                 unseen);
    }
    log_line("%.*s", (int)text->used, (const char *)text->data);
}

static void audit(const struct security_question *question,
                  struct xsm_decision decision)
{
    char text[XSM_AUDIT_LINE_MAX];
    struct buffer buffer = buffer_over(text, sizeof(text));
    struct writer writer = writer_begin(&buffer);
    struct audit_budget *budget = &budgets[question->source_id % MAX_DOMAINS];
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
    unseen = serial_budget.suppressed;
    is_shown = is_recorded &&
               audit_take(&ring.limits, &serial_budget, system_time_ns());
    if (is_shown) {
        serial_budget.suppressed = 0;
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
}

bool security_refused(const struct security_question *question)
{
    struct xsm_decision decision =
        xsm_decide(&security_policy, question->source, question->target,
                   question->permission);

    if (decision.audit) {
        audit(question, decision);
    }
    return decision.allowed;
}
