/* SPDX-License-Identifier: MIT */
/*
 * The hypercall boundary: pointers into the hypervisor are -EFAULT and write
 * nothing (public advisory XSA-212 and its class), numbers and sub-operations
 * that do not exist are -ENOSYS, multicall runs in order and does not nest,
 * registers survive.
 */
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/trap.h"

#define HOLE (TEST_VA + 0x99000)

static bool exists(unsigned int nr)
{
    static const uint8_t known[] = {
        __HYPERVISOR_set_trap_table,
        __HYPERVISOR_mmu_update,
        __HYPERVISOR_set_gdt,
        __HYPERVISOR_stack_switch,
        __HYPERVISOR_set_callbacks,
        __HYPERVISOR_fpu_taskswitch,
        __HYPERVISOR_platform_op,
        __HYPERVISOR_set_debugreg,
        __HYPERVISOR_get_debugreg,
        __HYPERVISOR_update_descriptor,
        __HYPERVISOR_memory_op,
        __HYPERVISOR_multicall,
        __HYPERVISOR_update_va_mapping,
        __HYPERVISOR_set_timer_op,
        __HYPERVISOR_xen_version,
        __HYPERVISOR_console_io,
        __HYPERVISOR_grant_table_op,
        __HYPERVISOR_vm_assist,
        __HYPERVISOR_iret,
        __HYPERVISOR_vcpu_op,
        __HYPERVISOR_set_segment_base,
        __HYPERVISOR_mmuext_op,
        __HYPERVISOR_sched_op,
        __HYPERVISOR_callback_op,
        __HYPERVISOR_event_channel_op,
        __HYPERVISOR_physdev_op,
        __HYPERVISOR_sysctl,
        __HYPERVISOR_domctl,
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(known); i++) {
        if (known[i] == nr) {
            return true;
        }
    }
    return false;
}

/* The rest of 0..63 is either an operation we leave out (any error will do:
 * a guest copes with each) or a number nobody has. */
static void test_numbers(void)
{
    for (unsigned int nr = 0; nr < 64; nr++) {
        long error;

        if (exists(nr)) {
            continue;
        }
        error = hypercall(nr, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull);
        if ((nr >= 43 && nr < 48) || nr >= 56) {
            tap_is(error, -XEN_ENOSYS, "hypercall %u does not exist", nr);
        } else if (nr == __HYPERVISOR_kexec_op) {
            tap_refused_hv(error, 0, "kexec_op, with nonsense");
        } else {
            tap_refused(error, "hypercall %u, with nonsense", nr);
        }
    }
    tap_is(hypercall(64), -XEN_ENOSYS, "hypercall 64");
    tap_is(hypercall(0x7fffffff), -XEN_ENOSYS, "hypercall 2^31-1");
    tap_is(hypercall(0xffffffff), -XEN_ENOSYS, "hypercall 2^32-1");
    tap_is(hypercall(-1), -XEN_ENOSYS, "hypercall -1");
}

static void test_sub_operations(void)
{
    static const struct {
        uint8_t nr;
        const char *name;
    } ops[] = {
        {__HYPERVISOR_xen_version, "xen_version"},
        {__HYPERVISOR_console_io, "console_io"},
        {__HYPERVISOR_sched_op, "sched_op"},
        {__HYPERVISOR_event_channel_op, "event_channel_op"},
        {__HYPERVISOR_physdev_op, "physdev_op"},
        {__HYPERVISOR_callback_op, "callback_op"},
        {__HYPERVISOR_vm_assist, "vm_assist"},
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(ops); i++) {
        unsigned int wrong = 0;

        for (uint64_t cmd = 64; cmd < 256; cmd++) {
            wrong += hypercall(ops[i].nr, cmd, 0, 0) != -XEN_ENOSYS ? 1 : 0;
        }
        tap_is(wrong, 0, "%s: sub-operations 64 to 255 are -ENOSYS",
               ops[i].name);
        tap_is(hypercall(ops[i].nr, 0xffffffff, 0, 0), -XEN_ENOSYS,
               "%s: sub-operation 2^32-1", ops[i].name);
    }
    tap_is(memory_op(63, NULL), -XEN_ENOSYS, "memory_op 63");
    tap_is(vcpu_op(99, 0, NULL), -XEN_ENOSYS, "vcpu_op 99");
}

static void efault(long error, const char *name)
{
    tap_is(error, -XEN_EFAULT, "%s", name);
}

/* For what a hypervisor may leave out, as long as it says so. */
static void efault_if_there(long error, const char *name)
{
    tap_ok(error == -XEN_EFAULT || error == -XEN_ENOSYS, "%s (%ld)", name,
           error);
}

/* Out-pointers into the hypervisor and its m2p window: the window would be
 * readable afterwards if anything had been written. */
