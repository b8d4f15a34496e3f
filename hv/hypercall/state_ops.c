/* SPDX-License-Identifier: MIT */
/*
 * vouch_op's operations on the states of vTPMs (hv/abi/vouch.h).  They are one
 * CPU's at a time, as measuring is (hv/security/record.h): the TPM is the same,
 * and so is the lock.  A vTPM that comes while dom0 opens the table waits by
 * asking again.
 */
#include "hv/hypercall/state_ops.h"

#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/domain/domain.h"
#include "hv/domain/vcpu.h"
#include "hv/launch/launch.h"
#include "hv/measure/seal.h"
#include "hv/mem/guest_copy.h"
#include "hv/security/record.h"
#include "hv/security/security.h"
#include "lib/approval.h"

_Static_assert(STATE_TABLE_MAX <= VOUCH_STATE_TABLE_MAX, "room for any table");
_Static_assert(VOUCH_KEY_SIZE == SHA256_SIZE, "a key is a digest");
_Static_assert(VOUCH_UUID_SIZE == STATE_UUID_SIZE, "UUIDs");

/* All under record_begin(). */
static struct seal seal;
static uint8_t table_data[STATE_TABLE_MAX];   /* what dom0 gives, and gets */
static uint8_t approval_data[APPROVAL_SIZE];

void state_ops_start(const struct sha256_digest *key)
{
    seal_init(&seal, &measurements, key);
}

/* What is about dom0's files is its to know; the rest is also a person's. */
static long outcome(enum seal_status status, const char *what)
{
    switch (status) {
    case SEAL_OK:
        return 0;
    case SEAL_UNAVAILABLE:
        return -EOPNOTSUPP;
    case SEAL_BAD_APPROVAL:
        return -EINVAL;
    case SEAL_REFUSED:
        log_line("states: %s: %s", what, seal_status_text(status));
        return -EACCES;
    case SEAL_NO_COUNTER:
        return -ENODEV;
    case SEAL_NO_TABLE:
        return -ENOENT;
    case SEAL_BAD_TABLE:
        return -EBADMSG;
    case SEAL_STALE:
        return -EEXIST;
    case SEAL_NOT_READY:
        return -EAGAIN;
    case SEAL_BUSY:
        return -EBUSY;
    case SEAL_NO_SPACE:
        return -ENOSPC;
    case SEAL_TPM_FAILED:
        break;
    }
    log_line("states: %s: %s: %s", what, seal_status_text(status),
             measurements.detail != NULL ? measurements.detail : "");
    return -EIO;
}

/* What record_begin() began, with what came of it. */
static long end(long rc)
{
    record_end();
    return rc;
}

/* ---- the table, for dom0 ---- */

static long table_put(struct vouch_state_table *arg, const struct buffer *table)
{
    if (!guest_write(GVA(arg->buffer), table->data, table->used)) {
        return -EFAULT;
    }
    arg->size = table->used;
    arg->changes = seal.table.changes;
    return 0;
}

static long table_open(struct vouch_state_table *arg)
{
    struct buffer out = buffer_over(table_data, sizeof(table_data));
    enum seal_status status;
    long rc;

    if (!guest_read(approval_data, GVA(arg->approval), arg->approval_size) ||
        !guest_read(table_data, GVA(arg->buffer), arg->size)) {
        return -EFAULT;
    }
    status = seal_open(&seal, bytes_of(approval_data, arg->approval_size),
                       bytes_of(table_data, arg->size), &out);
    rc = outcome(status, "open");
    return rc == 0 ? table_put(arg, &out) : rc;
}

/* No table and no approval is larger than what is read of them. */
long do_vouch_op_state_open(const struct permit *permit, struct call *call,
                            struct vouch_state_table *arg)
{
    if (arg->approval_size > APPROVAL_SIZE ||
        arg->room < VOUCH_STATE_TABLE_MAX) {
        return -EINVAL;
    }
    if (arg->size > STATE_TABLE_MAX) {
        return -EBADMSG;
    }
    if (!record_begin()) {
        return hypercall_continue(call);
    }
    return end(table_open(arg));
}

long do_vouch_op_state_commit(const struct permit *permit, struct call *call,
                              struct vouch_state_table *arg)
{
    if (!record_begin()) {
        return hypercall_continue(call);
    }
    return end(outcome(seal_commit(&seal), "commit"));
}

