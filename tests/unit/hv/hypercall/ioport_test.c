/* SPDX-License-Identifier: MIT */
/*
 * I/O ports: who owns which, what refused ones look like, accesses across
 * rows, the I/O bitmap, the CMOS, and PCI configuration with its guarded
 * capabilities.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/hv/hypercall/fake.h"

#include "hv/cpu/pci.h"
#include "hv/hypercall/ioport.h"
#include "hv/hypercall/pciconfig.h"

#define CONSOLE  0x3f8
#define PM_TIMER 0x608
#define BDF      0x0100u /* 01:00.0 */

static int reset(void **state)
{
    const struct ioport_layout layout = {.console = CONSOLE,
                                         .pm_timer = PM_TIMER};

    (void)state;
    fake_reset();
    ioport_init(&layout);
    return 0;
}

static uint32_t in(uint16_t port, unsigned int size)
{
    return ioport_read(&fake_vcpu, port, size);
}

static void out(uint16_t port, unsigned int size, uint32_t value)
{
    ioport_write(&fake_vcpu, port, size, value);
}

static unsigned int touched(void)
{
    unsigned int count = fake.port_reads + fake.port_writes;

    fake.port_reads = fake.port_writes = 0;
    return count;
}

static void hardware_domain_reaches_devices(void **state)
{
    static const uint16_t ports[] = {0x60,   0x64,   0x80,   0x87,  0xb2,
                                     0x2f8,  0x3d4,  0x600,  0x604, 0xcf9,
                                     0xaf00, 0xafe0, 0xc000, 0xffff};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
        fake.port_value = 0x5a;
        assert_int_equal(in(ports[i], 1), 0x5a);
        assert_int_equal(fake.port, ports[i]);
        out(ports[i], 1, 0xa5);
        assert_int_equal(fake.port_value, 0xa5);
        assert_int_equal(touched(), 2);
    }
    fake.port_value = 0x12345678;
    assert_int_equal(in(0xc000, 4), 0x12345678);
    assert_int_equal(fake.port_size, 4);
}

static void hypervisor_ports_look_empty(void **state)
{
    static const uint16_t ports[] = {0x20, 0x21,    0xa0,  0xa1,  0x40,
                                     0x41, CONSOLE, 0x3ff, 0x608, 0x60b};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
        assert_int_equal(in(ports[i], 1), 0xff);
        out(ports[i], 1, 0);
    }
    assert_int_equal(in(0x20, 2), 0xffff);
    assert_true(in(PM_TIMER, 4) == 0xffffffff);
    assert_true(in(CONSOLE, 4) == 0xffffffff);
    out(CONSOLE, 4, 0);
    assert_int_equal(touched(), 0);
    fake.port_value = 0x5a; /* their neighbours are there */
    assert_int_equal(in(0x3f7, 1), 0x5a);
    assert_int_equal(in(0x400, 1), 0x5a);
    assert_int_equal(in(0x607, 1), 0x5a);
    assert_int_equal(in(0x60c, 1), 0x5a);
    assert_int_equal(in(0x22, 1), 0x5a);
    assert_int_equal(in(0x3f0, 4), 0x5a);
}

/* Neighbours are reached, the denied bytes in between are not. */
static void accesses_across_rows_are_split(void **state)
{
    (void)state;
    fake.port_value = 0x11;
    assert_true(in(0x1f, 4) == 0x11ffff11);
    assert_int_equal(touched(), 2);
    assert_true(in(0x3f6, 4) == 0xffff1111);
    assert_int_equal(touched(), 2);
    assert_true(in(0x606, 4) == 0xffff1111);
    assert_int_equal(touched(), 2);
    out(0x9e, 4, 0);
    assert_int_equal(touched(), 2);
    fake.port_value = 0x11;
    assert_int_equal(in(0xffff, 2) & 0xff, 0x11);
}

static void other_domains_have_no_ports(void **state)
{
    (void)state;
    fake_domain.is_hardware = 0;
    for (uint32_t port = 0; port < 0x10000; port++) {
        if ((port >= 0x42 && port <= 0x43) || port == 0x61) {
            continue;
        }
        assert_int_equal(in((uint16_t)port, 1), 0xff);
        out((uint16_t)port, 1, 0);
    }
    assert_true(in(0xcfc, 4) == 0xffffffff);
    out(0xcf8, 4, 0x80000000);
    assert_true(in(0xcf8, 4) == 0xffffffff);
    assert_int_equal(touched(), 0);
    assert_int_equal(fake_domain.cf8, 0);
    assert_int_equal(fake.refusals, 0); /* that is no question of policy */
}