static void test_out_pointers(void)
{
    static const uint64_t bad[] = {
        HV_START,   HV_START + 8,          HV_PRIVATE,
        HV_END - 8, 0x0000800000000000ull, HOLE};
    volatile uint64_t *m2p = (volatile uint64_t *)HV_START;
    uint64_t before[2] = {m2p[0], m2p[1]};

    for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
        uint64_t at = bad[i];

        tap_note("pointer %lx", at);
        efault(xen_version(XENVER_extraversion, at), "extraversion");
        efault(xen_version(XENVER_capabilities, at), "capabilities");
        efault(xen_version(XENVER_platform_parameters, at), "platform");
        efault(xen_version(XENVER_get_features, at), "get_features");
        efault(memory_op(XENMEM_machphys_mapping, at), "machphys_mapping");
        efault(memory_op(XENMEM_exchange, at), "exchange");
        efault(vcpu_op(VCPUOP_get_runstate_info, 0, at), "get_runstate_info");
        efault(evtchn_op(EVTCHNOP_status, at), "evtchn status");
        efault(physdev_op(PHYSDEVOP_irq_status_query, at), "irq_status_query");
        efault(hypercall(__HYPERVISOR_set_trap_table, at), "set_trap_table");
        efault(mmu_update(at, 1, NULL, DOMID_SELF), "mmu_update");
        efault(mmuext_op(at, 1, NULL, DOMID_SELF), "mmuext_op");
        efault(multicall(at, 1), "multicall");
        efault(hypercall(__HYPERVISOR_set_gdt, at, 16), "set_gdt");
        efault(hypercall(__HYPERVISOR_callback_op, 0, at), "callback_op");
        efault(sched_op(SCHEDOP_poll, at), "poll");
        efault_if_there(hypercall(__HYPERVISOR_domctl, at), "domctl");
        efault_if_there(hypercall(__HYPERVISOR_sysctl, at), "sysctl");
        efault(hypercall(__HYPERVISOR_platform_op, at), "platform_op");
    }
    tap_ok(m2p[0] == before[0] && m2p[1] == before[1], "m2p is as it was");
}

static void test_nested_pointers(void)
{
    struct xen_memory_reservation reservation = {
        .nr_extents = 1,
        .domid = DOMID_SELF,
    };
    struct sched_poll poll = {.nr_ports = 1};
    struct mmuext_op op = {.cmd = MMUEXT_TLB_FLUSH_LOCAL};
    struct xen_memory_map map = {.nr_entries = 100};
    uint64_t before = *(volatile uint64_t *)(HV_START + 16);
    long error;

    reservation.extent_start.p = (void *)HV_START;
    tap_ok(memory_op(XENMEM_populate_physmap, &reservation) <= 0,
           "populate_physmap: the list in the hypervisor");
    tap_ok(memory_op(XENMEM_decrease_reservation, &reservation) <= 0,
           "decrease_reservation: the list in the hypervisor");
    reservation.nr_extents = 1ull << 61;
    reservation.extent_start.p = (void *)(HV_END + 0x1000);
    tap_ok(memory_op(XENMEM_decrease_reservation, &reservation) <= 0,
           "decrease_reservation: a size that wraps");
    poll.ports.p = (void *)HV_PRIVATE;
    efault(sched_op(SCHEDOP_poll, &poll), "poll: the list in the hypervisor");
    map.buffer.p = (void *)HV_START;
    efault(memory_op(XENMEM_machine_memory_map, &map),
           "machine_memory_map: the buffer in the hypervisor");
    /* The flush is done; Xen does not say that the report failed. */
    error = mmuext_op(&op, 1, HV_START + 16, DOMID_SELF);
    tap_ok(error == 0 || error == -XEN_EFAULT,
           "mmuext_op: the done count in the hypervisor");
    tap_is(*(volatile uint64_t *)(HV_START + 16), before, "is not written");
    efault(hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, 16, HV_PRIVATE),
           "console write from the hypervisor");
    efault(hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, 16, HOLE),
           "console write from nowhere");
    tap_refused(hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, -1, HOLE),
                "console write of -1 bytes");
    tap_is(hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, 0, NULL), 0,
           "console write of nothing");
    tap_ok(hypercall(__HYPERVISOR_console_io, CONSOLEIO_read, 16, HV_PRIVATE) <=
               0,
           "console read into the hypervisor");
}

