/* SPDX-License-Identifier: MIT */
/*
 * The child's memory: PFN n is at VIRT_BASE + n pages, all of it mapped.  From
 * the first page behind the image: start_info, p2m list, L4, L3, L2, L1s.
 */
#include "toolstack.h"
#include "clock.h"
#include "paging.h"
#include "tap.h"

#define WINDOW_VA    (TEST_VA + (1ull << 30))
#define WINDOW_PAGES 64
#define TABLE_FLAGS  (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define WAIT_NS      20000000000ull

extern char guest_start[], image_end[], image_bss[];

void (*child_entry)(void) __attribute__((section(".data")));

static struct child {
    domid_t id; /* 0: not in use */
    uint64_t frames[TOOLSTACK_PAGES_MAX];
} children[TOOLSTACK_CHILDREN];
static uint64_t window_used; /* bit per page */

/* Where things are, by PFN. */
struct layout {
    unsigned int pages, start_info, p2m, l4, l3, l2, l1, end;
};

long domctl(uint32_t cmd, domid_t domid, struct xen_domctl *op)
{
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = domid;
    return hypercall(__HYPERVISOR_domctl, op);
}

static void must(long error, const char *what)
{
    if (error < 0) {
        print("# toolstack: error %ld\n", error);
        guest_fail(what);
    }
}

static struct child *child_find(domid_t id)
{
    for (unsigned int i = 0; i < TOOLSTACK_CHILDREN; i++) {
        if (children[i].id == id) {
            return &children[i];
        }
    }
    guest_fail(id == 0 ? "too many children" : "no such child");
}

/* --- The child's memory, seen from here --- */

void *toolstack_map_frame(domid_t domid, uint64_t mfn, bool is_writable)
{
    unsigned int slot = (unsigned int)__builtin_ctzll(~window_used);
    uint64_t va = WINDOW_VA + slot * PAGE_SIZE;
    struct mmu_update update = {
        .val = pte_make(mfn, is_writable ? TABLE_FLAGS : TABLE_FLAGS & ~PTE_RW)};

    if (window_used == ~0ull) {
        guest_fail("too many mappings of children");
    }
    map_prepare(va);
    update.ptr = pte_maddr(va, 1);
    must(mmu_update(&update, 1, NULL, domid), "mapping a frame of a child");
    window_used |= 1ull << slot;
    return (void *)va;
}

static void *frame_map(domid_t domid, uint64_t mfn)
{
    return toolstack_map_frame(domid, mfn, true);
}

void toolstack_unmap(const volatile void *mapped)
{
    uint64_t va = (uint64_t)mapped & ~(PAGE_SIZE - 1);

    must(update_va_mapping(va, 0, UVMF_INVLPG | UVMF_ALL), "unmapping");
    window_used &= ~(1ull << ((va - WINDOW_VA) / PAGE_SIZE));
}

uint64_t toolstack_mfn(domid_t domid, const void *child_va)
{
    return child_find(domid)->frames[((uint64_t)child_va - VIRT_BASE) /
                                     PAGE_SIZE];
}

void *toolstack_map(domid_t domid, const void *child_va)
{
    char *page = frame_map(domid, toolstack_mfn(domid, child_va));

    return page + ((uint64_t)child_va & (PAGE_SIZE - 1));
}

static void page_fill(const struct child *child, unsigned int pfn,
                      const void *from, size_t size)
{
    void *page = frame_map(child->id, child->frames[pfn]);

    memcpy(page, from, size);
    toolstack_unmap(page);
}

/* --- Building --- */

static struct layout layout_make(unsigned int pages)
{
    struct layout at = {.start_info = (unsigned int)(
        ((uint64_t)image_end - VIRT_BASE) / PAGE_SIZE)};
    unsigned int l1s = TOOLSTACK_PAGES_MAX / 512;

    at.p2m = at.start_info + 1;
    at.l4 = at.p2m + TOOLSTACK_PAGES_MAX / 512;
    at.l3 = at.l4 + 1;
    at.l2 = at.l3 + 1;
    at.l1 = at.l2 + 1;
    at.end = at.l1 + l1s;
    at.pages = pages < at.end ? at.end : pages;
    if (at.pages > TOOLSTACK_PAGES_MAX) {
        guest_fail("a child that large");
    }
    return at;
}

static void memory_give(struct child *child, unsigned int pages)
{
    struct xen_domctl op = {.u.max_mem.max_memkb = pages * 4};
    struct xen_memory_reservation reservation = {
        .extent_start.p = child->frames, .nr_extents = pages,
        .domid = child->id};

    must(domctl(XEN_DOMCTL_max_mem, child->id, &op), "max_mem");
    for (unsigned int i = 0; i < pages; i++) {
        child->frames[i] = i;
    }
    if (memory_op(XENMEM_populate_physmap, &reservation) != pages) {
        guest_fail("populate_physmap for a child");
    }
}