static void timer_is_every_domains_own(void **state)
{
    (void)state;
    fake_domain.is_hardware = 0;
    out(0x61, 1, 1);
    out(0x43, 1, 0xb0);
    out(0x42, 1, 0xff);
    out(0x42, 1, 0xff);
    (void)in(0x42, 1);
    assert_in_range(in(0x42, 1), 0xfe, 0xff);
    assert_int_equal(in(0x61, 1) & 0x01, 0x01);
    assert_int_equal(touched(), 0);
}

static void policy_is_asked_for_each(void **state)
{
    (void)state;
    fake_policy(false);
    fake.port_value = 0;
    assert_int_equal(in(0x80, 1), 0xff);
    assert_string_equal(fake.refused_operation, "in.direct");
    out(0x80, 1, 1);
    assert_string_equal(fake.refused_operation, "out.direct");
    assert_int_equal(in(0x71, 1), 0xff);
    out(0x70, 1, 0x33);
    assert_int_equal(fake_domain.rtc_index, 0);
    out(0x43, 1, 0xb0);
    assert_int_equal(fake_domain.pit.access, 0);
    out(0xcf8, 4, 0x80000000);
    assert_int_equal(fake_domain.cf8, 0);
    assert_true(in(0xcfc, 4) == 0xffffffff);
    assert_string_equal(fake.refused_operation, "in.pci_data");
    assert_int_equal(fake.refusals, 7);
    assert_int_equal(touched(), 0);
}

static void cmos_index_is_the_domains_own(void **state)
{
    (void)state;
    fake.cmos[0x0b] = 0x02;
    fake.cmos_index = 0x55; /* somebody else's */
    out(0x70, 1, 0x8b);     /* with NMI disable, which is dropped */
    assert_int_equal(touched(), 0);
    assert_int_equal(in(0x71, 1), 0x02);
    out(0x71, 1, 0x82);
    assert_int_equal(fake.cmos[0x0b], 0x82);
    assert_int_equal(in(0x70, 1), 0xff);
    out(0x70, 2, 0x420c); /* both registers at once */
    assert_int_equal(fake.cmos[0x0c], 0x42);
}

/* ---- rights of the guest's user ---- */

static void iopl_and_bitmap(void **state)
{
    (void)state;
    assert_true(ioport_guest_may(&fake_vcpu, 0x80, 1)); /* kernel, IOPL 1 */
    fake_vcpu.virtual_iopl = 0;
    assert_false(ioport_guest_may(&fake_vcpu, 0x80, 1));
    fake_vcpu.kernel_mode = 0;
    fake_vcpu.virtual_iopl = 1;
    assert_false(ioport_guest_may(&fake_vcpu, 0x80, 1));
    fake_vcpu.virtual_iopl = 3;
    assert_true(ioport_guest_may(&fake_vcpu, 0x80, 1));
    fake_vcpu.virtual_iopl = 1;
    memset(fake.memory, 0xff, 128);
    fake.memory[0x370 / 8] = 0x3f; /* 0x376, 0x377 */
    fake.memory[0x378 / 8] = 0xfe; /* 0x378 */
    fake_vcpu.iobitmap = FAKE_VA;
    fake_vcpu.iobitmap_ports = 1024;
    assert_true(ioport_guest_may(&fake_vcpu, 0x376, 1));
    assert_true(ioport_guest_may(&fake_vcpu, 0x376, 2));
    assert_true(ioport_guest_may(&fake_vcpu, 0x377, 2));
    assert_true(ioport_guest_may(&fake_vcpu, 0x378, 1));
    assert_false(ioport_guest_may(&fake_vcpu, 0x375, 2));
    assert_false(ioport_guest_may(&fake_vcpu, 0x376, 4));
    assert_false(ioport_guest_may(&fake_vcpu, 0x378, 2));
    assert_int_equal(fake_vcpu.kernel_mode, 0);
    assert_int_equal(fake.mode_switches % 2, 0);
    assert_true(fake.mode_switches > 0);
}

