/* SPDX-License-Identifier: MIT */
/*
 * Device interrupts, from the IOAPIC pin or the device's message to the event
 * port and back, on a fake IOAPIC and a fake PCI bus.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "irq_machine.h"

#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/ioapic.h"
#include "hv/cpu/irq.h"
#include "hv/cpu/vectors.h"
#include "hv/evtchn/evtchn.h"
#include "hv/evtchn/internal.h"
#include "hv/evtchn/pirq.h"
#include "hv/mem/page.h"

static void uart_handler(void)
{
    pending_port = 9999;
}

static int machine_setup(void **state)
{
    (void)state;
    cpus[0] = &boot_cpu;
    boot_cpu.apic_id = 3;
    ioapic_registers[1] = (PINS - 1) << 16 | 0x20;
    assert_int_equal(ioapic_add(MADDR(IOAPIC_BASE), ioapic_page, 0), 0);
    assert_int_equal(ioapic_add(MADDR(0xfec01000), ioapic_page, 8), -EINVAL);
    irq_init();
    assert_int_equal(irq_request_hv(UART_GSI, uart_handler), 0);
    for (uint32_t gsi = 0; gsi < PINS; gsi++) {
        assert_int_equal(is_masked(gsi), gsi != UART_GSI);
    }
    return 0;
}

/* --- Hypercalls --- */

static struct call the_call(void)
{
    return (struct call){.caller = &hardware_vcpu, .target = &hardware};
}

static long map(struct physdev_map_pirq *arg)
{
    struct call call = the_call();

    return do_physdev_op_map_pirq(NULL, &call, arg);
}

static void map_gsi(int gsi)
{
    struct physdev_map_pirq arg = {
        .type = MAP_PIRQ_TYPE_GSI, .index = gsi, .pirq = -1};

    assert_int_equal(map(&arg), 0);
    assert_int_equal(arg.pirq, gsi);
}

static long setup_gsi(int gsi, uint8_t triggering, uint8_t polarity)
{
    struct physdev_setup_gsi arg = {gsi, triggering, polarity};
    struct call call = the_call();

    return do_physdev_op_setup_gsi(NULL, &call, &arg);
}

static long end(uint32_t pirq)
{
    struct physdev_eoi arg = {pirq};
    struct call call = the_call();

    return do_physdev_op_eoi(NULL, &call, &arg);
}

static long unmap(int pirq)
{
    struct physdev_unmap_pirq arg = {.pirq = pirq};
    struct call call = the_call();

    return do_physdev_op_unmap_pirq(NULL, &call, &arg);
}

static uint32_t query(uint32_t pirq)
{
    struct physdev_irq_status_query arg = {.irq = pirq};
    struct call call = the_call();

    assert_int_equal(do_physdev_op_irq_status_query(NULL, &call, &arg), 0);
    return arg.flags;
}

static void dispatch(uint32_t vector)
{
    uint32_t before = eois;

    pending_port = 0;
    irq_dispatch(vector);
    assert_int_equal(eois, before + 1);
}

/* --- GSIs --- */

static void test_edge(void **state)
{
    uint32_t vector = 0;

    (void)state;
    map_gsi(1);
    assert_true(is_masked(1));
    assert_int_equal(pirq_bind(&hardware, 1, 7), 0);
    assert_int_equal(pirq_bind(&hardware, 1, 8), -EEXIST);
    vector = *route_of(1) & 0xff;
    assert_int_equal(*route_of(1), vector); /* edge, high, open, fixed */
    assert_int_equal(route_of(1)[1], 3u << 24);
    assert_in_range(vector, VECTOR_DEVICE_FIRST, VECTOR_DEVICE_LAST);

    dispatch(vector);
    assert_int_equal(pending_port, 7);
    assert_false(is_masked(1)); /* an edge is never lost to a mask */
    assert_int_equal(end(1), 0);
    assert_false(is_masked(1));

    assert_int_equal(unmap(1), -EBUSY);
    pirq_unbind(&hardware, 1);
    assert_true(is_masked(1));
    dispatch(vector); /* one that was under way */
    assert_int_equal(pending_port, 0);
    assert_int_equal(unmap(1), 0);
    dispatch(vector);
    assert_int_equal(pending_port, 0);
    assert_int_equal(end(1), -EINVAL);
}

