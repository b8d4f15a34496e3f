/* SPDX-License-Identifier: MIT */
/*
 * MSR emulation.  Invariant: what a guest writes reaches hardware only where
 * hardware keeps it per vCPU and the value is checked; nothing is passed
 * through because it is unknown.
 */
#include "hv/hypercall/msr.h"

#include "hv/cpu/features.h"
#include "hv/cpu/machine.h"
#include "hv/cpu/vectors.h"


#define APIC_BASE_ADDRESS 0xfee00000ull
#define APIC_BASE_ENABLED 0x800ull
#define APIC_BASE_BSP     0x100ull

/* Performance monitoring and MONITOR are not offered: Intel SDM vol. 4. */
#define MISC_ENABLE_PERFMON      0x80ull
#define MISC_ENABLE_NO_BTS       0x800ull
#define MISC_ENABLE_NO_PEBS      0x1000ull
#define MISC_ENABLE_MWAIT        0x40000ull

#define DE_CFG_LFENCE_SERIALISES 0x2ull /* AMD APM vol. 2, 3.2.10 */
#define EFER_GUEST               (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)


static bool vendor_any(void)
{
    return true;
}

static bool vendor_amd(void)
{
    return cpu_features.vendor_amd;
}

static bool vendor_intel(void)
{
    return cpu_features.vendor_intel;
}

static bool msr_read_zero(const struct vcpu *vcpu, uint32_t msr,
                          uint64_t *value)
{
    (void)vcpu;
    (void)msr;
    *value = 0;
    return true;
}

static bool msr_write_ignore(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
    (void)vcpu;
    (void)msr;
    (void)value;
    return true;
}

static bool msr_write_refuse(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
    (void)vcpu;
    (void)msr;
    (void)value;
    return false;
}

static bool msr_read_tsc(const struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
    (void)vcpu;
    (void)msr;
    *value = machine_tsc();
    return true;
}

static bool msr_read_apic_base(const struct vcpu *vcpu, uint32_t msr,
                               uint64_t *value)
{
    (void)msr;
    *value = APIC_BASE_ADDRESS | APIC_BASE_ENABLED;
    if (vcpu->id == 0) {
        *value |= APIC_BASE_BSP;
    }
    return true;
}

static bool msr_read_misc_enable(const struct vcpu *vcpu, uint32_t msr,
                                 uint64_t *value)
{
    (void)vcpu;
    *value = machine_msr_read(msr);
    *value &= ~(MISC_ENABLE_PERFMON | MISC_ENABLE_MWAIT);
    *value |= MISC_ENABLE_NO_BTS | MISC_ENABLE_NO_PEBS;
    return true;
}

static bool msr_read_pat(const struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
    (void)vcpu;
    (void)msr;
    *value = PAT_VALUE;
    return true;
}

static bool msr_read_efer(const struct vcpu *vcpu, uint32_t msr,
                          uint64_t *value)
{
    (void)vcpu;
    (void)msr;
    *value = EFER_GUEST;
    return true;
}

/* Registers that may be written only with what they hold. */
static bool msr_write_same_misc_enable(struct vcpu *vcpu, uint32_t msr,
                                       uint64_t value)
{
    uint64_t now;

    return msr_read_misc_enable(vcpu, msr, &now) && value == now;
}

static bool msr_write_same_pat(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
    (void)vcpu;
    (void)msr;
    return value == PAT_VALUE;
}

static bool msr_write_same_efer(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
    (void)vcpu;
    (void)msr;
    return value == EFER_GUEST;
}

/* The running vCPU's segment bases are in hardware.  In kernel mode GS_BASE
 * is the kernel's and KERNEL_GS_BASE, swapped out, the user's. */
static bool msr_read_base(const struct vcpu *vcpu, uint32_t msr,
                          uint64_t *value)
{
    (void)vcpu;
    *value = machine_msr_read(msr);
    return true;
}

static bool msr_write_base(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
    (void)vcpu;
    if (!is_canonical(value)) {
        return false;
    }
    machine_msr_write(msr, value);
    return true;
}

static bool msr_read_tsc_aux(const struct vcpu *vcpu, uint32_t msr,
                             uint64_t *value)
{
    (void)msr;
    *value = vcpu->tsc_aux;
    return cpu_features.rdtscp;
}

static bool msr_write_tsc_aux(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
    if (!cpu_features.rdtscp || value >> 32 != 0) {
        return false;
    }
    vcpu->tsc_aux = value;
    machine_msr_write(msr, value);
    return true;
}

static bool msr_read_de_cfg(const struct vcpu *vcpu, uint32_t msr,
                            uint64_t *value)
{
    (void)vcpu;
    (void)msr;
    *value = DE_CFG_LFENCE_SERIALISES;
    return true;
}

/*
 * A kernel that has no #GP handler yet cannot survive one: early code is
 * given 0 and its writes are forgotten.
 */
static bool is_early(const struct vcpu *vcpu)
{
    return vcpu->traps[VECTOR_GP].address == 0;
}

bool msr_read(const struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
    *value = 0;
#define MSR(first, last, vendor, reader, writer)                               \
    if (msr - (first) <= (last) - (first) && vendor_##vendor()) {              \
        return msr_read_##reader(vcpu, msr, value) || is_early(vcpu);          \
    }
#include "hv/hypercall/msrs.def"
#undef MSR
    return is_early(vcpu);
}

bool msr_write(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
#define MSR(first, last, vendor, reader, writer)                               \
    if (msr - (first) <= (last) - (first) && vendor_##vendor()) {              \
        return msr_write_##writer(vcpu, msr, value) || is_early(vcpu);         \
    }
#include "hv/hypercall/msrs.def"
#undef MSR
    return is_early(vcpu);
}
