/* SPDX-License-Identifier: MIT */
/*
 * Who can reach whom: which domains may be created at all, and for every pair
 * of what then exists (domains, themselves, ends of channels, the machine)
 * every permission of every class, against a table written by hand. What no
 * line of it names is denied. Rules, constraints and roles together, as the
 * hypervisor decides: a rule alone proves nothing.
 */
#include "tests/unit/xsm/load.h"

#include "lib/checked.h"
#include "xsm/policy.h"

#define LABELS    256
#define PARTS     3
#define NAME_SIZE 64

/* What exists: a context by its three names, and its label. */
struct thing {
    char part[PARTS][NAME_SIZE];
    label_t label;
    bool is_domain;
    bool is_created; /* by dom0 */ /* dom0, and what it may create */
};

static struct thing things[LABELS];
static size_t thing_count;

/* ---- the table ---- */

/* Parts of a context: * is any, tenant any user but system_u and default_u; in
 * the target's user same is the source's. Lines add up. */
struct line {
    const char *source, *target, *grants;
};

#define OWN_KERNEL                                                             \
    "hypercall: stack_switch fpu_taskswitch multicall iret xen_version;"       \
    "vcpu: initialise up down is_up runstate register_area timer send_nmi;"    \
    "cpu: trap_table gdt ldt segbase debugreg callbacks descriptor iopl "      \
    "iobitmap msr_read msr_write cpuid cr_read cr_write xsetbv tsc "           \
    "cache_flush vm_assist;"                                                   \
    "sched: yield block poll shutdown watchdog;"                               \
    "event2: bind_virq bind_ipi close bind_vcpu unmask send_ipi;"              \
    "event: create bind send status reset;"                                    \
    "grant: setup query;"                                                      \
    "mmu: map_read map_write adjust stat updatemp pinpage mmuext_op exchange;" \
    "memory2: pt_write memory_map;"                                            \
    "version: xen_guest_handle;"

#define KERNEL_OF_XEN                                                          \
    "memory2: m2p_map;"                                                        \
    "version: xen_extraversion xen_compile_info xen_capabilities "             \
    "xen_pagesize;"

#define TOOLSTACK                                                              \
    "domain: setvcpucontext pause unpause resume create max_vcpus destroy "    \
    "setaffinity getaffinity getscheduler getdomaininfo getvcpuinfo "          \
    "getvcpucontext setdomainmaxmem setdomainhandle hypercall shutdown "       \
    "setaddrsize getaddrsize;"                                                 \
    "domain2: set_cpu_policy gettsc settsc setscheduler setclaim "             \
    "resource_map get_cpu_policy;"                                             \
    "measure: launch_info;"

#define TOOLSTACK_MEMORY                                                       \
    "mmu: map_read map_write adjust stat updatemp pinpage memorymap "          \
    "mmuext_op;"                                                               \
    "memory2: pt_write;"                                                       \
    "grant: map_read map_write unmap setup query;"                             \
    "grant2: copy_read copy_write map_device;"                                 \
    "event: bind send status create;"

/* What is left of these for what was launched. */
#define CLOSED                                                                 \
    "domain: pause unpause resume destroy setaffinity getaffinity "            \
    "getscheduler getdomaininfo getvcpuinfo setdomainmaxmem shutdown;"         \
    "domain2: setscheduler; measure: launch_info; mmu: stat;"                  \
    "grant: map_read map_write unmap query;"                                   \
    "grant2: copy_read copy_write map_device; event: bind send status"

#define PEER                                                                   \
    "event: bind send; grant: map_read map_write unmap;"                       \
    "grant2: copy_read copy_write"

#define DOM0_ITSELF                                                            \
    OWN_KERNEL                                                                 \
    "grant: map_read map_write unmap;"                                         \
    "grant2: copy_read copy_write map_device; event2: bind_pirq;"              \
    "resource: add remove;"                                                    \
    "device2: irq_status irq_eoi;"                                             \
    "domain: getdomaininfo getvcpuinfo getaffinity setaffinity "               \
    "setdomainhandle setdomainmaxmem getscheduler;"                            \
    "measure: launch;"                                                         \
    "domain2: gettsc get_cpu_policy setscheduler setclaim resource_map;"

