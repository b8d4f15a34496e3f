/* SPDX-License-Identifier: MIT */
/*
 * Domains: making them, finding them by id, letting them die.  A domain is
 * found through a table indexed by the low bits of its id; ids are given out
 * so that no two live ones share a slot.
 */
#include "hv/domain/domain.h"

#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/cpu.h"
#include "hv/evtchn/evtchn.h"
#include "hv/mem/domain_memory.h"
#include "hv/mem/heap.h"
#include "hv/mem/table.h"
#include "hv/sched/clock.h"
#include "hv/sched/sched.h"
#include "hv/security/security.h"

static spinlock_t domains_lock;                  /* guards changes of: */
static struct domain *domain_table[MAX_DOMAINS]; /* by id % MAX_DOMAINS */

struct domain *domain0;
struct domain hv_domain = {.id = DOMID_XEN, .label = XSM_LABEL(xen),
                           .self_label = XSM_LABEL(xen),
                           .retained_head = MFN_NIL};
struct domain io_domain = {.id = DOMID_IO, .label = XSM_LABEL(domio),
                           .self_label = XSM_LABEL(domio),
                           .retained_head = MFN_NIL};

struct domain *domain_get(domid_t id)
{
    struct domain *domain;

    spin_lock(&domains_lock);
    domain = domain_table[id % MAX_DOMAINS];
    if (domain != NULL && domain->id == id) {
        atomic_add(&domain->refs, 1);
    } else {
        domain = NULL;
    }
    spin_unlock(&domains_lock);
    return domain;
}

void domain_put(struct domain *domain)
{
    CHECK(atomic_sub(&domain->refs, 1) != 0);
}

struct domain *domain_of_page(const struct page *page)
{
    struct domain *domain = domain_table[page->owner % MAX_DOMAINS];

    return domain != NULL && domain->id == page->owner ? domain : NULL;
}

static bool shared_page_make(struct domain *domain)
{
    struct page *page = heap_alloc_pages(0, 0);

    if (page == NULL) {
        return false;
    }
    domain_share_page(domain, page);
    m2p[page_mfn(page).n] = ~0ull;
    domain->shared_page = page;
    domain->shared = mfn_to_hva(page_mfn(page));
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++) {
        domain->shared->vcpu_info[i].evtchn_upcall_mask = 1;
    }
    return true;
}

static bool label_make(struct domain *domain, label_t label)
{
    domain->label = label;
    if (xsm_label_transition(&security_policy, label, label, XSM_CLASS_domain,
                             &domain->self_label) != XSM_OK) {
        return false;
    }
    domain->self_access =
        xsm_vectors(&security_policy, label, domain->self_label);
    return true;
}

static bool parts_make(struct domain *domain, uint32_t vcpu_count,
                       label_t label)
{
    if (!label_make(domain, label) || !shared_page_make(domain)) {
        return false;
    }
    for (uint32_t i = 0; i < vcpu_count; i++) {
        domain->vcpus[i] = vcpu_create(domain, (uint16_t)i);
        if (domain->vcpus[i] == NULL) {
            return false;
        }
        domain->vcpu_count = i + 1;
    }
    if (evtchn_domain_init(domain) != 0) {
        return false;
    }
    clock_update_wallclock(domain);
    return true;
}

struct domain *domain_create(domid_t id, uint32_t vcpu_count, label_t label)
{
    struct domain *domain = heap_alloc(sizeof(*domain));

    if (domain == NULL || vcpu_count > MAX_VCPUS) {
        return NULL;
    }
    domain->id = id;
    domain->refs = 1;
    domain->retained_head = MFN_NIL;
    domain->iomem_read_only.first = 1;
    domain->max_pages = UINT64_MAX;
    spin_lock(&domains_lock);
    CHECK(domain_table[id % MAX_DOMAINS] == NULL);
    domain_table[id % MAX_DOMAINS] = domain;
    spin_unlock(&domains_lock);
    if (!parts_make(domain, vcpu_count, label)) {
        return NULL; /* only at boot: who calls refuses to go on */
    }
    return domain;
}

void domain_crash(struct domain *domain, const char *format, ...)
{
    char reason[128];
    va_list args;

    if (domain->is_crashing) {
        return;
    }
    domain->is_crashing = 1;
    va_start(args, format);
    format_text_v(reason, sizeof(reason), format, args);
    va_end(args);
    log_line("domain %u killed: %s", domain->id, reason);
    if (current_vcpu() != NULL && current_vcpu()->domain == domain) {
        vcpu_log(current_vcpu(), guest_regs());
    }
    domain_shutdown(domain, SHUTDOWN_crash);
    sched_request();
}
