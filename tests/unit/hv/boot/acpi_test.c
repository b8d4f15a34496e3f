/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables in a small made-up machine: a PC as QEMU's q35 describes itself,
 * then each table wrong in each way that must be noticed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hv/boot/acpi.h"
#include "lib/checked.h"

#define MEMORY_SIZE 0x100000u
#define RSDP_AT     0xf5a40u
#define ROOT_AT     0x1000u
#define MADT_AT     0x2000u
#define FADT_AT     0x6000u
#define HPET_AT     0x7000u
#define MCFG_AT     0x8000u
#define TPM2_AT     0x9000u
#define DMAR_AT     0xa000u

static uint8_t memory[MEMORY_SIZE];
static struct acpi_info info;
static struct acpi_fault fault;
static uint64_t hole; /* an address that cannot be mapped */

bool acpi_map(uint64_t maddr, size_t size, struct bytes *out)
{
    if (hole != 0 && hole >= maddr && hole - maddr < size) {
        return false;
    }
    return bytes_slice(bytes_of(memory, MEMORY_SIZE), maddr, size, out);
}

static void poke(size_t at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        memory[at + i] = (uint8_t)(value >> (8 * i));
    }
}

static void fix_sum(size_t at, size_t size, size_t sum_at)
{
    uint8_t sum = 0;
    memory[sum_at] = 0;
    for (size_t i = 0; i < size; i++) {
        sum = (uint8_t)(sum + memory[at + i]);
    }
    memory[sum_at] = (uint8_t)-sum;
}

static void seal(size_t at, size_t size)
{
    poke(at + 4, size, 4);
    fix_sum(at, size, at + 9);
}

static void begin_table(size_t at, const char *signature, uint8_t revision)
{
    memset(memory + at, 0, 0x400);
    memcpy(memory + at, signature, 4);
    memory[at + 8] = revision;
}

static size_t madt_size;

static void add_madt(uint8_t type, uint8_t size, const uint64_t *numbers,
                     const uint8_t *widths)
{
    size_t at = MADT_AT + madt_size;
    poke(at, type, 1);
    poke(at + 1, size, 1);
    for (size_t i = 0, offset = 2; widths[i] != 0; i++) {
        poke(at + offset, numbers[i], widths[i]);
        offset += widths[i];
    }
    madt_size += size;
}

#define NUMBERS(...)                                                           \
    (const uint64_t[])                                                         \
    {                                                                          \
        __VA_ARGS__                                                            \
    }
#define WIDTHS(...)                                                            \
    (const uint8_t[])                                                          \
    {                                                                          \
        __VA_ARGS__, 0                                                         \
    }

static void make_madt(void)
{
    begin_table(MADT_AT, "APIC", 3);
    poke(MADT_AT + 36, 0xfee00000, 4);
    poke(MADT_AT + 40, 1, 4);
    madt_size = 44;
    add_madt(0, 8, NUMBERS(0, 0, 1), WIDTHS(1, 1, 4));
    add_madt(0, 8, NUMBERS(1, 1, 1), WIDTHS(1, 1, 4));
    add_madt(0, 8, NUMBERS(2, 2, 2), WIDTHS(1, 1, 4)); /* online capable */
    add_madt(0, 8, NUMBERS(3, 3, 0), WIDTHS(1, 1, 4)); /* not there */
    add_madt(0, 8, NUMBERS(4, 0xff, 1), WIDTHS(1, 1, 4));
    add_madt(9, 16, NUMBERS(0, 1, 1, 1), WIDTHS(2, 4, 4, 4)); /* again */
    add_madt(9, 16, NUMBERS(0, 0x100, 1, 5), WIDTHS(2, 4, 4, 4));
    add_madt(1, 12, NUMBERS(0, 0, 0xfec00000, 0), WIDTHS(1, 1, 4, 4));
    add_madt(2, 10, NUMBERS(0, 0, 2, 0), WIDTHS(1, 1, 4, 2));
    add_madt(2, 10, NUMBERS(0, 9, 9, 0xd), WIDTHS(1, 1, 4, 2));
    add_madt(4, 6, NUMBERS(0xff, 0, 1), WIDTHS(1, 2, 1)); /* NMI */
    seal(MADT_AT, madt_size);
}

