/* SPDX-License-Identifier: MIT */
/*
 * The one way from a guest's registers to a handler.  For every row, in this
 * order: copy the arguments in once; find the objects; ask the policy; call
 * the handler with a permit; copy the results out; put the references.  What
 * the policy refuses and what does not exist look alike.
 */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/evtchn/evtchn.h"
#include "hv/hypercall/hypercall.h"
#include "hv/hypercall/rows.h"
#include "hv/mem/guest_copy.h"

#define SYSCALL_LENGTH 2

/* Largest argument structure of any row. */
#define ARGUMENT_MAX 1024

#define FAMILY(...)
#define CALL(f, ...)
#define ROW(f, op, nr, t, ...)                                                 \
    static long call_##f##_##op(const struct permit *permit,                   \
                                struct call *call, void *arg)                  \
    {                                                                          \
        return do_##f##_##op(permit, call, (t *)arg);                          \
    }
#include "hv/abi/hypercalls.def"

#define SIZE_NONE(t)  0
#define SIZE_IN(t)    sizeof(t)
#define SIZE_OUT(t)   sizeof(t)
#define SIZE_BOTH(t)  sizeof(t)
#define FIELD_SELF(t, m)         0
#define FIELD_XEN(t, m)          0
#define FIELD_VCPU(t, m)         0
#define FIELD_DOMAIN_GIVEN(t, m) 0
#define FIELD_SECURITY(t, m)     0
#define FIELD_END(t, m)          0
#define FIELD_DOMAIN(t, m)       offsetof(t, m)
#define FIELD_FIRST(t, m)        offsetof(t, m)
#define FIELD_NEW(t, m)          offsetof(t, m)

