/* SPDX-License-Identifier: MIT */
/*
 * xsm_op (public/xsm/flask_op.h): what the toolstack asks of the security
 * server: which SID a context has and the reverse, the mode, the booleans.
 * The policy of the boot stays in force; what would change it has rows so that
 * the attempt is refused by name and recorded.
 */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/mem/guest_copy.h"
#include "hv/security/security.h"

/* Three names of at most 63 bytes, two colons, and the zero behind them. */
#define TEXT_MAX 192

/* Text of a guest, up to its first zero. */
static long text_read(char *text, const char *from, uint32_t size,
                      struct bytes *out)
{
    uint32_t length = 0;

    if (size > TEXT_MAX) {
        return -EINVAL; /* longer than any name of any policy */
    }
    if (!guest_read(text, GVA((uint64_t)from), size)) {
        return -EFAULT;
    }
    while (length < size && text[length] != '\0') {
        length++;
    }
    *out = bytes_of(text, length);
    return 0;
}

/* Text for a guest, and what size that has; *size says how much may be. */
static long text_write(char *to, uint32_t *size, struct bytes text)
{
    uint32_t room = *size;

    *size = (uint32_t)text.size;
    if (room < text.size) {
        return -ERANGE;
    }
    return guest_write(GVA((uint64_t)to), text.data, text.size) ? 0 : -EFAULT;
}

long do_xsm_op_getenforce(const struct permit *permit, struct call *call,
                          struct xen_flask_op *arg)
{
    return security_policy.mode == XSM_ENFORCING;
}

/* The SID is valid while the label is in use, or its place not needed. */
long do_xsm_op_context_to_sid(const struct permit *permit, struct call *call,
                              struct xen_flask_op *arg)
{
    struct xen_flask_sid_context *asked = &arg->u.sid_context;
    char text[TEXT_MAX];
    struct bytes context;
    label_t label;
    long status = text_read(text, asked->context.p, asked->size, &context);

    if (status != 0) {
        return status;
    }
    if (!security_label_of(context, &label)) {
        return -EINVAL;
    }
    asked->sid = label.index;
    security_label_put(label);
    return 0;
}

/* What is no SID is unlabeled. */
long do_xsm_op_sid_to_context(const struct permit *permit, struct call *call,
                              struct xen_flask_op *arg)
{
    struct xen_flask_sid_context *asked = &arg->u.sid_context;
    char text[TEXT_MAX];
    struct buffer buffer = buffer_over(text, sizeof(text));
    struct writer writer = writer_begin(&buffer);
    label_t label = XSM_LABEL(unlabeled);
    bool is_held = security_label_get(asked->sid, &label);

    xsm_label_put_text(&security_policy,
                       is_held ? label : XSM_LABEL(unlabeled), &writer);
    put_u8(&writer, '\0');
    CHECK(writer_end(&writer));
    if (is_held) {
        security_label_put(label);
    }
    return text_write(asked->context.p, &asked->size, buffer_bytes(&buffer));
}

/* By number, and then its name is told; or by name. */
long do_xsm_op_getbool(const struct permit *permit, struct call *call,
                       struct xen_flask_op *arg)
{
    struct xen_flask_boolean *asked = &arg->u.boolean;
    char text[TEXT_MAX];
    struct bytes name;
    uint32_t value;

    if (asked->bool_id == UINT32_MAX) {
        long status = text_read(text, asked->name.p, asked->size, &name);

        if (status != 0) {
            return status;
        }
        (void)!xsm_boolean_find(&security_policy, name, &asked->bool_id);
        asked->size = 0;
    }
    if (xsm_boolean_get(&security_policy, asked->bool_id, &name, &value) !=
        XSM_OK) {
        return -ENOENT;
    }
    asked->enforcing = (uint8_t)value;
    asked->pending = (uint8_t)value;
    return asked->size == 0 ? 0
                            : text_write(asked->name.p, &asked->size, name);
}

/*
 * Were a policy to grant what follows, it would still have to be measured
 * before it takes effect, which nothing does yet.
 */
long do_xsm_op_load(const struct permit *permit, struct call *call,
                    struct xen_flask_op *arg)
{
    return -EOPNOTSUPP;
}

long do_xsm_op_setenforce(const struct permit *permit, struct call *call,
                          struct xen_flask_op *arg)
{
    return -EOPNOTSUPP;
}

long do_xsm_op_setbool(const struct permit *permit, struct call *call,
                       struct xen_flask_op *arg)
{
    return -EOPNOTSUPP;
}
