/* SPDX-License-Identifier: MIT */
/* See attack.h. */
#include "attack.h"

#include "event.h"
#include "grant.h"
#include "paging.h"

#include <xen/arch-x86/xen-mca.h>

#define VA        (TEST_VA + 0x4000000)
#define FIRST_REF 8u

struct attack attack __attribute__((aligned(4096), section(".data")));
struct attempt attempts[ATTEMPTS_MAX];
unsigned int attempts_count;

static uint8_t *own_page;

/* --- Events --- */

static long try_bind(const struct attempt *attempt, domid_t victim)
{
    struct evtchn_bind_interdomain bind = {.remote_dom = victim,
                                           .remote_port = attack.port};

    (void)attempt;
    return evtchn_op(EVTCHNOP_bind_interdomain, &bind);
}

static long try_wait_for(const struct attempt *attempt, domid_t victim)
{
    struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF,
                                         .remote_dom = victim};

    (void)attempt;
    return evtchn_op(EVTCHNOP_alloc_unbound, &alloc);
}

static long try_open_there(const struct attempt *attempt, domid_t victim)
{
    struct evtchn_alloc_unbound alloc = {.dom = victim,
                                         .remote_dom = DOMID_SELF};

    (void)attempt;
    return evtchn_op(EVTCHNOP_alloc_unbound, &alloc);
}

static long try_status(const struct attempt *attempt, domid_t victim)
{
    struct evtchn_status status = {.dom = victim, .port = attack.port};

    (void)attempt;
    return evtchn_op(EVTCHNOP_status, &status);
}

static long try_reset(const struct attempt *attempt, domid_t victim)
{
    struct evtchn_reset reset = {.dom = victim};

    (void)attempt;
    return evtchn_op(EVTCHNOP_reset, &reset);
}

static long try_global_virq(const struct attempt *attempt, domid_t victim)
{
    struct evtchn_bind_virq bind = {.virq = VIRQ_DOM_EXC};

    (void)attempt;
    (void)victim;
    return evtchn_op(EVTCHNOP_bind_virq, &bind);
}

/* --- Grants: the status, as a domain that is not there gives one too --- */

static long map_as(domid_t victim, uint32_t flags)
{
    grant_handle_t handle;
    long status;

    grants_from = victim;
    map_prepare(VA);
    status = grant_map_at(VA, flags, attack.ref, &handle);
    if (status == GNTST_okay) {
        status = *(volatile uint8_t *)VA == 0xa5 ? 0 : 1;
        grant_unmap(VA, 0, handle);
    }
    return status;
}

static long try_map_read(const struct attempt *attempt, domid_t victim)
{
    (void)attempt;
    return map_as(victim, GNTMAP_readonly);
}

static long try_map_write(const struct attempt *attempt, domid_t victim)
{
    (void)attempt;
    return map_as(victim, 0);
}

static long try_map_device(const struct attempt *attempt, domid_t victim)
{
    struct gnttab_map_grant_ref op = {
        .flags = GNTMAP_device_map, .ref = attack.ref, .dom = victim};

    (void)attempt;
    return grant_map(&op);
}

static long copy(struct gnttab_copy *op)
{
    op->status = 1;
    if (grant_op(GNTTABOP_copy, op, 1) != 0) {
        return -1000;
    }
    return op->status;
}

static long try_copy_from(const struct attempt *attempt, domid_t victim)
{
    struct gnttab_copy op = {.len = 64, .flags = GNTCOPY_source_gref};

    (void)attempt;
    op.source.u.ref = attack.ref;
    op.source.domid = victim;
    op.dest.u.gmfn = virt_to_mfn(own_page);
    op.dest.domid = DOMID_SELF;
    return copy(&op);
}

static long try_copy_to(const struct attempt *attempt, domid_t victim)
{
    struct gnttab_copy op = {.len = 64, .flags = GNTCOPY_dest_gref};

    (void)attempt;
    op.source.u.gmfn = virt_to_mfn(own_page);
    op.source.domid = DOMID_SELF;
    op.dest.u.ref = attack.ref;
    op.dest.domid = victim;
    return copy(&op);
}

/* By frame number, without a grant. */
static long try_copy_frame(const struct attempt *attempt, domid_t victim)
{
    struct gnttab_copy op = {.len = 64};

    (void)attempt;
    op.source.u.gmfn = attack.mfn;
    op.source.domid = victim;
    op.dest.u.gmfn = virt_to_mfn(own_page);
    op.dest.domid = DOMID_SELF;
    return copy(&op);
}

