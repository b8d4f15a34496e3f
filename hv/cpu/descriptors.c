/* SPDX-License-Identifier: MIT */
/*
 * The reserved GDT pages, the TSSs and the IDT.  Reserved pages are written
 * here only: TSS descriptors once at boot, a CPU's LDT descriptor by that CPU.
 */
#include "hv/cpu/descriptors.h"

#include "hv/base/asm.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/features.h"
#include "hv/cpu/paging.h"
#include "hv/cpu/vectors.h"

#define RESERVED_PAGES  2
#define GUEST_PAGES     14
#define RESERVED_OFFSET (GUEST_PAGES * PAGE_SIZE)

/* Descriptors with the Accessed bit set, so that the CPU never writes them. */
#define SEGMENT_CODE64_DPL0 0x00af9b000000ffffull
#define SEGMENT_DATA_DPL0   0x00cf93000000ffffull
#define SEGMENT_CODE32_DPL3 0x00cffb000000ffffull
#define SEGMENT_DATA_DPL3   0x00cff3000000ffffull
#define SEGMENT_CODE64_DPL3 0x00affb000000ffffull
#define SYSTEM_TSS          0x89ull
#define SYSTEM_LDT          0x82ull

#define GATE_INTERRUPT      0x8e
#define GATE_DPL3           0x60

enum { IST_NONE, IST_NMI, IST_DF, IST_MC, IST_DB };

struct tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3, io_bitmap;
} packed;
_Static_assert(sizeof(struct tss) == 104, "Intel SDM 3A, 8.7");

struct gate {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_middle;
    uint32_t offset_high, reserved;
};
_Static_assert(sizeof(struct gate) == 16, "Intel SDM 3A, 6.14.1");

struct table_register {
    uint16_t limit;
    uint64_t base;
} packed;

static uint64_t reserved_gdt[RESERVED_PAGES * PAGE_SIZE / 8] aligned_to(4096);
static struct tss tss[MAX_CPUS] aligned_to(128);
static struct gate idt[256] aligned_to(16);
static uint8_t zeros[PAGE_SIZE] aligned_to(4096);
mfn_t gdt_zero_page;

extern const uint64_t entry_vectors[256]; /* entry.S */
extern const uint8_t syscall_stubs[], syscall32_stubs[];

static uint64_t *descriptor(uint16_t selector)
{
    return &reserved_gdt[(selector >> 3) - FIRST_RESERVED_ENTRY];
}

