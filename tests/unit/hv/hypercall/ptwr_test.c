/* SPDX-License-Identifier: MIT */
/*
 * Writes to a live L1 table: the forms that Linux uses, what the entry
 * becomes, what is refused, and races with hardware and other CPUs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/hv/hypercall/fake.h"

#include "hv/base/errno.h"
#include "hv/hypercall/ptwr.h"

#define TABLE (FAKE_VA + 0x1000) /* the entry is its word 2 */
#define SLOT  (TABLE + 16)
#define CAUSE 7u /* present, write, user */

static struct regs regs;

#define CODE(...)                                                              \
    (const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__})

/* Guest memory shows the entry through the read-only mapping. */
static void set_entry(uint64_t value)
{
    fake.pte = value;
    memcpy(&fake.memory[SLOT - FAKE_VA], &value, sizeof(value));
}

static int reset(void **state)
{
    (void)state;
    fake_reset();
    fake.read_only[1] = true;
    memset(&regs, 0, sizeof(regs));
    regs.rflags = 0x202;
    regs.rdi = SLOT;
    set_entry(0x8000000012345067);
    return 0;
}

static void done(uint64_t va, const void *code, size_t size)
{
    fake_code(&regs, code, size);
    assert_true(emulate_ptwr(&fake_vcpu, &regs, va, CAUSE));
    assert_true(regs.rip == FAKE_VA + size);
    assert_int_equal(fake.exceptions, 0);
    assert_true((fake.pte_va & ~7ull) == SLOT);
}

static void refused(uint64_t va, uint32_t cause, const void *code, size_t size)
{
    struct regs before;

    fake_code(&regs, code, size);
    before = regs;
    assert_false(emulate_ptwr(&fake_vcpu, &regs, va, cause));
    assert_memory_equal(&before, &regs, sizeof(regs));
    assert_int_equal(fake.exceptions, 0);
}

static void whole_entries(void **state)
{
    (void)state;
    regs.rax = 0x55067;
    done(SLOT, CODE(0x48, 0x89, 0x07)); /* mov %rax, (%rdi) */
    assert_int_equal(fake.pte, 0x55067);
    regs.rcx = 0;
    done(SLOT, CODE(0x48, 0x87, 0x0f)); /* xchg %rcx, (%rdi) */
    assert_int_equal(fake.pte, 0);
    assert_int_equal(regs.rcx, 0x55067);
    done(SLOT, CODE(0x48, 0xc7, 0x07, 0xfe, 0xff, 0xff, 0xff));
    assert_true(fake.pte == (uint64_t)-2);
    assert_int_equal(fake.pte_calls, 3);
}

static void parts_of_an_entry(void **state)
{
    (void)state;
    done(SLOT, CODE(0xf0, 0x80, 0x27, 0xfd)); /* lock andb $0xfd, (%rdi) */
    assert_true(fake.pte == 0x8000000012345065);
    set_entry(fake.pte);
    regs.rax = 0x11111111;
    done(SLOT, CODE(0x89, 0x07)); /* mov %eax, (%rdi) */
    assert_true(fake.pte == 0x8000000011111111);
    set_entry(fake.pte);
    done(SLOT + 4, CODE(0x89, 0x47, 0x04)); /* mov %eax, 4(%rdi) */
    assert_true(fake.pte == 0x1111111111111111);
    set_entry(fake.pte);
    done(SLOT + 7, CODE(0xc6, 0x47, 0x07, 0x80)); /* movb */
    assert_true(fake.pte == 0x8011111111111111);
    set_entry(fake.pte);
    done(SLOT, CODE(0xf0, 0x48, 0x0f, 0xba, 0x2f, 0x3f)); /* btsq $63 */
    assert_int_equal(regs.rflags & FLAG_CF, FLAG_CF);
}

static void compare_and_exchange(void **state)
{
    static const uint8_t cmpxchg[] = {0xf0, 0x48, 0x0f, 0xb1, 0x0f};

    (void)state;
    regs.rax = fake.pte;
    regs.rcx = 0x77067;
    done(SLOT, cmpxchg, sizeof(cmpxchg));
    assert_int_equal(fake.pte, 0x77067);
    assert_true((regs.rflags & FLAG_ZF) != 0);
    set_entry(fake.pte);
    regs.rax = 1;
    regs.rcx = 2;
    done(SLOT, cmpxchg, sizeof(cmpxchg));
    assert_int_equal(fake.pte, 0x77067);
    assert_int_equal(regs.rax, 0x77067);
    assert_true((regs.rflags & FLAG_ZF) == 0);
    fake.pte_result = -ENOENT; /* says so also when nothing is written */
    refused(SLOT, CAUSE, cmpxchg, sizeof(cmpxchg));
}