static long try_setup_table(const struct attempt *attempt, domid_t victim)
{
    xen_pfn_t frame = 0;
    struct gnttab_setup_table op = {.dom = victim, .nr_frames = 1, .status = 1};

    (void)attempt;
    set_xen_guest_handle(op.frame_list, &frame);
    return grant_op(GNTTABOP_setup_table, &op, 1) != 0 ? -1000 : op.status;
}

static long try_query_size(const struct attempt *attempt, domid_t victim)
{
    struct gnttab_query_size op = {.dom = victim, .status = 1};

    (void)attempt;
    return grant_op(GNTTABOP_query_size, &op, 1) != 0 ? -1000 : op.status;
}

static long try_get_version(const struct attempt *attempt, domid_t victim)
{
    struct gnttab_get_version op = {.dom = victim};

    (void)attempt;
    return grant_op(GNTTABOP_get_version, &op, 1);
}

/* --- Memory --- */

static long map_frame(domid_t given, uint64_t value)
{
    struct mmu_update update = {.val = value};

    map_prepare(VA);
    update.ptr = pte_maddr(VA, 1);
    return mmu_update(&update, 1, NULL, given);
}

static long try_frame_read(const struct attempt *attempt, domid_t victim)
{
    (void)attempt;
    return map_frame(victim, pte_make(attack.mfn, PTE_P | PTE_US | PTE_A));
}

static long try_frame_write(const struct attempt *attempt, domid_t victim)
{
    (void)attempt;
    return map_frame(victim,
                     pte_make(attack.mfn, PTE_P | PTE_US | PTE_A | PTE_RW));
}

static long try_frame_none(const struct attempt *attempt, domid_t victim)
{
    (void)attempt;
    return map_frame(victim, 0);
}

/* As if the frame were its own. */
static long try_frame_as_own(const struct attempt *attempt, domid_t victim)
{
    (void)attempt;
    (void)victim;
    return map_frame(DOMID_SELF, pte_make(attack.mfn, PTE_P | PTE_US | PTE_A));
}

/* As if it were device memory; and device memory. */
static long try_frame_as_device(const struct attempt *attempt, domid_t victim)
{
    (void)attempt;
    (void)victim;
    return map_frame(DOMID_IO, pte_make(attack.mfn, PTE_P | PTE_US | PTE_A));
}

static long try_device(const struct attempt *attempt, domid_t victim)
{
    (void)attempt;
    (void)victim;
    return map_frame(DOMID_SELF, pte_make(0xb8, PTE_P | PTE_US | PTE_A));
}

static long try_machphys(const struct attempt *attempt, domid_t victim)
{
    struct mmu_update update = {
        .ptr = attack.mfn * PAGE_SIZE | MMU_MACHPHYS_UPDATE, .val = 1};

    (void)attempt;
    return mmu_update(&update, 1, NULL, victim);
}

static long extended(unsigned int command, domid_t given, uint64_t mfn,
                     uint64_t second)
{
    struct mmuext_op op = {.cmd = command};

    op.arg1.mfn = mfn;
    op.arg2.src_mfn = second;
    return mmuext_op(&op, 1, NULL, given);
}

static long try_pin(const struct attempt *attempt, domid_t victim)
{
    (void)attempt;
    return extended(MMUEXT_PIN_L1_TABLE, victim, attack.mfn, 0);
}

static long try_unpin(const struct attempt *attempt, domid_t victim)
{
    (void)attempt;
    return extended(MMUEXT_UNPIN_TABLE, victim, attack.root_mfn, 0);
}

static long try_clear(const struct attempt *attempt, domid_t victim)
{
    (void)attempt;
    return extended(MMUEXT_CLEAR_PAGE, victim, attack.mfn, 0);
}

static long try_copy_page(const struct attempt *attempt, domid_t victim)
{
    (void)attempt;
    return extended(MMUEXT_COPY_PAGE, victim, attack.mfn,
                    virt_to_mfn(own_page));
}

static long try_flush(const struct attempt *attempt, domid_t victim)
{
    (void)attempt;
    return extended(MMUEXT_TLB_FLUSH_ALL, victim, 0, 0);
}

static long try_root(const struct attempt *attempt, domid_t victim)
{
    (void)attempt;
    return extended(MMUEXT_NEW_USER_BASEPTR, victim, attack.root_mfn, 0);
}

