/* SPDX-License-Identifier: MIT */
/*
 * The steps of a launch, in order, and how it ends.  launch_lock guards the
 * fields of struct domain that say whether a launch has begun and which TPM's
 * keys were recorded; whoever begins either of the two looks at the other.
 */
#include "hv/launch/launch.h"

#include "hv/base/atomic.h"
#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/paging.h"
#include "hv/launch/internal.h"
#include "hv/mem/heap.h"
#include "hv/sched/sched.h"
#include "hv/security/security.h"

static launch_step *const steps[] = {
    launch_stop_others,  launch_ask_proofs,   launch_wait_proofs,
    launch_reset_timers, launch_reset_ports,  launch_drop_grants,
    launch_reset_vcpus,  launch_drop_tables,  launch_freeze_frames,
    launch_empty_lent,   launch_mark_kernel,  launch_mark_initrd,
    launch_hash_kernel,  launch_hash_initrd,  launch_hash_cmdline,
    launch_record_it,    launch_take_window,  launch_map_window,
    launch_parse_kernel, launch_place_list,   launch_place_frames,
    launch_load_kernel,  launch_unmap_window, launch_place_rest,
    launch_write_tables, launch_thaw_frames,  launch_start,
};

static spinlock_t launch_lock;

static struct sha256_digest vtpms[LAUNCH_VTPMS_MAX]; /* constant after boot */
static size_t vtpm_count;

/* --- Beginning --- */

static void blob_free(struct blob *blob)
{
    if (blob->frames != NULL) {
        heap_free(blob->frames, blob->pages * sizeof(*blob->frames));
        blob->frames = NULL;
    }
}

static void launch_free(struct launch *launch)
{
    build_end(&launch->build);
    launch_rings_put(launch);
    blob_free(&launch->kernel);
    blob_free(&launch->initrd);
    if (launch->was_labelled) {
        security_label_put(launch->old_self);
        security_label_put(launch->old_label);
    }
    if (launch->record != NULL) {
        heap_free(launch->record, sizeof(*launch->record));
    }
    heap_free(launch, sizeof(*launch));
}

/* What the policy makes of the domain, with both references. */
static long labels_find(const struct domain *domain, label_t *label,
                        label_t *self)
{
    if (!security_label_transition(domain->label, XSM_LABEL(xen),
                                   XSM_CLASS_domain, label)) {
        return -EINVAL;
    }
    if (!security_label_transition(*label, *label, XSM_CLASS_domain, self)) {
        security_label_put(*label);
        return -EINVAL;
    }
    return 0;
}

/* Once for each domain, and not while its TPM's keys are being recorded. */
static long begin_once(struct domain *domain)
{
    long rc = 0;

    spin_lock(&launch_lock);
    if (domain->is_launching) {
        rc = -EEXIST;
    } else if (domain->identity == IDENTITY_PENDING) {
        rc = -ERESTART;
    } else {
        domain->is_launching = 1;
    }
    spin_unlock(&launch_lock);
    return rc;
}

/* From here on it is who it will be; others may still act as before. */
static void relabel(struct launch *launch, label_t label, label_t self)
{
    struct domain *domain = launch->domain;

    launch->old_label = domain->label;
    launch->old_self = domain->self_label;
    launch->was_labelled = 1;
    WRITE_ONCE(domain->label, label);
    WRITE_ONCE(domain->self_label, self);
    WRITE_ONCE(domain->self_access, xsm_vectors(&security_policy, label, self));
}

static long commit(struct launch *launch)
{
    struct domain *domain = launch->domain;
    label_t label, self;
    long rc = labels_find(domain, &label, &self);

    if (rc != 0) {
        return rc;
    }
    rc = begin_once(domain);
    if (rc != 0) {
        security_label_put(self);
        security_label_put(label);
        return rc;
    }
    domain->launch = launch;
    relabel(launch, label, self);
    for (uint32_t id = 1; id < domain->vcpu_count; id++) {
        vcpu_pause(domain->vcpus[id]);
    }
    domain->vcpus[0]->has_exception = VCPU_LAUNCHES;
    this_cpu()->has_work = 1;
    return 0;
}

long launch_begin(struct vcpu *vcpu, const struct vouch_launch *arg)
{
    struct domain *domain = vcpu->domain;
    struct launch *launch;
    long rc;

    if (domain->is_launching) {
        return -EEXIST;
    }
    if (vcpu->id != 0 || domain->vcpu_count != domain->max_vcpus) {
        return -EINVAL;
    }
    /* What dom0's guests rely on is what it was when they came. */
    if (domain->is_hardware && !domain_had_no_others()) {
        return -EINVAL;
    }
    launch = heap_alloc(sizeof(*launch));
    if (launch == NULL) {
        return -ENOMEM;
    }
    launch->domain = domain;
    launch->record = heap_alloc(sizeof(*launch->record));
    rc = launch->record == NULL ? -ENOMEM : launch_request_read(launch, arg);
    if (rc == 0) {
        rc = commit(launch);
    }
    if (rc != 0) {
        launch_free(launch);
    }
    return rc;
}

