/* SPDX-License-Identifier: MIT */
/*
 * sysctl: what a toolstack reads of the machine, that it holds together, and
 * that no buffer it names is written beyond or where the guest cannot write
 * itself (XSA-212 is of this kind).
 *
 * Runner: -s 2
 * Only: vouch
 */
#include "lib/paging.h"
#include "lib/tap.h"

#define UNMAPPED TEST_VA
#define LEAVES   120u

static struct xen_sysctl arg;
static uint8_t page[2 * 4096] __attribute__((aligned(4096)));

static long sysctl(uint32_t cmd)
{
    arg.cmd = cmd;
    arg.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return hypercall(__HYPERVISOR_sysctl, &arg);
}

static void clear(void)
{
    memset(&arg, 0, sizeof(arg));
}

static void test_machine(void)
{
    struct xen_sysctl_physinfo info;

    clear();
    tap_is(sysctl(XEN_SYSCTL_physinfo), 0, "physinfo");
    info = arg.u.physinfo;
    tap_is(info.nr_cpus, 2, "there are as many CPUs as the machine has");
    tap_is(info.threads_per_core * info.cores_per_socket, 2,
           "and cores to carry them");
    tap_is(info.max_cpu_id, 1, "the last is CPU 1");
    tap_is(info.nr_nodes, 1, "there is one node");
    tap_ok(info.capabilities & XEN_SYSCTL_PHYSCAP_pv, "PV guests can be run");
    tap_is(info.capabilities & XEN_SYSCTL_PHYSCAP_hvm, 0, "HVM guests cannot");
    tap_is(info.capabilities &
               (XEN_SYSCTL_PHYSCAP_gnttab_v1 | XEN_SYSCTL_PHYSCAP_gnttab_v2),
           XEN_SYSCTL_PHYSCAP_gnttab_v1, "grant tables are version 1");
    tap_ok(info.free_pages < info.total_pages &&
               info.total_pages <= info.max_mfn,
           "pages: %lu of %lu free, the last is %lx", info.free_pages,
           info.total_pages, info.max_mfn);
    tap_ok(info.cpu_khz > 100000, "a CPU does %u kHz", info.cpu_khz);
    clear();
    tap_is(sysctl(XEN_SYSCTL_sched_id), 0, "sched_id");
    tap_is(arg.u.sched_id.sched_id, XEN_SCHEDULER_CREDIT2, "is credit2's");
}

static void test_topology(void)
{
    struct xen_sysctl_cputopo cpus[4];
    struct xen_sysctl_meminfo node[2] = {{1, 1}, {1, 1}};
    uint32_t distance[2] = {77, 77};

    clear();
    tap_is(sysctl(XEN_SYSCTL_cputopoinfo), 0, "cputopoinfo without a buffer");
    tap_is(arg.u.cputopoinfo.num_cpus, 2, "counts the CPUs");
    memset(cpus, 0xee, sizeof(cpus));
    set_xen_guest_handle(arg.u.cputopoinfo.cputopo, cpus);
    arg.u.cputopoinfo.num_cpus = 4;
    tap_is(sysctl(XEN_SYSCTL_cputopoinfo), 0, "with one");
    tap_is(arg.u.cputopoinfo.num_cpus, 2, "fills as many as there are");
    tap_ok(cpus[0].core == 0 && cpus[1].core == 1, "each its own core");
    tap_is(cpus[2].core, 0xeeeeeeee, "and nothing behind");
    memset(cpus, 0xee, sizeof(cpus));
    arg.u.cputopoinfo.num_cpus = 1;
    tap_is(sysctl(XEN_SYSCTL_cputopoinfo), 0, "with room for one");
    tap_is(cpus[1].core, 0xeeeeeeee, "fills one");

    clear();
    tap_is(sysctl(XEN_SYSCTL_numainfo), 0, "numainfo without a buffer");
    tap_is(arg.u.numainfo.num_nodes, 1, "counts one node");
    set_xen_guest_handle(arg.u.numainfo.meminfo, node);
    set_xen_guest_handle(arg.u.numainfo.distance, distance);
    arg.u.numainfo.num_nodes = 2;
    tap_is(sysctl(XEN_SYSCTL_numainfo), 0, "with buffers");
    tap_ok(node[0].memfree <= node[0].memsize && node[0].memsize > 1,
           "the node has memory");
    tap_is(distance[0], 10, "it is near itself");
    tap_ok(node[1].memsize == 1 && distance[1] == 77, "and nothing behind");
    arg.u.numainfo.num_nodes = 0;
    node[0].memsize = 5;
    tap_is(sysctl(XEN_SYSCTL_numainfo), 0, "with room for none");
    tap_is(node[0].memsize, 5, "writes none");
}

