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

/* NULL: there is no such element, as below. */
static inline const struct row *mmu_row(const struct mmu_element *element)
{
    switch (element->address & 7) {
    case MMU_NORMAL_PT_UPDATE:
    case MMU_PT_UPDATE_PRESERVE_AD:
    case MMU_PT_UPDATE_NO_TRANSLATE:
        if (!(element->value & PTE_P)) {
            return &rows[row_mmu_update_unmap];
        }
        return element->value & PTE_RW ? &rows[row_mmu_update_map_write]
                                       : &rows[row_mmu_update_map_read];
    case MMU_MACHPHYS_UPDATE:
        return &rows[row_mmu_update_machphys];
    default:
        return NULL;
    }
}

#define MMUEXT_COMMANDS 32u

static inline const struct row *mmuext_row(const struct mmuext_op *op)
{
    static const struct row *const of_command[MMUEXT_COMMANDS] = {
        [MMUEXT_PIN_L1_TABLE]       = &rows[row_mmuext_op_pin],
        [MMUEXT_PIN_L2_TABLE]       = &rows[row_mmuext_op_pin],
        [MMUEXT_PIN_L3_TABLE]       = &rows[row_mmuext_op_pin],
        [MMUEXT_PIN_L4_TABLE]       = &rows[row_mmuext_op_pin],
        [MMUEXT_UNPIN_TABLE]        = &rows[row_mmuext_op_unpin],
        [MMUEXT_NEW_BASEPTR]        = &rows[row_mmuext_op_new_baseptr],
        [MMUEXT_TLB_FLUSH_LOCAL]    = &rows[row_mmuext_op_flush_local],
        [MMUEXT_INVLPG_LOCAL]       = &rows[row_mmuext_op_flush_local],
        [MMUEXT_TLB_FLUSH_MULTI]    = &rows[row_mmuext_op_flush_multi],
        [MMUEXT_INVLPG_MULTI]       = &rows[row_mmuext_op_flush_multi],
        [MMUEXT_TLB_FLUSH_ALL]      = &rows[row_mmuext_op_flush_all],
        [MMUEXT_INVLPG_ALL]         = &rows[row_mmuext_op_flush_all],
        [MMUEXT_FLUSH_CACHE]        = &rows[row_mmuext_op_flush_cache],
        [MMUEXT_SET_LDT]            = &rows[row_mmuext_op_set_ldt],
        [MMUEXT_NEW_USER_BASEPTR]   = &rows[row_mmuext_op_new_user_baseptr],
        [MMUEXT_CLEAR_PAGE]         = &rows[row_mmuext_op_clear_page],
        [MMUEXT_COPY_PAGE]          = &rows[row_mmuext_op_copy_page],
        [MMUEXT_FLUSH_CACHE_GLOBAL] = &rows[row_mmuext_op_flush_cache],
    };

    if (unlikely(op->cmd >= MMUEXT_COMMANDS)) {
        return NULL;
    }
    return of_command[index_mask_nospec(op->cmd, MMUEXT_COMMANDS)];
}

static noinline long element_run_asking(struct call *call,
                                        const struct row *row, void *element)
{
    bool is_own = call->target == call->caller->domain;
    const struct permit *permit;

    if (!is_own && row->object != OBJECT_DOMAIN_GIVEN) {
        return -ESRCH; /* as if it were not there: that would be told */
    }
    permit = row_permit(row, call);
    if (permit == NULL) { /* as if the other domain were not there */
        return is_own ? -EPERM : -ESRCH;
    }
    return row->handler(permit, call, element);
}

/* One element: its row, its permission, its handler. */
static always_inline long element_run(struct call *call, const struct row *row,
                                      void *element)
{
    const struct domain *self = call->caller->domain;

    if (unlikely(row == NULL)) {
        return -ENOSYS;
    }
    if (likely(call->target == self && domain_may_itself(self, row->perm))) {
        return row->handler(&the_permit, call, element);
    }
    return element_run_asking(call, row, element);
}

static always_inline long element_read_and_run(struct call *call, uint64_t va,
                                               bool is_mmu_update)
{
    if (is_mmu_update) {
        struct mmu_element element;

        if (unlikely(!guest_load_words((uint64_t *)&element, GVA(va), 2))) {
            return -EFAULT;
        }
        return element_run(call, mmu_row(&element), &element);
    }
    struct mmuext_op op;

    if (unlikely(!guest_load_words((uint64_t *)&op, GVA(va), 3))) {
        return -EFAULT;
    }
    return element_run(call, mmuext_row(&op), &op);
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

/* *done counts the elements before the one that failed or was not reached. */
static always_inline long elements_run(struct call *call, uint32_t count,
                                       uint32_t *done, bool is_mmu_update)
{
    const size_t size = is_mmu_update ? sizeof(struct mmu_element)
                                      : sizeof(struct mmuext_op);
    int64_t *budget = &this_cpu()->budget;
    uint64_t va = call->args[0];
    long rc = 0;

    if (unlikely(!is_guest_range(va, count * size))) {
        return -EFAULT;
    }
    for (; *done < count; va += size, ++*done) {
        if (unlikely((*budget -= WORK_BATCH) <= 0)) {
            rc = -ERESTART;
            break;
        }
        rc = element_read_and_run(call, va, is_mmu_update);
        if (unlikely(rc != 0)) {
            break;
        }
    }
    if (unlikely(rc == -ERESTART)) {
        call->args[0] = va;
        call->args[1] = (count - *done) | MMU_UPDATE_PREEMPTED;
    }
    return rc;
}

/* All of a batch that is left, or as much as there is work for. */
static always_inline long batch_run(struct call *call, uint32_t count,
                                    uint32_t *done)
{
    struct domain *given;
    long rc;

    if (unlikely(call->args[3] >> 16 != 0 &&
                 (call->args[3] >> 16) - 1 != call->caller->domain->id)) {
        return -EPERM;
    }
    given = given_get(call);
    if (unlikely(given == NULL)) {
        return -ESRCH;
    }
    call->target = given;
    rc = call->nr == __HYPERVISOR_mmu_update
             ? elements_run(call, count, done, true)
             : elements_run(call, count, done, false);
    given_put(call, given);
    call->target = call->caller->domain;
    return rc;
}

/*
 * args: elements, count, where to count what was done (or 0), whose pages.
 * While a batch continues, the count so far is kept in args[4].  What was done
 * is told whatever the result: Linux goes on behind it.
 */
no_stack_protector long batch_dispatch(struct call *call)
{
    uint32_t count = (uint32_t)call->args[1], done = 0, total;
    long rc = batch_run(call, count & ~MMU_UPDATE_PREEMPTED, &done);

    total = done;
    if (unlikely(count & MMU_UPDATE_PREEMPTED)) {
        total += (uint32_t)call->args[4];
    }
    if (unlikely(rc == -ERESTART)) {
        call->args[4] = total;
        return hypercall_continue(call);
    }
    if (call->args[2] != 0 &&
        !guest_write(GVA(call->args[2]), &total, sizeof(total)) && rc == 0) {
        return -EFAULT;
    }
    return rc;
}
