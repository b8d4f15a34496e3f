/* SPDX-License-Identifier: MIT */
/*
 * The security server as the toolstack sees it: contexts and SIDs there and
 * back, what is no context, texts that are too long, too short for the answer
 * or not there, and that neither mode nor policy can be changed.
 *
 * Only: vouch
 */
#include "lib/guest.h"
#include "lib/tap.h"

#define TEXT_SIZE 256
#define SIDS      256
#define HOLE      (VIRT_BASE - 0x100000) /* nothing is mapped there */

static char text[TEXT_SIZE + 1];

static long flask(struct xen_flask_op *op, uint32_t command)
{
    op->cmd = command;
    op->interface_version = XEN_FLASK_INTERFACE_VERSION;
    return hypercall(__HYPERVISOR_xsm_op, op);
}

static long sid_of(const char *context, uint32_t size, uint32_t *sid)
{
    struct xen_flask_op op = {0};
    long error;

    op.u.sid_context.context.p = (char *)(uintptr_t)context;
    op.u.sid_context.size = size;
    op.u.sid_context.sid = 0xdead;
    error = flask(&op, FLASK_CONTEXT_TO_SID);
    *sid = op.u.sid_context.sid;
    return error;
}

static long context_of(uint32_t sid, char *to, uint32_t *size)
{
    struct xen_flask_op op = {0};
    long error;

    op.u.sid_context.sid = sid;
    op.u.sid_context.context.p = to;
    op.u.sid_context.size = *size;
    error = flask(&op, FLASK_SID_TO_CONTEXT);
    *size = op.u.sid_context.size;
    return error;
}

static bool is_text(const char *expected)
{
    size_t size = strlen(expected) + 1;

    return memcmp(text, expected, size) == 0;
}

static void test_initial(void)
{
    static const struct {
        uint32_t sid;
        const char *context;
    } initial[] = {
        {2, "system_u:system_r:xen_t"},
        {3, "system_u:system_r:dom0_t"},
        {6, "system_u:system_r:unlabeled_t"},
        {12, "default_u:guest_r:domU_t"},
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(initial); i++) {
        const char *context = initial[i].context;
        uint32_t size = TEXT_SIZE, sid;

        tap_is(context_of(initial[i].sid, text, &size), 0, "SID %u has a text",
               initial[i].sid);
        tap_ok(is_text(context), "it is %s", context);
        tap_is(size, strlen(context) + 1, "of that size, its zero included");
        tap_is(sid_of(context, (uint32_t)strlen(context), &sid), 0,
               "%s is a context", context);
        tap_is(sid, initial[i].sid, "of that SID");
        tap_is(sid_of(context, (uint32_t)strlen(context) + 1, &sid), 0,
               "with its zero as well");
    }
}

static void test_new(void)
{
    const char *context = "tenant01_u:guest_r:guest_t";
    uint32_t size = TEXT_SIZE, sid, again;

    tap_is(sid_of(context, (uint32_t)strlen(context), &sid), 0,
           "a tenant's label gets a SID");
    tap_ok(sid > 13 && sid < SIDS, "a new one (%u)", sid);
    tap_is(sid_of(context, (uint32_t)strlen(context), &again), 0, "again");
    tap_is(again, sid, "the same");
    tap_is(context_of(sid, text, &size), 0, "and back");
    tap_ok(is_text(context), "to the same text");
}

static void test_no_context(void)
{
    static const char *const wrong[] = {
        "nobody_u:guest_r:guest_t",    "tenant01_u:guest_r:nothing_t",
        "tenant01_u:guest_r",          "tenant01_u",
        "tenant01_u:guest_r:guest_t ", "tenant01_u:guest_r:guest_t:s0",
        "system_u:guest_r:guest_t",    "tenant01_u:system_r:dom0_t",
        "tenant01_u:guest_r:dom0_t",   "tenant01_u:guest_r:guest_type",
        ":::",                         "::",
        "%s%s%s",                      "",
    };
    uint32_t sid;

    for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
        tap_is(sid_of(wrong[i], (uint32_t)strlen(wrong[i]), &sid), -XEN_EINVAL,
               "'%s' is no context", wrong[i]);
        tap_is(sid, 0xdead, "and nothing is written");
    }
    tap_is(sid_of("\0tenant01_u:guest_r:guest_t", 27, &sid), -XEN_EINVAL,
           "a text ends at its first zero");
}

static void test_sizes(void)
{
    static const uint32_t sizes[] = {193, 4096, 4097, 1u << 20, 0xffffffff};
    uint32_t size, sid;

    for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
        tap_is(sid_of((char *)HOLE, sizes[i], &sid), -XEN_EINVAL,
               "a text of %u bytes is not read", sizes[i]);
    }
    tap_is(sid_of((char *)HOLE, 20, &sid), -XEN_EFAULT, "a text in a hole");
    tap_is(sid_of((char *)HV_PRIVATE, 20, &sid), -XEN_EFAULT,
           "a text in the hypervisor");
    tap_is(sid_of((char *)-8, 20, &sid), -XEN_EFAULT, "a text that wraps");
    for (size = 0; size < 25; size += 8) {
        uint32_t room = size;

        memset(text, '#', sizeof(text));
        tap_is(context_of(3, text, &room), -XEN_ERANGE,
               "%u bytes do not hold the answer", size);
        tap_ok(text[0] == '#', "none is written");
    }
    size = TEXT_SIZE;
    tap_is(context_of(3, (char *)HOLE, &size), -XEN_EFAULT,
           "an answer into a hole");
    size = TEXT_SIZE;
    tap_is(context_of(3, (char *)HV_PRIVATE, &size), -XEN_EFAULT,
           "an answer into the hypervisor");
}

