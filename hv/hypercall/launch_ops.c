/* SPDX-License-Identifier: MIT */
/* vouch_op (hv/abi/vouch.h): launches, what they were of, and the log. */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/time.h"
#include "hv/domain/domain.h"
#include "hv/launch/launch.h"
#include "hv/mem/guest_copy.h"
#include "hv/security/record.h"

#define LOG_CHUNK    16384u /* bytes that one call copies */
#define TPM_LIMIT_NS 10000000000ull
#define NAME_SHA256  0x0bu /* TPM2B_NAME: begins with 00 0b */

/* Not as part of a multicall, which would go on behind it. */
long do_vouch_op_launch(const struct permit *permit, struct call *call,
                        struct vouch_launch *arg)
{
    long rc;

    if (call->args != &guest_regs()->rdi) {
        return -EINVAL;
    }
    rc = launch_begin(call->caller, arg);
    return rc == -ERESTART ? hypercall_continue(call) : rc;
}

long do_vouch_op_launch_info(const struct permit *permit, struct call *call,
                             struct vouch_launch_info *arg)
{
    const struct launch_record *record = launch_record_of(call->target);

    if (launch_keeps_another(call->caller->domain, call->target)) {
        return -ESRCH;
    }
    if (record == NULL) {
        return -EAGAIN;
    }
    *arg = record->info;
    return 0;
}

static bool is_name(const uint8_t name[VOUCH_NAME_SIZE])
{
    return name[0] == 0 && name[1] == NAME_SHA256;
}

static int identity_record(const struct domain *keeper,
                           const struct domain *guest,
                           const struct vouch_identity *arg)
{
    struct vouchlog_identity event = {.vtpm = keeper->instance,
                                      .guest = guest->instance};
    char text[VOUCHLOG_MAX_PAYLOAD];
    struct buffer buffer = buffer_over(text, sizeof(text));
    struct writer writer = writer_begin(&buffer);

    memcpy(event.ak, arg->ak, sizeof(event.ak));
    memcpy(event.ek, arg->ek, sizeof(event.ek));
    vouchlog_put_identity(&writer, &event);
    CHECK(writer_end(&writer));
    return record_text(VOUCHLOG_IDENTITY, buffer_bytes(&buffer));
}

/* Whether the caller, who waits for the TPM, has done so for too long. */
static bool has_waited_enough(struct domain *keeper)
{
    uint64_t now_ns = system_time_ns();

    if (keeper->tpm_wait_ns == 0) {
        keeper->tpm_wait_ns = now_ns;
    }
    if (now_ns - keeper->tpm_wait_ns <= TPM_LIMIT_NS) {
        return false;
    }
    keeper->tpm_wait_ns = 0;
    return true;
}

static long identity(struct call *call, const struct vouch_identity *arg)
{
    struct domain *keeper = call->caller->domain, *guest = call->target;
    int rc = launch_identity_begin(keeper, guest);

    if (rc != 0) {
        return rc;
    }
    rc = identity_record(keeper, guest, arg);
    launch_identity_end(keeper, guest, rc == 0);
    if (rc == -EBUSY && !has_waited_enough(keeper)) {
        return hypercall_continue(call);
    }
    return rc;
}

long do_vouch_op_identity(const struct permit *permit, struct call *call,
                          struct vouch_identity *arg)
{
    if (!launch_is_known_vtpm(call->caller->domain)) {
        return -EPERM;
    }
    if (!is_name(arg->ak) || !is_name(arg->ek)) {
        return -EINVAL;
    }
    return record_is_measured() ? identity(call, arg) : -ENODEV;
}

long do_vouch_op_log_read(const struct permit *permit, struct call *call,
                          struct vouch_log_read *arg)
{
    struct bytes log = measure_log(&measurements);
    struct bytes rest;

    arg->total = log.size;
    arg->size =
        MIN(MIN(arg->size, LOG_CHUNK), log.size - MIN(arg->offset, log.size));
    if (!bytes_slice(log, MIN(arg->offset, log.size), arg->size, &rest) ||
        !guest_write(GVA(arg->buffer), rest.data, rest.size)) {
        return -EFAULT;
    }
    return 0;
}
