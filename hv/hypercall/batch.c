/* SPDX-License-Identifier: MIT */
/*
 * mmu_update and mmuext_op: arrays of elements, each mediated by itself.  The
 * first failure stops the batch; what was done is counted for the guest.  A
 * batch that used up its budget continues later with the rest.
 */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/domain/domain.h"
#include "hv/domain/mmu_update.h"
#include "hv/hypercall/hypercall.h"
#include "hv/hypercall/rows.h"
#include "hv/mem/guest_copy.h"
#include "hv/mem/table.h"

static int mmu_row(const struct mmu_element *element)
{
    switch (element->address & 7) {
    case MMU_NORMAL_PT_UPDATE:
    case MMU_PT_UPDATE_PRESERVE_AD:
    case MMU_PT_UPDATE_NO_TRANSLATE:
        if (!(element->value & PTE_P)) {
            return row_mmu_update_unmap;
        }
        return element->value & PTE_RW ? row_mmu_update_map_write
                                       : row_mmu_update_map_read;
    case MMU_MACHPHYS_UPDATE:
        return row_mmu_update_machphys;
    default:
        return -ENOSYS;
    }
}

static int mmuext_row(const struct mmuext_op *op)
{
    switch (op->cmd) {
    case MMUEXT_PIN_L1_TABLE:
    case MMUEXT_PIN_L2_TABLE:
    case MMUEXT_PIN_L3_TABLE:
    case MMUEXT_PIN_L4_TABLE:
        return row_mmuext_op_pin;
    case MMUEXT_UNPIN_TABLE:
        return row_mmuext_op_unpin;
    case MMUEXT_NEW_BASEPTR:
        return row_mmuext_op_new_baseptr;
    case MMUEXT_NEW_USER_BASEPTR:
        return row_mmuext_op_new_user_baseptr;
    case MMUEXT_TLB_FLUSH_LOCAL:
    case MMUEXT_INVLPG_LOCAL:
        return row_mmuext_op_flush_local;
    case MMUEXT_TLB_FLUSH_MULTI:
    case MMUEXT_INVLPG_MULTI:
        return row_mmuext_op_flush_multi;
    case MMUEXT_TLB_FLUSH_ALL:
    case MMUEXT_INVLPG_ALL:
        return row_mmuext_op_flush_all;
    case MMUEXT_FLUSH_CACHE:
    case MMUEXT_FLUSH_CACHE_GLOBAL:
        return row_mmuext_op_flush_cache;
    case MMUEXT_SET_LDT:
        return row_mmuext_op_set_ldt;
    case MMUEXT_CLEAR_PAGE:
        return row_mmuext_op_clear_page;
    case MMUEXT_COPY_PAGE:
        return row_mmuext_op_copy_page;
    case MMUEXT_MARK_SUPER:
    case MMUEXT_UNMARK_SUPER:
        return -EOPNOTSUPP;
    default:
        return -ENOSYS;
    }
}

/* One element: its row, its permission, its handler. */
static inline long element_run(struct call *call, int row, void *element,
                               struct domain *given)
{
    const struct permit *permit;

    if (unlikely(row < 0)) {
        return row;
    }
    call->target = given;
    if (rows[row].object != OBJECT_DOMAIN_GIVEN) {
        if (unlikely(given != call->caller->domain)) {
            return -EPERM;
        }
    }
    permit = row_permit((unsigned int)row, call);
    if (unlikely(permit == NULL)) { /* as if the other domain were not there */
        return given == call->caller->domain ? -EPERM : -ESRCH;
    }
    return rows[row].handler(permit, call, element);
}

static long element_read_and_run(struct call *call, uint64_t va,
                                 struct domain *given)
{
    if (call->nr == __HYPERVISOR_mmu_update) {
        struct mmu_element element;

        if (unlikely(!guest_load_words((uint64_t *)&element, GVA(va), 2))) {
            return -EFAULT;
        }
        return element_run(call, mmu_row(&element), &element, given);
    }
    struct mmuext_op op;

    if (unlikely(!guest_load_words((uint64_t *)&op, GVA(va), 3))) {
        return -EFAULT;
    }
    return element_run(call, mmuext_row(&op), &op, given);
}

/*
 * Whose pages the batch maps; page tables are always the caller's own.  A
 * dying domain's pages find no new users.
 */
static struct domain *given_get(const struct call *call)
{
    domid_t id = (domid_t)call->args[3];
    struct domain *given;

    if (id == DOMID_SELF || id == call->caller->domain->id) {
        return call->caller->domain;
    }
    if (id == DOMID_IO) {
        return &io_domain;
    }
    given = domain_get(id);
    if (given != NULL && given->is_dying) {
        domain_put(given);
        return NULL;
    }
    return given;
}

static void given_put(const struct call *call, struct domain *given)
{
    if (given != call->caller->domain && given != &io_domain) {
        domain_put(given);
    }
}

static long batch_run(struct call *call, struct domain *given, size_t size,
                      uint32_t *done)
{
    uint32_t count = (uint32_t)call->args[1];
    int64_t *budget = &this_cpu()->budget;
    uint64_t va = call->args[0];
    long rc = 0;
    uint32_t i;

    *done = 0;
    if (unlikely(!is_guest_range(va, count * size))) {
        return -EFAULT;
    }
    for (i = 0; i < count; i++, va += size) {
        if (unlikely((*budget -= WORK_BATCH) <= 0)) {
            rc = -ERESTART;
            break;
        }
        rc = element_read_and_run(call, va, given);
        if (unlikely(rc != 0)) {
            break;
        }
    }
    *done = i;
    return rc;
}

/*
 * args: elements, count, where to count what was done (or 0), whose pages.
 * While a batch continues, the count so far is kept in args[4].
 */
long batch_dispatch(struct call *call)
{
    size_t size = call->nr == __HYPERVISOR_mmu_update
                      ? sizeof(struct mmu_element)
                      : sizeof(struct mmuext_op);
    struct domain *given;
    uint32_t done = 0, before = 0;
    long rc;

    if (unlikely(call->args[1] & MMU_UPDATE_PREEMPTED)) {
        call->args[1] &= ~(uint64_t)MMU_UPDATE_PREEMPTED;
        before = (uint32_t)call->args[4];
    }
    if (unlikely(call->args[3] >> 16 != 0 &&
                 (call->args[3] >> 16) - 1 != call->caller->domain->id)) {
        return -EPERM;
    }
    given = given_get(call);
    if (unlikely(given == NULL)) {
        return -ESRCH;
    }
    rc = batch_run(call, given, size, &done);
    given_put(call, given);
    call->target = call->caller->domain;
    if (unlikely(rc == -ERESTART)) {
        call->args[0] += done * size;
        call->args[1] = (call->args[1] - done) | MMU_UPDATE_PREEMPTED;
        call->args[4] = before + done;
        return hypercall_continue(call);
    }
    if (call->args[2] != 0) {
        uint32_t total = before + done;

        if (!guest_write(GVA(call->args[2]), &total, sizeof(total)) &&
            rc == 0) {
            return -EFAULT;
        }
    }
    return rc;
}