static void image_copy(const struct child *child)
{
    void (**entry)(void);

    for (const char *at = (const char *)VIRT_BASE + 0x100000; at < image_bss;
         at += PAGE_SIZE) {
        page_fill(child, (unsigned int)(((uint64_t)at - VIRT_BASE) / PAGE_SIZE),
                  at, PAGE_SIZE);
    }
    entry = toolstack_map(child->id, &child_entry);
    *entry = child_entry;
    toolstack_unmap(entry);
}

/* As libxenguest leaves it. */
static void shared_info_clear(const struct child *child, uint64_t mfn)
{
    struct shared_info *shared = frame_map(child->id, mfn);

    memset(shared, 0, PAGE_SIZE);
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++) {
        shared->vcpu_info[i].evtchn_upcall_mask = 1;
    }
    toolstack_unmap(shared);
}

static void start_info_write(const struct child *child,
                             const struct layout *at)
{
    struct start_info *info = frame_map(child->id, child->frames[at->start_info]);
    struct xen_domctl op = {0};

    must(domctl(XEN_DOMCTL_getdomaininfo, child->id, &op), "getdomaininfo");
    shared_info_clear(child, op.u.getdomaininfo.shared_info_frame);
    memcpy(info->magic, "xen-3.0-x86_64", 15);
    info->nr_pages = at->pages;
    info->shared_info = op.u.getdomaininfo.shared_info_frame * PAGE_SIZE;
    info->pt_base = VIRT_BASE + at->l4 * PAGE_SIZE;
    info->nr_pt_frames = at->end - at->l4;
    info->mfn_list = VIRT_BASE + at->p2m * PAGE_SIZE;
    info->first_p2m_pfn = at->p2m;
    info->nr_p2m_frames = at->l4 - at->p2m;
    memcpy(info->cmd_line, start_info->cmd_line, sizeof(info->cmd_line));
    toolstack_unmap(info);
    for (unsigned int i = 0; i < at->l4 - at->p2m; i++) {
        page_fill(child, at->p2m + i, &child->frames[i * 512], PAGE_SIZE);
    }
}

static void tables_write(const struct child *child, const struct layout *at)
{
    static uint64_t table[512];

    memset(table, 0, sizeof(table));
    table[511] = pte_make(child->frames[at->l3], TABLE_FLAGS);
    page_fill(child, at->l4, table, sizeof(table));
    memset(table, 0, sizeof(table));
    table[510] = pte_make(child->frames[at->l2], TABLE_FLAGS);
    page_fill(child, at->l3, table, sizeof(table));
    memset(table, 0, sizeof(table));
    for (unsigned int i = 0; i < at->end - at->l1; i++) {
        table[i] = pte_make(child->frames[at->l1 + i], TABLE_FLAGS);
    }
    page_fill(child, at->l2, table, sizeof(table));
    for (unsigned int i = 0; i < at->end - at->l1; i++) {
        for (unsigned int j = 0; j < 512; j++) {
            unsigned int pfn = i * 512 + j;
            bool is_table = pfn >= at->l4 && pfn < at->end;

            table[j] = pfn >= at->pages
                           ? 0
                           : pte_make(child->frames[pfn],
                                      is_table ? TABLE_FLAGS & ~PTE_RW
                                               : TABLE_FLAGS);
        }
        page_fill(child, at->l1 + i, table, sizeof(table));
    }
}

static void context_set(const struct child *child, const struct layout *at)
{
    static struct vcpu_guest_context context;
    struct mmuext_op pin = {.cmd = MMUEXT_PIN_L4_TABLE,
                            .arg1.mfn = child->frames[at->l4]};
    struct xen_domctl op = {.u.vcpucontext.ctxt.p = &context};

    memset(&context, 0, sizeof(context));
    context.flags = VGCF_in_kernel | VGCF_online;
    context.user_regs.rip = (uint64_t)guest_start;
    context.user_regs.rsi = VIRT_BASE + at->start_info * PAGE_SIZE;
    context.user_regs.rsp = VIRT_BASE + (at->start_info + 1) * PAGE_SIZE;
    context.user_regs.cs = FLAT_KERNEL_CS;
    context.user_regs.ss = FLAT_KERNEL_SS;
    context.user_regs.rflags = 0x200;
    context.ctrlreg[3] = child->frames[at->l4] * PAGE_SIZE;
    must(mmuext_op(&pin, 1, NULL, child->id), "pinning a child's root");
    must(domctl(XEN_DOMCTL_setvcpucontext, child->id, &op), "setvcpucontext");
}

