/* SPDX-License-Identifier: MIT */
/*
 * Runstate: how long a vCPU ran, waited, slept.  Kept at every change of
 * state; the guest's copy is written when its vCPU leaves or gets a CPU.
 */
#include "hv/sched/runstate.h"

#include "hv/cpu/time.h"
#include "hv/domain/clock.h"
#include "hv/domain/domain.h"
#include "hv/mem/guest_copy.h"
#include "hv/sched/sched.h"

void runstate_change(struct vcpu *vcpu, int state, uint64_t now_ns)
{
    struct vcpu_runstate_info *info = &vcpu->runstate;

    if (info->state == state) {
        return;
    }
    info->time[info->state] += now_ns - info->state_entry_time;
    info->state_entry_time = now_ns;
    info->state = state;
}

void runstate_get(struct vcpu *vcpu, struct vcpu_runstate_info *info)
{
    uint64_t now_ns = 0;

    *info = runstate_snapshot(vcpu);
    now_ns = system_time_ns();
    if (now_ns > info->state_entry_time) {
        info->time[info->state] += now_ns - info->state_entry_time;
    }
}

/*
 * A guest that asked for it sees XEN_RUNSTATE_UPDATE in the copy's entry time
 * while the rest changes.
 */
static void write_with_flag(uint64_t area, struct vcpu_runstate_info info)
{
    gva_t entry_time =
        GVA(area + offsetof(struct vcpu_runstate_info, state_entry_time));
    uint64_t settled = info.state_entry_time;
    uint64_t changing = settled | XEN_RUNSTATE_UPDATE;

    info.state_entry_time = changing;
    if (guest_write(entry_time, &changing, sizeof(changing)) &&
        guest_write(GVA(area), &info, sizeof(info))) {
        (void)!guest_write(entry_time, &settled, sizeof(settled));
    }
}

void runstate_write(const struct vcpu *vcpu)
{
    struct vcpu_runstate_info info = runstate_snapshot(vcpu);

    if (vcpu->domain->vm_assist & 1u << VMASST_TYPE_runstate_update_flag) {
        write_with_flag(vcpu->runstate_area, info);
    } else {
        /* A guest that unmapped its area gets nothing. */
        (void)!guest_write(GVA(vcpu->runstate_area), &info, sizeof(info));
    }
}

void runstate_publish(struct vcpu *vcpu)
{
    if ((vcpu->runstate_area | vcpu->time_area) == 0) {
        return;
    }
    if (!vcpu->kernel_mode) {
        vcpu->areas_stale = 1;
        return;
    }
    if (vcpu->runstate_area != 0) {
        runstate_write(vcpu);
    }
    if (vcpu->time_area != 0 && vcpu->areas_stale) {
        clock_write_area(vcpu);
    }
    vcpu->areas_stale = 0;
}