static void bitmap_has_an_end(void **state)
{
    (void)state;
    fake_vcpu.virtual_iopl = 0;
    fake_vcpu.iobitmap = FAKE_VA;
    fake_vcpu.iobitmap_ports = 1024;
    assert_true(ioport_guest_may(&fake_vcpu, 1020, 4));
    assert_false(ioport_guest_may(&fake_vcpu, 1021, 4));
    assert_false(ioport_guest_may(&fake_vcpu, 1024, 1));
    fake_vcpu.iobitmap_ports = 65536;
    assert_false(ioport_guest_may(&fake_vcpu, 0xffff, 2));
    fake_vcpu.iobitmap = FAKE_VA + FAKE_SIZE - 16; /* runs off the memory */
    assert_true(ioport_guest_may(&fake_vcpu, 127, 1));
    assert_false(ioport_guest_may(&fake_vcpu, 127, 2));
    assert_false(ioport_guest_may(&fake_vcpu, 128, 1));
    fake_vcpu.iobitmap = 0xffff800000000000;
    assert_false(ioport_guest_may(&fake_vcpu, 0, 1));
}

/* ---- PCI configuration ---- */

static void put(uint32_t offset, uint32_t value)
{
    memcpy(&fake.pci[offset], &value, sizeof(value));
}

static uint32_t config(uint32_t offset)
{
    uint32_t value;

    memcpy(&value, &fake.pci[offset], sizeof(value));
    return value;
}

/* A function with power management, MSI (64 bits, masking) and MSI-X. */
static void make_function(void)
{
    fake.pci_bdf = BDF;
    put(0x00, 0x10d38086);
    put(0x04, 0x00100000);
    put(0x10, 0xfeb00000);
    put(0x34, 0x40);
    put(0x40, 0x00035001);
    put(0x44, 0x00000000);
    put(0x50, 0x01807005); /* MSI at 0x50, next 0x70 */
    put(0x54, 0xfee00000);
    put(0x5c, 0x00004041);
    put(0x70, 0x00040011); /* MSI-X */
    put(0x74, 0x00000003);
    put(0x78, 0x00002003);
}

static void select(uint32_t bdf, uint32_t offset)
{
    out(0xcf8, 4, 0x80000000 | bdf << 8 | offset);
}

static void configuration_is_latched(void **state)
{
    (void)state;
    make_function();
    assert_true(in(0xcfc, 4) == 0xffffffff); /* nothing selected */
    select(BDF, 0);
    assert_true(in(0xcf8, 4) == (0x80000000 | BDF << 8));
    assert_int_equal(in(0xcfc, 4), 0x10d38086);
    assert_int_equal(in(0xcfe, 2), 0x10d3);
    assert_int_equal(in(0xcfd, 1), 0x80);
    assert_int_equal(in(0xcfd, 2), 0xd380); /* by bytes */
    select(BDF + 8, 0);
    assert_true(in(0xcfc, 4) == 0xffffffff);
    out(0xcf8, 4, BDF << 8); /* not enabled */
    assert_true(in(0xcfc, 4) == 0xffffffff);
    out(0xcf8, 4, 0x81000000 | BDF << 8); /* reserved bits */
    assert_true(in(0xcfc, 4) == 0xffffffff);
    out(0xcfc, 4, 0);
    assert_int_equal(fake.pci_writes, 0);
    assert_int_equal(touched(), 0);
}

static void address_port_is_only_a_dword(void **state)
{
    (void)state;
    out(0xcf9, 1, 0x06); /* the reset register */
    assert_int_equal(fake.port, 0xcf9);
    out(0xcfb, 1, 0x01);
    out(0xcf8, 2, 0x1234);
    assert_int_equal(touched(), 3);
    assert_int_equal(fake_domain.cf8, 0);
    make_function();
    select(BDF, 0);
    /* two ordinary bytes, two of configuration */
    fake.port_value = 0x11;
    assert_true(in(0xcfa, 4) == 0x80861111);
}

static void ordinary_registers_are_written(void **state)
{
    (void)state;
    make_function();
    select(BDF, 0x10);
    out(0xcfc, 4, 0xe0000000);
    assert_true(config(0x10) == 0xe0000000);
    select(BDF, 0x04);
    out(0xcfc, 2, 0x0407);
    assert_int_equal(config(0x04), 0x00100407);
    select(BDF, 0x44);
    out(0xcfc, 2, 0x0003);
    assert_int_equal(config(0x44), 0x00000003);
    select(BDF, 0x68); /* behind the MSI capability */
    out(0xcfc, 4, 0x12345678);
    assert_int_equal(config(0x68), 0x12345678);
    select(BDF, 0x10);
    out(0xcfd, 2, 0xbeef); /* not aligned: by bytes */
    assert_true(config(0x10) == 0xe0beef00);
}