static void test_pool(void)
{
    uint8_t map[16];

    clear();
    memset(map, 0xee, sizeof(map));
    arg.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_INFO;
    set_xen_guest_handle(arg.u.cpupool_op.cpumap.bitmap, map);
    arg.u.cpupool_op.cpumap.nr_bits = 8;
    tap_is(sysctl(XEN_SYSCTL_cpupool_op), 0, "the first pool");
    tap_is(map[0], 3, "has both CPUs");
    tap_is(map[1], 0xee, "in as many bytes as were asked for");
    tap_is(arg.u.cpupool_op.n_dom, 1, "and this domain");
    arg.u.cpupool_op.cpumap.nr_bits = 0xffffffff;
    tap_is(sysctl(XEN_SYSCTL_cpupool_op), 0, "a large map");
    tap_is(map[8], 0xee, "is written as far as there can be CPUs");
    arg.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_FREEINFO;
    tap_is(sysctl(XEN_SYSCTL_cpupool_op), 0, "free CPUs");
    tap_is(map[0], 0, "there are none");
    arg.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_INFO;
    arg.u.cpupool_op.cpupool_id = 1;
    tap_is(sysctl(XEN_SYSCTL_cpupool_op), -XEN_ENOENT, "no second pool");
    arg.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_CREATE;
    tap_refused(sysctl(XEN_SYSCTL_cpupool_op), "and none can be made");
}

static bool contains(const char *text, size_t size, const char *word)
{
    size_t length = strlen(word);

    for (size_t i = 0; i + length <= size; i++) {
        if (memcmp(text + i, word, length) == 0) {
            return true;
        }
    }
    return false;
}

static uint32_t log_read(char *text, uint32_t size, uint32_t *index)
{
    arg.u.readconsole = (struct xen_sysctl_readconsole){
        .incremental = index != NULL,
        .index = index != NULL ? *index : 0,
        .count = size,
    };
    set_xen_guest_handle(arg.u.readconsole.buffer, text);
    if (sysctl(XEN_SYSCTL_readconsole) != 0) {
        guest_fail("readconsole");
    }
    if (index != NULL) {
        *index = arg.u.readconsole.index;
    }
    return arg.u.readconsole.count;
}

static void keys(const char *text)
{
    clear();
    set_xen_guest_handle(arg.u.debug_keys.keys, text);
    arg.u.debug_keys.nr_keys = (uint32_t)strlen(text);
    tap_is(sysctl(XEN_SYSCTL_debug_keys), 0, "debug keys \"%s\"", text);
}