static void test_level(void **state)
{
    uint32_t vector = 0;

    (void)state;
    watched_pin = 10;
    map_gsi(10);
    assert_int_equal(setup_gsi(10, 1, 1), 0);
    assert_int_equal(setup_gsi(10, 0, 0), -EEXIST);
    assert_int_equal(pirq_bind(&hardware, 10, 5), 0);
    assert_int_equal(query(10), XENIRQSTAT_needs_eoi);
    vector = *route_of(10) & 0xff;
    assert_int_equal(*route_of(10), vector | LEVEL | LOW);

    dispatch(vector);
    assert_int_equal(pending_port, 5);
    assert_true(masked_before_eoi); /* no storm */
    assert_true(is_masked(10));
    assert_int_equal(end(10), 0);
    assert_false(is_masked(10));

    /* Closed while in service: stays masked; bound anew: open. */
    dispatch(vector);
    pirq_unbind(&hardware, 10);
    assert_int_equal(end(10), 0);
    assert_true(is_masked(10));
    assert_int_equal(pirq_bind(&hardware, 10, 6), 0);
    assert_false(is_masked(10));
    pirq_unbind(&hardware, 10);
    assert_int_equal(unmap(10), 0);
}

static void test_reserved(void **state)
{
    uint32_t vector = *route_of(UART_GSI) & 0xff;

    (void)state;
    dispatch(vector);
    assert_int_equal(pending_port, 9999);
    map_gsi(UART_GSI); /* in name only */
    assert_int_equal(pirq_bind(&hardware, UART_GSI, 3), -EBUSY);
    assert_int_equal(setup_gsi(UART_GSI, 1, 1), -EEXIST);
    assert_int_equal(end(UART_GSI), 0);
    assert_int_equal(query(UART_GSI), 0);
    assert_false(is_masked(UART_GSI));
    assert_int_equal(unmap(UART_GSI), 0);
    assert_false(is_masked(UART_GSI));
    map_gsi(0);
    assert_int_equal(pirq_bind(&hardware, 0, 3), -EBUSY);
    assert_int_equal(irq_request_hv(UART_GSI, uart_handler), -EBUSY);
    assert_int_equal(irq_request_hv(PINS, uart_handler), -ENODEV);
}

static void test_nonsense(void **state)
{
    struct physdev_map_pirq arg = {
        .type = MAP_PIRQ_TYPE_GSI, .index = PINS, .pirq = -1};
    struct domain other = {0};
    struct call call = the_call();

    (void)state;
    assert_int_equal(map(&arg), -EINVAL);
    arg.index = -1;
    assert_int_equal(map(&arg), -EINVAL);
    arg.index = 3;
    arg.pirq = 5;
    assert_int_equal(map(&arg), -EINVAL);
    arg.type = MAP_PIRQ_TYPE_MULTI_MSI;
    assert_int_equal(map(&arg), -EOPNOTSUPP);
    assert_int_equal(pirq_bind(&hardware, 3, 1), -EINVAL);
    assert_int_equal(pirq_bind(&hardware, PIRQ_COUNT, 1), -EINVAL);
    assert_int_equal(pirq_bind(&hardware, UINT32_MAX, 1), -EINVAL);
    assert_int_equal(setup_gsi(PINS, 1, 1), -ENODEV);
    assert_int_equal(setup_gsi(-1, 1, 1), -EINVAL);
    assert_int_equal(unmap(-1), -EINVAL);
    assert_int_equal(unmap(300), -EINVAL);
    call.target = &other;
    assert_int_equal(do_physdev_op_map_pirq(NULL, &call, &arg), -EOPNOTSUPP);
}

