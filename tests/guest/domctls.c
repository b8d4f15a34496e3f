/* SPDX-License-Identifier: MIT */
/*
 * domctl with arguments that nobody means well: versions, numbers, pointers,
 * ids, labels, limits, contexts.  Each is refused and leaves nothing behind;
 * the same call with good arguments then works.
 *
 * Runner: -s 2
 * Only: vouch
 */
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/toolstack.h"

#define NOT_CANONICAL 0x8000000000000000ull
#define SID_UNLABELED 6
#define SID_SECURITY  7

static volatile uint64_t said;

static void child_says(void)
{
    said = 0x600d;
    for (;;) {
        sched_op(SCHEDOP_yield, NULL);
    }
}

static uint64_t domains_count(void)
{
    static struct xen_domctl_getdomaininfo list[64];
    struct xen_sysctl op = {.cmd = XEN_SYSCTL_getdomaininfolist,
                            .interface_version = XEN_SYSCTL_INTERFACE_VERSION};

    op.u.getdomaininfolist.max_domains = ARRAY_SIZE(list);
    op.u.getdomaininfolist.buffer.p = list;
    return hypercall(__HYPERVISOR_sysctl, &op) == 0
               ? op.u.getdomaininfolist.num_domains
               : 0;
}

static void test_form(void)
{
    static const uint32_t numbers[] = {0, 6, 23, XEN_DOMCTL_settimeoffset, 88, 90, 96, 1000, 0xffffffff};
    struct xen_domctl op = {.cmd = XEN_DOMCTL_getdomaininfo};
    struct xen_sysctl sysctl = {.cmd = XEN_SYSCTL_getdomaininfolist};
    struct xen_flask_op flask = {.cmd = FLASK_GETENFORCE};

    tap_is((uint64_t)hypercall(__HYPERVISOR_domctl, &op), -XEN_EACCES,
           "domctl of no version");
    tap_is((uint64_t)hypercall(__HYPERVISOR_sysctl, &sysctl), -XEN_EACCES,
           "sysctl of no version");
    tap_is((uint64_t)hypercall(__HYPERVISOR_xsm_op, &flask), -XEN_ENOSYS,
           "xsm_op of no version");
    for (unsigned int i = 0; i < ARRAY_SIZE(numbers); i++) {
        tap_is((uint64_t)domctl(numbers[i], 0, &op), -XEN_ENOSYS,
               "there is no domctl %u", numbers[i]);
    }
    tap_is((uint64_t)hypercall(__HYPERVISOR_domctl, HV_PRIVATE), -XEN_EFAULT,
           "a structure in the hypervisor");
    tap_is((uint64_t)hypercall(__HYPERVISOR_domctl, 0x10), -XEN_EFAULT,
           "a structure nowhere");
}

/* --- createdomain --- */

typedef void (*spoiler)(struct xen_domctl_createdomain *create);

#define SPOIL(name, statement)                                                 \
    static void name(struct xen_domctl_createdomain *create)                   \
    {                                                                          \
        create->statement;                                                     \
    }
SPOIL(hvm, flags = XEN_DOMCTL_CDF_hvm)
SPOIL(flag_iommu, flags = XEN_DOMCTL_CDF_iommu)
SPOIL(flag_xenstore, flags = XEN_DOMCTL_CDF_xs_domain)
SPOIL(flag_unknown, flags = 1u << 31)
SPOIL(no_vcpu, max_vcpus = 0)
SPOIL(nine_vcpus, max_vcpus = 9)
SPOIL(all_vcpus, max_vcpus = ~0u)
SPOIL(iommu, iommu_opts = 1)
SPOIL(trace, vmtrace_size = 4096)
SPOIL(pool, cpupool_id = 1)
SPOIL(emulated, arch.emulation_flags = XEN_X86_EMU_LAPIC)
SPOIL(misc, arch.misc_flags = 1u << 31)
SPOIL(grants, grant_opts = 0xf)
SPOIL(grants_unknown, grant_opts = 1u << 31)
SPOIL(sid_none, ssidref = 0)
SPOIL(sid_unlabeled, ssidref = SID_UNLABELED)
SPOIL(sid_unused, ssidref = 200)
SPOIL(sid_wild, ssidref = ~0u)
SPOIL(sid_wraps, ssidref = 0x10000 + TOOLSTACK_SID)

