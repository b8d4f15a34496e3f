/* SPDX-License-Identifier: MIT */
/* The fake machine: see fake.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/hv/hypercall/fake.h"

#include "hv/base/errno.h"
#include "hv/cpu/features.h"
#include "hv/cpu/pci.h"
#include "hv/cpu/time.h"
#include "hv/domain/mmu_update.h"
#include "hv/domain/traps.h"
#include "hv/domain/vcpu_roots.h"
#include "hv/mem/guest_copy.h"
#include "hv/mem/page.h"
#include "hv/mem/table.h"
#include "hv/security/security.h"

struct fake fake;
struct domain fake_domain;
struct vcpu fake_vcpu;
static struct vcpu_info fake_vcpu_info;

struct cpu_features cpu_features;
struct xsm security_policy;
uint64_t max_mfn;
uint64_t tsc_at_zero, tsc_khz;
uint32_t tsc_to_system_mul;
int8_t tsc_shift;
bool tsc_is_stable;

static const uint16_t policy_cell[XSM_LABELS_MAX]; /* one row, all labels */
static uint32_t policy_fast[32];

void fake_policy(bool allow)
{
    memset(policy_fast, allow ? 0xff : 0, sizeof(policy_fast));
}

void fake_reset(void)
{
    memset(&fake, 0, sizeof(fake));
    memset(&fake_domain, 0, sizeof(fake_domain));
    memset(&fake_vcpu, 0, sizeof(fake_vcpu));
    memset(&fake_vcpu_info, 0, sizeof(fake_vcpu_info));
    security_policy = (struct xsm){.cell = policy_cell, .fast = policy_fast};
    fake_policy(true);
    fake_domain.self_access = policy_fast;
    fake_domain.is_hardware = 1;
    fake_vcpu.domain = &fake_domain;
    fake_vcpu.info = &fake_vcpu_info;
    fake_vcpu.kernel_mode = 1;
    fake_vcpu.virtual_iopl = 1;
    fake_vcpu.xcr0 = 3;
    fake_vcpu.traps[13].address = FAKE_VA;
    cpu_features = (struct cpu_features){.xsave = true,
                                         .rdtscp = true,
                                         .physical_bits = 40,
                                         .xcr0_supported = 7,
                                         .guest_cr4 = CR4_PAE | CR4_SMEP};
    fake.cr0 = CR0_PG | CR0_WP | CR0_PE;
    max_mfn = 0x80000;
    tsc_khz = 1000000;
    tsc_to_system_mul = 0x80000000;
    tsc_shift = 1;
    tsc_is_stable = true;
}

void fake_code(struct regs *regs, const void *code, size_t size)
{
    memcpy(fake.memory, code, size);
    regs->rip = FAKE_VA;
    regs->cs = 0xe033;
}

/* ---- memory ---- */

static uint8_t *memory_at(uint64_t va, size_t size, bool write)
{
    if (va < FAKE_VA || va + size > FAKE_VA + FAKE_SIZE || va + size < va) {
        return NULL;
    }
    for (uint64_t page = (va - FAKE_VA) / 4096;
         page <= (va + size - 1 - FAKE_VA) / 4096; page++) {
        if (write && fake.read_only[page]) {
            return NULL;
        }
    }
    return &fake.memory[va - FAKE_VA];
}

bool guest_read(void *to, gva_t from, size_t size)
{
    const uint8_t *at = memory_at(from.va, size, false);

    if (at != NULL) {
        memcpy(to, at, size);
    }
    return at != NULL;
}

bool guest_write(gva_t to, const void *from, size_t size)
{
    uint8_t *at = memory_at(to.va, size, true);

    if (at != NULL) {
        memcpy(at, from, size);
    }
    return at != NULL;
}

bool guest_read_u64(uint64_t *to, gva_t from)
{
    assert_int_equal(from.va % 8, 0);
    return guest_read(to, from, sizeof(*to));
}

bool guest_read_u8(uint8_t *to, gva_t from)
{
    return guest_read(to, from, 1);
}

/* ---- the guest ---- */

void inject_exception(struct vcpu *vcpu, uint8_t vector, uint32_t error_code)
{
    assert_ptr_equal(vcpu, &fake_vcpu);
    fake.exceptions++;
    fake.vector = vector;
    fake.error_code = error_code;
}

void inject_page_fault(struct vcpu *vcpu, uint64_t va, uint32_t error_code)
{
    inject_exception(vcpu, 14, error_code);
    fake.fault_va = va;
}

void vcpu_enter_kernel_mode(struct vcpu *vcpu)
{
    assert_false(vcpu->kernel_mode);
    vcpu->kernel_mode = 1;
    fake.mode_switches++;
}

void vcpu_enter_user_mode(struct vcpu *vcpu)
{
    assert_true(vcpu->kernel_mode);
    vcpu->kernel_mode = 0;
    fake.mode_switches++;
}

/* ---- memory management ---- */