static void test_apic_read(void **state)
{
    struct physdev_apic arg = {.apic_physbase = IOAPIC_BASE, .reg = 1};
    struct call call = the_call();

    (void)state;
    assert_int_equal(do_physdev_op_apic_read(NULL, &call, &arg), 0);
    assert_int_equal(arg.value >> 16 & 0xff, PINS - 1);
    arg.apic_physbase += 0x1000;
    assert_int_equal(do_physdev_op_apic_read(NULL, &call, &arg), -ENODEV);
    arg.apic_physbase -= 0x1000;
    arg.reg = 256;
    assert_int_equal(do_physdev_op_apic_read(NULL, &call, &arg), -ENODEV);
}

/* --- Messages --- */

static void put(uint8_t *config, uint32_t offset, uint32_t value, size_t size)
{
    memcpy(config + offset, &value, size);
}

/* A function with MSI-X at 0x40 and a 64-bit MSI with masks at 0x60. */
static void pci_setup(uint8_t *config)
{
    memset(config, 0, 256);
    put(config, 0x00, 0x100010ec, 4);
    put(config, 0x04, 2, 2);    /* memory is decoded */
    put(config, 0x06, 0x10, 2); /* there is a capability list */
    put(config, 0x10, (uint32_t)TABLE_BASE, 4);
    put(config, 0x34, 0x40, 1);
    put(config, 0x40, 0x6011, 2); /* MSI-X; next at 0x60 */
    put(config, 0x42, 3, 2);      /* four entries */
    put(config, 0x44, 0, 4);      /* at the start of BAR 0 */
    put(config, 0x60, 0x0005, 2);
    put(config, 0x62, 0x180, 2);
    memset(table, 0, sizeof(table));
}

static struct physdev_map_pirq msi_arg(int devfn, int entry, uint64_t is_msix)
{
    return (struct physdev_map_pirq){.type = MAP_PIRQ_TYPE_MSI_SEG,
                                     .index = -1,
                                     .pirq = -1,
                                     .devfn = devfn,
                                     .entry_nr = entry,
                                     .table_base = is_msix};
}

static void test_msi(void **state)
{
    struct physdev_map_pirq arg = msi_arg(0x08, 0, 0);
    uint8_t vector = 0;

    (void)state;
    pci_setup(pci[0]);
    assert_int_equal(map(&arg), 0);
    assert_int_equal(arg.pirq, PIRQ_COUNT - 1);
    assert_int_equal(*(uint32_t *)(pci[0] + 0x64), 0xfee03000);
    assert_int_equal(*(uint32_t *)(pci[0] + 0x68), 0);
    vector = pci[0][0x6c];
    assert_int_equal(pci[0][0x70] & 1, 1); /* masked until bound */
    assert_int_equal(query(PIRQ_COUNT - 1), 0);

    assert_int_equal(pirq_bind(&hardware, PIRQ_COUNT - 1, 12), 0);
    assert_int_equal(pci[0][0x70] & 1, 0);
    dispatch(vector);
    assert_int_equal(pending_port, 12);
    assert_int_equal(pci[0][0x70] & 1, 0);

    arg = msi_arg(0x08, 0, 0);
    assert_int_equal(map(&arg), -EEXIST);
    pirq_unbind(&hardware, PIRQ_COUNT - 1);
    assert_int_equal(pci[0][0x70] & 1, 1);
    assert_int_equal(unmap(PIRQ_COUNT - 1), 0);
    assert_int_equal(map(&arg), 0);
    assert_int_equal(unmap(arg.pirq), 0);

    /* 32-bit, no masks: data follows the address. */
    put(pci[0], 0x62, 0, 2);
    put(pci[0], 0x68, 0xaaaaaaaa, 4);
    arg = msi_arg(0x08, 0, 0);
    assert_int_equal(map(&arg), 0);
    assert_int_equal(pci[0][0x68], vector);
    assert_int_equal(pci[0][0x6a], 0xaa);
    assert_int_equal(unmap(arg.pirq), 0);
}