static void test_create(void)
{
    static const struct {
        spoiler spoil;
        const char *name;
    } cases[] = {
        {hvm, "an HVM guest"},
        {flag_iommu, "an IOMMU"},
        {flag_xenstore, "a xenstore domain"},
        {flag_unknown, "an unknown flag"},
        {no_vcpu, "no vCPU"},
        {nine_vcpus, "a vCPU too many"},
        {all_vcpus, "all vCPUs"},
        {iommu, "IOMMU options"},
        {trace, "a trace buffer"},
        {pool, "another CPU pool"},
        {emulated, "emulated devices"},
        {misc, "an unknown option"},
        {grants, "an unknown version of grants"},
        {grants_unknown, "an unknown option of grants"},
        {sid_none, "no label"},
        {sid_unlabeled, "the label of what has none"},
        {sid_unused, "a label that is not there"},
        {sid_wild, "a label out of range"},
        {sid_wraps, "a label beyond 16 bits"},
    };
    uint64_t before = domains_count();
    struct xen_domctl op;

    for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
        toolstack_config(&op, 1);
        cases[i].spoil(&op.u.createdomain);
        tap_is((uint64_t)domctl(XEN_DOMCTL_createdomain, 0, &op),
               op.u.createdomain.ssidref == TOOLSTACK_SID ? -XEN_EINVAL
                                                          : -XEN_EPERM,
               "no domain with %s", cases[i].name);
    }
    toolstack_config(&op, 1);
    op.u.createdomain.ssidref = SID_SECURITY;
    tap_is((uint64_t)domctl(XEN_DOMCTL_createdomain, 0, &op), -XEN_EPERM,
           "no domain under a label that the policy does not let dom0 use");
    tap_is(domains_count(), before, "none of them is there");
}

static void test_ids(void)
{
    struct xen_domctl op;
    domid_t first, second;

    toolstack_config(&op, 1);
    domctl(XEN_DOMCTL_createdomain, 0, &op);
    first = op.domain;
    domctl(XEN_DOMCTL_destroydomain, first, &op);
    toolstack_config(&op, 1);
    domctl(XEN_DOMCTL_createdomain, 0xffff, &op);
    second = op.domain;
    tap_is(second, first + 1u, "an id is not given again at once");
    toolstack_config(&op, 1);
    tap_is((uint64_t)domctl(XEN_DOMCTL_createdomain, 177, &op), 0,
           "an id may be chosen");
    tap_is(op.domain, 177, "and is the one");
    toolstack_config(&op, 1);
    tap_refused(domctl(XEN_DOMCTL_createdomain, 177, &op),
                "but not one in use");
    toolstack_config(&op, 1);
    tap_refused(domctl(XEN_DOMCTL_createdomain, 177 + 256, &op),
                "nor one whose place is taken");
    domctl(XEN_DOMCTL_destroydomain, second, &op);
    domctl(XEN_DOMCTL_destroydomain, 177, &op);
}

static void test_many(void)
{
    uint64_t before = toolstack_free_pages();
    domid_t ids[300];
    unsigned int made = 0, ascending = 0, gone = 0;
    struct xen_domctl op;
    long error;

    for (;;) {
        toolstack_config(&op, 8);
        error = domctl(XEN_DOMCTL_createdomain, 0, &op);
        if (error != 0 || made == ARRAY_SIZE(ids)) {
            break;
        }
        ids[made++] = op.domain;
    }
    tap_is(made, 255, "so many domains beside dom0");
    tap_is((uint64_t)error, -XEN_ENOMEM, "and then no more");
    for (unsigned int i = 0; i + 1 < made; i++) {
        struct xen_domctl next = {0};

        domctl(XEN_DOMCTL_getdomaininfo, (domid_t)(ids[i] + 1), &next);
        ascending += next.domain == ids[i + 1];
    }
    tap_is(ascending, made - 1, "each is followed by the next");
    for (unsigned int i = 0; i < made; i++) {
        gone += domctl(XEN_DOMCTL_destroydomain, ids[i], &op) == 0;
    }
    tap_is(gone, made, "all go again");
    toolstack_memory_is(before, "and leave all memory as it was");
}

