/* SPDX-License-Identifier: MIT */
/* The fake machine; see irq_machine.h. */
#include "irq_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hv/base/asm.h"
#include "hv/cpu/apic.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/mmio.h"
#include "hv/cpu/msi.h"
#include "hv/cpu/paging.h"
#include "hv/evtchn/evtchn.h"
#include "hv/mem/page.h"

struct cpu boot_cpu;
struct cpu *cpus[MAX_CPUS];
struct cpu_features cpu_features = {.physical_bits = 40};
_Thread_local struct cpu *fake_cpu = &boot_cpu;
static struct number_range denied = {DENIED_BASE >> 12,
                                     (DENIED_BASE >> 12) + 4};
struct domain hardware = {
    .is_hardware = 1,
    .memory.iomem = {.denied = &denied, .denied_count = 1}};
struct vcpu hardware_vcpu = {.domain = &hardware};
struct domain *domain0 = &hardware;
struct page frames[RAM_FRAMES];
struct page *frame_table = frames;
uint64_t max_mfn = RAM_FRAMES;

uint32_t ioapic_page[8];
uint32_t ioapic_registers[0x10 + 2 * PINS];
uint32_t table[8][4];
uint8_t pci[2][256];
static uint32_t pci_address;
uint32_t eois, pending_port, mapped_count;
bool masked_before_eoi;
uint32_t watched_pin;

void cpu_poll(void)
{
    abort();
}

uint32_t *route_of(uint32_t gsi)
{
    return &ioapic_registers[0x10 + 2 * gsi];
}

bool is_masked(uint32_t gsi)
{
    return (*route_of(gsi) & MASKED) != 0;
}

uint32_t mmio_read(const volatile uint32_t *word)
{
    if (word == &ioapic_page[4]) {
        assert_true(ioapic_page[0] < ARRAY_SIZE(ioapic_registers));
        return ioapic_registers[ioapic_page[0]];
    }
    return *word;
}

void mmio_write(volatile uint32_t *word, uint32_t value)
{
    if (word == &ioapic_page[4]) {
        assert_true(ioapic_page[0] < ARRAY_SIZE(ioapic_registers));
        ioapic_registers[ioapic_page[0]] = value;
    } else {
        *word = value;
    }
}

/* The byte of configuration space that the port stands for, or NULL. */
static uint8_t *pci_byte(uint16_t port)
{
    uint32_t bdf = pci_address >> 8 & 0xffff;

    assert_true(pci_address >> 31);
    if (bdf != 0x08 && bdf != 0x10) {
        return NULL;
    }
    return &pci[bdf == 0x10][(pci_address & 0xfc) + (port & 3)];
}

void outl(uint16_t port, uint32_t value)
{
    if (port == 0xcf8) {
        pci_address = value;
    } else if (pci_byte(port) != NULL) {
        memcpy(pci_byte(port), &value, 4);
    }
}

void outw(uint16_t port, uint16_t value)
{
    if (pci_byte(port) != NULL) {
        memcpy(pci_byte(port), &value, 2);
    }
}

void outb(uint16_t port, uint8_t value)
{
    assert_true(port == 0x21 || port == 0xa1); /* the 8259s' masks */
    assert_int_equal(value, 0xff);
}

uint32_t inl(uint16_t port)
{
    uint32_t value = UINT32_MAX;

    if (pci_byte(port) != NULL) {
        memcpy(&value, pci_byte(port), 4);
    }
    return value;
}

uint16_t inw(uint16_t port)
{
    uint16_t value = UINT16_MAX;

    if (pci_byte(port) != NULL) {
        memcpy(&value, pci_byte(port), 2);
    }
    return value;
}

uint8_t inb(uint16_t port)
{
    return pci_byte(port) != NULL ? *pci_byte(port) : UINT8_MAX;
}

void lapic_eoi(void)
{
    eois++;
    masked_before_eoi = is_masked(watched_pin);
}

void *ioremap(maddr_t start, size_t size)
{
    assert_int_equal(size, MSI_ENTRY_SIZE);
    assert_in_range(start.a, TABLE_BASE, TABLE_BASE + sizeof(table) - size);
    mapped_count++;
    return (uint8_t *)table + (start.a - TABLE_BASE);
}

void iounmap(void *va, size_t size)
{
    assert_non_null(va);
    assert_int_equal(size, MSI_ENTRY_SIZE);
    mapped_count--;
}

void evtchn_set_pending(struct domain *domain, uint32_t port)
{
    assert_ptr_equal(domain, &hardware);
    pending_port = port;
}
