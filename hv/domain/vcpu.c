/* SPDX-License-Identifier: MIT */
/*
 * Making a vCPU, and moving its registers between a CPU and its struct.
 * Invariant: while cpu->current names it, everything of it is on that CPU;
 * otherwise everything is in its struct.
 */
#include "hv/domain/vcpu.h"

#include "hv/base/asm.h"
#include "hv/base/log.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/descriptors.h"
#include "hv/cpu/extable.h"
#include "hv/cpu/features.h"
#include "hv/cpu/paging.h"
#include "hv/cpu/panic.h"
#include "hv/cpu/tlb.h"
#include "hv/domain/clock.h"
#include "hv/domain/control.h"
#include "hv/domain/debugreg.h"
#include "hv/domain/domain.h"
#include "hv/domain/vcpu_descriptors.h"
#include "hv/mem/heap.h"
#include "lib/string.h"

#define FXSAVE_SIZE  512
#define MXCSR_OFFSET 24
#define MXCSR_INIT   0x1f80
#define FCW_INIT     0x37f
#define HISTORY_SHOWN 16

#define GDT_SLOTS (MAX_DOMAINS * MAX_VCPUS)

/* A bit is set while a vCPU has the slot; the lowest free one is given. */
static uint64_t gdt_slots[GDT_SLOTS / 64];

