/* SPDX-License-Identifier: MIT */
/*
 * xen_version: who we say we are.  The interface is that of 4.17, which is
 * what guests and tools ask for; the name in extraversion and capabilities is
 * our own.
 */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/base/layout.h"
#include "hv/base/log.h"
#include "hv/domain/domain.h"
#include "hv/hypercall/firmware.h"
#include "lib/string.h"

#define INTERFACE_MAJOR 4
#define INTERFACE_MINOR 17

#define FEATURES                                                               \
    (1u << XENFEAT_mmu_pt_update_preserve_ad |                                 \
     1u << XENFEAT_gnttab_map_avail_bits | 1u << XENFEAT_highmem_assist |      \
     1u << XENFEAT_memory_op_vnode_supported)

long do_xen_version_version(const struct permit *permit, struct call *call,
                            void *none)
{
    return INTERFACE_MAJOR << 16 | INTERFACE_MINOR;
}

long do_xen_version_extraversion(const struct permit *permit,
                                 struct call *call, xen_extraversion_t *arg)
{
    format_text(*arg, sizeof(*arg), "-vouch");
    return 0;
}

long do_xen_version_compile_info(const struct permit *permit,
                                 struct call *call,
                                 struct xen_compile_info *arg)
{
    format_text(arg->compiler, sizeof(arg->compiler), "gcc %s", __VERSION__);
    return 0;
}

long do_xen_version_capabilities(const struct permit *permit,
                                 struct call *call,
                                 xen_capabilities_info_t *arg)
{
    format_text(*arg, sizeof(*arg), "xen-3.0-x86_64 ");
    return 0;
}

long do_xen_version_changeset(const struct permit *permit, struct call *call,
                              xen_changeset_info_t *arg)
{
    return 0;
}

long do_xen_version_platform_parameters(const struct permit *permit,
                                        struct call *call,
                                        struct xen_platform_parameters *arg)
{
    arg->virt_start = HV_WINDOW_START;
    return 0;
}

long do_xen_version_get_features(const struct permit *permit,
                                 struct call *call,
                                 struct xen_feature_info *arg)
{
    const struct domain *domain = call->caller->domain;

    if (arg->submap_idx != 0) {
        return -EINVAL;
    }
    arg->submap = FEATURES;
    if (domain->vm_assist & 1u << VMASST_TYPE_pae_extended_cr3) {
        arg->submap |= 1u << XENFEAT_pae_pgdir_above_4gb;
    }
    if (domain->is_hardware) {
        arg->submap |= 1u << XENFEAT_dom0;
    }
    return 0;
}

long do_xen_version_pagesize(const struct permit *permit, struct call *call,
                             void *none)
{
    return PAGE_SIZE;
}

long do_xen_version_guest_handle(const struct permit *permit,
                                 struct call *call, xen_domain_handle_t *arg)
{
    domain_handle(call->caller->domain, *arg);
    return 0;
}

long do_xen_version_commandline(const struct permit *permit,
                                struct call *call, xen_commandline_t *arg)
{
    format_text(*arg, sizeof(*arg), "%s", hypervisor_command_line());
    return 0;
}