static void test_targets(void)
{
    static const uint32_t commands[] = {
        XEN_DOMCTL_destroydomain, XEN_DOMCTL_pausedomain,
        XEN_DOMCTL_unpausedomain, XEN_DOMCTL_getdomaininfo,
        XEN_DOMCTL_max_mem, XEN_DOMCTL_setvcpucontext,
        XEN_DOMCTL_getvcpucontext, XEN_DOMCTL_max_vcpus,
        XEN_DOMCTL_hypercall_init, XEN_DOMCTL_resumedomain,
    };
    static const domid_t ids[] = {200, DOMID_IO, DOMID_XEN, DOMID_INVALID,
                                  0xffff};
    struct xen_domctl op = {0};
    unsigned int wrong = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++) {
        for (unsigned int j = 0; j < ARRAY_SIZE(ids); j++) {
            wrong += domctl(commands[i], ids[j], &op) != -XEN_ESRCH;
        }
    }
    tap_is(wrong, 0, "nothing is done to domains that are not there");
    tap_refused(domctl(XEN_DOMCTL_destroydomain, 0, &op),
                "dom0 does not destroy itself");
    tap_refused(domctl(XEN_DOMCTL_destroydomain, DOMID_SELF, &op),
                "by that name either");
    tap_refused(domctl(XEN_DOMCTL_pausedomain, 0, &op),
                "nor pause itself");
}

/* --- A context for a vCPU --- */

static struct vcpu_guest_context good, context;

static long context_set(domid_t id, uint32_t vcpu, const void *from)
{
    struct xen_domctl op = {.u.vcpucontext = {.vcpu = vcpu}};

    op.u.vcpucontext.ctxt.p = (void *)from;
    return domctl(XEN_DOMCTL_setvcpucontext, id, &op);
}

static long context_read(domid_t id, uint32_t vcpu)
{
    struct xen_domctl op = {.u.vcpucontext = {.vcpu = vcpu}};

    memset(&context, 0, sizeof(context));
    op.u.vcpucontext.ctxt.p = &context;
    return domctl(XEN_DOMCTL_getvcpucontext, id, &op);
}

