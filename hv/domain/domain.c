/* SPDX-License-Identifier: MIT */
/*
 * Domains: making them, finding them by id, and their references.  A domain
 * is found through a table indexed by the low bits of its id; ids are given
 * out in turn, so that none comes back soon and no two live ones share a
 * place.  After its last reference went it is not found any more, and its place
 * is free once all of it is.
 */
#include "hv/domain/domain.h"

#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/tlb.h"
#include "hv/mem/heap.h"
#include "hv/mem/memory.h"
#include "hv/mem/table.h"

static spinlock_t domains_lock; /* guards what follows, and id_choose() */
static struct domain *domain_table[MAX_DOMAINS]; /* by id % MAX_DOMAINS */

struct domain *domain0;
struct domain hv_domain = {.id = DOMID_XEN, .label = XSM_LABEL(xen),
                           .self_label = XSM_LABEL(xen),
                           .memory = {.id = DOMID_XEN, .retained_head = MFN_NIL}};
struct domain io_domain = {.id = DOMID_IO, .label = XSM_LABEL(domio),
                           .self_label = XSM_LABEL(domio),
                           .memory = {.id = DOMID_IO, .retained_head = MFN_NIL}};

/* A reference, unless the last one has gone or it is not complete yet. */
static bool reference_get(struct domain *domain)
{
    uint32_t refs = atomic_read(&domain->refs);

    do {
        if (refs == 0 || !domain->is_complete) {
            return false;
        }
    } while (!atomic_cas(&domain->refs, &refs, refs + 1));
    return true;
}

struct domain *domain_get(domid_t id)
{
    struct domain *domain;

    spin_lock(&domains_lock);
    domain = domain_table[id % MAX_DOMAINS];
    if (domain == NULL || domain->id != id || !reference_get(domain)) {
        domain = NULL;
    }
    spin_unlock(&domains_lock);
    return domain;
}

/* Lock held. */
static struct domain *find_next(uint32_t id)
{
    struct domain *next = domain_table[id % MAX_DOMAINS];

    if (likely(next != NULL && next->id == id)) {
        return next;
    }
    next = NULL;
    for (uint32_t i = 0; i < MAX_DOMAINS; i++) {
        struct domain *domain = domain_table[i];

        if (domain != NULL && domain->id >= id &&
            (next == NULL || domain->id < next->id)) {
            next = domain;
        }
    }
    return next;
}

struct domain *domain_get_next(domid_t id)
{
    struct domain *next;

    spin_lock(&domains_lock);
    next = find_next(id);
    while (next != NULL && !reference_get(next)) {
        next = find_next(next->id + 1u);
    }
    spin_unlock(&domains_lock);
    return next;
}

void domain_put(struct domain *domain)
{
    if (atomic_sub(&domain->refs, 1) != 0) {
        return;
    }
    domain_free(domain);
}

/* The frame's owner is in the table: see memory_first_frame(). */
struct memory *memory_of_page(const struct page *page)
{
    struct domain *domain = domain_table[page->owner % MAX_DOMAINS];

    return domain != NULL && domain->id == page->owner ? &domain->memory : NULL;
}

bool memory_is_current(const struct memory *memory)
{
    return memory == &current_vcpu()->domain->memory;
}

/*
 * While a domain has frames it has a reference on itself, so that whoever
 * holds a reference on a frame finds its owner without a lock.
 */
void memory_first_frame(struct memory *memory)
{
    atomic_add(&domain_of_memory(memory)->refs, 1);
}

void memory_last_frame(struct memory *memory)
{
    domain_put(domain_of_memory(memory));
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

void domain_drop_shared(struct domain *domain)
{
    static struct shared_info nobody; /* gets what comes too late */
    struct page *page = domain->shared_page;

    WRITE_ONCE(domain->shared, &nobody);
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        WRITE_ONCE(domain->vcpus[id]->info, (void *)&nobody.vcpu_info[id]);
    }
    tlb_flush_all(); /* waits for who still writes to the pages */
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        if (domain->vcpus[id]->info_page != NULL) {
            page_put_and_type(domain->vcpus[id]->info_page);
        }
    }
    domain->shared_page = NULL;
    memory_unshare_page(&domain->memory, page);
}