#define MACHINE                                                                \
    "version: xen_changeset xen_commandline;"                                  \
    "xen: writeconsole readconsole clearconsole settime firmware sleep "       \
    "getcpuinfo mca_op readapic physinfo getscheduler cpupool_op debug;"       \
    "xen2: get_cpu_featureset;"                                                \
    "event2: bind_virq_global; mmu: memorymap;"                                \
    "memory2: maximum_ram_page;"                                               \
    "resource: plug unplug setup; device2: pit rtc debug_port;"                \
    "measure: log_read state;"

#define DOM0   "system_u:system_r:dom0_t"
#define SYSTEM "system_u:system_r:"
#define OBJECT "system_u:object_r:"

static const struct line table[] = {
    /* A guest and itself. */
    {"*:guest_r:domU_t", "same:guest_r:domU_self_t",
     OWN_KERNEL "grant2: copy_read copy_write; measure: launch launch_info"},
    {"*:guest_r:guest_t", "same:guest_r:guest_self_t",
     OWN_KERNEL "grant2: copy_read copy_write; measure: launch launch_info"},
    {"*:guest_r:attested_t", "same:guest_r:attested_self_t",
     OWN_KERNEL "grant2: copy_read copy_write; measure: launch launch_info"},
    {"*:guest_r:launched_t", "same:guest_r:launched_self_t",
     OWN_KERNEL "grant2: copy_read copy_write; measure: launch_info"},
    {"*:guest_r:vtpm_t", "same:guest_r:vtpm_self_t",
     OWN_KERNEL "grant2: copy_read copy_write; measure: launch launch_info"},
    {"*:guest_r:vtpm_launched_t", "same:guest_r:vtpm_launched_self_t",
     OWN_KERNEL "grant2: copy_read copy_write; measure: launch_info"},
    {"*:guest_r:domU_t", "same:object_r:domU_event_t",
     "event: create send status"},
    {"*:object_r:domU_event_t", "same:guest_r:domU_self_t", "event: bind"},
    {"*:guest_r:guest_t", "same:object_r:guest_event_t",
     "event: create send status"},
    {"*:object_r:guest_event_t", "same:guest_r:guest_self_t", "event: bind"},
    {"*:guest_r:attested_t", "same:object_r:attested_event_t",
     "event: create send status"},
    {"*:object_r:attested_event_t", "same:guest_r:attested_self_t", "event: bind"},
    {"*:guest_r:launched_t", "same:object_r:attested_event_t",
     "event: create send status"},
    {"*:object_r:attested_event_t", "same:guest_r:launched_self_t", "event: bind"},
    {"*:guest_r:vtpm_t", "same:object_r:vtpm_event_t",
     "event: create send status"},
    {"*:object_r:vtpm_event_t", "same:guest_r:vtpm_self_t", "event: bind"},
    {"*:guest_r:vtpm_launched_t", "same:object_r:vtpm_event_t",
     "event: create send status"},
    {"*:object_r:vtpm_event_t", "same:guest_r:vtpm_launched_self_t", "event: bind"},
    /* A guest and the machine. */
    {"*:guest_r:*", SYSTEM "xen_t", KERNEL_OF_XEN "device2: pit"},
    {"*:guest_r:*", DOM0, "event: bind send"},
    {"*:object_r:domU_event_t", DOM0, "event: bind"},
    {"*:object_r:guest_event_t", DOM0, "event: bind"},
    {"*:object_r:attested_event_t", DOM0, "event: bind"},
    {"*:object_r:vtpm_event_t", DOM0, "event: bind"},
    /* Guests of one tenant, and those that keep their TPMs. */
    {"tenant:guest_r:guest_t", "same:guest_r:guest_t", PEER},
    {"tenant:guest_r:guest_t", "same:guest_r:attested_t", PEER},
    {"tenant:guest_r:guest_t", "same:guest_r:launched_t", PEER},
    {"tenant:guest_r:guest_t", "same:guest_r:vtpm_launched_t", "event: bind send"},
    {"tenant:guest_r:vtpm_launched_t", "same:guest_r:guest_t",
     PEER "; measure: launch_info mark serve"},
    {"tenant:guest_r:attested_t", "same:guest_r:guest_t", PEER},
    {"tenant:guest_r:attested_t", "same:guest_r:attested_t", PEER},
    {"tenant:guest_r:attested_t", "same:guest_r:launched_t", PEER},
    {"tenant:guest_r:attested_t", "same:guest_r:vtpm_launched_t", "event: bind send"},
    {"tenant:guest_r:vtpm_launched_t", "same:guest_r:attested_t",
     PEER "; measure: launch_info mark serve"},
    {"tenant:guest_r:launched_t", "same:guest_r:guest_t", PEER},
    {"tenant:guest_r:launched_t", "same:guest_r:attested_t", PEER},
    {"tenant:guest_r:launched_t", "same:guest_r:launched_t", PEER},
    {"tenant:guest_r:launched_t", "same:guest_r:vtpm_launched_t", "event: bind send"},
    {"tenant:guest_r:vtpm_launched_t", "same:guest_r:launched_t",
     PEER "; measure: launch_info mark"},
    {"tenant:object_r:guest_event_t", "same:guest_r:guest_t", "event: bind"},
    {"tenant:object_r:guest_event_t", "same:guest_r:attested_t", "event: bind"},
    {"tenant:object_r:guest_event_t", "same:guest_r:launched_t", "event: bind"},
    {"tenant:object_r:attested_event_t", "same:guest_r:guest_t", "event: bind"},
    {"tenant:object_r:attested_event_t", "same:guest_r:attested_t", "event: bind"},
    {"tenant:object_r:attested_event_t", "same:guest_r:launched_t", "event: bind"},
    {"tenant:object_r:vtpm_event_t", "same:guest_r:guest_t", "event: bind"},
    {"tenant:object_r:vtpm_event_t", "same:guest_r:attested_t", "event: bind"},
    {"tenant:object_r:vtpm_event_t", "same:guest_r:launched_t", "event: bind"},
    {"tenant:object_r:guest_event_t", "same:guest_r:vtpm_launched_t",
     "event: bind"},
    {"tenant:object_r:attested_event_t", "same:guest_r:vtpm_launched_t",
     "event: bind"},
    /* dom0 and guests. */
    {DOM0, "*:guest_r:domU_t", TOOLSTACK TOOLSTACK_MEMORY},
    {OBJECT "dom0_event_t", "*:guest_r:domU_t", "event: bind"},
    {DOM0, "*:guest_r:guest_t", TOOLSTACK TOOLSTACK_MEMORY},
    {OBJECT "dom0_event_t", "*:guest_r:guest_t", "event: bind"},
    {DOM0, "*:guest_r:attested_t", TOOLSTACK TOOLSTACK_MEMORY},
    {OBJECT "dom0_event_t", "*:guest_r:attested_t", "event: bind"},
    {DOM0, "*:guest_r:launched_t", CLOSED},
    {OBJECT "dom0_event_t", "*:guest_r:launched_t", "event: bind"},
    {DOM0, "*:guest_r:vtpm_t", TOOLSTACK TOOLSTACK_MEMORY},
    {OBJECT "dom0_event_t", "*:guest_r:vtpm_t", "event: bind"},
    {DOM0, "*:guest_r:vtpm_launched_t", CLOSED},
    {OBJECT "dom0_event_t", "*:guest_r:vtpm_launched_t", "event: bind"},
    {DOM0, "*:object_r:domU_event_t", "event: create"},
    {DOM0, "*:object_r:guest_event_t", "event: create"},
    {DOM0, "*:object_r:attested_event_t", "event: create"},
    {DOM0, "*:object_r:vtpm_event_t", "event: create"},
    /* dom0 and the machine. */
    {DOM0, DOM0, DOM0_ITSELF},
    {DOM0, OBJECT "dom0_event_t", "event: create send status"},
    {OBJECT "dom0_event_t", DOM0, "event: bind"},
    {DOM0, SYSTEM "xen_t", KERNEL_OF_XEN MACHINE},
    {DOM0, SYSTEM "security_t",
     "security: check_context; policy: get_enforce get_bool"},
    {DOM0, SYSTEM "domio_t", "mmu: map_read map_write; memory2: pt_write"},
    {DOM0, SYSTEM "domxen_t", "mmu: map_read; memory2: pt_write"},
    {DOM0, OBJECT "ioport_t", "device2: port_read port_write"},
    {DOM0, OBJECT "device_t",
     "device2: cfg_read cfg_write"},
};

