/* SPDX-License-Identifier: MIT */
/* The machine itself, for instruction emulation. */
#include "hv/cpu/machine.h"

#include "hv/base/asm.h"
#include "hv/base/layout.h"

uint32_t machine_port_read(uint16_t port, unsigned int size)
{
    switch (size) {
    case 1:
        return inb(port);
    case 2:
        return inw(port);
    default:
        return inl(port);
    }
}

void machine_port_write(uint16_t port, unsigned int size, uint32_t value)
{
    switch (size) {
    case 1:
        outb(port, (uint8_t)value);
        break;
    case 2:
        outw(port, (uint16_t)value);
        break;
    default:
        outl(port, value);
        break;
    }
}

uint64_t machine_msr_read(uint32_t msr)
{
    return rdmsr(msr);
}

void machine_msr_write(uint32_t msr, uint64_t value)
{
    wrmsr(msr, value);
}

void machine_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    struct cpuid host = cpuid(leaf, subleaf);

    out[0] = host.a;
    out[1] = host.b;
    out[2] = host.c;
    out[3] = host.d;
}

uint64_t machine_tsc(void)
{
    return rdtsc_ordered();
}

uint64_t machine_cr0_read(void)
{
    return read_cr0();
}

void machine_cr0_write(uint64_t value)
{
    write_cr0(value);
}

void machine_cr4_write(uint64_t value)
{
    write_cr4(value);
}

void machine_xcr0_write(uint64_t value)
{
    xsetbv(0, value);
}

#define EACH_DR(X) X(0) X(1) X(2) X(3) X(6) X(7)

uint64_t machine_dr_read(unsigned int number)
{
    uint64_t value = 0;

    switch (number) {
#define READ(n)                                                                \
    case n:                                                                    \
        __asm__ volatile("mov %%dr" #n ", %0" : "=r"(value));                  \
        break;
        EACH_DR(READ)
    }
    return value;
}

void machine_dr_write(unsigned int number, uint64_t value)
{
    switch (number) {
#define WRITE(n)                                                               \
    case n:                                                                    \
        __asm__ volatile("mov %0, %%dr" #n ::"r"(value) : "memory");           \
        break;
        EACH_DR(WRITE)
    }
}

void machine_cache_flush(void)
{
    wbinvd();
}

uint64_t machine_gdt_entry(uint32_t gdt_slot, uint16_t selector)
{
    /* All 64 KiB that a selector can reach are the vCPU's own GDT, and the CPU
     * loaded this selector from them: the page is mapped. */
    uint64_t gdt = VCPU_GDT_VIRT + gdt_slot * (uint64_t)VCPU_GDT_STRIDE;

    return *(const volatile uint64_t *)(gdt + (selector & ~7u));
}