const struct row rows[ROW_COUNT] = {
#define FAMILY(...)
#define CALL(f, c, p)                                                          \
    [row_##f] = {                                                              \
        .handler = do_##f, .perm = XSM_PERM_INIT(c, p), .is_simple = 1},
#define ROW(f, op, nr, t, d, o, m, c, p)                                       \
    [row_##f##_##op] = {.handler = call_##f##_##op,                            \
                        .size = SIZE_##d(t),                                   \
                        .direction = DIRECTION_##d,                            \
                        .object = OBJECT_##o,                                  \
                        .field = FIELD_##o(t, m),                              \
                        .perm = XSM_PERM_INIT(c, p),                           \
                        .is_simple = OBJECT_##o == OBJECT_SELF &&              \
                                     SIZE_##d(t) == 0,                         \
                        .is_word = OBJECT_##o == OBJECT_SELF &&                \
                                   DIRECTION_##d == DIRECTION_IN &&            \
                                   SIZE_##d(t) == sizeof(uint32_t)},
#define ROW2(f, op, nr, t, d, o, m, c, p, o2, m2, c2, p2)                      \
    [row_##f##_##op] = {.handler = call_##f##_##op,                            \
                        .size = SIZE_##d(t),                                   \
                        .direction = DIRECTION_##d,                            \
                        .object = OBJECT_##o,                                  \
                        .field = FIELD_##o(t, m),                              \
                        .perm = XSM_PERM_INIT(c, p),                           \
                        .has_second = 1,                                       \
                        .object2 = OBJECT_##o2,                                \
                        .field2 = FIELD_##o2(t, m2),                           \
                        .perm2 = XSM_PERM_INIT(c2, p2)},
#include "hv/abi/hypercalls.def"
};

static const char *const row_names[ROW_COUNT] = {
#define FAMILY(...)
#define CALL(f, ...)        [row_##f] = #f,
#define ROW(f, op, nr, ...) [row_##f##_##op] = #f "." #op,
#include "hv/abi/hypercalls.def"
};

struct family {
    uint16_t first_row, operations, shape;
    uint16_t pad; /* eight bytes: indexed without a multiplication */
};

#define FAMILIES 49u
static const struct family families[FAMILIES] = {
#define FAMILY(name, number, shape, operations, splits)                        \
    [number] = {family_##name##_rows, operations, SHAPE_##shape},
#define ROW(...)
#define CALL(...)
#include "hv/abi/hypercalls.def"
};

const char *row_name(unsigned int row)
{
    return row < ROW_COUNT && row_names[row] != NULL ? row_names[row] : "?";
}

static inline long run(unsigned int index, struct call *call, void *arg)
{
    const struct row *row = &rows[index];
    const struct permit *permit;

    if (unlikely((row->object | row->has_second) != 0)) {
        return row_run_on_objects(index, call, arg);
    }
    permit = row_permit(index, call);
    return likely(permit != NULL) ? row->handler(permit, call, arg) : -EPERM;
}

/* What a field of its structure makes another row of an operation. */
static unsigned int row_split(unsigned int index, const void *arg)
{
    switch (index) {
    case row_event_channel_op_bind_virq:
        return virq_is_global(((const struct evtchn_bind_virq *)arg)->virq)
                   ? row_event_channel_op_bind_virq_global
                   : index;
    case row_sysctl_readconsole:
        return ((const struct xen_sysctl *)arg)->u.readconsole.clear
                   ? row_sysctl_readconsole_clear
                   : index;
    default:
        return index;
    }
}

/* Rows with a structure at guest address va. */
static noinline long run_with_argument(unsigned int index, struct call *call,
                                       uint64_t va)
{
    const struct row *row = &rows[index];
    uint64_t arg[ARGUMENT_MAX / sizeof(uint64_t)];
    long rc;

    if (row->direction == DIRECTION_OUT) {
        memset(arg, 0, row->size);
    } else if (!guest_read(arg, GVA(va), row->size)) {
        return -EFAULT;
    }
    rc = run(row_split(index, arg), call, arg);
    if (rc >= 0 && row->direction != DIRECTION_IN &&
        !guest_write(GVA(va), arg, row->size)) {
        return -EFAULT;
    }
    return rc;
}

/* The policy did not say yes at once: ask again, for the record. */
static noinline long run_refused(const struct row *row, struct call *call,
                                 void *arg)
{
    const struct permit *permit = row_permit((unsigned int)(row - rows), call);

    return permit != NULL ? row->handler(permit, call, arg) : -EPERM;
}

/*
 * Rows whose structure is one word of 32 bits, on the caller itself: event
 * channels are sent and unmasked this way.
 */
static noinline no_stack_protector long
run_with_word(const struct row *row, struct call *call, uint64_t va)
{
    uint32_t arg;

    if (unlikely(!guest_read_u32(&arg, GVA(va)))) {
        return -EFAULT;
    }
    if (unlikely(!domain_may_itself(call->target, row->perm))) {
        return run_refused(row, call, &arg);
    }
    return row->handler(&the_permit, call, &arg);
}

static noinline long run_row_with_objects(unsigned int index,
                                          struct call *call, uint64_t va)
{
    const struct row *row = &rows[index];

    if (row->size != 0) {
        return run_with_argument(index, call, va);
    }
    if (unlikely(row->handler == NULL)) {
        return -ENOSYS;
    }
    return run(index, call, NULL);
}

/* Rows with registers only, on the caller itself. */
static always_inline long run_simple(const struct row *row, struct call *call)
{
    if (unlikely(!domain_may_itself(call->target, row->perm))) {
        return run_refused(row, call, NULL);
    }
    return row->handler(&the_permit, call, NULL);
}

static always_inline long run_row(const struct family *family,
                                  uint64_t operation, struct call *call,
                                  uint64_t va)
{
    unsigned int index;

    if (unlikely(operation >= family->operations)) {
        return -ENOSYS;
    }
    index = family->first_row +
            (unsigned int)index_nospec(operation, family->operations);
    if (likely(rows[index].is_simple)) {
        return run_simple(&rows[index], call);
    }
    if (likely(rows[index].is_word)) {
        return run_with_word(&rows[index], call, va);
    }
    if (likely(rows[index].object == OBJECT_END)) {
        return event_send(call, va);
    }
    return run_row_with_objects(index, call, va);
}

static uint32_t platform_version(uint64_t nr)
{
    switch (nr) {
    case __HYPERVISOR_mca:
        return XEN_MCA_INTERFACE_VERSION;
    case __HYPERVISOR_xsm_op:
        return XEN_FLASK_INTERFACE_VERSION;
    case __HYPERVISOR_sysctl:
        return XEN_SYSCTL_INTERFACE_VERSION;
    case __HYPERVISOR_domctl:
        return XEN_DOMCTL_INTERFACE_VERSION;
    default:
        return XENPF_INTERFACE_VERSION;
    }
}

static noinline long dispatch_platform(const struct family *family,
                                       struct call *call)
{
    struct {
        uint32_t operation, version;
    } head;

    if (!guest_read(&head, GVA(call->args[0]), sizeof(head))) {
        return -EFAULT;
    }
    if (head.version != platform_version(call->nr)) {
        return call->nr == __HYPERVISOR_xsm_op ? -ENOSYS : -EACCES;
    }
    return run_row(family, head.operation, call, call->args[0]);
}

static inline unsigned int va_mapping_operation(uint64_t pte)
{
    return pte & 1 ? (pte & 2 ? 2 : 1) : 0;
}

#define MEMORY_OPERATION(args) ((args)[0] & ((1u << MEMOP_EXTENT_SHIFT) - 1))

static noinline long dispatch_other(const struct family *family,
                                    struct call *call)
{
    switch ((enum shape)family->shape) {
    case SHAPE_CMD_ID_PTR:
        return run_row(family, call->args[0], call, call->args[2]);
    case SHAPE_MEMORY:
        return run_row(family, MEMORY_OPERATION(call->args), call,
                       call->args[1]);
    case SHAPE_PLATFORM:
        return dispatch_platform(family, call);
    case SHAPE_BATCH:
        return batch_dispatch(call);
    case SHAPE_GRANT:
        if (call->args[0] == GNTTABOP_set_version ||
            call->args[0] == GNTTABOP_get_version) {
            return run_row(family, call->args[0], call, call->args[1]);
        }
        return grants_dispatch(call);
    case SHAPE_CMD_REGS:
        return run_row(family, call->args[0], call, 0);
    case SHAPE_CMD_PTR:
    case SHAPE_PLAIN:
    case SHAPE_VA_MAPPING:
    case SHAPE_NONE:
        break;
    }
    return -ENOSYS;
}

static always_inline long dispatch(struct call *call)
{
    const struct family *family;

    if (unlikely(call->nr >= FAMILIES)) {
        return -ENOSYS;
    }
    family = &families[index_nospec(call->nr, FAMILIES)];
    if (family->shape == SHAPE_CMD_PTR) {
        return run_row(family, call->args[0], call, call->args[1]);
    }
    if (family->shape == SHAPE_PLAIN) {
        return run_simple(&rows[family->first_row], call);
    }
    if (family->shape == SHAPE_VA_MAPPING) {
        return run_simple(&rows[family->first_row +
                                va_mapping_operation(call->args[1])],
                          call);
    }
    return dispatch_other(family, call);
}

no_stack_protector long hypercall_dispatch(struct call *call)
{
    return dispatch(call);
}

static inline void history_record(struct vcpu *vcpu, uint64_t nr,
                                  uint64_t arg1)
{
    uint8_t slot = vcpu->history_next++;

    vcpu->history[slot].nr = (uint32_t)nr;
    vcpu->history[slot].arg1 = (uint32_t)arg1;
}

/*
 * SYSCALL from guest kernel mode.  A call that is to continue leaves the guest
 * before that instruction, with the rest in its registers.
 */
no_stack_protector void hypercall_enter(struct vcpu *vcpu, struct regs *regs)
{
    struct call call;
    long rc;

    call.caller = vcpu;
    call.target = vcpu->domain;
    call.nr = (uint32_t)regs->rax;
    call.args = &regs->rdi;
    history_record(vcpu, call.nr, regs->rdi);
    rc = dispatch(&call);
    if (unlikely(rc == -ERESTART)) {
        regs->rip -= SYSCALL_LENGTH;
    } else if (likely(call.nr != __HYPERVISOR_iret)) {
        regs->rax = (uint64_t)rc;
    }
}

long hypercall_continue(struct call *call)
{
    (void)call;
    return -ERESTART;
}
