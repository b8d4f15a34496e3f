/* SPDX-License-Identifier: MIT */
/*
 * Complete mediation: under a policy that lets dom0 do next to nothing, every
 * row of the hypercall table is asked for, and every one is refused, before
 * anything of the guest's changes.  The list of rows is the hypervisor's own
 * table; a row that forgot its permission would be carried out here.
 *
 * Runner: -p build/policy/nothing
 * Only: vouch
 */
#include "lib/guest.h"
#include "lib/tap.h"

#include <xen/arch-x86/xen-mca.h>
#include <xen/callback.h>

/* Argument types that the table names and the public headers do not have. */
struct mmu_element {
    uint64_t address, value;
};
struct xen_domid {
    domid_t domid;
};

struct grant_unmap {
    struct gnttab_unmap_grant_ref op;
};

enum shape {
    PLAIN, CMD_PTR, CMD_ID_PTR, CMD_REGS, MEMORY, PLATFORM, VA_MAPPING, BATCH,
    GRANT
};

enum {
#define FAMILY(name, number, shape, ...)                                       \
    number_of_##name = (number), shape_of_##name = shape,
#define CALL(...)
#define ROW(...)
#include HYPERCALLS_DEF
};

#define NO_TYPE             char
#define FIELD_SELF(t, m)    -1
#define FIELD_XEN(t, m)     -1
#define FIELD_VCPU(t, m)    -1
#define FIELD_DOMAIN(t, m)  (int)offsetof(t, m)
#define FIELD_DOMAIN_GIVEN(t, m) -1
#define FIELD_FIRST(t, m)   -1
#define FIELD_NEW(t, m)     -1
#define FIELD_SECURITY(t, m) -1
#define FIELD_END(t, m)     -1

static const struct row {
    const char *family, *operation;
    int number, shape, code, domid_at;
} rows[] = {
#define FAMILY(...)
#define CALL(f, ...) {#f, "", number_of_##f, shape_of_##f, 0, -1},
#define ROW(f, op, nr, t, d, o, m, ...)                                        \
    {#f, #op, number_of_##f, shape_of_##f, nr, FIELD_##o(t, m)},
#include HYPERCALLS_DEF
};

/* What the policy leaves: to talk, to take traps, to stop, and to map its own
 * pages, as the library does at its start. */
static const struct {
    const char *family, *operation;
} granted[] = {
    {"console_io", "write"},    {"sched_op", "shutdown"},
    {"sched_op", "shutdown_code"}, {"set_trap_table", ""},
    {"callback_op", "register"}, {"callback_op", "unregister"},
    {"set_callbacks", ""},      {"iret", ""},
    {"physdev_op", "set_iopl"}, {"mmu_update", "map_read"},
    {"mmu_update", "map_write"}, {"update_va_mapping", "map_read"},
    {"update_va_mapping", "map_write"},
    {"event_channel_op", "send"}, /* needs an end: ends.c */
    /* Who could map nothing has no handle: tests/guest/grantsdenied.c. */
    {"grant_table_op", "unmap"},
};

static bool is_same(const char *a, const char *b)
{
    return strlen(a) == strlen(b) && memcmp(a, b, strlen(a)) == 0;
}

static bool is_granted(const struct row *row)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(granted); i++) {
        if (is_same(row->family, granted[i].family) &&
            is_same(row->operation, granted[i].operation)) {
            return true;
        }
    }
    return false;
}

static uint64_t argument[128];

/* A structure of zeros that names the caller where it names a domain. */
static void *argument_make(const struct row *row)
{
    memset(argument, 0, sizeof(argument));
    if (row->domid_at >= 0) {
        *(domid_t *)((char *)argument + row->domid_at) = DOMID_SELF;
    }
    if (is_same(row->operation, "bind_interdomain") ||
        is_same(row->operation, "alloc_unbound")) {
        ((domid_t *)argument)[0] = DOMID_SELF;
        ((domid_t *)argument)[1] = DOMID_SELF;
    }
    if (is_same(row->operation, "createdomain")) {
        ((struct xen_domctl *)argument)->u.createdomain.ssidref = 12; /* domU */
    }
    if (is_same(row->operation, "bind_virq_global")) {
        ((struct evtchn_bind_virq *)argument)->virq = VIRQ_CONSOLE;
    }
    if (is_same(row->operation, "readconsole_clear")) {
        ((struct xen_sysctl *)argument)->u.readconsole.clear = 1;
    }
    if (is_same(row->operation, "scheduler_get")) {
        ((struct xen_domctl *)argument)->u.scheduler_op.cmd =
            XEN_DOMCTL_SCHEDOP_getinfo;
    }
    return argument;
}