static void test_log(void)
{
    static char text[16384];
    uint32_t index = 0, before, size;

    clear();
    size = log_read(text, sizeof(text), NULL);
    tap_ok(size > 100 && contains(text, size, "(vouch)"),
           "the log has the hypervisor's lines (%u bytes)", size);
    tap_ok(!contains(text, size, "ok 1 - "), "and nothing that guests say");
    while (log_read(text, 100, &index) != 0) {
    }
    before = index;
    keys("hq!");
    text[0] = 0;
    size = log_read(text, sizeof(text), &index);
    tap_ok(contains(text, size, "debug keys: h"), "h says which there are");
    tap_ok(contains(text, size, "d0: "), "q shows this domain");
    tap_ok(contains(text, size, "v0: running"), "and its vCPU");
    tap_ok(contains(text, size, "0x21: there is none"), "! is none");
    tap_is(index, before + size, "incremental reading goes on where it was");
    index = before - 1000000;
    tap_ok(log_read(text, 10, &index) == 10, "a position that is gone");
    clear();
    arg.u.readconsole.clear = 1;
    tap_is(sysctl(XEN_SYSCTL_readconsole), 0, "the log is cleared");
    keys("h");
    size = log_read(text, sizeof(text), NULL);
    tap_ok(size < 200 && contains(text, size, "debug keys: h"),
           "then it has only what came after (%u bytes)", size);
    index = 0;
    size = log_read(text, sizeof(text), &index);
    tap_ok(!contains(text, size, "v0: running"), "from whatever position");
}

static void test_features(void)
{
    static uint32_t words[24];
    static xen_cpuid_leaf_t leaves[LEAVES + 1];
    uint32_t count, same = 0;

    clear();
    arg.u.cpu_featureset.index = XEN_SYSCTL_cpu_featureset_host;
    tap_is(sysctl(XEN_SYSCTL_get_cpu_featureset), 0, "featureset's size");
    count = arg.u.cpu_featureset.nr_features;
    tap_ok(count > 8 && count < 24, "%u words", count);
    memset(words, 0xee, sizeof(words));
    set_xen_guest_handle(arg.u.cpu_featureset.features, words);
    arg.u.cpu_featureset.nr_features = 24;
    tap_is(sysctl(XEN_SYSCTL_get_cpu_featureset), 0, "featureset");
    tap_is(words[count], 0xeeeeeeee, "and nothing behind");
    tap_is(words[0] & 1u << 3, 0, "no PSE");
    arg.u.cpu_featureset.nr_features = 3;
    tap_is(sysctl(XEN_SYSCTL_get_cpu_featureset), -XEN_ENOBUFS, "no room");
    arg.u.cpu_featureset.index = 77;
    tap_refused(sysctl(XEN_SYSCTL_get_cpu_featureset), "no such featureset");

    clear();
    arg.u.cpu_policy.index = XEN_SYSCTL_cpu_policy_pv_default;
    tap_is(sysctl(XEN_SYSCTL_get_cpu_policy), 0, "policy's size");
    tap_is(arg.u.cpu_policy.nr_leaves, LEAVES, "leaves");
    memset(leaves, 0xee, sizeof(leaves));
    set_xen_guest_handle(arg.u.cpu_policy.leaves, leaves);
    tap_is(sysctl(XEN_SYSCTL_get_cpu_policy), 0, "policy");
    count = arg.u.cpu_policy.nr_leaves;
    tap_ok(count > 20 && count < LEAVES, "has %u leaves", count);
    for (uint32_t i = 0; i < count; i++) {
        same += leaves[i].leaf == 1 && leaves[i].d == words[0] &&
                leaves[i].c == words[1] &&
                leaves[i].subleaf == XEN_CPUID_NO_SUBLEAF;
        same += leaves[i].leaf == 7 && leaves[i].subleaf == 0 &&
                leaves[i].b == words[5];
    }
    tap_is(same, 2, "which say what the featureset says");
    tap_is(leaves[count].leaf, 0xeeeeeeee, "and nothing behind");
    arg.u.cpu_policy.nr_leaves = count - 1;
    tap_is(sysctl(XEN_SYSCTL_get_cpu_policy), -XEN_ENOBUFS, "no room");
    arg.u.cpu_policy.index = XEN_SYSCTL_cpu_policy_hvm_default;
    tap_refused(sysctl(XEN_SYSCTL_get_cpu_policy), "no HVM policy");
}

