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
#include "hv/security/security.h"

struct permit {
    char unused;
};

#define SYSCALL_LENGTH 2

/* Largest argument structure of any row. */
#define ARGUMENT_MAX 1024

static const struct permit the_permit;

#define FAMILY(name, number, shape, operations)
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
#define FIELD_DOMAIN(t, m)       offsetof(t, m)

const struct row rows[ROW_COUNT] = {
#define FAMILY(name, number, shape, operations)
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
#define FAMILY(name, number, shape, operations)
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
#define FAMILY(name, number, shape, operations)                                \
    [number] = {family_##name##_rows, operations, SHAPE_##shape},
#define ROW(...)
#define CALL(...)
#include "hv/abi/hypercalls.def"
};

const char *row_name(unsigned int row)
{
    return row < ROW_COUNT && row_names[row] != NULL ? row_names[row] : "?";
}

static bool refused(unsigned int row, struct xsm_perm perm,
                    const struct domain *source, const struct domain *target)
{
    struct security_question question = {
        .source = source->label,
        .target = source == target ? source->self_label : target->label,
        .permission = perm,
        .source_id = source->id,
        .target_id = target->id,
        .operation = row_name(row),
    };

    return !security_refused(&question);
}

static inline bool may(unsigned int row, struct xsm_perm perm,
                       const struct domain *source, const struct domain *target)
{
    if (likely(source == target)) {
        return likely(domain_may_itself(source, perm)) ||
               !refused(row, perm, source, target);
    }
    return xsm_allowed(&security_policy, source->label, target->label, perm) ||
           !refused(row, perm, source, target);
}

static noinline const struct permit *permit_ask(unsigned int index,
                                                const struct call *call)
{
    const struct row *row = &rows[index];
    const struct domain *self = call->caller->domain;

    if (unlikely(!may(index, row->perm, self, call->target))) {
        return NULL;
    }
    if (unlikely(row->has_second) &&
        !may(index, row->perm2, self, call->second)) {
        return NULL;
    }
    return &the_permit;
}

const struct permit *row_permit(unsigned int index, const struct call *call)
{
    const struct row *row = &rows[index];

    if (likely(call->target == call->caller->domain && !row->has_second &&
               domain_may_itself(call->target, row->perm))) {
        return &the_permit;
    }
    return permit_ask(index, call);
}

static struct domain *object_find(struct call *call, enum object object,
                                  const void *arg, unsigned int field)
{
    domid_t id;

    if (object == OBJECT_XEN) {
        return &hv_domain;
    }
    id = *(const domid_t *)((const uint8_t *)arg + field);
    if (id == DOMID_SELF) {
        id = call->caller->domain->id;
    }
    return domain_get(id);
}

static void object_put(const struct domain *self, struct domain *domain)
{
    if (domain != NULL && domain != self && domain != &hv_domain) {
        domain_put(domain);
    }
}

static long refusal(const struct row *row)
{
    return row->object == OBJECT_DOMAIN ? -ESRCH : -EPERM;
}

static inline long run_found(unsigned int index, struct call *call, void *arg)
{
    const struct row *row = &rows[index];
    const struct permit *permit = row_permit(index, call);

    if (unlikely(permit == NULL)) {
        return refusal(row);
    }
    return row->handler(permit, call, arg);
}

/* Rows that act on something else than the caller alone. */
static noinline long run_other(unsigned int index, struct call *call,
                               void *arg)
{
    const struct row *row = &rows[index];
    struct domain *self = call->caller->domain;
    long rc;

    call->second = NULL;
    if (row->object == OBJECT_VCPU) {
        call->vcpu = domain_vcpu(self, (uint32_t)call->args[1]);
        if (call->args[1] > UINT32_MAX || call->vcpu == NULL) {
            return -ENOENT;
        }
    } else if (row->object != OBJECT_SELF) {
        call->target = object_find(call, row->object, arg, row->field);
    }
    if (row->has_second) {
        call->second = object_find(call, row->object2, arg, row->field2);
    }
    rc = refusal(row);
    if (call->target != NULL && (!row->has_second || call->second != NULL)) {
        rc = run_found(index, call, arg);
    }
    object_put(self, call->target);
    object_put(self, call->second);
    call->target = self;
    call->second = NULL;
    return rc;
}

static inline long run(unsigned int index, struct call *call, void *arg)
{
    const struct row *row = &rows[index];

    if (likely((row->object | row->has_second) == 0)) {
        return run_found(index, call, arg);
    }
    return run_other(index, call, arg);
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
    if (index == row_event_channel_op_bind_virq &&
        virq_is_global(((struct evtchn_bind_virq *)arg)->virq)) {
        index = row_event_channel_op_bind_virq_global;
    }
    rc = run(index, call, arg);
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
    if (refused((unsigned int)(row - rows), row->perm, call->target,
                call->target)) {
        return -EPERM;
    }
    return row->handler(&the_permit, call, arg);
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
    return run_row_with_objects(index, call, va);
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
    if (head.version != (call->nr == __HYPERVISOR_mca
                             ? XEN_MCA_INTERFACE_VERSION
                             : XENPF_INTERFACE_VERSION)) {
        return -EACCES;
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
    case SHAPE_EVENT: /* the split row has no number of its own */
        return call->args[0] == 14 ? -ENOSYS
                                   : run_row(family, call->args[0], call,
                                             call->args[1]);
    case SHAPE_BATCH:
        return batch_dispatch(call);
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
