/* SPDX-License-Identifier: MIT */
/*
 * What a toolstack reads of CPUID, and what of it a domain shall see.  It may
 * take feature bits away from a domain; bits that the machine or cpuid.def
 * does not give, and all else that a leaf says, stay as they are.
 */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/domain/domain.h"
#include "hv/hypercall/cpuid.h"
#include "hv/mem/guest_copy.h"
#include "lib/string.h"

#define LEAVES_MAX   120u /* of a policy, as tools know it */
#define LEAF_LAST    0xdu
#define EXTENDED     0x80000000u
#define EXTENDED_END 0x80000009u

long do_sysctl_get_cpu_featureset(const struct permit *permit,
                                  struct call *call, struct xen_sysctl *arg)
{
    struct xen_sysctl_cpu_featureset *set = &arg->u.cpu_featureset;
    uint64_t va = (uint64_t)set->features.p;

    if (set->index > XEN_SYSCTL_cpu_featureset_pv &&
        set->index != XEN_SYSCTL_cpu_featureset_pv_max) {
        return -EINVAL;
    }
    if (va != 0 && set->nr_features < CPUID_WORDS) {
        return -ENOBUFS;
    }
    for (unsigned int i = 0; va != 0 && i < CPUID_WORDS; i++) {
        uint32_t word = cpuid_word(NULL, i);

        if (!guest_write(GVA(va + i * sizeof(word)), &word, sizeof(word))) {
            return -EFAULT;
        }
    }
    set->nr_features = CPUID_WORDS;
    return 0;
}

/* Where leaves are written to; what did not fit makes rc an error. */
struct leaves {
    const struct domain *domain;
    uint64_t va;
    uint32_t count, limit;
    long rc;
};

/*
 * The last sub-leaf of those leaves that have any.  All are given, zero or
 * not: tools write their policy into as many leaves as they read.
 */
static const uint8_t last_subleaf[LEAF_LAST + 1] = {
    [4] = 5, [7] = 1, [0xb] = 1, [0xd] = 62};

static void leaf_write(struct leaves *leaves, uint32_t leaf, uint32_t subleaf)
{
    uint32_t out[4];
    xen_cpuid_leaf_t entry;

    cpuid_for_domain(leaves->domain, NULL, leaf,
                     subleaf == XEN_CPUID_NO_SUBLEAF ? 0 : subleaf, out);
    entry = (xen_cpuid_leaf_t){leaf, subleaf, out[CPUID_EAX],
                               out[CPUID_EBX], out[CPUID_ECX],
                               out[CPUID_EDX]};
    if (leaves->count == leaves->limit) {
        leaves->rc = -ENOBUFS;
    } else if (!guest_write(GVA(leaves->va + leaves->count * sizeof(entry)),
                            &entry, sizeof(entry))) {
        leaves->rc = -EFAULT;
    } else {
        leaves->count++;
    }
}

static long leaves_write(struct leaves *leaves)
{
    for (uint32_t leaf = 0; leaf <= LEAF_LAST && leaves->rc == 0; leaf++) {
        if (last_subleaf[leaf] == 0) {
            leaf_write(leaves, leaf, XEN_CPUID_NO_SUBLEAF);
            continue;
        }
        for (uint32_t i = 0; i <= last_subleaf[leaf] && leaves->rc == 0; i++) {
            leaf_write(leaves, leaf, i);
        }
    }
    for (uint32_t leaf = EXTENDED; leaf < EXTENDED_END && leaves->rc == 0;
         leaf++) {
        leaf_write(leaves, leaf, XEN_CPUID_NO_SUBLEAF);
    }
    return leaves->rc;
}

/* count: how many there is room for, then how many there are. */
static long policy_read(const struct domain *domain, const void *to,
                        uint32_t *count)
{
    struct leaves leaves = {domain, (uint64_t)to, 0, *count, 0};
    long rc;

    if (to == NULL) {
        *count = LEAVES_MAX;
        return 0;
    }
    rc = leaves_write(&leaves);
    *count = leaves.count;
    return rc;
}

long do_sysctl_get_cpu_policy(const struct permit *permit, struct call *call,
                              struct xen_sysctl *arg)
{
    struct xen_sysctl_cpu_policy *policy = &arg->u.cpu_policy;

    if (policy->index > XEN_SYSCTL_cpu_policy_pv_max &&
        policy->index != XEN_SYSCTL_cpu_policy_pv_default) {
        return -EINVAL;
    }
    policy->nr_msrs = 0;
    return policy_read(NULL, policy->leaves.p, &policy->nr_leaves);
}

long do_domctl_get_cpu_policy(const struct permit *permit, struct call *call,
                              struct xen_domctl *arg)
{
    struct xen_domctl_cpu_policy *policy = &arg->u.cpu_policy;

    policy->nr_msrs = 0;
    return policy_read(call->target, policy->leaves.p, &policy->nr_leaves);
}

static void features_hide(uint32_t *hidden, const xen_cpuid_leaf_t *leaf)
{
    const uint32_t out[4] = {[CPUID_EAX] = leaf->a, [CPUID_EBX] = leaf->b,
                             [CPUID_ECX] = leaf->c, [CPUID_EDX] = leaf->d};

    for (unsigned int reg = 0; reg < 4; reg++) {
        unsigned int word = cpuid_find_word(
            leaf->leaf,
            leaf->subleaf == XEN_CPUID_NO_SUBLEAF ? 0 : leaf->subleaf, reg);

        if (word < CPUID_WORDS) {
            hidden[word] = ~out[reg];
        }
    }
}

long do_domctl_set_cpu_policy(const struct permit *permit, struct call *call,
                              struct xen_domctl *arg)
{
    const struct xen_domctl_cpu_policy *policy = &arg->u.cpu_policy;
    uint32_t hidden[CPUID_WORDS];

    if (policy->nr_leaves > LEAVES_MAX || policy->nr_msrs != 0) {
        return -EINVAL;
    }
    memcpy(hidden, call->target->cpuid_hidden, sizeof(hidden));
    for (uint32_t i = 0; i < policy->nr_leaves; i++) {
        xen_cpuid_leaf_t leaf;

        if (!guest_read(&leaf, GVA((uint64_t)policy->leaves.p +
                                   i * sizeof(leaf)),
                        sizeof(leaf))) {
            return -EFAULT;
        }
        features_hide(hidden, &leaf);
    }
    memcpy(call->target->cpuid_hidden, hidden, sizeof(hidden));
    return 0;
}