static void xsave_area_init(uint8_t *area)
{
    uint16_t fcw = FCW_INIT;
    uint32_t mxcsr = MXCSR_INIT;

    memcpy(area, &fcw, sizeof(fcw));
    memcpy(area + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
}

/* There are as many as there may be vCPUs. */
static void gdt_slot_take(struct vcpu *vcpu)
{
    while (atomic_test_and_set_bit(gdt_slots, vcpu->gdt_slot)) {
        vcpu->gdt_slot++;
        CHECK(vcpu->gdt_slot < GDT_SLOTS);
    }
}

static uint32_t xsave_area_size(void)
{
    return cpu_features.xsave ? cpu_features.xsave_size : FXSAVE_SIZE;
}

void vcpu_free(struct vcpu *vcpu)
{
    (void)atomic_test_and_clear_bit(gdt_slots, vcpu->gdt_slot);
    heap_free(vcpu->xsave_area, xsave_area_size());
    heap_free(vcpu, sizeof(*vcpu));
}

/* All that is not as zeros are in a vCPU that has done nothing yet. */
static void state_init(struct vcpu *vcpu)
{
    xsave_area_init(vcpu->xsave_area);
    vcpu->kernel_mode = 1;
    vcpu->xcr0 = XCR0_X87 | XCR0_SSE;
    vcpu->debugreg[6] = 0xffff0ff0;
    vcpu->debugreg[7] = 0x400;
}

/* What a guest sets lies in two runs of fields and a few apart. */
void vcpu_reset(struct vcpu *vcpu)
{
    size_t first = offsetof(struct vcpu, kernel_rsp);
    size_t fpu = offsetof(struct vcpu, xsave_area);
    size_t behind = offsetof(struct vcpu, xcr0);

    CHECK(vcpu->gdt_entries == 0 && vcpu->info_page == NULL);
    memset((uint8_t *)vcpu + first, 0, fpu - first);
    memset((uint8_t *)vcpu + behind, 0,
           offsetof(struct vcpu, gdt_slot) - behind);
    memset(vcpu->xsave_area, 0, xsave_area_size());
    vcpu->has_exception = VCPU_NO_EXCEPTION;
    vcpu->virtual_iopl = 0;
    vcpu->virtual_ts = 0;
    vcpu->is_initialised = 0;
    vcpu->runstate_area = 0;
    vcpu->time_area = 0;
    vcpu->areas_stale = 0;
    vcpu->nmi_pending = 0;
    state_init(vcpu);
}

struct vcpu *vcpu_create(struct domain *domain, uint16_t id)
{
    struct vcpu *vcpu = heap_alloc(sizeof(*vcpu));

    if (vcpu == NULL) {
        return NULL;
    }
    vcpu->xsave_area = heap_alloc(xsave_area_size());
    gdt_slot_take(vcpu);
    if (vcpu->xsave_area == NULL ||
        descriptors_map_slot(vcpu->gdt_slot) != 0) {
        vcpu_free(vcpu);
        return NULL;
    }
    state_init(vcpu);
    vcpu->is_down = 1;
    vcpu->domain = domain;
    vcpu->id = id;
    vcpu->info = (struct vcpu_info *)&domain->shared->vcpu_info[id];
    clock_update_vcpu(vcpu);
    return vcpu;
}

static void fpu_save(struct vcpu *vcpu)
{
    __asm__ volatile("clts");
    if (cpu_features.xsave) {
        xsetbv(0, cpu_features.xcr0_supported);
        __asm__ volatile("xsave64 %0"
                         : "=m"(*(uint8_t *)vcpu->xsave_area)
                         : "a"(~0u), "d"(~0u)
                         : "memory");
    } else {
        __asm__ volatile("fxsave64 %0"
                         : "=m"(*(uint8_t *)vcpu->xsave_area)
                         :
                         : "memory");
    }
}

#define FSW_ES 0x80u /* an exception waits */

/*
 * Where the last instruction and operand of the x87 were is the last vCPU's
 * until the next one uses it, on CPUs that restore these only together with an
 * exception: then they are made ours.
 */
static void fpu_hide_pointers(const struct vcpu *vcpu)
{
    static const uint32_t ours = 0;
    const uint16_t *area = (const uint16_t *)vcpu->xsave_area;

    if (unlikely(cpu_features.fpu_pointers_stay) && !(area[1] & FSW_ES)) {
        __asm__ volatile("fnclex; ffree %%st(7); fildl %0" ::"m"(ours));
    }
}

static void fpu_load(const struct vcpu *vcpu)
{
    __asm__ volatile("clts");
    fpu_hide_pointers(vcpu);
    if (cpu_features.xsave) {
        xsetbv(0, cpu_features.xcr0_supported);
        __asm__ volatile("xrstor64 %0" ::"m"(*(uint8_t *)vcpu->xsave_area),
                         "a"(~0u), "d"(~0u)
                         : "memory");
        xsetbv(0, vcpu->xcr0);
    } else {
        __asm__ volatile("fxrstor64 %0" ::"m"(*(uint8_t *)vcpu->xsave_area)
                         : "memory");
    }
    if (vcpu->virtual_ts) {
        write_cr0(read_cr0() | CR0_TS);
    }
}

#define SEGMENT_ACCESSORS(name)                                                \
    static inline uint16_t read_##name(void)                                   \
    {                                                                          \
        uint16_t selector;                                                     \
        __asm__ volatile("mov %%" #name ", %0" : "=r"(selector));              \
        return selector;                                                       \
    }                                                                          \
    /* A selector that the tables do not have any more becomes null. */        \
    static inline void load_##name(uint16_t selector)                          \
    {                                                                          \
        uint32_t value = selector;                                             \
        __asm__ volatile("1: mov %0, %%" #name "\n"                            \
                         "jmp 3f\n"                                            \
                         "2: xor %0, %0\n"                                     \
                         "mov %0, %%" #name "\n"                               \
                         "3:\n" EXTABLE("1b", "2b")                            \
                         : "+r"(value)::"cc");                                 \
    }
SEGMENT_ACCESSORS(ds)
SEGMENT_ACCESSORS(es)
SEGMENT_ACCESSORS(fs)
SEGMENT_ACCESSORS(gs)

static void segments_save(struct vcpu *vcpu)
{
    uint64_t active = rdmsr(MSR_GS_BASE), inactive = rdmsr(MSR_KERNEL_GS_BASE);

    vcpu->ds = read_ds();
    vcpu->es = read_es();
    vcpu->fs = read_fs();
    vcpu->gs = read_gs();
    vcpu->fs_base = rdmsr(MSR_FS_BASE);
    vcpu->gs_base_kernel = vcpu->kernel_mode ? active : inactive;
    vcpu->gs_base_user = vcpu->kernel_mode ? inactive : active;
}

static void segments_load(const struct vcpu *vcpu)
{
    load_ds(vcpu->ds);
    load_es(vcpu->es);
    load_fs(vcpu->fs);
    load_gs(vcpu->gs);
    wrmsr(MSR_FS_BASE, vcpu->fs_base);
    wrmsr(MSR_GS_BASE,
          vcpu->kernel_mode ? vcpu->gs_base_kernel : vcpu->gs_base_user);
    wrmsr(MSR_KERNEL_GS_BASE,
          vcpu->kernel_mode ? vcpu->gs_base_user : vcpu->gs_base_kernel);
}

static void switch_out(struct vcpu *vcpu)
{
    vcpu->saved_regs = *guest_regs();
    segments_save(vcpu);
    fpu_save(vcpu);
    debugreg_switch_out(vcpu);
}

static void switch_in(struct vcpu *vcpu)
{
    *guest_regs() = vcpu->saved_regs;
    tlb_load_root(
        MADDR(vcpu->kernel_mode ? vcpu->root_kernel : vcpu->root_user));
    vcpu_load_descriptor_tables(vcpu);
    segments_load(vcpu);
    if (read_cr4() != control_hardware_cr4(vcpu)) {
        write_cr4(control_hardware_cr4(vcpu));
    }
    if (cpu_features.rdtscp) {
        wrmsr(MSR_TSC_AUX, vcpu->tsc_aux);
    }
    fpu_load(vcpu);
    debugreg_switch_in(vcpu);
}

void vcpu_switch(struct vcpu *prev, struct vcpu *next)
{
    struct cpu *cpu = this_cpu();

    if (prev != NULL) {
        switch_out(prev);
    }
    cpu->current = next;
    if (next != NULL) {
        switch_in(next);
        if (next->has_exception || next->nmi_pending) {
            cpu->has_work = 1;
        }
    } else {
        tlb_load_root(idle_root);
        load_own_gdt();
    }
}

void vcpu_log(const struct vcpu *vcpu, const struct regs *regs)
{
    log_line("d%uv%u %s mode: rip %04x:%016lx rsp %04x:%016lx flags %lx",
             vcpu->domain->id, vcpu->id, vcpu->kernel_mode ? "kernel" : "user",
             regs->cs, (unsigned long)regs->rip, regs->ss,
             (unsigned long)regs->rsp, (unsigned long)regs->rflags);
    log_line("  rax %016lx rbx %016lx rcx %016lx rdx %016lx",
             (unsigned long)regs->rax, (unsigned long)regs->rbx,
             (unsigned long)regs->rcx, (unsigned long)regs->rdx);
    log_line("  rsi %016lx rdi %016lx rbp %016lx cr2 %016lx",
             (unsigned long)regs->rsi, (unsigned long)regs->rdi,
             (unsigned long)regs->rbp, (unsigned long)vcpu->cr2);
    vcpu_log_history(vcpu);
}

void vcpu_log_history(const struct vcpu *vcpu)
{
    log_line("last hypercalls of vCPU %u, newest first:", vcpu->id);
    for (uint8_t i = 1; i <= HISTORY_SHOWN; i++) {
        uint8_t slot = (uint8_t)(vcpu->history_next - i);

        log_line("    nr %u arg %x", vcpu->history[slot].nr,
                 vcpu->history[slot].arg1);
    }
}