static void make_fadt(void)
{
    begin_table(FADT_AT, "FACP", 3);
    poke(FADT_AT + 36, 0x11000, 4); /* FACS */
    poke(FADT_AT + 40, 0x12000, 4); /* DSDT */
    poke(FADT_AT + 46, 9, 2);       /* SCI */
    poke(FADT_AT + 48, 0xb2, 4);    /* SMI command */
    poke(FADT_AT + 52, 0x0203, 2);  /* enable, disable */
    poke(FADT_AT + 56, 0x600, 4);   /* PM1a event */
    poke(FADT_AT + 64, 0x604, 4);   /* PM1a control */
    poke(FADT_AT + 76, 0x608, 4);   /* PM timer */
    poke(FADT_AT + 88, 4, 1);
    poke(FADT_AT + 108, 0x32, 1);
    poke(FADT_AT + 112, 1u << 8 | 1u << 10, 4);
    poke(FADT_AT + 116, 0x01 | 8 << 8, 4); /* reset: I/O, 8 bits */
    poke(FADT_AT + 120, 0xcf9, 8);
    poke(FADT_AT + 128, 0x0f, 1);
    poke(FADT_AT + 140, 0x112000, 8); /* X_DSDT */
    poke(FADT_AT + 172, 0x01, 1);     /* X_PM1a control */
    poke(FADT_AT + 176, 0x1604, 8);
    seal(FADT_AT, 244);
}

static void make_hpet(void)
{
    begin_table(HPET_AT, "HPET", 1);
    poke(HPET_AT + 44, 0xfed00000, 8);
    poke(HPET_AT + 52, 0, 1);
    poke(HPET_AT + 53, 0x37ee, 2);
    seal(HPET_AT, 56);
}

static void make_mcfg(void)
{
    begin_table(MCFG_AT, "MCFG", 1);
    poke(MCFG_AT + 44, 0xb0000000, 8);
    poke(MCFG_AT + 55, 255, 1);
    seal(MCFG_AT, 60);
}

static void make_tpm2(size_t size)
{
    begin_table(TPM2_AT, "TPM2", 4);
    poke(TPM2_AT + 48, 6, 4);
    poke(TPM2_AT + 64, 0x10000, 4);
    poke(TPM2_AT + 68, 0x7f7e5000, 8);
    seal(TPM2_AT, size);
}

/* A root table with the tables at these addresses. */
static struct acpi_root make_root(const char *signature, const uint64_t *tables,
                                  size_t count)
{
    bool is_xsdt = memcmp(signature, "XSDT", 4) == 0;
    size_t width = is_xsdt ? 8 : 4;
    begin_table(ROOT_AT, signature, 1);
    for (size_t i = 0; i < count; i++) {
        poke(ROOT_AT + 36 + i * width, tables[i], width);
    }
    seal(ROOT_AT, 36 + count * width);
    return (struct acpi_root){.table = ROOT_AT, .is_xsdt = is_xsdt};
}

static const uint64_t all_tables[] = {FADT_AT, MADT_AT, HPET_AT,
                                      MCFG_AT, TPM2_AT, DMAR_AT};

static struct acpi_root make_machine(void)
{
    memset(memory, 0, sizeof(memory));
    hole = 0;
    make_madt();
    make_fadt();
    make_hpet();
    make_mcfg();
    make_tpm2(76);
    begin_table(DMAR_AT, "DMAR", 1);
    seal(DMAR_AT, 48);
    return make_root("XSDT", all_tables, ARRAY_SIZE(all_tables));
}

static void read_again(const struct acpi_root *root)
{
    assert_int_equal(acpi_read_tables(root, &info, &fault), ACPI_OK);
}