void toolstack_config(struct xen_domctl *op, unsigned int vcpus)
{
    memset(op, 0, sizeof(*op));
    op->u.createdomain = (struct xen_domctl_createdomain){
        .ssidref = TOOLSTACK_SID,
        .max_vcpus = vcpus,
        .max_evtchn_port = 1023,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
    };
}

domid_t toolstack_wanted;

domid_t toolstack_build_labelled(void (*entry)(void), unsigned int pages,
                                 unsigned int vcpus, uint32_t sid)
{
    struct layout at = layout_make(pages);
    struct child *child = child_find(0);
    struct xen_domctl op;

    toolstack_config(&op, vcpus);
    op.u.createdomain.ssidref = sid;
    must(domctl(XEN_DOMCTL_createdomain, toolstack_wanted, &op),
         "createdomain");
    toolstack_wanted = 0;
    child->id = op.domain;
    memset(&op, 0, sizeof(op));
    op.u.max_vcpus.max = vcpus;
    must(domctl(XEN_DOMCTL_max_vcpus, child->id, &op), "max_vcpus");
    memory_give(child, at.pages);
    child_entry = entry; /* for the copy */
    image_copy(child);
    child_entry = NULL;
    start_info_write(child, &at);
    tables_write(child, &at);
    context_set(child, &at);
    return child->id;
}

domid_t toolstack_build(void (*entry)(void), unsigned int pages,
                        unsigned int vcpus)
{
    return toolstack_build_labelled(entry, pages, vcpus, TOOLSTACK_SID);
}

void toolstack_start(domid_t domid)
{
    struct xen_domctl op = {0};

    must(domctl(XEN_DOMCTL_unpausedomain, domid, &op), "unpausedomain");
}

domid_t toolstack_create(void (*entry)(void), unsigned int pages,
                         unsigned int vcpus)
{
    domid_t id = toolstack_build(entry, pages, vcpus);

    toolstack_start(id);
    return id;
}

long toolstack_destroy(domid_t domid)
{
    struct xen_domctl op = {0};
    long error = domctl(XEN_DOMCTL_destroydomain, domid, &op);

    if (error == 0) {
        toolstack_forget(domid);
    }
    return error;
}

void toolstack_forget(domid_t domid)
{
    for (unsigned int i = 0; i < TOOLSTACK_CHILDREN; i++) {
        if (children[i].id == domid) {
            children[i].id = 0;
        }
    }
}

uint32_t toolstack_flags(domid_t domid)
{
    struct xen_domctl op = {0};

    if (domctl(XEN_DOMCTL_getdomaininfo, domid, &op) != 0 ||
        op.domain != domid) {
        return 0;
    }
    return op.u.getdomaininfo.flags;
}

int toolstack_wait(domid_t domid)
{
    uint64_t until = clock_ns() + WAIT_NS;

    while (clock_ns() < until) {
        uint32_t flags = toolstack_flags(domid);

        if (flags & XEN_DOMINF_shutdown) {
            return (int)(flags >> XEN_DOMINF_shutdownshift &
                         XEN_DOMINF_shutdownmask);
        }
        sched_op(SCHEDOP_yield, NULL);
    }
    return -1;
}

uint64_t toolstack_free_pages(void)
{
    struct xen_sysctl op = {.cmd = XEN_SYSCTL_physinfo,
                            .interface_version = XEN_SYSCTL_INTERFACE_VERSION};

    if (hypercall(__HYPERVISOR_sysctl, &op) != 0) {
        guest_fail("physinfo");
    }
    return op.u.physinfo.free_pages;
}

/* Xen gives some frames back later, and keeps some. */
void toolstack_memory_is(uint64_t before, const char *what)
{
    uint64_t now = toolstack_free_pages();

    tap_is(on_xen && now + 64 > before ? before : now, before, "%s", what);
}

uint32_t toolstack_sid(const char *context)
{
    struct xen_flask_op op = {
        .cmd = FLASK_CONTEXT_TO_SID,
        .interface_version = XEN_FLASK_INTERFACE_VERSION,
        .u.sid_context.context.p = (char *)(uintptr_t)context,
        .u.sid_context.size = (uint32_t)strlen(context),
    };

    if (hypercall(__HYPERVISOR_xsm_op, &op) != 0) {
        guest_fail("a label that the policy does not have");
    }
    return op.u.sid_context.sid;
}