static void test_no_sid(void)
{
    static const uint32_t wrong[] = {0,     200,     255,        256,
                                     65536, 65539, 0x10003, 0xffffffff};

    for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
        uint32_t size = TEXT_SIZE;

        tap_is(context_of(wrong[i], text, &size), 0, "SID %x", wrong[i]);
        tap_ok(is_text("system_u:system_r:unlabeled_t"), "is unlabeled");
    }
}

static void test_booleans(void)
{
    struct xen_flask_op op = {0};

    op.u.boolean.name.p = text;
    op.u.boolean.size = TEXT_SIZE;
    memset(text, 0, sizeof(text));
    tap_is(flask(&op, FLASK_GETBOOL), 0, "there is a boolean");
    tap_ok(is_text("guest_console") && op.u.boolean.size == 13, "by its name");
    tap_ok(op.u.boolean.enforcing == 0 && op.u.boolean.pending == 0, "off");
    op.u.boolean.bool_id = ~0u;
    tap_is(flask(&op, FLASK_GETBOOL), 0, "found by that name");
    tap_is(op.u.boolean.bool_id, 0, "as number 0");
    op.u.boolean.bool_id = ~0u;
    op.u.boolean.size = 12;
    tap_is(flask(&op, FLASK_GETBOOL), -XEN_ENOENT, "not by another");
    for (uint32_t number = 1; number != 0; number <<= 1) {
        op.u.boolean.bool_id = number;
        op.u.boolean.size = TEXT_SIZE;
        tap_is(flask(&op, FLASK_GETBOOL), -XEN_ENOENT, "none is number %x",
               number);
    }
    op.u.boolean.bool_id = 0;
    op.u.boolean.size = 12;
    tap_is(flask(&op, FLASK_GETBOOL), -XEN_ERANGE, "a name needs room");
    op.u.boolean.size = TEXT_SIZE;
    op.u.boolean.name.p = (char *)HV_PRIVATE;
    tap_is(flask(&op, FLASK_GETBOOL), -XEN_EFAULT,
           "no name into the hypervisor");
}

static void test_no_change(void)
{
    struct xen_flask_op op = {0};

    tap_is(flask(&op, FLASK_GETENFORCE), 1, "the policy is enforced");
    tap_is(flask(&op, FLASK_SETENFORCE), -XEN_EPERM, "it cannot be disarmed");
    op.u.enforce.enforcing = 1;
    tap_is(flask(&op, FLASK_SETENFORCE), -XEN_EPERM, "nor the mode be set");
    tap_is(flask(&op, FLASK_SETBOOL), -XEN_EPERM, "nor a boolean");
    op.u.load.buffer.p = (char *)HOLE;
    op.u.load.size = 0xffffffff;
    tap_is(flask(&op, FLASK_LOAD), -XEN_EPERM, "nor a policy be loaded");
    tap_is(flask(&op, FLASK_GETENFORCE), 1, "the policy is still enforced");
    for (uint32_t command = 0; command < 64; command++) {
        if (command < FLASK_LOAD || command > FLASK_SETBOOL) {
            tap_is(flask(&op, command), -XEN_ENOSYS,
                   "command %u does not exist", command);
        }
    }
    op.cmd = FLASK_GETENFORCE;
    op.interface_version = 2;
    tap_refused(hypercall(__HYPERVISOR_xsm_op, &op), "another version");
    tap_is(hypercall(__HYPERVISOR_xsm_op, HV_PRIVATE), -XEN_EFAULT,
           "the structure in the hypervisor");
}

/* SIDs are handed out without end: places are used again, and no live label
 * ever loses its own. */
static void test_exhaustion(void)
{
    static const char *const users[] = {"system_u", "default_u", "tenant01_u",
                                        "tenant02_u"};
    static const char *const types[] = {
        "xen_t",        "security_t", "domio_t",     "dom0_t",
        "dom0_event_t", "domU_t",     "domU_self_t", "guest_t",
        "guest_self_t", "guest_event_t"};
    unsigned int wrong = 0;
    uint32_t sid, size = TEXT_SIZE;

    for (unsigned int i = 0; i < 5 * ARRAY_SIZE(users) * ARRAY_SIZE(types);
         i++) {
        const char *user = users[i % ARRAY_SIZE(users)];
        const char *type = types[i / ARRAY_SIZE(users) % ARRAY_SIZE(types)];
        size_t used = strlen(user);

        memcpy(text, user, used);
        memcpy(text + used, ":object_r:", 10);
        memcpy(text + used + 10, type, strlen(type) + 1);
        wrong += sid_of(text, (uint32_t)strlen(text), &sid) != 0 || sid < 14;
    }
    tap_is(wrong, 0, "every context gets a SID, and no initial one");
    tap_is(context_of(3, text, &size), 0, "dom0's label");
    tap_ok(is_text("system_u:system_r:dom0_t"), "is what it was");
}

void test_main(void)
{
    test_initial();
    test_new();
    test_no_context();
    test_sizes();
    test_no_sid();
    test_booleans();
    test_no_change();
    test_exhaustion();
}