/* Each in turn takes a value that must not be. */
static void test_spoilt_contexts(domid_t id)
{
    static const struct {
        uint64_t *field;
        uint64_t value;
        const char *name;
    } cases[] = {
        {&context.user_regs.rip, NOT_CANONICAL, "rip"},
        {&context.user_regs.rsp, NOT_CANONICAL, "rsp"},
        {&context.kernel_sp, NOT_CANONICAL, "the kernel's stack"},
        {&context.fs_base, NOT_CANONICAL, "FS"},
        {&context.gs_base_kernel, NOT_CANONICAL, "GS"},
        {&context.gs_base_user, NOT_CANONICAL, "the user's GS"},
        {&context.event_callback_eip, NOT_CANONICAL, "the event callback"},
        {&context.failsafe_callback_eip, NOT_CANONICAL, "failsafe"},
        {&context.syscall_callback_eip, NOT_CANONICAL, "the syscall callback"},
        {&context.trap_ctxt[255].address, NOT_CANONICAL, "a trap's handler"},
        {&context.ldt_ents, 8193, "an LDT too large"},
        {&context.ldt_base, 123, "an LDT"},
        {&context.gdt_ents, 7169, "a GDT too large"},
        {&context.gdt_ents, ~0ull, "a GDT of all entries"},
        {&context.gdt_ents, 1, "a GDT in the first frame"},
        {&context.ctrlreg[3], 0, "no root"},
        {&context.ctrlreg[3], ~0ull, "a root nowhere"},
        {&context.ctrlreg[1], ~0ull, "a user's root nowhere"},
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
        context = good;
        context.ldt_ents = cases[i].field == &context.ldt_base ? 1 : 0;
        *cases[i].field = cases[i].value;
        tap_refused(context_set(id, 1, &context), "no vCPU with %s (0x%lx)",
                    cases[i].name, cases[i].value);
    }
    context = good;
    context.ctrlreg[3] = root_mfn() * PAGE_SIZE;
    tap_refused(context_set(id, 1, &context), "with a root of dom0's");
    context = good;
    context.ctrlreg[3] = toolstack_mfn(id, child_says) * PAGE_SIZE;
    tap_refused(context_set(id, 1, &context), "with code for a root");
    context = good;
    context.gdt_ents = 512;
    context.gdt_frames[0] = virt_to_mfn(child_says);
    tap_refused(context_set(id, 1, &context), "with a GDT of dom0's");
    context = good;
    context.flags &= ~(uint64_t)VGCF_in_kernel;
    tap_refused(context_set(id, 1, &context), "in user mode without a root");
    context.ctrlreg[1] = PAGE_SIZE - 1;
    tap_refused(context_set(id, 1, &context), "nor with bits that name none");
}

static void test_contexts(void)
{
    domid_t id = toolstack_build(child_says, 0, 2);
    struct xen_domctl op = {0};

    tap_is((uint64_t)context_read(id, 0), 0, "a context can be read back");
    good = context;
    tap_is(good.user_regs.cs, FLAT_KERNEL_CS, "with the selectors given");
    tap_refused(context_set(id, 0, &good), "it is set once only");
    tap_is((uint64_t)context_read(id, 1), -XEN_ENODATA, "vCPU 1 has none");
    tap_is((uint64_t)context_set(id, 2, &good), -XEN_ESRCH, "no third vCPU");
    tap_is((uint64_t)context_set(id, ~0u, &good), -XEN_ESRCH, "nor a last");
    tap_is((uint64_t)context_set(id, 1, NULL), -XEN_EFAULT, "from nowhere");
    tap_is((uint64_t)context_set(id, 1, (void *)HV_PRIVATE), -XEN_EFAULT,
           "from the hypervisor");
    test_spoilt_contexts(id);
    tap_is((uint64_t)context_read(id, 1), -XEN_ENODATA, "it still has none");
    good.user_regs.rflags |= 0x3000;
    tap_is((uint64_t)context_set(id, 1, &good), 0, "a good one is taken");
    context_read(id, 1);
    tap_is(context.ctrlreg[3], good.ctrlreg[3], "and has its root");
    domctl(XEN_DOMCTL_unpausedomain, id, &op);
    for (unsigned int i = 0; i < 1000; i++) {
        sched_op(SCHEDOP_yield, NULL);
    }
    domctl(XEN_DOMCTL_pausedomain, id, &op);
    while (context_read(id, 0) == -XEN_EBUSY) {
        sched_op(SCHEDOP_yield, NULL);
    }
    tap_ok(context.user_regs.rip >= VIRT_BASE, "a paused vCPU is somewhere");
    toolstack_destroy(id);
}

/* --- The small ones --- */