int mmu_write_pte(struct vcpu *vcpu, uint64_t va, uint64_t *old_value,
                  uint64_t new_value, bool compare)
{
    assert_ptr_equal(vcpu, &fake_vcpu);
    fake.pte_calls++;
    fake.pte_va = va;
    if (fake.pte_result != 0) {
        return fake.pte_result;
    }
    if (fake.pte_races > 0) {
        fake.pte_races--;
        fake.pte ^= 0x20; /* the Accessed bit, by another CPU */
    }
    if (compare && *old_value != fake.pte) {
        *old_value = fake.pte;
        return -EAGAIN;
    }
    *old_value = fake.pte;
    fake.pte = new_value;
    return 0;
}

int vcpu_set_kernel_root(struct vcpu *vcpu, mfn_t mfn)
{
    (void)vcpu;
    fake.new_root = mfn.n;
    return fake.root_result;
}

int vcpu_change_root(struct vcpu *vcpu, mfn_t mfn,
                     int (*set)(struct vcpu *, mfn_t))
{
    assert_ptr_equal(vcpu, &fake_vcpu);
    assert_ptr_equal(set, vcpu_set_kernel_root);
    return set(vcpu, mfn);
}

void cpu_poll(void)
{
    fail_msg("a lock was taken twice");
}

/* ---- the policy ---- */

bool security_refused(const struct security_question *question)
{
    fake.refusals++;
    strncpy(fake.refused_operation, question->operation,
            sizeof(fake.refused_operation) - 1);
    return false;
}

/* ---- the machine ---- */

uint64_t *fake_msr(uint32_t msr)
{
    switch (msr) {
    case MSR_FS_BASE:
        return &fake.msr[0];
    case MSR_GS_BASE:
        return &fake.msr[1];
    case MSR_KERNEL_GS_BASE:
        return &fake.msr[2];
    case MSR_TSC_AUX:
        return &fake.msr[3];
    case 0x1a0: /* MISC_ENABLE */
        return &fake.msr[4];
    default:
        fail_msg("MSR %x does not exist on every CPU", msr);
        return NULL;
    }
}

uint64_t machine_msr_read(uint32_t msr)
{
    return *fake_msr(msr);
}

void machine_msr_write(uint32_t msr, uint64_t value)
{
    assert_int_not_equal(msr, 0x1a0);
    *fake_msr(msr) = value;
}

uint32_t machine_port_read(uint16_t port, unsigned int size)
{
    fake.port_reads++;
    if (port == 0x71) {
        return fake.cmos[fake.cmos_index];
    }
    fake.port = port;
    fake.port_size = size;
    return fake.port_value;
}

void machine_port_write(uint16_t port, unsigned int size, uint32_t value)
{
    fake.port_writes++;
    if (port == 0x70) {
        assert_true(value < 0x80);
        fake.cmos_index = (uint8_t)value;
        return;
    }
    if (port == 0x71) {
        fake.cmos[fake.cmos_index] = (uint8_t)value;
        return;
    }
    fake.port = port;
    fake.port_size = size;
    fake.port_value = value;
}

void machine_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    memcpy(out, fake.cpuid_answer, sizeof(fake.cpuid_answer));
    if (fake.cpuid_hook != NULL) {
        fake.cpuid_hook(leaf, subleaf, out);
    }
}

uint64_t machine_tsc(void)
{
    return fake.tsc;
}

uint64_t machine_cr0_read(void)
{
    return fake.cr0;
}

void machine_cr0_write(uint64_t value)
{
    fake.cr0 = value;
}

void machine_cr4_write(uint64_t value)
{
    fake.cr4 = value;
}

void machine_xcr0_write(uint64_t value)
{
    fake.xcr0 = value;
}

uint64_t machine_dr_read(unsigned int number)
{
    return fake.dr[number];
}

void machine_dr_write(unsigned int number, uint64_t value)
{
    assert_true(number < 4 || number == 6 || number == 7);
    fake.dr_writes++;
    fake.dr[number] = value;
}

void machine_cache_flush(void)
{
    fake.cache_flushes++;
}

uint64_t machine_gdt_entry(uint32_t gdt_slot, uint16_t selector)
{
    assert_int_equal(gdt_slot, fake_vcpu.gdt_slot);
    assert_true(selector >= 4 && (selector & 4) == 0);
    return fake.gdt_entry;
}

/* ---- PCI ---- */

uint32_t pci_config_read(uint32_t bdf, uint32_t offset, uint32_t size)
{
    uint32_t value = 0;

    assert_true(offset % size == 0 && offset + size <= 256);
    if (bdf != fake.pci_bdf) {
        return ~0u >> (32 - 8 * size);
    }
    memcpy(&value, &fake.pci[offset], size);
    return value;
}

void pci_config_write(uint32_t bdf, uint32_t offset, uint32_t size,
                      uint32_t value)
{
    assert_true(offset % size == 0 && offset + size <= 256);
    fake.pci_writes++;
    if (bdf == fake.pci_bdf) {
        memcpy(&fake.pci[offset], &value, size);
    }
}