/* ---- reading it ---- */

static void split(const char *text, char part[PARTS][NAME_SIZE])
{
    assert_int_equal(
        sscanf(text, "%63[^:]:%63[^:]:%63s", part[0], part[1], part[2]),
        PARTS);
}

static bool part_matches(const char *pattern, const char *name)
{
    return strcmp(pattern, "*") == 0 || strcmp(pattern, name) == 0 ||
           (strcmp(pattern, "tenant") == 0 && strcmp(name, "system_u") != 0 &&
            strcmp(name, "default_u") != 0);
}

static bool thing_matches(const char *pattern, const struct thing *thing,
                          const struct thing *source)
{
    char part[PARTS][NAME_SIZE];
    split(pattern, part);
    if (source != NULL && strcmp(part[0], "same") == 0) {
        strcpy(part[0], source->part[0]);
    }
    return part_matches(part[0], thing->part[0]) &&
           part_matches(part[1], thing->part[1]) &&
           part_matches(part[2], thing->part[2]);
}

/* "class: name name; class: name" into vectors by class. */
static void add_grants(const char *grants, uint32_t vectors[XSM_CLASSES])
{
    char text[4096];
    char *outer = NULL;
    assert_true(strlen(grants) < sizeof(text));
    strcpy(text, grants);
    for (char *group = strtok_r(text, ";", &outer); group != NULL;
         group = strtok_r(NULL, ";", &outer)) {
        char *inner = NULL;
        char *name = strtok_r(group, ": ", &inner);
        if (name == NULL) {
            continue;
        }
        uint8_t class = xsm_class_find(bytes_of_text(name));
        assert_int_not_equal(class, XSM_NO_CLASS);
        while ((name = strtok_r(NULL, ": ", &inner)) != NULL) {
            uint8_t bit = xsm_bit_find(class, bytes_of_text(name));
            assert_int_not_equal(bit, XSM_NO_BIT);
            vectors[class] |= 1U << bit;
        }
    }
}