static void machine_is_read(void **state)
{
    (void)state;
    struct acpi_root root = make_machine();
    read_again(&root);
    assert_int_equal(info.fault_count, 0);
    assert_true(info.madt.present);
    assert_int_equal(info.madt.lapic_address, 0xfee00000);
    assert_int_equal(info.madt.cpu_count, 4);
    assert_int_equal(info.madt.cpus[1].apic_id, 1);
    assert_true(info.madt.cpus[1].enabled);
    assert_false(info.madt.cpus[2].enabled);
    assert_int_equal(info.madt.cpus[3].apic_id, 0x100);
    assert_int_equal(info.madt.cpus[3].processor_id, 5);
    assert_int_equal(info.madt.ioapic_count, 1);
    assert_int_equal(info.madt.ioapics[0].address, 0xfec00000);

    assert_true(info.fadt.present);
    assert_int_equal(info.fadt.power.pm1a_control, 0x1604);
    assert_int_equal(info.fadt.power.pm1b_control, 0);
    assert_int_equal(info.fadt.pm_timer, 0x608);
    assert_true(info.fadt.power.has_reset);
    assert_true(info.fadt.power.reset_is_port);
    assert_int_equal(info.fadt.power.reset_address, 0xcf9);
    assert_int_equal(info.fadt.power.reset_value, 0x0f);

    assert_true(info.hpet.present);
    assert_int_equal(info.hpet.address, 0xfed00000);
    assert_int_equal(info.mcfg_count, 1);
    assert_int_equal(info.mcfg[0].address, 0xb0000000);
    assert_int_equal(info.mcfg[0].last_bus, 255);
    assert_true(info.tpm2.present && info.tpm2.has_log_area);
    assert_int_equal(info.tpm2.start_method, 6);
    assert_int_equal(info.tpm2.log_size, 0x10000);
    assert_int_equal(info.tpm2.log_area, 0x7f7e5000);
}

static void rsdt_is_read_too(void **state)
{
    (void)state;
    (void)make_machine();
    struct acpi_root root =
        make_root("RSDT", all_tables, ARRAY_SIZE(all_tables));
    read_again(&root);
    assert_true(info.madt.present && info.fadt.present && info.tpm2.present);
}

static void short_tpm2_has_no_log_area(void **state)
{
    (void)state;
    struct acpi_root root = make_machine();
    make_tpm2(52);
    read_again(&root);
    assert_true(info.tpm2.present);
    assert_false(info.tpm2.has_log_area);
}

static void old_fadt_is_enough(void **state)
{
    (void)state;
    struct acpi_root root = make_machine();
    seal(FADT_AT, 116);
    read_again(&root);
    assert_true(info.fadt.present);
    assert_int_equal(info.fadt.power.pm1a_control, 0x604);
    assert_false(info.fadt.power.has_reset);
}

/* PCI configuration space: not one we write to. */
static void reset_register_elsewhere_is_none(void **state)
{
    (void)state;
    struct acpi_root root = make_machine();
    poke(FADT_AT + 116, 2, 1);
    seal(FADT_AT, 244);
    read_again(&root);
    assert_true(info.fadt.present);
    assert_false(info.fadt.power.has_reset);
}

/* ---- RSDP ---- */

static void make_rsdp(size_t at, uint8_t revision)
{
    memset(memory + at, 0, 36);
    memcpy(memory + at, "RSD PTR ", 8);
    memory[at + 15] = revision;
    poke(at + 16, 0x3000, 4);
    fix_sum(at, 20, at + 8);
    poke(at + 20, 36, 4);
    poke(at + 24, ROOT_AT, 8);
    fix_sum(at, 36, at + 32);
}

static enum acpi_status parse_rsdp(size_t size, struct acpi_root *root)
{
    return acpi_parse_rsdp(bytes_of(memory + RSDP_AT, size), root);
}