/* An element that the dispatcher takes for this row. */
static long batch_ask(const struct row *row)
{
    static const struct {
        const char *operation;
        uint32_t command;
    } commands[] = {
        {"pin", MMUEXT_PIN_L1_TABLE},
        {"unpin", MMUEXT_UNPIN_TABLE},
        {"new_baseptr", MMUEXT_NEW_BASEPTR},
        {"new_user_baseptr", MMUEXT_NEW_USER_BASEPTR},
        {"flush_local", MMUEXT_TLB_FLUSH_LOCAL},
        {"flush_multi", MMUEXT_TLB_FLUSH_MULTI},
        {"flush_all", MMUEXT_TLB_FLUSH_ALL},
        {"flush_cache", MMUEXT_FLUSH_CACHE},
        {"set_ldt", MMUEXT_SET_LDT},
        {"clear_page", MMUEXT_CLEAR_PAGE},
        {"copy_page", MMUEXT_COPY_PAGE},
        {"unmap", 0},
        {"map_read", 1},
        {"map_write", 3},
        {"machphys", 0},
    };
    uint64_t count = 0xdead;
    long error;

    for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++) {
        if (!is_same(commands[i].operation, row->operation)) {
            continue;
        }
        argument_make(row);
        if (row->number == __HYPERVISOR_mmuext_op) {
            ((struct mmuext_op *)argument)->cmd = commands[i].command;
        } else {
            argument[0] = is_same(row->operation, "machphys") ? 1 : 0;
            argument[1] = commands[i].command;
        }
        error = hypercall(row->number, argument, 1, &count, DOMID_SELF);
        tap_is((uint32_t)count, 0, "%s.%s: nothing is counted as done",
               row->family, row->operation);
        return error;
    }
    return -XEN_ENOENT; /* a row that this test does not know */
}

/* A split row goes by the number it was split from. */
static int code_of(const struct row *row)
{
    static const struct {
        const char *operation;
        int code;
    } splits[] = {
        {"bind_virq_global", EVTCHNOP_bind_virq},
        {"send_ipi", EVTCHNOP_send},
        {"readconsole_clear", XEN_SYSCTL_readconsole},
        {"scheduler_get", XEN_DOMCTL_scheduler_op},
        {"map_write", GNTTABOP_map_grant_ref},
        {"map_device", GNTTABOP_map_grant_ref},
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(splits); i++) {
        if (is_same(splits[i].operation, row->operation)) {
            return splits[i].code;
        }
    }
    return row->code;
}

/*
 * One element; what refuses it is its status, and that looks like a domain
 * that is not there.
 */
static long grant_ask(const struct row *row)
{
    struct gnttab_map_grant_ref *map = (void *)argument;
    int code = code_of(row);
    int16_t status = 0;
    long error;

    if (code == GNTTABOP_map_grant_ref) {
        map->flags = is_same(row->operation, "map_write")  ? GNTMAP_host_map
                     : is_same(row->operation, "map_read")
                         ? GNTMAP_host_map | GNTMAP_readonly
                         : GNTMAP_device_map;
    } else if (code == GNTTABOP_copy) {
        ((struct gnttab_copy *)argument)->dest.domid = DOMID_SELF;
    }
    error = grant_op(code, argument, 1);
    switch (code) {
    case GNTTABOP_map_grant_ref:
        status = map->status;
        break;
    case GNTTABOP_setup_table:
        status = ((struct gnttab_setup_table *)argument)->status;
        break;
    case GNTTABOP_copy:
        status = ((struct gnttab_copy *)argument)->status;
        break;
    case GNTTABOP_query_size:
        status = ((struct gnttab_query_size *)argument)->status;
        break;
    }
    return status == GNTST_bad_domain ? -XEN_ESRCH : error;
}

static uint32_t version_of(int number)
{
    switch (number) {
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

static long ask(const struct row *row)
{
    static const uint64_t entries[] = {0, 1, 3};
    void *arg = argument_make(row);
    int code = code_of(row);

    switch (row->shape) {
    case PLAIN:
        return hypercall(row->number, 0, 0, 0, 0, 0);
    case CMD_PTR:
    case MEMORY:
        return hypercall(row->number, code, arg);
    case CMD_ID_PTR:
        return hypercall(row->number, row->code, 0, arg);
    case CMD_REGS:
        return hypercall(row->number, row->code, sizeof(argument), arg);
    case PLATFORM:
        ((uint32_t *)argument)[0] = (uint32_t)code;
        ((uint32_t *)argument)[1] = version_of(row->number);
        return hypercall(row->number, arg);
    case VA_MAPPING:
        return hypercall(row->number, VIRT_BASE, entries[row->code], 0);
    case BATCH:
        return batch_ask(row);
    case GRANT:
        return grant_ask(row);
    }
    return 0;
}

static uint64_t checksum(const void *at, size_t size)
{
    const uint8_t *bytes = at;
    uint64_t sum = 14695981039346656037ull;

    for (size_t i = 0; i < size; i++) {
        sum = (sum ^ bytes[i]) * 1099511628211ull;
    }
    return sum;
}

void test_main(void)
{
    uint64_t before = checksum(shared_info, sizeof(*shared_info));
    unsigned int asked = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct row *row = &rows[i];
        long error;

        if (is_granted(row)) {
            continue;
        }
        error = ask(row);
        tap_ok(error == -XEN_EPERM || error == -XEN_ESRCH,
               "%s %s is refused (%ld)", row->family, row->operation, error);
        asked++;
    }
    tap_ok(asked >= 95, "%u rows were asked for", asked);
    tap_is(checksum(shared_info, sizeof(*shared_info)), before,
           "the shared page is as it was");
}