static void messages_are_the_hypervisors(void **state)
{
    (void)state;
    make_function();
    for (uint32_t offset = 0x54; offset < 0x68; offset += 4) {
        uint32_t before = config(offset);

        select(BDF, offset);
        out(0xcfc, 4, 0x55aa55aa);
        out(0xcfe, 2, 0x55aa);
        out(0xcfd, 1, 0x55);
        assert_true(config(offset) == before);
    }
    for (uint32_t offset = 0x74; offset < 0x7c; offset += 4) {
        uint32_t before = config(offset);

        select(BDF, offset);
        out(0xcfc, 4, 0x55aa55aa);
        assert_true(config(offset) == before);
    }
    assert_int_equal(fake.pci_writes, 0);
}

/* Of the control words a guest may switch the function's messages on and
 * off, not say how many it has. */
static void message_control_is_filtered(void **state)
{
    (void)state;
    make_function();
    select(BDF, 0x50);
    out(0xcfe, 2, 0xffff);
    assert_int_equal(config(0x50), 0x01817005);
    out(0xcfc, 4, 0x00000000);
    assert_int_equal(config(0x50), 0x01807005);
    out(0xcfe, 1, 0x71);
    assert_int_equal(config(0x50), 0x01817005);
    select(BDF, 0x70);
    out(0xcfe, 2, 0xc000);
    assert_true(config(0x70) == 0xc0040011);
    out(0xcff, 1, 0x00);
    assert_int_equal(config(0x70), 0x00040011);
}

static void capability_forms(void **state)
{
    (void)state;
    make_function();
    put(0x50, 0x00007005); /* 32-bit address, no masking: 0x50-0x5b */
    assert_int_equal(pciconfig_writable(BDF, 0x58, pci_config_read), 0);
    assert_true(pciconfig_writable(BDF, 0x5c, pci_config_read) == ~0u);
    put(0x50, 0x00807005); /* 64-bit, no masking: 0x50-0x5f */
    assert_int_equal(pciconfig_writable(BDF, 0x5c, pci_config_read), 0);
    assert_true(pciconfig_writable(BDF, 0x60, pci_config_read) == ~0u);
    put(0x50, 0x01007005); /* 32-bit with masking: 0x50-0x63 */
    assert_int_equal(pciconfig_writable(BDF, 0x60, pci_config_read), 0);
    assert_true(pciconfig_writable(BDF, 0x64, pci_config_read) == ~0u);
    put(0x04, 0); /* no capabilities: nothing is one */
    assert_true(pciconfig_writable(BDF, 0x54, pci_config_read) == ~0u);
}

static void broken_lists_end(void **state)
{
    (void)state;
    make_function();
    put(0x70, 0x00044011); /* next: the first again */
    assert_int_equal(pciconfig_writable(BDF, 0x54, pci_config_read), 0);
    put(0x34, 0x04); /* into the header */
    assert_true(pciconfig_writable(BDF, 0x54, pci_config_read) == ~0u);
    put(0x34, 0xff); /* last dword */
    put(0xfc, 0x0000ff05);
    assert_int_equal(pciconfig_writable(BDF, 0xfc, pci_config_read),
                     0x00010000);
    memset(fake.pci, 0xff, sizeof(fake.pci));
    assert_true(pciconfig_writable(BDF, 0x40, pci_config_read) == ~0u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(hardware_domain_reaches_devices, reset),
        cmocka_unit_test_setup(hypervisor_ports_look_empty, reset),
        cmocka_unit_test_setup(accesses_across_rows_are_split, reset),
        cmocka_unit_test_setup(other_domains_have_no_ports, reset),
        cmocka_unit_test_setup(timer_is_every_domains_own, reset),
        cmocka_unit_test_setup(policy_is_asked_for_each, reset),
        cmocka_unit_test_setup(cmos_index_is_the_domains_own, reset),
        cmocka_unit_test_setup(iopl_and_bitmap, reset),
        cmocka_unit_test_setup(bitmap_has_an_end, reset),
        cmocka_unit_test_setup(configuration_is_latched, reset),
        cmocka_unit_test_setup(address_port_is_only_a_dword, reset),
        cmocka_unit_test_setup(ordinary_registers_are_written, reset),
        cmocka_unit_test_setup(messages_are_the_hypervisors, reset),
        cmocka_unit_test_setup(message_control_is_filtered, reset),
        cmocka_unit_test_setup(capability_forms, reset),
        cmocka_unit_test_setup(broken_lists_end, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
