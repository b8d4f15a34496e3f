/* SPDX-License-Identifier: MIT */
/*
 * Guests of two tenants, and guests of nobody in particular.  One does to the
 * other all that a guest can ask for, with everything that it would need to
 * succeed: ports that wait for it, memory that is granted to it, the numbers of
 * frames.  Each is refused, as it is refused for a domain that does not exist;
 * writes one record that names domain, operation and permission; and changes
 * nothing of the other, which is compared page by page.  A guest of the same
 * tenant may share memory and events, and no more.
 *
 * Runner: -t 300
 * Only: vouch
 */
#include "lib/attack.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/tap.h"
#include "lib/toolstack.h"

#define PAGES  640u
#define NOBODY 30000u /* no domain has this id */
#define FLOOD  2000u

static void wait_ns(uint64_t time_ns)
{
    uint64_t end = clock_ns() + time_ns;

    while (clock_ns() < end) {
        sched_op(SCHEDOP_yield, NULL);
    }
}

static domid_t start(void (*entry)(void), const char *label)
{
    domid_t id = toolstack_build_labelled(entry, PAGES, 1, toolstack_sid(label));
    struct xen_domctl op = {0};

    if (domctl(XEN_DOMCTL_unpausedomain, id, &op) != 0) {
        guest_fail("a child does not start");
    }
    return id;
}

/* --- All that can be seen of a domain, as one number --- */

struct sight {
    uint64_t memory, ports;
    struct xen_domctl_getdomaininfo info;
};

static uint64_t sum_add(uint64_t sum, const void *at, size_t size)
{
    const uint64_t *words = at;

    for (size_t i = 0; i < size / sizeof(*words); i++) {
        sum = (sum ^ words[i]) * 1099511628211ull;
    }
    return sum;
}

static uint64_t sum_frame(uint64_t sum, domid_t id, uint64_t mfn)
{
    const void *page = toolstack_map_frame(id, mfn, false);

    sum = sum_add(sum, page, PAGE_SIZE);
    toolstack_unmap((void *)(uintptr_t)page);
    return sum;
}

static void look_at(domid_t id, struct sight *sight)
{
    struct xen_domctl op = {0};
    uint64_t sum = 14695981039346656037ull;

    memset(sight, 0, sizeof(*sight));
    for (uint64_t pfn = 0; pfn < PAGES; pfn++) {
        sum = sum_frame(
            sum, id,
            toolstack_mfn(id, (void *)(VIRT_BASE + pfn * PAGE_SIZE)));
    }
    domctl(XEN_DOMCTL_getdomaininfo, id, &op);
    sight->info = op.u.getdomaininfo;
    sight->info.cpu_time = 0;
    sight->memory = sum_frame(sum, id, sight->info.shared_info_frame);
    for (uint32_t port = 0; port < 64; port++) {
        struct evtchn_status status = {.dom = id, .port = port};

        evtchn_op(EVTCHNOP_status, &status);
        sight->ports = sum_add(sight->ports, &status, sizeof(status));
    }
}

/* --- One domain against another --- */

static struct attack *attacker_of(domid_t id)
{
    return toolstack_map(id, &attack);
}

/* What the child answers to one attempt at domain victim. */
static long try(struct attack *orders, unsigned int number, domid_t victim)
{
    orders->number = number;
    orders->victim = victim;
    orders->asked++;
    for (unsigned int i = 0; i < 1000000; i++) {
        if (orders->answered == orders->asked) {
            return orders->result;
        }
        sched_op(SCHEDOP_yield, NULL);
    }
    guest_fail("the attacker does not answer");
}

/* The victim's offers, as a store that is no judge of them would tell. */
static void tell(struct attack *orders, domid_t target, unsigned int friend)
{
    struct attack *offers = attacker_of(target);

    orders->port = offers->ports[friend];
    orders->ref = 8 + friend;
    orders->mfn = offers->mfn;
    orders->root_mfn = offers->root_mfn;
    toolstack_unmap(offers);
}