/* Whose structure begins with the domid, or has it behind the extents. */
static long try_memory(const struct attempt *attempt, domid_t victim)
{
    static uint64_t argument[16];
    xen_pfn_t frames[1] = {attack.mfn};
    struct xen_memory_reservation reservation = {.nr_extents = 1,
                                                 .domid = victim};

    memset(argument, 0, sizeof(argument));
    set_xen_guest_handle(reservation.extent_start, frames);
    if (attempt->code <= XENMEM_decrease_reservation ||
        attempt->code == XENMEM_populate_physmap ||
        attempt->code == XENMEM_claim_pages) {
        memcpy(argument, &reservation, sizeof(reservation));
    } else if (attempt->code == XENMEM_exchange) {
        struct xen_memory_exchange exchange = {.in = reservation,
                                               .out = reservation};

        memcpy(argument, &exchange, sizeof(exchange));
    } else {
        *(domid_t *)argument = victim;
    }
    return memory_op(attempt->code, argument);
}

/* --- The rest: a command, and a structure that may name the domain --- */

static uint32_t version_of(int number)
{
    switch (number) {
    case __HYPERVISOR_domctl:
        return XEN_DOMCTL_INTERFACE_VERSION;
    case __HYPERVISOR_sysctl:
        return XEN_SYSCTL_INTERFACE_VERSION;
    case __HYPERVISOR_xsm_op:
        return XEN_FLASK_INTERFACE_VERSION;
    case __HYPERVISOR_mca:
        return XEN_MCA_INTERFACE_VERSION;
    default:
        return XENPF_INTERFACE_VERSION;
    }
}

static long try_control(const struct attempt *attempt, domid_t victim)
{
    static uint64_t argument[128];
    struct xen_domctl *op = (struct xen_domctl *)argument;

    memset(argument, 0, sizeof(argument));
    op->cmd = (uint32_t)attempt->code;
    op->interface_version = version_of(attempt->number);
    if (attempt->number == __HYPERVISOR_domctl) {
        op->domain = victim;
        if (attempt->code == XEN_DOMCTL_createdomain) {
            /* a label that there is, or one that there is not */
            op->u.createdomain.ssidref = victim < 1000 ? 12 : 200;
            op->u.createdomain.max_vcpus = 1;
        }
    }
    return hypercall(attempt->number, argument);
}

/* Of scheduler_op, the half that is split off. */
static long try_weight(const struct attempt *attempt, domid_t victim)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_scheduler_op,
        .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
        .domain = victim,
        .u.scheduler_op = {.sched_id = XEN_SCHEDULER_CREDIT2,
                           .cmd = XEN_DOMCTL_SCHEDOP_getinfo},
    };

    (void)attempt;
    return hypercall(__HYPERVISOR_domctl, &op);
}

static long try_console(const struct attempt *attempt, domid_t victim)
{
    (void)victim;
    return hypercall(__HYPERVISOR_console_io, attempt->code, 8, own_page);
}

static long try_shutdown(const struct attempt *attempt, domid_t victim)
{
    struct sched_remote_shutdown op = {.domain_id = victim,
                                       .reason = SHUTDOWN_crash};

    (void)attempt;
    return sched_op(SCHEDOP_remote_shutdown, &op);
}

static long try_map_pirq(const struct attempt *attempt, domid_t victim)
{
    struct physdev_map_pirq op = {
        .domid = victim, .type = MAP_PIRQ_TYPE_GSI, .index = 4, .pirq = 4};

    (void)attempt;
    return physdev_op(PHYSDEVOP_map_pirq, &op);
}