static void test_multicall(void)
{
    struct multicall_entry calls[4] = {{0}};
    char extra[16];

    calls[0].op = __HYPERVISOR_xen_version;
    calls[1].op = 63;
    calls[2].op = __HYPERVISOR_multicall;
    calls[2].args[0] = (uint64_t)calls;
    calls[2].args[1] = 1;
    calls[3].op = __HYPERVISOR_xen_version;
    calls[3].args[0] = XENVER_extraversion;
    calls[3].args[1] = (uint64_t)extra;
    tap_is(multicall(calls, 4), 0, "multicall of 4");
    tap_is(calls[0].result, 4 << 16 | 17, "first result");
    tap_is(calls[1].result, (uint64_t)-XEN_ENOSYS,
           "unknown one, the list goes on");
    tap_is(calls[2].result, (uint64_t)-XEN_EINVAL, "nested one is refused");
    tap_is(calls[3].result, 0, "last result");
    tap_is(multicall(calls, 0), 0, "multicall of none");
    efault(multicall(HOLE, ~0u), "multicall of 2^32-1 entries nowhere");
    calls[1].op = 1ull << 40 | __HYPERVISOR_xen_version;
    multicall(calls + 1, 1);
    tap_ok(calls[1].result == (uint64_t)-XEN_ENOSYS ||
               calls[1].result == (4 << 16 | 17),
           "a number above 32 bits does not index anything");
    /* The first entry unmaps the page that the second is in. */
    map_page(TEST_VA, pte_make(virt_to_mfn(page_alloc()), PTE_P | PTE_RW));
    struct multicall_entry *list = (struct multicall_entry *)TEST_VA;

    memset(list, 0, 2 * sizeof(*list));
    list[0].op = __HYPERVISOR_update_va_mapping;
    list[0].args[0] = TEST_VA;
    list[0].args[2] = UVMF_INVLPG | UVMF_LOCAL;
    list[1].op = __HYPERVISOR_xen_version;
    efault(multicall(list, 2), "a multicall that unmaps itself");
}

static void test_registers(void)
{
    uint64_t bad = 0;

    __asm__ volatile("pushq %%rbp\n\t"
                     "movq $0x1111, %%rbx\n\tmovq $0x2222, %%rbp\n\t"
                     "movq $0x3333, %%r12\n\tmovq $0x4444, %%r13\n\t"
                     "movq $0x5555, %%r14\n\tmovq $0x6666, %%r15\n\t"
                     "movq $0x7777, %%r9\n\t"
                     "movl $17, %%eax\n\txorl %%edi, %%edi\n\t"
                     "xorl %%esi, %%esi\n\tsyscall\n\t"
                     "subq $0x1111, %%rbx\n\tsubq $0x2222, %%rbp\n\t"
                     "subq $0x3333, %%r12\n\tsubq $0x4444, %%r13\n\t"
                     "subq $0x5555, %%r14\n\tsubq $0x6666, %%r15\n\t"
                     "subq $0x7777, %%r9\n\t"
                     "orq %%rbp, %%rbx\n\torq %%r12, %%rbx\n\t"
                     "orq %%r13, %%rbx\n\torq %%r14, %%rbx\n\t"
                     "orq %%r15, %%rbx\n\torq %%r9, %%rbx\n\tpopq %%rbp"
                     : "=&b"(bad)
                     :
                     : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10",
                       "r11", "r12", "r13", "r14", "r15", "memory");
    tap_is(bad, 0, "a hypercall keeps rbx, rbp, r9 and r12 to r15");
}

static void test_version(void)
{
    struct xen_feature_info features = {0};
    struct xen_feature_info wrong = {.submap_idx = 1};
    struct xen_platform_parameters platform = {0};
    char capabilities[1024] = {0};

    tap_is(xen_version(XENVER_version, NULL), 4 << 16 | 17, "version 4.17");
    tap_is(xen_version(XENVER_pagesize, NULL), 4096, "page size");
    tap_is(xen_version(XENVER_get_features, &features), 0, "get_features");
    tap_is(features.submap >> 5 & 1, 1, "mmu_pt_update_preserve_ad");
    tap_is(features.submap >> 7 & 1, 1, "gnttab_map_avail_bits");
    tap_is(features.submap >> 11 & 1, 1, "dom0");
    tap_is(features.submap & 0xd, 0,
           "not writable_page_tables, auto_translated, supervisor_mode");
    if (xen_version(XENVER_get_features, &wrong) == 0) {
        tap_is(wrong.submap, 0, "no features beyond the first map");
    } else {
        tap_ok(true, "no second feature map");
    }
    tap_is(xen_version(XENVER_platform_parameters, &platform), 0, "platform");
    tap_is(platform.virt_start, HV_START, "virt_start");
    tap_is(xen_version(XENVER_capabilities, capabilities), 0, "capabilities");
    tap_ok(memcmp(capabilities, "xen-3.0-x86_64", 14) == 0, "are PV64's");
}

void test_main(void)
{
    test_numbers();
    test_sub_operations();
    test_out_pointers();
    test_nested_pointers();
    test_multicall();
    test_registers();
    test_version();
}