long do_vouch_op_state_read(const struct permit *permit, struct call *call,
                            struct vouch_state_table *arg)
{
    struct buffer out = buffer_over(table_data, sizeof(table_data));
    long rc;

    if (arg->room < VOUCH_STATE_TABLE_MAX) {
        return -EINVAL;
    }
    if (!record_begin()) {
        return hypercall_continue(call);
    }
    rc = outcome(seal_read(&seal, &out), "read");
    if (rc == 0) {
        rc = table_put(arg, &out);
    }
    return end(rc);
}

static long forget(const struct vouch_state_forget *arg)
{
    if (!seal.is_open) {
        return -EAGAIN;
    }
    switch (state_forget(&seal.table, arg->uuid)) {
    case STATE_OK:
        return 0;
    case STATE_FULL:
        return -ENOSPC;
    default:
        return -ENOENT;
    }
}

long do_vouch_op_state_forget(const struct permit *permit, struct call *call,
                              struct vouch_state_forget *arg)
{
    if (!record_begin()) {
        return hypercall_continue(call);
    }
    return end(forget(arg));
}

/* ---- one guest's state, for its vTPM ---- */

_Static_assert(STATE_VERSIONS == VOUCH_VERSIONS, "versions of one start");
_Static_assert(STATE_UUID_SIZE == DOMAIN_HANDLE_SIZE, "UUIDs");

/* Whether another vTPM may still serve with that state. */
static bool is_held(const struct state_claim *claim)
{
    uint64_t holder = state_holder(&seal.table, claim->uuid);

    return holder != claim->holder && domain_may_run(holder);
}

static long claim_state(const struct state_claim *claim,
                        struct vouch_state_key *arg)
{
    struct state_grant grant;

    if (is_held(claim)) {
        return -EBUSY;
    }
    switch (state_key(&seal.table, &seal.root, claim, &grant)) {
    case STATE_OK:
        break;
    case STATE_ANOTHER:
        return -ESRCH;
    default:
        return -ENOSPC;
    }
    arg->version = grant.version;
    arg->first = grant.first;
    memcpy(arg->key, grant.key.bytes, sizeof(arg->key));
    memset(&grant, 0, sizeof(grant));
    return 0;
}

static long key_give(struct call *call, struct vouch_state_key *arg)
{
    const struct domain *guest = call->target;
    char label[VOUCH_LABEL_SIZE];
    struct buffer buffer = buffer_over(label, sizeof(label));
    struct writer writer = writer_begin(&buffer);
    struct state_claim claim = {.uuid = arg->uuid,
                                .holder = call->caller->domain->instance};

    if (!seal.is_open) {
        return -EAGAIN;
    }
    if (launch_record_of(guest) != NULL) {
        return -EACCES; /* a TPM that begins anew under a running guest */
    }
    if (!launch_keep(call->caller->domain, guest)) {
        return -ESRCH;
    }
    xsm_label_put_text(&security_policy, guest->label, &writer);
    if (!writer_end(&writer)) {
        return -ENOSPC;
    }
    claim.label = buffer_bytes(&buffer);
    domain_handle(guest, arg->uuid); /* its toolstack may change it any time */
    return claim_state(&claim, arg);
}

long do_vouch_op_state_key(const struct permit *permit, struct call *call,
                           struct vouch_state_key *arg)
{
    if (!launch_is_known_vtpm(call->caller->domain)) {
        return -EPERM;
    }
    if (!record_begin()) {
        return hypercall_continue(call);
    }
    return end(key_give(call, arg));
}

static long mark(const struct call *call, const struct vouch_state_mark *arg)
{
    if (!seal.is_open) {
        return -EAGAIN;
    }
    if (launch_keeps_another(call->caller->domain, call->target)) {
        return -ESRCH;
    }
    return state_mark(&seal.table, call->caller->domain->instance,
                      arg->version) == STATE_OK
               ? 0
               : -ENOENT;
}

long do_vouch_op_state_mark(const struct permit *permit, struct call *call,
                            struct vouch_state_mark *arg)
{
    if (!launch_is_known_vtpm(call->caller->domain)) {
        return -EPERM;
    }
    if (!record_begin()) {
        return hypercall_continue(call);
    }
    return end(mark(call, arg));
}
