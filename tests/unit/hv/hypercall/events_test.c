/* SPDX-License-Identifier: MIT */
/*
 * What the policy is asked about ends of event channels, with our policy: who
 * may open an end to whom, who may connect to an end that waits, and who holds
 * the labels that this takes.
 */
#include "tests/unit/xsm/load.h"

#include "hv/cpu/cpu.h"
#include "hv/evtchn/evtchn.h"
#include "hv/hypercall/rows.h"
#include "hv/security/security.h"

struct permit {
    char unused;
};
const struct permit the_permit;
const struct row rows[ROW_COUNT];
struct xsm security_policy;
_Thread_local struct cpu *fake_cpu;

static struct loaded *loaded;
static unsigned int refusals;

/* --- The fake rest --- */

void cpu_poll(void)
{
    abort();
}

const struct permit *row_permit(const struct row *row, const struct call *call)
{
    (void)row;
    (void)call;
    return &the_permit;
}

const char *row_name(const struct row *row)
{
    (void)row;
    return "";
}

bool security_refused(const struct security_question *question)
{
    struct xsm_decision decision =
        xsm_decide(&security_policy, question->source, question->target,
                   question->permission);

    refusals += decision.allowed ? 0 : 1;
    return decision.allowed;
}

/* --- Domains --- */

enum { DOM0, LOOSE, FIRST_A, FIRST_B, SECOND, DOMAINS };

static struct domain domains[DOMAINS];
static struct vcpu vcpus[DOMAINS];
static struct evtchn ports[DOMAINS][4];

static void setup(void)
{
    static const char *const contexts[DOMAINS] = {
        "system_u:system_r:dom0_t",   "default_u:guest_r:domU_t",
        "tenant01_u:guest_r:guest_t", "tenant01_u:guest_r:guest_t",
        "tenant02_u:guest_r:guest_t",
    };

    loaded = load_file(POLICY_V30, 64);
    security_policy = loaded->xsm;
    memset(domains, 0, sizeof(domains));
    memset(ports, 0, sizeof(ports));
    for (uint16_t d = 0; d < DOMAINS; d++) {
        struct domain *domain = &domains[d];

        domain->id = d;
        domain->ports = ports[d];
        domain->port_limit = 4;
        vcpus[d].domain = domain;
        assert_int_equal(xsm_label_of(&security_policy,
                                      bytes_of_text(contexts[d]),
                                      &domain->label),
                         XSM_OK);
        assert_true(security_label_transition(domain->label, domain->label,
                                              XSM_CLASS_domain,
                                              &domain->self_label));
    }
    refusals = 0;
}

static struct call call_of(unsigned int caller, unsigned int owner,
                           unsigned int other)
{
    return (struct call){.caller = &vcpus[caller],
                         .target = &domains[owner],
                         .second = &domains[other]};
}

static bool may_open(unsigned int caller, unsigned int owner,
                     unsigned int other)
{
    struct evtchn_alloc_unbound arg = {0};
    struct call call = call_of(caller, owner, other);

    return event_ends_permitted(&rows[row_event_channel_op_alloc_unbound],
                                &call, &arg);
}

static void test_who_may_open_to_whom(void **state)
{
    static const bool expected[DOMAINS][DOMAINS] = {
        /*           dom0   loose  1a     1b     2 */
        [DOM0] =    {true,  true,  true,  true,  true},
        [LOOSE] =   {true,  true,  false, false, false},
        [FIRST_A] = {true,  false, true,  true,  false},
        [FIRST_B] = {true,  false, true,  true,  false},
        [SECOND] =  {true,  false, false, false, true},
    };
    unsigned int refused = 0;

    (void)state;
    setup();
    for (unsigned int d = 0; d < DOMAINS; d++) {
        for (unsigned int e = 0; e < DOMAINS; e++) {
            assert_int_equal(may_open(d, d, e), expected[d][e]);
            refused += expected[d][e] ? 0 : 1;
        }
    }
    assert_int_equal(refusals, refused); /* each of them is recorded */
    unload(loaded);
}

