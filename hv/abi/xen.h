/* SPDX-License-Identifier: MIT */
/*
 * The public PV ABI, as Debian's libxen-dev has it.  Everything else includes
 * this instead of <xen/...>, so that one interface version is seen by all.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifndef __XEN_TOOLS__
#define __XEN_TOOLS__ 1 /* domctl and sysctl structures too */
#endif
#include <xen/xen.h>
#include <xen/callback.h>
#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/arch-x86/xen-mca.h>
#include <xen/xsm/flask_op.h>