#define E "event_channel_op."
#define G "grant_table_op."
#define M "mmu_update."
#define X "mmuext_op."
#define O "memory_op."
static const struct attempt by_hand[] = {
    {G "map_read", "grant", "map_read", ATTACK_VICTIM, true, try_map_read, 0, 0, false},
    {G "map_write", "grant", "map_write", ATTACK_VICTIM, true, try_map_write, 0, 0, false},
    {G "map_device", "grant", "map_write", ATTACK_VICTIM, false, try_map_device, 0, 0, false},
    {G "copy", "grant2", "copy_read", ATTACK_VICTIM, true, try_copy_from, 0, 0, false},
    {G "copy", "grant2", "copy_write", ATTACK_VICTIM, true, try_copy_to, 0, 0, false},
    {G "copy", "grant2", "copy_read", ATTACK_VICTIM, false, try_copy_frame, 0, 0, false},
    {G "setup_table", "grant", "setup", ATTACK_VICTIM, false, try_setup_table, 0, 0, false},
    {G "query_size", "grant", "query", ATTACK_VICTIM, false, try_query_size, 0, 0, false},
    {G "get_version", "grant", "query", ATTACK_VICTIM, false, try_get_version, 0, 0, false},
    {E "bind_interdomain", "event", "bind", ATTACK_VICTIM, true, try_bind, 0, 0, false},
    {E "alloc_unbound", "event", "bind", ATTACK_VICTIM, true, try_wait_for, 0, 0, true},
    {E "alloc_unbound", "event", "create", ATTACK_VICTIM, false, try_open_there, 0, 0, false},
    {E "status", "event", "status", ATTACK_VICTIM, false, try_status, 0, 0, false},
    {E "reset", "event", "reset", ATTACK_VICTIM, false, try_reset, 0, 0, false},
    {E "bind_virq_global", "event2", "bind_virq_global", ATTACK_MACHINE, false, try_global_virq, 0, 0, false},
    {M "map_read", "mmu", "map_read", ATTACK_VICTIM, false, try_frame_read, 0, 0, false},
    {M "map_write", "mmu", "map_write", ATTACK_VICTIM, false, try_frame_write, 0, 0, false},
    {M "unmap", "memory2", "pt_write", ATTACK_VICTIM, false, try_frame_none, 0, 0, false},
    {M "machphys", "mmu", "updatemp", ATTACK_VICTIM, false, try_machphys, 0, 0, false},
    {M "map_read", NULL, NULL, ATTACK_SELF, false, try_frame_as_own, 0, 0, false},
    {M "map_read", "mmu", "map_read", ATTACK_MACHINE, false, try_frame_as_device, 0, 0, false},
    {M "map_read", NULL, NULL, ATTACK_SELF, false, try_device, 0, 0, false},
    {X "pin", "mmu", "pinpage", ATTACK_VICTIM, false, try_pin, 0, 0, false},
    {X "unpin", "mmu", "pinpage", ATTACK_VICTIM, false, try_unpin, 0, 0, false},
    {X "clear_page", "mmu", "mmuext_op", ATTACK_VICTIM, false, try_clear, 0, 0, false},
    {X "copy_page", "mmu", "mmuext_op", ATTACK_VICTIM, false, try_copy_page, 0, 0, false},
    {X "flush_all", NULL, NULL, ATTACK_VICTIM, false, try_flush, 0, 0, false},
    {X "new_user_baseptr", NULL, NULL, ATTACK_VICTIM, false, try_root, 0, 0, false},
    {O "increase_reservation", "mmu", "adjust", ATTACK_VICTIM, false, try_memory, 0, XENMEM_increase_reservation, false},
    {O "decrease_reservation", "mmu", "adjust", ATTACK_VICTIM, false, try_memory, 0, XENMEM_decrease_reservation, false},
    {O "populate_physmap", "mmu", "adjust", ATTACK_VICTIM, false, try_memory, 0, XENMEM_populate_physmap, false},
    {O "exchange", "mmu", "exchange", ATTACK_VICTIM, false, try_memory, 0, XENMEM_exchange, false},
    {O "current_reservation", "mmu", "stat", ATTACK_VICTIM, false, try_memory, 0, XENMEM_current_reservation, false},
    {O "maximum_reservation", "mmu", "stat", ATTACK_VICTIM, false, try_memory, 0, XENMEM_maximum_reservation, false},
    {O "maximum_gpfn", "mmu", "stat", ATTACK_VICTIM, false, try_memory, 0, XENMEM_maximum_gpfn, false},
    {O "set_memory_map", "mmu", "memorymap", ATTACK_VICTIM, false, try_memory, 0, XENMEM_set_memory_map, false},
    {O "claim_pages", "domain2", "setclaim", ATTACK_VICTIM, false, try_memory, 0, XENMEM_claim_pages, false},
    {O "acquire_resource", "domain2", "resource_map", ATTACK_VICTIM, false, try_memory, 0, XENMEM_acquire_resource, false},
    {O "machine_memory_map", "mmu", "memorymap", ATTACK_MACHINE, false, try_memory, 0, XENMEM_machine_memory_map, false},
    {"sched_op.remote_shutdown", "domain", "shutdown", ATTACK_VICTIM, false, try_shutdown, 0, 0, false},
    {"physdev_op.map_pirq", "resource", "add", ATTACK_VICTIM, false, try_map_pirq, 0, 0, false},
    {"domctl.scheduler_get", "domain", "getscheduler", ATTACK_VICTIM, false, try_weight, 0, 0, false},
    {"console_io.write", NULL, NULL, ATTACK_MACHINE, false, try_console, 0, CONSOLEIO_write, false},
    {"console_io.read", NULL, NULL, ATTACK_MACHINE, false, try_console, 0, CONSOLEIO_read, false},
    {"mca.physcpuinfo", NULL, NULL, ATTACK_MACHINE, false, try_control, __HYPERVISOR_mca, 3, false},
};