/* The record that an attempt must leave, and no other. */
static void check_record(const struct attempt *attempt, domid_t source,
                         domid_t target)
{
    unsigned int denied = log_count("avc:  denied");

    if (attempt->class == NULL) {
        tap_is(denied, 0, "%s: no record", attempt->operation);
        return;
    }
    tap_is(denied, 1, "%s: one record", attempt->operation);
    tap_ok(log_has("{ %s }", attempt->permission) &&
               log_has("tclass=%s ", attempt->class) &&
               log_has("hc=%s ", attempt->operation),
           "%s: it names %s, %s:%s", attempt->operation, attempt->operation,
           attempt->class, attempt->permission);
    tap_ok(attempt->object == ATTACK_MACHINE
               ? log_has("current=d%u ", source)
               : log_has("source=d%u target=d%u ", source,
                         attempt->object == ATTACK_SELF ? source : target),
           "%s: it names the domains", attempt->operation);
}

/* Everything at a victim who is paused. */
static void test_refused(domid_t source, domid_t target, unsigned int friend)
{
    struct attack *orders = attacker_of(source);
    struct xen_domctl op = {0};
    struct sight before, after;
    long absent;

    tell(orders, target, friend);
    domctl(XEN_DOMCTL_pausedomain, target, &op);
    look_at(target, &before);
    for (unsigned int i = 0; i < attempts_count; i++) {
        const struct attempt *attempt = &attempts[i];
        long refused;

        absent = try(orders, i, (domid_t)NOBODY);
        log_new();
        wait_ns(110000000); /* the budget is ten records a second */
        refused = try(orders, i, target);
        log_new();
        tap_ok(refused < 0, "%s: refused (%ld)", attempt->operation, refused);
        tap_is((uint64_t)refused, (uint64_t)absent,
               "%s: as if there were no such domain", attempt->operation);
        check_record(attempt, source, target);
    }
    look_at(target, &after);
    tap_is(after.memory, before.memory, "its memory is as it was");
    tap_is(after.ports, before.ports, "so are its ports");
    tap_ok(memcmp(&after.info, &before.info, sizeof(after.info)) == 0,
           "and what the toolstack sees of it");
    domctl(XEN_DOMCTL_unpausedomain, target, &op);
    toolstack_unmap(orders);
}

/* A guest of the same tenant gets what tenants share, and not the rest. */
static void test_shared(domid_t source, domid_t target, unsigned int friend)
{
    struct attack *orders = attacker_of(source);
    unsigned int shared = 0;

    tell(orders, target, friend);
    for (unsigned int i = 0; i < attempts_count; i++) {
        const struct attempt *attempt = &attempts[i];
        long result = try(orders, i, target);

        if (attempt->is_shared) {
            tap_is((uint64_t)result, 0, "same tenant: %s", attempt->operation);
            shared++;
        } else {
            tap_ok(result < 0, "same tenant: %s is refused (%ld)",
                   attempt->operation, result);
        }
    }
    tap_ok(shared > 5, "%u kinds of sharing", shared);
    toolstack_unmap(orders);
}

/* dom0's ports, as a guest could have changed them. */
static uint64_t own_ports(void)
{
    uint64_t sum = 0;

    for (uint32_t port = 0; port < 64; port++) {
        struct evtchn_status status = {.dom = DOMID_SELF, .port = port};

        evtchn_op(EVTCHNOP_status, &status);
        sum = sum_add(sum, &status, sizeof(status));
    }
    return sum;
}

/* Of dom0 a guest may connect to ports that wait for it, and nothing else. */
static void test_dom0(domid_t source)
{
    struct attack *orders = attacker_of(source);
    uint64_t before = own_ports();

    for (unsigned int i = 0; i < attempts_count; i++) {
        const struct attempt *attempt = &attempts[i];
        long result = try(orders, i, 0);

        if (attempt->waits_for) {
            tap_is((uint64_t)result, 0, "a guest may wait for dom0");
        } else {
            tap_ok(result < 0, "dom0: %s is refused (%ld)", attempt->operation,
                   result);
        }
    }
    tap_is(own_ports(), before, "dom0's ports are as they were");
    toolstack_unmap(orders);
}