static uint64_t bits_of_word(const uint32_t *ports, uint32_t count,
                             uint32_t word)
{
    uint64_t bits = 0;

    for (uint32_t i = 0; i < count; i++) {
        bits |= ports[i] / 64 == word ? 1ull << (ports[i] % 64) : 0;
    }
    return bits;
}

void domain_drop_infos(struct domain *domain)
{
    struct shared_info *shared = domain->shared;

    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        WRITE_ONCE(domain->vcpus[id]->info, (void *)&shared->vcpu_info[id]);
    }
    tlb_flush_all();
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        if (domain->vcpus[id]->info_page != NULL) {
            page_put_and_type(domain->vcpus[id]->info_page);
            domain->vcpus[id]->info_page = NULL;
        }
    }
}

void domain_reset_shared(struct domain *domain, const uint32_t *keep,
                         uint32_t count)
{
    struct shared_info *shared = domain->shared;
    size_t behind = offsetof(struct shared_info, evtchn_mask);

    memset(shared->vcpu_info, 0, sizeof(shared->vcpu_info));
    memset((uint8_t *)shared + behind, 0, PAGE_SIZE - behind);
    for (uint32_t i = 0; i < ARRAY_SIZE(shared->evtchn_pending); i++) {
        atomic_and((uint64_t *)&shared->evtchn_pending[i],
                   bits_of_word(keep, count, i));
    }
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++) {
        shared->vcpu_info[i].evtchn_upcall_mask = 1;
    }
}

static spinlock_t handle_lock; /* guards the handle of every domain */

void domain_handle(const struct domain *domain, uint8_t out[DOMAIN_HANDLE_SIZE])
{
    spin_lock(&handle_lock);
    memcpy(out, domain->handle, DOMAIN_HANDLE_SIZE);
    spin_unlock(&handle_lock);
}

void domain_set_handle(struct domain *domain,
                       const uint8_t handle[DOMAIN_HANDLE_SIZE])
{
    spin_lock(&handle_lock);
    memcpy(domain->handle, handle, DOMAIN_HANDLE_SIZE);
    spin_unlock(&handle_lock);
}

/* An id whose place is free: the one wanted, or the next in turn; -1: none. */
static int32_t id_choose(domid_t wanted)
{
    static domid_t last;

    if (wanted != DOMID_INVALID) {
        return domain_table[wanted % MAX_DOMAINS] == NULL ? wanted : -1;
    }
    for (uint32_t i = 0; i < MAX_DOMAINS; i++) {
        last = last + 1u < DOMID_FIRST_RESERVED ? last + 1 : 1;
        if (domain_table[last % MAX_DOMAINS] == NULL) {
            return last;
        }
    }
    return -1;
}

static bool place_take(struct domain *domain, domid_t wanted)
{
    int32_t id;

    spin_lock(&domains_lock);
    id = id_choose(wanted);
    if (id >= 0) {
        domain->id = (domid_t)id;
        domain_table[id % MAX_DOMAINS] = domain;
    }
    spin_unlock(&domains_lock);
    return id >= 0;
}

static uint64_t last_instance; /* atomic */

bool domain_had_no_others(void)
{
    return atomic_read(&last_instance) == 1;
}

struct domain *domain_alloc(domid_t wanted)
{
    struct domain *domain = heap_alloc(sizeof(*domain));

    if (domain == NULL) {
        return NULL;
    }
    domain->refs = 1;
    domain->instance = atomic_add(&last_instance, 1);
    if (!place_take(domain, wanted)) {
        heap_free(domain, sizeof(*domain));
        return NULL;
    }
    memory_init(&domain->memory, domain->id);
    if (!shared_page_make(domain)) {
        domain_put(domain);
        return NULL;
    }
    return domain;
}

/* The place last: who takes it finds GDT slots for its vCPUs. */
static void place_give_back(const struct domain *domain)
{
    spin_lock(&domains_lock);
    domain_table[domain->id % MAX_DOMAINS] = NULL;
    spin_unlock(&domains_lock);
}

void domain_release(struct domain *domain)
{
    CHECK(domain->memory.page_count == 0);
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        vcpu_free(domain->vcpus[id]);
    }
    place_give_back(domain);
    heap_free(domain, sizeof(*domain));
}