/* --- The toolstack's families: every row there is --- */

enum object {
    SELF, XEN, VCPU, DOMAIN, DOMAIN_GIVEN, FIRST, NEW, END, SECURITY
};

enum {
#define FAMILY(name, number, shape, operations, splits)                        \
    number_of_##name = (number), operations_of_##name = (operations),
#define CALL(...)
#define ROW(...)
#include HYPERCALLS_DEF
};

static const struct toolstack_row {
    int number, code, operations;
    enum object object;
    const char *operation, *class, *permission;
} toolstack_rows[] = {
#define FAMILY(...)
#define CALL(...)
#define ROW(f, op, nr, t, d, o, m, c, p)                                       \
    {number_of_##f, nr, operations_of_##f, o, #f "." #op, #c, #p},
#include HYPERCALLS_DEF
};

static bool is_toolstack(const struct toolstack_row *row)
{
    return row->code < row->operations && /* no split row */
           (row->number == __HYPERVISOR_domctl ||
            row->number == __HYPERVISOR_sysctl ||
            row->number == __HYPERVISOR_xsm_op ||
            row->number == __HYPERVISOR_platform_op);
}

/* The policy refuses what kernels try as a matter of course without a record. */
static bool is_recorded(const struct toolstack_row *row)
{
    return row->number != __HYPERVISOR_sysctl ||
           row->code != XEN_SYSCTL_readconsole;
}

static enum attack_object object_of(enum object object)
{
    return object == DOMAIN ? ATTACK_VICTIM
           : object == SELF || object == FIRST ? ATTACK_SELF
                                               : ATTACK_MACHINE;
}

void attempts_init(void)
{
    memcpy(attempts, by_hand, sizeof(by_hand));
    attempts_count = ARRAY_SIZE(by_hand);
    for (unsigned int i = 0; i < ARRAY_SIZE(toolstack_rows); i++) {
        const struct toolstack_row *row = &toolstack_rows[i];

        if (is_toolstack(row) && attempts_count < ATTEMPTS_MAX) {
            attempts[attempts_count++] = (struct attempt){
                .operation = row->operation,
                .class = is_recorded(row) ? row->class : NULL,
                .permission = row->permission,
                .object = object_of(row->object),
                .run = try_control,
                .number = row->number,
                .code = row->code,
            };
        }
    }
}

/* --- What children run --- */

static void answer(void)
{
    attack.answered = attack.asked;
    while (attack.answered == attack.asked) {
        sched_op(SCHEDOP_yield, NULL);
    }
}

/* A page and a waiting port for each friend; then it goes on living. */
static void offer(void)
{
    for (unsigned int i = 0; i < ATTACK_FRIENDS; i++) {
        struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF,
                                             .remote_dom = attack.friends[i]};

        grant_give(FIRST_REF + i, attack.friends[i], virt_to_mfn(own_page), 0);
        /* Refused where the friend is another's: his own port is as good. */
        attack.ports[i] = evtchn_op(EVTCHNOP_alloc_unbound, &alloc) == 0
                              ? alloc.port
                              : event_bind_ipi(0);
    }
}

void attack_victim(void)
{
    own_page = page_alloc();
    memset(own_page, 0xa5, PAGE_SIZE);
    grants_init(1);
    attack.mfn = virt_to_mfn(own_page);
    attack.root_mfn = root_mfn();
    while (attack.asked == 0) {
        sched_op(SCHEDOP_yield, NULL);
    }
    offer();
    for (;;) {
        answer();
    }
}

void attack_child(void)
{
    attempts_init();
    own_page = page_alloc();
    for (;;) {
        const struct attempt *attempt;
        uint32_t times;

        answer();
        times = attack.repeat == 0 ? 1 : attack.repeat;
        attempt = &attempts[attack.number % ATTEMPTS_MAX];
        for (uint32_t i = 0; i < times; i++) {
            attack.result = attempt->run(attempt, attack.victim);
        }
    }
}