static void rsdp_of_both_revisions(void **state)
{
    (void)state;
    struct acpi_root root;
    (void)make_machine();
    make_rsdp(RSDP_AT, 2);
    assert_int_equal(parse_rsdp(36, &root), ACPI_OK);
    assert_true(root.is_xsdt);
    assert_int_equal(root.table, ROOT_AT);
    assert_int_equal(parse_rsdp(20, &root), ACPI_OK);
    assert_false(root.is_xsdt);
    assert_int_equal(root.table, 0x3000);
    for (size_t size = 0; size < 20; size++) {
        assert_int_equal(parse_rsdp(size, &root), ACPI_BAD_RSDP);
    }
    make_rsdp(RSDP_AT, 0);
    assert_int_equal(parse_rsdp(36, &root), ACPI_OK);
    assert_false(root.is_xsdt);
    memory[RSDP_AT + 17] ^= 1;
    assert_int_equal(parse_rsdp(36, &root), ACPI_BAD_CHECKSUM);
    make_rsdp(RSDP_AT, 2);
    memory[RSDP_AT + 25] ^= 1;
    assert_int_equal(parse_rsdp(36, &root), ACPI_BAD_CHECKSUM);
    make_rsdp(RSDP_AT, 2);
    poke(RSDP_AT + 20, 37, 4);
    assert_int_equal(parse_rsdp(36, &root), ACPI_BAD_RSDP);
    poke(RSDP_AT + 20, 35, 4);
    assert_int_equal(parse_rsdp(36, &root), ACPI_BAD_RSDP);
    memory[RSDP_AT] = 'r';
    assert_int_equal(parse_rsdp(36, &root), ACPI_BAD_RSDP);
}

static void rsdp_is_found(void **state)
{
    (void)state;
    struct acpi_root root;
    (void)make_machine();
    assert_int_equal(acpi_find_rsdp(&root), ACPI_NO_RSDP);
    make_rsdp(0xfffd0, 2);
    assert_int_equal(acpi_find_rsdp(&root), ACPI_OK);
    assert_true(root.is_xsdt);
    memset(memory + 0xfffd0, 0, 48);
    make_rsdp(RSDP_AT + 8, 2); /* not aligned: not one */
    assert_int_equal(acpi_find_rsdp(&root), ACPI_NO_RSDP);
    poke(0x40e, 0x9fc0, 2);
    make_rsdp(0x9fc00 + 0x3d0, 2);
    assert_int_equal(acpi_find_rsdp(&root), ACPI_OK);
    hole = 0x9fc00; /* the EBDA cannot be read: look elsewhere */
    make_rsdp(RSDP_AT, 0);
    assert_int_equal(acpi_find_rsdp(&root), ACPI_OK);
    assert_false(root.is_xsdt);
}

/* ---- what is wrong ---- */

static void root_must_be_right(void **state)
{
    (void)state;
    struct acpi_root root = make_machine();
    memory[ROOT_AT + 40] ^= 1;
    assert_int_equal(acpi_read_tables(&root, &info, &fault),
                     ACPI_BAD_CHECKSUM);
    assert_string_equal(fault.signature, "XSDT");
    assert_int_equal(fault.maddr, ROOT_AT);
    assert_int_equal(fault.status, ACPI_BAD_CHECKSUM);

    root = make_root("RSDT", all_tables, 3);
    root.is_xsdt = true;
    assert_int_equal(acpi_read_tables(&root, &info, &fault),
                     ACPI_BAD_SIGNATURE);
    root = make_root("XSDT", all_tables, 3);
    seal(ROOT_AT, 36 + 3 * 8 + 4);
    assert_int_equal(acpi_read_tables(&root, &info, &fault),
                     ACPI_BAD_LENGTH);
    seal(ROOT_AT, 35);
    assert_int_equal(acpi_read_tables(&root, &info, &fault),
                     ACPI_BAD_LENGTH);
    poke(ROOT_AT + 4, UINT32_MAX, 4);
    assert_int_equal(acpi_read_tables(&root, &info, &fault),
                     ACPI_BAD_LENGTH);
    memset(memory + ROOT_AT, 0, 0x1000);
    memcpy(memory + ROOT_AT, "XSDT", 4);
    seal(ROOT_AT, 36 + 8 * (ACPI_MAX_TABLES + 1));
    assert_int_equal(acpi_read_tables(&root, &info, &fault),
                     ACPI_TOO_MANY);
    root.table = MEMORY_SIZE - 35;
    assert_int_equal(acpi_read_tables(&root, &info, &fault),
                     ACPI_NOT_MAPPED);
    root.table = UINT64_MAX - 8;
    assert_int_equal(acpi_read_tables(&root, &info, &fault),
                     ACPI_NOT_MAPPED);
}