/* A buffer for each operation that writes one. */
static void buffer_set(uint32_t cmd, void *at)
{
    clear();
    switch (cmd) {
    case XEN_SYSCTL_readconsole:
        arg.u.readconsole.count = 64;
        set_xen_guest_handle(arg.u.readconsole.buffer, (char *)at);
        break;
    case XEN_SYSCTL_cputopoinfo:
        arg.u.cputopoinfo.num_cpus = 2;
        set_xen_guest_handle(arg.u.cputopoinfo.cputopo,
                             (struct xen_sysctl_cputopo *)at);
        break;
    case XEN_SYSCTL_numainfo:
        arg.u.numainfo.num_nodes = 1;
        set_xen_guest_handle(arg.u.numainfo.meminfo,
                             (struct xen_sysctl_meminfo *)at);
        break;
    case XEN_SYSCTL_cpupool_op:
        arg.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_INFO;
        arg.u.cpupool_op.cpumap.nr_bits = 64;
        set_xen_guest_handle(arg.u.cpupool_op.cpumap.bitmap, (uint8_t *)at);
        break;
    case XEN_SYSCTL_get_cpu_featureset:
        arg.u.cpu_featureset.nr_features = 11;
        set_xen_guest_handle(arg.u.cpu_featureset.features, (uint32_t *)at);
        break;
    case XEN_SYSCTL_get_cpu_policy:
        arg.u.cpu_policy.nr_leaves = LEAVES;
        set_xen_guest_handle(arg.u.cpu_policy.leaves, (xen_cpuid_leaf_t *)at);
        break;
    case XEN_SYSCTL_debug_keys:
        arg.u.debug_keys.nr_keys = 64;
        set_xen_guest_handle(arg.u.debug_keys.keys, (const char *)at);
        break;
    case XEN_SYSCTL_getdomaininfolist:
        arg.u.getdomaininfolist.max_domains = 1;
        set_xen_guest_handle(arg.u.getdomaininfolist.buffer,
                             (xen_domctl_getdomaininfo_t *)at);
        break;
    }
}

static void test_bad_buffers(void)
{
    static const uint32_t commands[] = {
        XEN_SYSCTL_readconsole,        XEN_SYSCTL_cputopoinfo,
        XEN_SYSCTL_numainfo,           XEN_SYSCTL_cpupool_op,
        XEN_SYSCTL_get_cpu_featureset, XEN_SYSCTL_get_cpu_policy,
        XEN_SYSCTL_debug_keys,         XEN_SYSCTL_getdomaininfolist,
    };
    void *const places[] = {
        (void *)UNMAPPED,           (void *)HV_START,
        (void *)(HV_START - 4),     (void *)HV_PRIVATE,
        (void *)(HV_END - 4),       (void *)0x0000800000000000,
        (void *)0x7ffffffffffffffe, (void *)0xfffffffffffffffe,
        page,                       page + 4096 - 4,
    };

    page_make_ro(page);
    for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++) {
        for (unsigned int j = 0; j < ARRAY_SIZE(places); j++) {
            bool reads = commands[i] == XEN_SYSCTL_debug_keys;

            if (reads && j >= 8) {
                continue; /* what may be read */
            }
            buffer_set(commands[i], places[j]);
            tap_is(sysctl(commands[i]), -XEN_EFAULT,
                   "sysctl %u does not use %lx", commands[i],
                   (uint64_t)places[j]);
        }
    }
    page_make_rw(page);
    for (unsigned int i = 0; i < 4096; i++) {
        if (page[i] != 0) {
            guest_fail("a page that the guest cannot write was written");
        }
    }
    clear();
    tap_is(hypercall(__HYPERVISOR_sysctl, HV_PRIVATE), -XEN_EFAULT,
           "nor is the structure itself taken from the hypervisor");
    tap_is(hypercall(__HYPERVISOR_sysctl, page + 4096 - 8), -XEN_EACCES,
           "nor without its version");
}

void test_main(void)
{
    test_machine();
    test_topology();
    test_pool();
    test_log();
    test_features();
    test_bad_buffers();
    clear();
    tap_is(sysctl(29 + 1), -XEN_ENOSYS, "the split row has no number");
    tap_is(sysctl(0xffffffff), -XEN_ENOSYS, "nor is there any far away");
}