/* Refusals without end cost the log a burst, and are counted. */
static void test_flood(domid_t source, domid_t target)
{
    struct attack *orders = attacker_of(source);
    unsigned int records, suppressed;

    log_new();
    wait_ns(2000000000ull); /* for a full budget */
    orders->repeat = FLOOD;
    (void)try(orders, 0, target);
    orders->repeat = 0;
    log_new();
    records = log_count("avc:  denied");
    suppressed = log_sum("audit: suppressed=");
    tap_ok(records >= 12 && records < 60, "%u refusals leave %u records",
           FLOOD, records);
    wait_ns(110000000);
    (void)try(orders, 0, target);
    log_new();
    tap_is(log_count("avc:  denied"), 1, "a later one is recorded again");
    suppressed += log_sum("audit: suppressed=");
    tap_is(suppressed, FLOOD - records, "how many were not is told");
    tap_ok(log_has("source=d%u", source), "and whose they were");
    toolstack_unmap(orders);
}

/* Whoever floods the log pushes nobody's refusal out of it, and leaves none out. */
static void test_flood_hides_nobody(domid_t flooding, domid_t other,
                                    domid_t target)
{
    struct attack *orders = attacker_of(other);
    struct attack *flood = attacker_of(flooding);

    wait_ns(2000000000ull); /* for a full budget */
    log_new();
    (void)try(orders, 0, target);
    flood->repeat = FLOOD;
    (void)try(flood, 0, target);
    wait_ns(2000000000ull);
    (void)try(flood, 0, target);
    flood->repeat = 0;
    log_new();
    tap_ok(log_has("for source=d%u", other), "floods push nothing out");
    flood->repeat = FLOOD;
    (void)try(flood, 0, target);
    flood->repeat = 0;
    (void)try(orders, 0, target);
    log_new();
    tap_ok(log_has("for source=d%u", other), "what comes then is recorded");
    toolstack_unmap(flood);
    toolstack_unmap(orders);
}

/* Has the victim offer to its friends. */
static domid_t victim_of(const char *label, const domid_t *friends)
{
    domid_t id = start(attack_victim, label);
    struct attack *offers = attacker_of(id);

    for (unsigned int i = 0; i < ATTACK_FRIENDS; i++) {
        offers->friends[i] = friends[i];
    }
    offers->asked++;
    while (offers->answered != offers->asked) {
        sched_op(SCHEDOP_yield, NULL);
    }
    toolstack_unmap(offers);
    return id;
}

void test_main(void)
{
    domid_t stranger = start(attack_child, "tenant02_u:guest_r:guest_t");
    domid_t sibling = start(attack_child, "tenant01_u:guest_r:guest_t");
    domid_t loner = start(attack_child, "default_u:guest_r:domU_t");
    const domid_t friends[ATTACK_FRIENDS] = {stranger, sibling, loner};
    domid_t victim = victim_of("tenant01_u:guest_r:guest_t", friends);

    attempts_init();
    tap_note("another tenant's guest");
    test_refused(stranger, victim, 0);
    tap_note("a guest without a label");
    test_refused(loner, victim, 2);
    test_flood(stranger, victim);
    test_flood_hides_nobody(stranger, loner, victim);
    tap_note("a guest of the same tenant");
    test_shared(sibling, victim, 1);
    toolstack_destroy(sibling);
    toolstack_destroy(victim);
    tap_note("a guest and dom0");
    test_dom0(stranger);
    tap_note("two guests without a label");
    victim = victim_of("default_u:guest_r:domU_t", friends);
    test_refused(loner, victim, 2);
}