/* dom0 opens store and console ports for a guest; nobody else's for another. */
static void test_for_others(void **state)
{
    (void)state;
    setup();
    assert_true(may_open(DOM0, LOOSE, DOM0));
    assert_true(may_open(DOM0, SECOND, DOM0));
    assert_false(may_open(LOOSE, DOM0, LOOSE));
    assert_false(may_open(FIRST_A, DOM0, FIRST_A));
    assert_false(may_open(FIRST_A, SECOND, FIRST_A));
    unload(loaded);
}

static bool may_bind(unsigned int self, unsigned int other, uint32_t port)
{
    struct evtchn_bind_interdomain arg = {.remote_port = port};
    struct call call = call_of(self, self, other);

    return event_ends_permitted(&rows[row_event_channel_op_bind_interdomain],
                                &call, &arg);
}

/* The end that waits has a say too: it may have been made for somebody else
 * who had the same number. */
static void test_the_waiting_end(void **state)
{
    label_t end;

    (void)state;
    setup();
    assert_true(security_end_label(&domains[FIRST_A], &domains[FIRST_B], &end));
    ports[FIRST_A][1] =
        (struct evtchn){.state = EVTCHN_UNBOUND, .label = end};
    assert_true(may_bind(FIRST_B, FIRST_A, 1));

    assert_true(security_end_label(&domains[SECOND], &domains[SECOND], &end));
    ports[FIRST_A][2] =
        (struct evtchn){.state = EVTCHN_UNBOUND, .label = end};
    refusals = 0;
    assert_false(may_bind(FIRST_B, FIRST_A, 2));
    assert_int_equal(refusals, 1);

    /* No end, or no port: nothing to ask, and the handler refuses. */
    assert_true(may_bind(FIRST_B, FIRST_A, 3));
    assert_true(may_bind(FIRST_B, FIRST_A, 4));
    assert_true(may_bind(FIRST_B, FIRST_A, UINT32_MAX));
    unload(loaded);
}

static uint32_t references(label_t label)
{
    return label_entry(&security_policy, label)->references;
}

static void test_labels_are_held(void **state)
{
    struct domain *domain = &domains[FIRST_A];
    label_t end, again;

    (void)state;
    setup();
    assert_true(security_end_label(domain, &domains[DOM0], &end));
    assert_string_equal(label_text(&security_policy, end),
                        "tenant01_u:object_r:guest_event_t");
    assert_int_equal(references(end), 1);
    for (unsigned int i = 0; i < 100; i++) {
        assert_true(security_end_label(domain, &domains[FIRST_B], &again));
        assert_int_equal(again.index, end.index);
    }
    assert_int_equal(references(end), 1);
    assert_true(security_end_label(&domains[FIRST_B], domain, &again));
    assert_int_equal(references(end), 2);
    security_domain_forget(domain);
    assert_int_equal(references(end), 1);
    unload(loaded);
}

/* A domain that has too many makes no end, and leaves no reference. */
static void test_too_many(void **state)
{
    struct domain *domain = &domains[FIRST_A];
    uint32_t before;
    label_t end;

    (void)state;
    setup();
    assert_true(security_end_label(&domains[FIRST_B], domain, &end));
    before = references(end);
    for (unsigned int i = 0; i < ARRAY_SIZE(domain->end_labels); i++) {
        domain->end_labels[i] = XSM_LABEL(xen);
    }
    assert_false(may_open(FIRST_A, FIRST_A, FIRST_B));
    assert_int_equal(references(end), before);
    unload(loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_may_open_to_whom),
        cmocka_unit_test(test_for_others),
        cmocka_unit_test(test_the_waiting_end),
        cmocka_unit_test(test_labels_are_held),
        cmocka_unit_test(test_too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
