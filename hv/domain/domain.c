/* SPDX-License-Identifier: MIT */
/*
 * Domains: making them, finding them by id.  A domain is
 * found through a table indexed by the low bits of its id; ids are given out
 * so that no two live ones share a slot.
 */
#include "hv/domain/domain.h"

#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/cpu.h"
#include "hv/mem/heap.h"
#include "hv/mem/memory.h"
#include "hv/mem/table.h"

static spinlock_t domains_lock;                  /* guards changes of: */
static struct domain *domain_table[MAX_DOMAINS]; /* by id % MAX_DOMAINS */

struct domain *domain0;
struct domain hv_domain = {.id = DOMID_XEN, .label = XSM_LABEL(xen),
                           .self_label = XSM_LABEL(xen),
                           .memory = {.id = DOMID_XEN, .retained_head = MFN_NIL}};
struct domain io_domain = {.id = DOMID_IO, .label = XSM_LABEL(domio),
                           .self_label = XSM_LABEL(domio),
                           .memory = {.id = DOMID_IO, .retained_head = MFN_NIL}};

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

struct domain *domain_get_next(domid_t id)
{
    struct domain *next = NULL;

    spin_lock(&domains_lock);
    for (uint32_t i = 0; i < MAX_DOMAINS; i++) {
        struct domain *domain = domain_table[i];

        if (domain != NULL && domain->id >= id &&
            (next == NULL || domain->id < next->id)) {
            next = domain;
        }
    }
    if (next != NULL) {
        atomic_add(&next->refs, 1);
    }
    spin_unlock(&domains_lock);
    return next;
}

void domain_put(struct domain *domain)
{
    CHECK(atomic_sub(&domain->refs, 1) != 0);
}

struct memory *memory_of_page(const struct page *page)
{
    struct domain *domain = domain_table[page->owner % MAX_DOMAINS];

    return domain != NULL && domain->id == page->owner ? &domain->memory : NULL;
}

bool memory_is_current(const struct memory *memory)
{
    return memory == &current_vcpu()->domain->memory;
}

static bool shared_page_make(struct domain *domain)
{
    struct page *page = heap_alloc_pages(0, 0);

    if (page == NULL) {
        return false;
    }
    memory_share_page(&domain->memory, page);
    m2p[page_mfn(page).n] = ~0ull;
    domain->shared_page = page;
    domain->shared = mfn_to_hva(page_mfn(page));
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++) {
        domain->shared->vcpu_info[i].evtchn_upcall_mask = 1;
    }
    return true;
}

static bool vcpus_make(struct domain *domain, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        domain->vcpus[i] = vcpu_create(domain, (uint16_t)i);
        if (domain->vcpus[i] == NULL) {
            return false;
        }
        domain->vcpu_count = i + 1;
    }
    return true;
}

struct domain *domain_alloc(domid_t id, uint32_t vcpu_count)
{
    struct domain *domain = heap_alloc(sizeof(*domain));

    if (domain == NULL || vcpu_count > MAX_VCPUS) {
        return NULL;
    }
    domain->id = id;
    domain->refs = 1;
    memory_init(&domain->memory, id);
    spin_lock(&domains_lock);
    CHECK(domain_table[id % MAX_DOMAINS] == NULL);
    domain_table[id % MAX_DOMAINS] = domain;
    spin_unlock(&domains_lock);
    return shared_page_make(domain) && vcpus_make(domain, vcpu_count) ? domain
                                                                      : NULL;
}