static void test_small(void)
{
    domid_t id = toolstack_build(child_says, 0, 1);
    uint64_t extent = 4000;
    struct xen_memory_reservation more = {
        .extent_start.p = &extent, .nr_extents = 1, .domid = id};
    uint64_t bitmap = 0;
    struct xen_domctl op = {.u.address_size.size = 32};
    uint8_t *stubs;

    tap_refused(domctl(XEN_DOMCTL_set_address_size, id, &op), "32 bits");
    domctl(XEN_DOMCTL_get_address_size, id, &op);
    tap_is(op.u.address_size.size, 64, "64 bits");
    op.u.max_vcpus.max = 2;
    tap_refused(domctl(XEN_DOMCTL_max_vcpus, id, &op), "another vCPU");
    op.u.max_vcpus.max = 1;
    tap_is((uint64_t)domctl(XEN_DOMCTL_max_vcpus, id, &op), 0, "the same");
    tap_is((uint64_t)memory_op(XENMEM_populate_physmap, &more), 0,
           "no page above max_mem");
    op.u.tsc_info.tsc_mode = 1;
    tap_refused(domctl(XEN_DOMCTL_settscinfo, id, &op), "an emulated TSC");
    op.u.nodeaffinity.nodemap.bitmap.p = (void *)&bitmap;
    op.u.nodeaffinity.nodemap.nr_bits = 64;
    tap_is((uint64_t)domctl(XEN_DOMCTL_getnodeaffinity, id, &op), 0, "nodes");
    tap_is(bitmap, 1, "there is one");
    bitmap = 2;
    tap_refused(domctl(XEN_DOMCTL_setnodeaffinity, id, &op), "another node");
    op.u.hypercall_init.gmfn = virt_to_mfn(child_says);
    tap_refused(domctl(XEN_DOMCTL_hypercall_init, id, &op),
                "hypercall stubs in dom0's memory");
    op.u.hypercall_init.gmfn = good.ctrlreg[3] / PAGE_SIZE;
    tap_refused(domctl(XEN_DOMCTL_hypercall_init, id, &op), "or in a table");
    op.u.hypercall_init.gmfn = toolstack_mfn(id, (void *)&good);
    tap_is((uint64_t)domctl(XEN_DOMCTL_hypercall_init, id, &op), 0,
           "but in its own");
    stubs = toolstack_map(id, (void *)((uint64_t)&good & ~(PAGE_SIZE - 1)));
    tap_is(*(uint32_t *)(stubs + 32 * __HYPERVISOR_sched_op + 4),
           __HYPERVISOR_sched_op, "each with its number");
    toolstack_unmap(stubs);
    toolstack_destroy(id);
}

static void test_list(void)
{
    struct xen_domctl_getdomaininfo info[2];
    struct xen_sysctl op = {.cmd = XEN_SYSCTL_getdomaininfolist,
                            .interface_version = XEN_SYSCTL_INTERFACE_VERSION};
    domid_t id = toolstack_build(child_says, 0, 3);
    struct xen_domctl one = {0};

    op.u.getdomaininfolist.max_domains = 2;
    op.u.getdomaininfolist.buffer.p = info;
    tap_is((uint64_t)hypercall(__HYPERVISOR_sysctl, &op), 0, "a list");
    tap_is(op.u.getdomaininfolist.num_domains, 2, "two domains");
    tap_is(info[0].domain, 0, "dom0");
    tap_is(info[1].domain, id, "and the child");
    tap_is(info[1].max_vcpu_id, 2, "with its vCPUs");
    tap_is(info[1].nr_online_vcpus, 1, "one of them up");
    tap_is(info[1].ssidref, TOOLSTACK_SID, "and its label");
    op.u.getdomaininfolist.first_domain = (domid_t)(id + 1);
    hypercall(__HYPERVISOR_sysctl, &op);
    tap_is(op.u.getdomaininfolist.num_domains, 0, "none behind it");
    op.u.getdomaininfolist.first_domain = 0;
    op.u.getdomaininfolist.buffer.p = (void *)HV_PRIVATE;
    tap_is((uint64_t)hypercall(__HYPERVISOR_sysctl, &op), -XEN_EFAULT,
           "a list in the hypervisor");
    tap_is((uint64_t)domctl(XEN_DOMCTL_getdomaininfo, 1, &one), 0,
           "from an id that is not there");
    tap_is(one.domain, id, "the next one is found");
    toolstack_destroy(id);
}

void test_main(void)
{
    test_form();
    test_create();
    test_ids();
    test_many();
    test_targets();
    test_contexts();
    test_small();
    test_list();
}
