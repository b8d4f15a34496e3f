/* SPDX-License-Identifier: MIT */
/*
 * The one way from a guest's registers to a handler.  For every row, in this
 * order: copy the arguments in once; find the objects; ask the policy; call
 * the handler with a permit; copy the results out; put the references.  What
 * the policy refuses and what does not exist look alike.
 */
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/evtchn/evtchn.h"
#include "hv/hypercall/hypercall.h"
#include "hv/hypercall/rows.h"
#include "hv/mem/guest_copy.h"

#define SYSCALL_LENGTH 2

/* Whether the row acts on the caller alone, with nobody to look up. */
static always_inline bool is_own_affair(const struct row *row,
                                        const struct call *call,
                                        const void *arg)
{
    domid_t id;

    if (row->own != OWN_IF_NAMED) {
        return row->own == OWN_ALWAYS;
    }
    id = *(const domid_t *)((const uint8_t *)arg + row->field);
    return id == DOMID_SELF || id == call->target->id;
}

/* The caller's own affair, which the policy allows, is not looked up. */
static always_inline long run_own(const struct row *row, struct call *call,
                                  void *arg)
{
    if (unlikely(!domain_may_itself(call->target, row->perm))) {
        return row_run_on_objects(row, call, arg);
    }
    return row->handler(&the_permit, call, arg);
}

static always_inline long run(const struct row *row, struct call *call,
                              void *arg)
{
    return is_own_affair(row, call, arg) ? run_own(row, call, arg)
                                         : row_run_on_objects(row, call, arg);
}

/* What a field of its structure makes another row: IS_SPLIT in rows.h. */
static const struct row *row_split(const struct row *row, const void *arg)
{
    switch (row - rows) {
    case row_event_channel_op_bind_virq:
        return virq_is_global(((const struct evtchn_bind_virq *)arg)->virq)
                   ? &rows[row_event_channel_op_bind_virq_global]
                   : row;
    case row_sysctl_readconsole:
        return ((const struct xen_sysctl *)arg)->u.readconsole.clear
                   ? &rows[row_sysctl_readconsole_clear]
                   : row;
    case row_domctl_scheduler_put:
        return ((const struct xen_domctl *)arg)->u.scheduler_op.cmd ==
                       XEN_DOMCTL_SCHEDOP_getinfo
                   ? &rows[row_domctl_scheduler_get]
                   : row;
    default:
        return row;
    }
}

static always_inline long run_sized(const struct row *row, struct call *call,
                                    uint64_t va, uint64_t *arg,
                                    enum direction direction, bool may_split)
{
    long rc;

    if (unlikely(!is_guest_range(va, row->size))) {
        return -EFAULT;
    }
    if (direction == DIRECTION_OUT) {
        memset(arg, 0, row->size);
    } else if (unlikely(!guest_copy(arg, (const void *)va, row->size))) {
        return -EFAULT;
    }
    rc = run(may_split ? row_split(row, arg) : row, call, arg);
    if (direction != DIRECTION_IN && rc >= 0 &&
        unlikely(!guest_copy((void *)va, arg, row->size))) {
        return -EFAULT;
    }
    return rc;
}

long run_in_small(const struct row *row, struct call *call, uint64_t va)
{
    uint64_t arg[RUN_SMALL / sizeof(uint64_t)];

    return run_sized(row, call, va, arg, DIRECTION_IN, false);
}

long run_both_small(const struct row *row, struct call *call, uint64_t va)
{
    uint64_t arg[RUN_SMALL / sizeof(uint64_t)];

    return run_sized(row, call, va, arg, DIRECTION_BOTH, false);
}

long run_other(const struct row *row, struct call *call, uint64_t va)
{
    uint64_t arg[RUN_OTHER / sizeof(uint64_t)];

    return run_sized(row, call, va, arg, row->direction, true);
}

/* Event channels are sent and unmasked this way. */
no_stack_protector long run_in_u32(const struct row *row, struct call *call,
                                   uint64_t va)
{
    uint32_t arg;

    if (unlikely(!guest_read_u32(&arg, GVA(va)))) {
        return -EFAULT;
    }
    return run_own(row, call, &arg);
}

no_stack_protector long run_both_u64(const struct row *row, struct call *call,
                                     uint64_t va)
{
    uint64_t arg;
    long rc;

    if (unlikely(!is_guest_range(va, sizeof(arg)) ||
                 !guest_load_words(&arg, GVA(va), 1))) {
        return -EFAULT;
    }
    rc = run_own(row, call, &arg);
    if (rc >= 0 && unlikely(!guest_store_word(GVA(va), arg))) {
        return -EFAULT;
    }
    return rc;
}

long run_nothing(const struct row *row, struct call *call, uint64_t va)
{
    return row_run_on_objects(row, call, NULL);
}

long run_on_vcpu(const struct row *row, struct call *call, uint64_t va)
{
    call->vcpu = domain_vcpu(call->target, call->args[1]);
    if (unlikely(call->vcpu == NULL)) {
        return -ENOENT;
    }
    return row->size == 0 ? run_own(row, call, NULL) : run_other(row, call, va);
}

/* One that a guest named by number. */
static always_inline long run_row(const struct family *family,
                                  uint32_t operation, struct call *call,
                                  uint64_t va)
{
    const struct row *row;

    if (unlikely(operation >= family->operations)) {
        return -ENOSYS;
    }
    row = &family->rows[index_nospec(operation, family->operations)];
    if (likely(row->is_simple)) {
        return run_own(row, call, NULL);
    }
    return likely(row->run != NULL) ? row->run(row, call, va) : -ENOSYS;
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

static noinline long dispatch_grants(const struct family *family,
                                     struct call *call)
{
    uint32_t operation = (uint32_t)call->args[0];

    if (operation == GNTTABOP_set_version ||
        operation == GNTTABOP_get_version) {
        return run_row(family, operation, call, call->args[1]);
    }
    return grants_dispatch(call);
}

static inline unsigned int va_mapping_operation(uint64_t pte)
{
    return pte & 1 ? (pte & 2 ? 2 : 1) : 0;
}

static always_inline long dispatch(struct call *call)
{
    const struct family *family;

    if (unlikely(call->nr >= FAMILIES)) {
        return -ENOSYS;
    }
    family = &families[index_mask_nospec(call->nr, FAMILIES)];
    if (family->shape == SHAPE_PLAIN) {
        return run_own(family->rows, call, NULL);
    }
    if (family->shape <= SHAPE_MEMORY) {
        return run_row(family, (uint32_t)call->args[0] & family->mask, call,
                       call->args[family->structure]);
    }
    if (family->shape == SHAPE_BATCH) {
        return batch_dispatch(call);
    }
    if (family->shape == SHAPE_VA_MAPPING) {
        return run_own(family->rows + va_mapping_operation(call->args[1]),
                       call, NULL);
    }
    return family->shape == SHAPE_GRANT ? dispatch_grants(family, call)
                                        : dispatch_platform(family, call);
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
    } else {
        regs->rax = (uint64_t)rc;
    }
}

long hypercall_continue(struct call *call)
{
    return -ERESTART;
}
