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

/* The words of msrs.def. */
#define CPU_any    true
#define CPU_amd    cpu_features.vendor_amd
#define CPU_intel  cpu_features.vendor_intel
#define CPU_rdtscp cpu_features.rdtscp

enum reader {
    READ_zero,
    READ_tsc,
    READ_apic_base,
    READ_misc_enable,
    READ_pat,
    READ_efer,
    READ_base,
    READ_tsc_aux,
    READ_de_cfg,
};

enum writer { WRITE_refuse, WRITE_ignore, WRITE_same, WRITE_base, WRITE_tsc_aux };

static inline uint64_t read_as(const struct vcpu *vcpu, enum reader reader,
                               uint32_t msr)
{
    switch (reader) {
    case READ_zero:
        return 0;
    case READ_tsc:
        return machine_tsc();
    case READ_apic_base:
        return APIC_BASE_ADDRESS | APIC_BASE_ENABLED |
               (vcpu->id == 0 ? APIC_BASE_BSP : 0);
    case READ_misc_enable:
        return (machine_msr_read(msr) &
                ~(MISC_ENABLE_PERFMON | MISC_ENABLE_MWAIT)) |
               MISC_ENABLE_NO_BTS | MISC_ENABLE_NO_PEBS;
    case READ_pat:
        return PAT_VALUE;
    case READ_efer:
        return EFER_GUEST;
    /* The running vCPU's segment bases are in hardware.  In kernel mode GS_BASE
     * is the kernel's and KERNEL_GS_BASE, swapped out, the user's. */
    case READ_base:
        return machine_msr_read(msr);
    case READ_tsc_aux:
        return vcpu->tsc_aux;
    case READ_de_cfg:
        return DE_CFG_LFENCE_SERIALISES;
    }
    return 0;
}

static bool write_tsc_aux(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
    if (value >> 32 != 0) {
        return false;
    }
    vcpu->tsc_aux = value;
    machine_msr_write(msr, value);
    return true;
}

static inline bool write_as(struct vcpu *vcpu, enum writer writer,
                            enum reader reader, uint32_t msr, uint64_t value)
{
    switch (writer) {
    case WRITE_refuse:
        return false;
    case WRITE_ignore:
        return true;
    case WRITE_same:
        return value == read_as(vcpu, reader, msr);
    case WRITE_base:
        if (is_canonical(value)) {
            machine_msr_write(msr, value);
        }
        return is_canonical(value);
    case WRITE_tsc_aux:
        return write_tsc_aux(vcpu, msr, value);
    }
    return false;
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
#define MSR(first, last, cpu, reader, writer)                                  \
    if (msr - (first) <= (last) - (first) && CPU_##cpu) {                      \
        *value = read_as(vcpu, READ_##reader, msr);                            \
        return true;                                                           \
    }
#include "hv/hypercall/msrs.def"
#undef MSR
    return is_early(vcpu);
}

bool msr_write(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
#define MSR(first, last, cpu, reader, writer)                                  \
    if (msr - (first) <= (last) - (first) && CPU_##cpu) {                      \
        return write_as(vcpu, WRITE_##writer, READ_##reader, msr, value) ||    \
               is_early(vcpu);                                                 \
    }
#include "hv/hypercall/msrs.def"
#undef MSR
    return is_early(vcpu);
}