static void test_msix(void **state)
{
    struct physdev_map_pirq first = msi_arg(0x10, 0, TABLE_BASE);
    struct physdev_map_pirq last = msi_arg(0x10, 3, TABLE_BASE);
    struct physdev_map_pirq beyond = msi_arg(0x10, 4, TABLE_BASE);

    (void)state;
    pci_setup(pci[1]);
    assert_int_equal(map(&first), 0);
    assert_int_equal(map(&last), 0);
    assert_int_not_equal(first.pirq, last.pirq);
    assert_int_equal(map(&beyond), -ENOENT);
    assert_int_equal(table[3][0], 0xfee03000);
    assert_int_equal(table[3][1], 0);
    assert_int_equal(table[3][3], 1);
    assert_int_not_equal(table[0][2], table[3][2]);
    assert_int_equal(pirq_bind(&hardware, (uint32_t)last.pirq, 4), 0);
    assert_int_equal(table[3][3], 0);
    assert_int_equal(table[0][3], 1);
    dispatch(table[3][2]);
    assert_int_equal(pending_port, 4);
    pirq_unbind(&hardware, (uint32_t)last.pirq);
    assert_int_equal(table[3][3], 1);
    assert_int_equal(mapped_count, 2);
    assert_int_equal(unmap(first.pirq), 0);
    assert_int_equal(unmap(last.pirq), 0);
    assert_int_equal(mapped_count, 0);
}

/* The guest owns the BAR: it must not aim our writes at memory. */
static void test_msix_table_elsewhere(void **state)
{
    struct physdev_map_pirq arg = msi_arg(0x10, 0, TABLE_BASE);

    (void)state;
    pci_setup(pci[1]);
    frames[3].owner = 0; /* RAM of domain 0 */
    put(pci[1], 0x10, 3 << 12, 4);
    assert_int_equal(map(&arg), -EPERM);
    put(pci[1], 0x10, (uint32_t)DENIED_BASE, 4);
    assert_int_equal(map(&arg), -EPERM);
    /* The entry's last byte lies in the denied page. */
    put(pci[1], 0x10, (uint32_t)DENIED_BASE - 0x1000, 4);
    put(pci[1], 0x44, 0xff8, 4);
    assert_int_equal(map(&arg), -EPERM);
    /* What the domain may only read: the HPET. */
    pci_setup(pci[1]);
    hardware.memory.iomem.read_only =
        (struct number_range){TABLE_BASE >> PAGE_SHIFT,
                              TABLE_BASE >> PAGE_SHIFT};
    assert_int_equal(map(&arg), -EPERM);
    hardware.memory.iomem.read_only = (struct number_range){1, 0};
    /* An address that no page-table entry can hold. */
    pci_setup(pci[1]);
    put(pci[1], 0x10, (uint32_t)TABLE_BASE | 4, 4);
    put(pci[1], 0x14, 1 << 8, 4);
    assert_int_equal(map(&arg), -EPERM);
    assert_int_equal(mapped_count, 0);
}