/* ---- what exists ---- */

static struct thing *add_thing(struct loaded *loaded, label_t label)
{
    for (size_t i = 0; i < thing_count; i++) {
        if (things[i].label.index == label.index) {
            return &things[i];
        }
    }
    assert_true(thing_count < ARRAY_SIZE(things));
    struct thing *thing = &things[thing_count];
    *thing = (struct thing){.label = label};
    split(label_text(&loaded->xsm, label), thing->part);
    thing_count++;
    return thing;
}

static bool may(const struct loaded *loaded, label_t source, label_t target,
                struct xsm_perm perm)
{
    return xsm_decide(&loaded->xsm, source, target, perm).granted;
}

/* Every context that is valid and that dom0 may give to a new domain. */
static void add_domains(struct loaded *loaded)
{
    const struct policy *policy = loaded->xsm.policy;
    struct policy_context context;
    unsigned valid = 0;
    for (context.user = 1; context.user <= policy->users.values;
         context.user++) {
        for (context.role = 1; context.role <= policy->roles.values;
             context.role++) {
            for (context.type = 1; context.type <= policy->types.values;
                 context.type++) {
                label_t label;
                if (!policy_context_is_valid(policy, context)) {
                    continue;
                }
                valid++;
                assert_int_equal(
                    label_of_context(&loaded->xsm, context, &label), XSM_OK);
                if (may(loaded, XSM_LABEL(dom0), label,
                        XSM_PERM(domain, create))) {
                    struct thing *thing = add_thing(loaded, label);
                    thing->is_domain = true;
                    thing->is_created = true;
                } else {
                    xsm_label_put(&loaded->xsm, label);
                }
            }
        }
    }
    assert_true(valid > 60);
}

static label_t made_by(struct loaded *loaded, label_t source, label_t target,
                       enum xsm_class class)
{
    label_t made;
    assert_int_equal(
        xsm_label_transition(&loaded->xsm, source, target, class, &made),
        XSM_OK);
    return made;
}

/* And what a domain may become by a launch. */
static void add_launched(struct loaded *loaded)
{
    size_t count = thing_count;
    for (size_t i = 0; i < count; i++) {
        if (things[i].is_created) {
            add_thing(loaded, made_by(loaded, things[i].label, XSM_LABEL(xen),
                                      XSM_CLASS_domain))
                ->is_domain = true;
        }
    }
}

/* An end is there only if its maker may create it. */
static void add_end(struct loaded *loaded, label_t source, label_t target)
{
    label_t end = made_by(loaded, source, target, XSM_CLASS_event);
    if (may(loaded, source, end, XSM_PERM(event, create))) {
        (void)add_thing(loaded, end);
    } else {
        xsm_label_put(&loaded->xsm, end);
    }
}