static void set_system(uint16_t selector, uint64_t base, uint32_t limit,
                       uint64_t type)
{
    uint64_t *entry = descriptor(selector);

    entry[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | type << 40 |
               (uint64_t)(limit & 0xf0000) << 32 | (base >> 24 & 0xff) << 56;
    entry[1] = base >> 32;
}

static uint64_t cpu_stacks(uint32_t cpu_id)
{
    return STACKS_VIRT + (uint64_t)cpu_id * CPU_STACK_STRIDE;
}

static void set_tss(uint32_t cpu_id)
{
    uint64_t stacks = cpu_stacks(cpu_id);
    struct tss *t = &tss[cpu_id];

    t->rsp[0] = stacks + CPU_STACK_STRIDE - sizeof(struct cpu_block) +
                offsetof(struct cpu_block, cpu);
    t->ist[IST_NMI - 1] = stacks + CPU_IST_NMI_TOP;
    t->ist[IST_DF - 1] = stacks + CPU_IST_DF_TOP;
    t->ist[IST_MC - 1] = stacks + CPU_IST_MC_TOP;
    t->ist[IST_DB - 1] = stacks + CPU_IST_DB_TOP;
    t->io_bitmap = sizeof(*t);
    set_system((uint16_t)(TSS_SELECTOR + 16 * cpu_id), (uint64_t)t,
               sizeof(*t) - 1, SYSTEM_TSS);
}

static void set_gate(unsigned int vector, uint8_t flags)
{
    uint64_t address = entry_vectors[vector];

    idt[vector] = (struct gate){
        .offset_low = (uint16_t)address,
        .selector = HV_CS,
        .type = GATE_INTERRUPT | flags,
        .offset_middle = (uint16_t)(address >> 16),
        .offset_high = (uint32_t)(address >> 32),
    };
}

static void load_idt(void)
{
    struct table_register idtr = {sizeof(idt) - 1, (uint64_t)idt};

    __asm__ volatile("lidt %0" ::"m"(idtr));
}

void load_gdt(uint64_t base)
{
    struct table_register gdtr = {0xffff, base};

    __asm__ volatile("lgdt %0" ::"m"(gdtr));
}

void load_own_gdt(void)
{
    load_gdt((uint64_t)reserved_gdt - RESERVED_OFFSET);
}

static void load_segments(void)
{
    __asm__ volatile("pushq %0\n"
                     "lea 1f(%%rip), %%rax\n"
                     "pushq %%rax\n"
                     "lretq\n"
                     "1: mov %1, %%ss\n"
                     "mov %2, %%ds\n"
                     "mov %2, %%es\n"
                     "mov %2, %%fs\n"
                     "mov %2, %%gs\n"
                     :
                     : "i"(HV_CS), "r"(HV_DS), "r"(0)
                     : "rax", "memory");
}

void descriptors_init(void)
{
    *descriptor(HV_CS) = SEGMENT_CODE64_DPL0;
    *descriptor(HV_DS) = SEGMENT_DATA_DPL0;
    *descriptor(FLAT_CS32) = SEGMENT_CODE32_DPL3;
    *descriptor(FLAT_DS) = SEGMENT_DATA_DPL3;
    *descriptor(FLAT_CS64) = SEGMENT_CODE64_DPL3;
    gdt_zero_page = image_mfn(zeros);
    for (uint32_t id = 0; id < MAX_CPUS; id++) {
        set_tss(id);
    }
    for (unsigned int vector = 0; vector < 256; vector++) {
        set_gate(vector, 0);
    }
    set_gate(VECTOR_BP, GATE_DPL3);
    set_gate(VECTOR_OF, GATE_DPL3);
    set_gate(VECTOR_GUEST_INT80, GATE_DPL3);
    load_own_gdt();
    load_segments();
    load_idt();
}

/*
 * SYSRETQ gives CS = base + 16 and SS = base + 8, SYSRETL CS = base: the three
 * flat selectors are laid out so.
 */
static void load_syscall(uint32_t cpu_id)
{
    wrmsr(MSR_STAR, (uint64_t)FLAT_CS32 << 48 | (uint64_t)HV_CS << 32);
    wrmsr(MSR_LSTAR, (uint64_t)syscall_stubs + 32 * cpu_id);
    wrmsr(MSR_CSTAR, (uint64_t)syscall32_stubs + 32 * cpu_id);
    wrmsr(MSR_SFMASK, FLAG_IF | FLAG_DF | FLAG_TF | FLAG_NT | FLAG_AC |
                          FLAG_IOPL | FLAG_VM | FLAG_RF);
    if (cpu_features.vendor_intel) {
        wrmsr(MSR_SYSENTER_CS, 0); /* SYSENTER is #GP */
    }
}

void descriptors_load(uint32_t cpu_id)
{
    load_own_gdt();
    load_segments();
    load_idt();
    __asm__ volatile("ltr %w0" ::"r"(TSS_SELECTOR + 16 * cpu_id) : "memory");
    __asm__ volatile("lldt %w0" ::"r"(0));
    load_syscall(cpu_id);
    /* Shared by all CPUs; those not up yet have no other stack either. */
    idt[VECTOR_NMI].ist = IST_NMI;
    idt[VECTOR_DB].ist = IST_DB;
    idt[VECTOR_DF].ist = IST_DF;
    idt[VECTOR_MC].ist = IST_MC;
}

int descriptors_map_slot(uint32_t gdt_slot)
{
    uint64_t va = VCPU_GDT_VIRT + (uint64_t)gdt_slot * VCPU_GDT_STRIDE;
    int error = map_hv_reserve(va, VCPU_GDT_STRIDE);

    if (error != 0) {
        return error;
    }
    for (unsigned int i = 0; i < GUEST_PAGES; i++) {
        map_hv_page(va + i * PAGE_SIZE, gdt_zero_page, HV_PTE_READ);
    }
    for (unsigned int i = 0; i < RESERVED_PAGES; i++) {
        map_hv_page(va + (GUEST_PAGES + i) * PAGE_SIZE,
                    image_mfn((uint8_t *)reserved_gdt + i * PAGE_SIZE),
                    HV_PTE_READ);
    }
    return 0;
}

void load_ldt(uint64_t base, uint32_t entries)
{
    uint16_t selector = 0;

    if (entries != 0) {
        selector = (uint16_t)(LDT_SELECTOR + 16 * this_cpu()->id);
        set_system(selector, base, entries * 8 - 1, SYSTEM_LDT);
    }
    __asm__ volatile("lldt %w0" ::"r"((uint32_t)selector) : "memory");
}