static void bit_strings_name_their_word(void **state)
{
    (void)state;
    regs.rcx = (uint64_t)-63; /* the word before: bit 1 */
    regs.rdi = SLOT + 8;
    done(SLOT, CODE(0xf0, 0x48, 0x0f, 0xb3, 0x0f)); /* lock btr %rcx, (%rdi) */
    assert_true(fake.pte == 0x8000000012345065);
}

static void races_are_tried_again(void **state)
{
    (void)state;
    fake.pte_races = 1;
    done(SLOT, CODE(0xf0, 0x80, 0x27, 0xfd));
    assert_true(fake.pte == 0x8000000012345045); /* with the other's bit */
    assert_int_equal(fake.pte_calls, 2);
    set_entry(0x67);
    fake.pte_races = 100;
    fake.pte_calls = 0;
    fake_code(&regs, CODE(0xf0, 0x80, 0x27, 0xfd));
    assert_true(emulate_ptwr(&fake_vcpu, &regs, SLOT, CAUSE));
    assert_true(regs.rip == FAKE_VA); /* the guest does it again */
    assert_int_equal(fake.pte_calls, 4);
}

static void refused_entries_are_the_guests_fault(void **state)
{
    static const uint8_t store[] = {0x48, 0x89, 0x07};
    static const uint8_t andb[] = {0xf0, 0x80, 0x27, 0xfd};
    static const uint8_t xchg[] = {0x48, 0x87, 0x0f};
    static const uint8_t xadd[] = {0x48, 0x0f, 0xc1, 0x0f};

    (void)state;
    regs.rcx = 0x1234; /* and no register changes */
    fake.pte_result = -EINVAL;
    refused(SLOT, CAUSE, xchg, sizeof(xchg));
    refused(SLOT, CAUSE, xadd, sizeof(xadd));
    refused(SLOT, CAUSE, store, sizeof(store));
    refused(SLOT, CAUSE, andb, sizeof(andb));
    fake.pte_result = -ENOENT;
    refused(SLOT, CAUSE, store, sizeof(store));
    refused(SLOT, CAUSE, andb, sizeof(andb));
}

static void other_faults_are_not_looked_at(void **state)
{
    static const uint8_t store[] = {0x48, 0x89, 0x07};

    (void)state;
    refused(SLOT, 6, store, sizeof(store));  /* not present */
    refused(SLOT, 5, store, sizeof(store));  /* a read */
    refused(SLOT, 15, store, sizeof(store)); /* a reserved bit */
    refused(SLOT, 23, store, sizeof(store)); /* a fetch */
    fake_vcpu.kernel_mode = 0;
    refused(SLOT, CAUSE, store, sizeof(store));
    fake_vcpu.kernel_mode = 1;
    refused(0xffff800000000000, CAUSE, store, sizeof(store));
    refused(SLOT + 8, CAUSE, store, sizeof(store)); /* not its operand */
    regs.rdi = SLOT + 4;
    refused(SLOT + 4, CAUSE, store, sizeof(store)); /* not aligned */
    regs.rdi = SLOT;
    refused(SLOT, CAUSE, CODE(0x64, 0x48, 0x89, 0x07)); /* %fs */
    refused(SLOT, CAUSE, CODE(0xf3, 0x48, 0xa5));       /* rep movsq */
    refused(SLOT, CAUSE, CODE(0x0f, 0x22, 0xc0));       /* mov to cr0 */
    refused(SLOT, CAUSE, CODE(0x48, 0x89, 0xc0));       /* register */
    assert_int_equal(fake.pte_calls, 0);
}

static void other_code_segments(void **state)
{
    static const uint8_t store[] = {0x48, 0x89, 0x07};

    (void)state;
    fake_code(&regs, store, sizeof(store));
    regs.cs = 0x13;
    fake.gdt_entry = 0x00affb000000ffff;
    assert_true(emulate_ptwr(&fake_vcpu, &regs, SLOT, CAUSE));
    fake_code(&regs, store + 1, sizeof(store) - 1);
    regs.cs = 0x23;
    fake.gdt_entry = 0x00cffb000000ffff; /* 32-bit */
    assert_false(emulate_ptwr(&fake_vcpu, &regs, SLOT, CAUSE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(whole_entries, reset),
        cmocka_unit_test_setup(parts_of_an_entry, reset),
        cmocka_unit_test_setup(compare_and_exchange, reset),
        cmocka_unit_test_setup(bit_strings_name_their_word, reset),
        cmocka_unit_test_setup(races_are_tried_again, reset),
        cmocka_unit_test_setup(refused_entries_are_the_guests_fault, reset),
        cmocka_unit_test_setup(other_faults_are_not_looked_at, reset),
        cmocka_unit_test_setup(other_code_segments, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