static const struct change {
    size_t table, offset;
    uint64_t value;
    size_t size;
    enum acpi_status expected;
} changes[] = {
    {MADT_AT, 45, 0, 1, ACPI_BAD_ENTRY}, /* entry of size 0 */
    {MADT_AT, 45, 1, 1, ACPI_BAD_ENTRY},
    {MADT_AT, 45, 7, 1, ACPI_BAD_ENTRY},   /* LAPIC too short */
    {MADT_AT, 45, 255, 1, ACPI_BAD_ENTRY}, /* passes the end */
    {MADT_AT, 44 + 5 * 8 + 2 * 16 + 4, 0, 4, ACPI_BAD_ADDRESS}, /* IOAPIC */
    {FADT_AT, 64 + 2, 1, 1, ACPI_OK},          /* X_ field is there */
    {FADT_AT, 76 + 2, 1, 1, ACPI_BAD_ADDRESS}, /* port 0x10608 */
    {FADT_AT, 178, 1, 1, ACPI_BAD_ADDRESS},    /* X port too high */
    {HPET_AT, 40, 1, 1, ACPI_BAD_ADDRESS},     /* HPET in I/O space */
    {HPET_AT, 44, 0, 8, ACPI_BAD_ADDRESS},
    {HPET_AT, 44, 0xfed00004, 8, ACPI_BAD_ADDRESS},
    {MCFG_AT, 44, 0, 8, ACPI_BAD_ADDRESS},
    {MCFG_AT, 44, 0xb0001000, 8, ACPI_BAD_ADDRESS},
    {MCFG_AT, 54, 255, 1, ACPI_OK},
    {MCFG_AT, 55, 0, 1, ACPI_OK},
    {TPM2_AT, 68, UINT64_MAX - 0xfffe, 8, ACPI_BAD_ADDRESS},
    {TPM2_AT, 68, 0, 8, ACPI_OK},
};

static bool is_present(size_t table)
{
    switch (table) {
    case MADT_AT:
        return info.madt.present;
    case FADT_AT:
        return info.fadt.present;
    case HPET_AT:
        return info.hpet.present;
    case MCFG_AT:
        return info.mcfg_count != 0;
    default:
        return info.tpm2.present;
    }
}

static uint32_t size_of_table(size_t table)
{
    return memory[table + 4] | (uint32_t)memory[table + 5] << 8;
}

static void wrong_fields_leave_the_table_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        const struct change *change = &changes[i];
        struct acpi_root root = make_machine();
        poke(change->table + change->offset, change->value, change->size);
        seal(change->table, size_of_table(change->table));
        read_again(&root);
        if (change->expected == ACPI_OK) {
            assert_int_equal(info.fault_count, 0);
            assert_true(is_present(change->table));
            continue;
        }
        assert_int_equal(info.fault_count, 1);
        assert_int_equal(info.faults[0].status, change->expected);
        assert_int_equal(info.faults[0].maddr, change->table);
        assert_memory_equal(info.faults[0].signature, memory + change->table,
                            4);
        assert_false(is_present(change->table));
        assert_true(is_present(change->table == HPET_AT ? MADT_AT : HPET_AT));
    }
}