static struct loaded *load_things(const char *path)
{
    struct loaded *loaded = load_file(path, LABELS);
    thing_count = 0;
    for (uint16_t sid = 1; sid < XSM_INITIAL_SIDS; sid++) {
        (void)add_thing(loaded, (label_t){sid});
    }
    add_thing(loaded, XSM_LABEL(dom0))->is_domain = true;
    add_domains(loaded);
    add_launched(loaded);
    size_t count = thing_count;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count && things[i].is_domain; j++) {
            if (things[j].is_domain) {
                add_end(loaded, things[i].label, things[j].label);
            }
        }
        if (things[i].is_domain) {
            label_t label = things[i].label;
            (void)add_thing(
                loaded, made_by(loaded, label, label, XSM_CLASS_domain));
        }
    }
    return loaded;
}

/* ---- tests ---- */

/* dom0 creates guests of the users that may have any, and nothing else: no
 * second dom0, no guest of the machine's own user, none with a role or type
 * that is no guest's. */
static void only_guests_can_be_created(void **state)
{
    static const char *const expected[] = {
        "default_u:guest_r:domU_t",  "default_u:guest_r:guest_t",
        "tenant01_u:guest_r:domU_t", "tenant01_u:guest_r:guest_t",
        "tenant02_u:guest_r:domU_t", "tenant02_u:guest_r:guest_t",
        "default_u:guest_r:attested_t", "default_u:guest_r:vtpm_t",
        "tenant01_u:guest_r:attested_t", "tenant01_u:guest_r:vtpm_t",
        "tenant02_u:guest_r:attested_t", "tenant02_u:guest_r:vtpm_t",
    };
    struct loaded *loaded = load_things(POLICY_V30);
    size_t created = 0;
    (void)state;
    for (size_t i = 0; i < thing_count; i++) {
        bool known = thing_matches(DOM0, &things[i], NULL);
        for (size_t j = 0; j < ARRAY_SIZE(expected); j++) {
            known = known || thing_matches(expected[j], &things[i], NULL);
        }
        created += things[i].is_created;
        assert_true(known || !things[i].is_created);
    }
    assert_int_equal(created, ARRAY_SIZE(expected));
    unload(loaded);
}

static unsigned surprises(const struct loaded *loaded,
                          const struct thing *source,
                          const struct thing *target)
{
    uint32_t vectors[XSM_CLASSES] = {0};
    unsigned wrong = 0;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        if (thing_matches(table[i].source, source, NULL) &&
            thing_matches(table[i].target, target, source)) {
            add_grants(table[i].grants, vectors);
        }
    }
    for (uint8_t class = 0; class < XSM_CLASSES; class++) {
        for (uint8_t bit = 0; bit < xsm_class_size(class); bit++) {
            struct xsm_perm perm = {class, bit};
            bool expected = (vectors[class] >> bit & 1) != 0;
            if (may(loaded, source->label, target->label, perm) != expected) {
                print_error("%s:%s:%s to ", source->part[0], source->part[1],
                            source->part[2]);
                print_error("%s:%s:%s: %s:%s is %s\n", target->part[0],
                            target->part[1], target->part[2],
                            xsm_class_name(class), xsm_perm_name(perm),
                            expected ? "denied" : "granted");
                wrong++;
            }
        }
    }
    return wrong;
}

/* A type that runs nowhere is no subject: not even of what it is given. */
static bool is_subject(const struct thing *thing)
{
    return strstr(thing->part[2], "_self_t") == NULL;
}

static void every_pair_is_as_the_table_says(void **state)
{
    static const char *const paths[] = {POLICY_V30, POLICY_V24};
    (void)state;
    for (size_t p = 0; p < ARRAY_SIZE(paths); p++) {
        struct loaded *loaded = load_things(paths[p]);
        unsigned wrong = 0, pairs = 0;
        for (size_t s = 0; s < thing_count; s++) {
            for (size_t t = 0; t < thing_count && is_subject(&things[s]);
                 t++) {
                wrong += surprises(loaded, &things[s], &things[t]);
                pairs++;
            }
        }
        assert_int_equal(wrong, 0);
        assert_true(pairs > 600);
        unload(loaded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_guests_can_be_created),
        cmocka_unit_test(every_pair_is_as_the_table_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