static void test_broken_devices(void **state)
{
    struct physdev_map_pirq arg = msi_arg(0x10, 0, TABLE_BASE);

    (void)state;
    pci_setup(pci[1]);
    put(pci[1], 0x04, 0, 2);
    assert_int_equal(map(&arg), -ENXIO);
    pci_setup(pci[1]);
    put(pci[1], 0x44, 7, 4); /* no such BAR */
    assert_int_equal(map(&arg), -ENODEV);
    put(pci[1], 0x44, 5, 4); /* unset */
    assert_int_equal(map(&arg), -ENODEV);
    put(pci[1], 0x44, 5, 4);
    put(pci[1], 0x24, 0xe0000004, 4); /* 64 bits in the last BAR */
    assert_int_equal(map(&arg), -ENODEV);
    put(pci[1], 0x24, 0xe001, 4); /* ports */
    assert_int_equal(map(&arg), -ENODEV);
    put(pci[1], 0xf8, 0x0011, 2); /* a capability cut off by the end */
    put(pci[1], 0x34, 0xf8, 1);
    assert_int_equal(map(&arg), -ENODEV);
    put(pci[1], 0x34, 0x40, 1);
    put(pci[1], 0x40, 0x4001, 2); /* a list that goes in a circle */
    assert_int_equal(map(&arg), -ENODEV);
    put(pci[1], 0x34, 0x10, 1); /* a list in the header */
    assert_int_equal(map(&arg), -ENODEV);
    put(pci[1], 0x06, 0, 2);
    assert_int_equal(map(&arg), -ENODEV);
    arg = msi_arg(0x18, 0, 0); /* nobody there */
    assert_int_equal(map(&arg), -ENODEV);
    arg.bus = 1 << 16;
    assert_int_equal(map(&arg), -ENODEV);
}

static void nothing(uint32_t argument)
{
    (void)argument;
}

static void test_vectors_run_out(void **state)
{
    uint8_t vectors[256];
    uint32_t count = 0;
    uint32_t word[4] = {0};

    (void)state;
    for (;; count++) {
        struct msi msi = {
            .bdf = (uint16_t)count, .is_msix = 1, .table_entry = word};
        int status = irq_attach_msi(&msi, nothing, 0, &vectors[count]);

        if (status != 0) {
            assert_int_equal(status, -ENOSPC);
            break;
        }
        assert_int_not_equal(vectors[count], VECTOR_GUEST_INT80);
        assert_in_range(vectors[count], VECTOR_DEVICE_FIRST,
                        VECTOR_DEVICE_LAST);
        for (uint32_t i = 0; i < count; i++) {
            assert_int_not_equal(vectors[i], vectors[count]);
        }
    }
    /* All but 0x80 and the UART's. */
    assert_int_equal(count, VECTOR_DEVICE_LAST + 1 - VECTOR_DEVICE_FIRST - 2);
    while (count > 0) {
        irq_detach(vectors[--count]);
    }
}

/* Whatever is asked, an interrupt given away is one that was asked for. */
static void test_random_maps(void **state)
{
    uint32_t mapped = 0;

    (void)state;
    srand(5);
    pci_setup(pci[0]);
    pci_setup(pci[1]);
    for (uint32_t step = 0; step < 20000; step++) {
        struct physdev_map_pirq arg = {
            .type = rand() % 6,
            .index = rand() % 40 - 4,
            .pirq = rand() % 2 ? -1 : rand() % 40,
            .bus = rand() % 8 ? 0 : rand(),
            .devfn = rand() % 3 * 8,
            .entry_nr = rand() % 6 - 1,
            .table_base = (uint64_t)(rand() % 2),
        };

        if (map(&arg) == 0) {
            assert_in_range(arg.pirq, 0, PIRQ_COUNT - 1);
            (void)query((uint32_t)arg.pirq);
            mapped++;
        }
        if (rand() % 3 == 0) {
            (void)unmap(rand() % (int)PIRQ_COUNT);
        }
    }
    assert_true(mapped > 100);
    for (int pirq = 0; pirq < (int)PIRQ_COUNT; pirq++) {
        (void)unmap(pirq);
    }
    assert_int_equal(mapped_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edge),
        cmocka_unit_test(test_level),
        cmocka_unit_test(test_reserved),
        cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_apic_read),
        cmocka_unit_test(test_msi),
        cmocka_unit_test(test_msix),
        cmocka_unit_test(test_msix_table_elsewhere),
        cmocka_unit_test(test_broken_devices),
        cmocka_unit_test(test_vectors_run_out),
        cmocka_unit_test(test_random_maps),
    };

    return cmocka_run_group_tests(tests, machine_setup, NULL);
}