/* Every table, too short, with a wrong sum, and where nothing can be read. */
static void damaged_tables_are_left_out(void **state)
{
    (void)state;
    for (size_t i = 0; i + 1 < ARRAY_SIZE(all_tables); i++) {
        size_t table = all_tables[i];
        struct acpi_root root = make_machine();
        memory[table + 30] ^= 1;
        read_again(&root);
        assert_int_equal(info.faults[0].status, ACPI_BAD_CHECKSUM);
        assert_false(is_present(table));

        root = make_machine();
        seal(table, 39);
        read_again(&root);
        assert_int_equal(info.fault_count, 1);
        assert_int_equal(info.faults[0].status, ACPI_BAD_LENGTH);
        assert_false(is_present(table));

        root = make_machine();
        hole = table + 20;
        read_again(&root);
        assert_int_equal(info.faults[0].status, ACPI_NOT_MAPPED);
        hole = table + 38;
        read_again(&root);
        assert_int_equal(info.faults[0].status, ACPI_NOT_MAPPED);
        assert_false(is_present(table));
    }
}

static void first_table_of_a_kind_counts(void **state)
{
    (void)state;
    (void)make_machine();
    memcpy(memory + 0xb000, memory + HPET_AT, 56);
    poke(0xb000 + 44, 0xfed10000, 8);
    seal(0xb000, 56);
    static const uint64_t tables[] = {HPET_AT, 0, 0xb000};
    struct acpi_root root = make_root("XSDT", tables, 3);
    read_again(&root);
    assert_int_equal(info.hpet.address, 0xfed00000);
    assert_int_equal(info.fault_count, 0);
}

static void many_cpus_are_counted(void **state)
{
    (void)state;
    struct acpi_root root = make_machine();
    begin_table(MADT_AT, "APIC", 3);
    memset(memory + MADT_AT, 0, 0x4000);
    memcpy(memory + MADT_AT, "APIC", 4);
    madt_size = 44;
    for (uint64_t i = 0; i < ACPI_MAX_CPUS + 10; i++) {
        add_madt(9, 16, NUMBERS(0, i, 1, i), WIDTHS(2, 4, 4, 4));
    }
    seal(MADT_AT, madt_size);
    read_again(&root);
    assert_int_equal(info.madt.cpu_count, ACPI_MAX_CPUS);
}

static void faults_are_counted_and_printable(void **state)
{
    (void)state;
    uint64_t tables[ACPI_MAX_FAULTS + 3];
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        tables[i] = MEMORY_SIZE + 0x1000 * (i + 1);
    }
    (void)make_machine();
    struct acpi_root root = make_root("XSDT", tables, ARRAY_SIZE(tables));
    read_again(&root);
    assert_int_equal(info.fault_count, ARRAY_SIZE(tables));
    assert_int_equal(info.faults[ACPI_MAX_FAULTS - 1].status, ACPI_NOT_MAPPED);

    root = make_machine();
    memcpy(memory + ROOT_AT, "\x1b\n\xffT", 4);
    seal(ROOT_AT, 36);
    assert_int_equal(acpi_read_tables(&root, &info, &fault),
                     ACPI_BAD_SIGNATURE);
    assert_string_equal(fault.signature, "???T");
}

static void texts_are_all_there(void **state)
{
    (void)state;
    for (int i = ACPI_OK; i <= ACPI_BAD_ADDRESS; i++) {
        assert_string_not_equal(acpi_status_text((enum acpi_status)i),
                                "unknown ACPI status");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machine_is_read),
        cmocka_unit_test(rsdt_is_read_too),
        cmocka_unit_test(short_tpm2_has_no_log_area),
        cmocka_unit_test(old_fadt_is_enough),
        cmocka_unit_test(reset_register_elsewhere_is_none),
        cmocka_unit_test(rsdp_of_both_revisions),
        cmocka_unit_test(rsdp_is_found),
        cmocka_unit_test(root_must_be_right),
        cmocka_unit_test(wrong_fields_leave_the_table_out),
        cmocka_unit_test(damaged_tables_are_left_out),
        cmocka_unit_test(first_table_of_a_kind_counts),
        cmocka_unit_test(many_cpus_are_counted),
        cmocka_unit_test(faults_are_counted_and_printable),
        cmocka_unit_test(texts_are_all_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
