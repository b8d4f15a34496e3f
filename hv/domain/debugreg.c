/* SPDX-License-Identifier: MIT */
/*
 * Virtual debug registers, for MOV DR and for the hypercalls alike.  The
 * vCPU's copy is what a guest reads; hardware holds it only while DR7 enables
 * something.  Layout: Intel SDM vol. 3B, 17.2.
 */
#include "hv/domain/debugreg.h"

#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/cpu/machine.h"
#include "hv/domain/control.h"
#include "hv/domain/domain.h"

#define DR6_ONES       0xffff0ff0ull /* read as one, whatever is written */
#define DR6_ZEROS      0x00001000ull
#define DR7_ONES       0x00000400ull
#define DR7_ZEROS      0x0000d000ull
#define DR7_DETECT     0x00002000ull /* GD: would fault on our own accesses */
#define DR7_TYPE_SHIFT 16
#define DR7_TYPE_IO    2u

/* Whether an enabled breakpoint watches I/O ports. */
static bool watches_ports(uint64_t dr7)
{
    for (unsigned int i = 0; i < 4; i++) {
        bool enabled = (dr7 >> (2 * i) & 3) != 0;

        if (enabled && (dr7 >> (DR7_TYPE_SHIFT + 4 * i) & 3) == DR7_TYPE_IO) {
            return true;
        }
    }
    return false;
}

static int set_control(struct vcpu *vcpu, uint64_t value)
{
    if (value >> 32 != 0) {
        return -EINVAL;
    }
    if ((value & DR7_DETECT) != 0 ||
        (watches_ports(value) && (vcpu->virtual_cr4 & CR4_DE) == 0)) {
        return -EPERM;
    }
    vcpu->debugreg[7] = (value & ~DR7_ZEROS) | DR7_ONES;
    return 0;
}

static int set_status(struct vcpu *vcpu, uint64_t value)
{
    if (value >> 32 != 0) {
        return -EINVAL;
    }
    vcpu->debugreg[6] = (value & ~DR6_ZEROS) | DR6_ONES;
    return 0;
}

static int set_address(struct vcpu *vcpu, uint8_t number, uint64_t value)
{
    if (!is_canonical(value) || !is_guest_range(value, 1)) {
        return -EPERM;
    }
    vcpu->debugreg[number] = value;
    return 0;
}

/* 4 and 5 are other names of 6 and 7 unless CR4.DE is set. */
static int resolve(const struct vcpu *vcpu, uint8_t *number)
{
    if (*number == 4 || *number == 5) {
        if ((vcpu->virtual_cr4 & CR4_DE) != 0) {
            return -ENODEV;
        }
        *number += 2;
    }
    return 0;
}

int debugreg_set(struct vcpu *vcpu, uint8_t number, uint64_t value)
{
    int rc = resolve(vcpu, &number);

    if (rc != 0) {
        return rc;
    }
    if (number == 7) {
        return set_control(vcpu, value);
    }
    if (number == 6) {
        return set_status(vcpu, value);
    }
    return set_address(vcpu, number & 3, value);
}

int debugreg_write(struct vcpu *vcpu, uint8_t number, uint64_t value)
{
    bool was_active = (vcpu->debugreg[7] & DR7_ENABLES) != 0;
    int rc = debugreg_set(vcpu, number, value);

    if (rc != 0) {
        return rc;
    }
    if ((vcpu->debugreg[7] & DR7_ENABLES) == 0) {
        if (was_active) {
            debugreg_unload();
        }
    } else if (number < 4) {
        machine_dr_write(number, value);
    } else if (number == 7 || number == 5) {
        debugreg_load(vcpu);
    }
    return 0;
}

int debugreg_read(const struct vcpu *vcpu, uint8_t number, uint64_t *value)
{
    int rc = resolve(vcpu, &number);

    if (rc != 0) {
        return rc;
    }
    *value = vcpu->debugreg[number & 7];
    if (number == 6) {
        *value |= DR6_ONES;
    } else if (number == 7) {
        *value |= DR7_ONES;
    }
    return 0;
}

void debugreg_load(const struct vcpu *vcpu)
{
    for (unsigned int i = 0; i < 4; i++) {
        machine_dr_write(i, vcpu->debugreg[i]);
    }
    machine_dr_write(6, DR6_ONES);
    machine_dr_write(7, vcpu->debugreg[7] | DR7_ONES);
}

void debugreg_unload(void)
{
    machine_dr_write(7, DR7_ONES);
}

void debugreg_merge_status(struct vcpu *vcpu)
{
    uint64_t hardware = machine_dr_read(6);

    machine_dr_write(6, DR6_ONES);
    vcpu->debugreg[6] |= hardware | DR6_ONES;
}

long do_set_debugreg(const struct permit *permit, struct call *call, void *none)
{
    if (call->args[0] > 7) {
        return -EINVAL;
    }
    return debugreg_write(call->caller, (uint8_t)call->args[0], call->args[1]);
}

long do_get_debugreg(const struct permit *permit, struct call *call, void *none)
{
    uint64_t value;
    int rc;

    if (call->args[0] > 7) {
        return -ENODEV;
    }
    rc = debugreg_read(call->caller, (uint8_t)call->args[0], &value);
    return rc == 0 ? (long)value : rc;
}