/* --- Going on --- */

int launch_fail(struct launch *launch, const char *format, ...)
{
    char reason[128];
    va_list args;

    va_start(args, format);
    format_text_v(reason, sizeof(reason), format, args);
    va_end(args);
    log_line("domain %u ended at its launch: %s", launch->domain->id, reason);
    launch->has_failed = 1;
    launch->domain->is_crashing = 1; /* nobody resumes it */
    domain_shutdown(launch->domain, SHUTDOWN_crash);
    return -EINVAL;
}

int launch_wait(void)
{
    vcpu_yield();
    cpu_relax();
    return -ERESTART;
}

void launch_go_on(struct vcpu *vcpu)
{
    struct domain *domain = vcpu->domain;
    struct launch *launch = domain->launch;

    if (launch->has_failed) {
        sched_request();
        return;
    }
    if (steps[launch->step](launch) != 0) {
        return;
    }
    launch->cursor = 0;
    if (++launch->step == ARRAY_SIZE(steps)) {
        domain->launch = NULL;
        launch_free(launch);
    }
}

/* Its vCPU 0 may be without tables: what it has then is not counted. */
static void give_up(struct launch *launch)
{
    struct vcpu *vcpu = launch->domain->vcpus[0];

    if (vcpu->root_kernel == idle_root.a) {
        vcpu->root_kernel = 0;
    }
    vcpu->has_exception = VCPU_NO_EXCEPTION;
    launch->domain->memory.unpinned = 0;
    launch->cursor = 0;
    launch->is_given_up = 1;
    cpu_ask_proofs(launch->proofs);
}

int launch_abandon(struct domain *domain)
{
    struct launch *launch = domain->launch;
    int rc = 0;

    if (launch == NULL) {
        return 0;
    }
    if (!launch->is_given_up) {
        give_up(launch);
    }
    if (!cpu_has_proofs(launch->proofs)) {
        return -ERESTART; /* its old label may be in use */
    }
    if (launch->has_window) {
        rc = launch_unmap_window(launch);
    }
    if (rc == 0) {
        rc = launch_thaw_frames(launch);
    }
    if (rc == 0) {
        domain->launch = NULL;
        launch_free(launch);
    }
    return rc;
}

void launch_forget(struct domain *domain)
{
    if (domain->launched != NULL) {
        heap_free(domain->launched, sizeof(*domain->launched));
    }
}

/* --- What others ask --- */

const struct launch_record *launch_record_of(const struct domain *domain)
{
    return atomic_read(&domain->launched);
}

void launch_know_vtpms(const struct sha256_digest *images, size_t count)
{
    CHECK(count <= ARRAY_SIZE(vtpms));
    memcpy(vtpms, images, count * sizeof(*images));
    vtpm_count = count;
}

bool launch_is_known_vtpm(const struct domain *domain)
{
    const struct launch_record *record = launch_record_of(domain);
    struct sha256_digest image;

    if (record == NULL) {
        return false;
    }
    /* The three digests, which lie side by side. */
    image = sha256_of(bytes_of(record->info.kernel, 3 * VOUCH_DIGEST_SIZE));
    for (size_t i = 0; i < vtpm_count; i++) {
        if (sha256_equal(&vtpms[i], &image)) {
            return true;
        }
    }
    return false;
}
_Static_assert(offsetof(struct vouch_launch_info, cmdline) ==
                   offsetof(struct vouch_launch_info, kernel) +
                       2 * VOUCH_DIGEST_SIZE,
               "kernel, initrd, cmdline");

bool launch_keep(struct domain *keeper, const struct domain *guest)
{
    uint64_t none = 0;

    return atomic_cas(&keeper->keeps, &none, guest->instance) ||
           none == guest->instance;
}

bool launch_keeps_another(const struct domain *domain,
                          const struct domain *guest)
{
    uint64_t kept = atomic_read(&domain->keeps);

    return kept != 0 && domain != guest && kept != guest->instance;
}

int launch_identity_begin(struct domain *keeper, struct domain *guest)
{
    int rc = 0;

    spin_lock(&launch_lock);
    if (guest->is_launching) {
        rc = -EACCES;
    } else if (keeper->identity == IDENTITY_PENDING ||
               guest->identity == IDENTITY_PENDING) {
        rc = -EBUSY;
    } else if (keeper->identity != IDENTITY_NONE ||
               guest->identity != IDENTITY_NONE) {
        rc = -EEXIST;
    } else if (!launch_keep(keeper, guest)) {
        rc = -ESRCH;
    } else {
        keeper->identity = IDENTITY_PENDING;
        guest->identity = IDENTITY_PENDING;
    }
    spin_unlock(&launch_lock);
    return rc;
}

void launch_identity_end(struct domain *keeper, struct domain *guest,
                         bool is_recorded)
{
    enum launch_identity identity =
        is_recorded ? IDENTITY_RECORDED : IDENTITY_NONE;

    spin_lock(&launch_lock);
    keeper->identity = (uint8_t)identity;
    guest->identity = (uint8_t)identity;
    spin_unlock(&launch_lock);
}
