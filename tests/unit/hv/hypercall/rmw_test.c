/* SPDX-License-Identifier: MIT */
/*
 * Read-modify-write arithmetic against the CPU this test runs on: the same
 * bytes are executed and modelled, with the same memory, registers and flags.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hv/hypercall/rmw.h"

#define FLAG_OTHERS 0x202ull
#define FLAGS_ALU   0x8d5ull
#define FLAG_AF     0x10ull
#define FLAGS_BIT   0x41ull /* CF, and ZF, which is left alone */

/* All write to memory at or around (%rdi), from RAX or RCX. */
#define CASES(X)                                                               \
    X(store8, "movb %cl, (%rdi)", FLAGS_ALU)                                   \
    X(store8_high, "movb %ch, 3(%rdi)", FLAGS_ALU)                             \
    X(store16, "movw %cx, 2(%rdi)", FLAGS_ALU)                                 \
    X(store32, "movl %ecx, 4(%rdi)", FLAGS_ALU)                                \
    X(store64, "movq %rcx, (%rdi)", FLAGS_ALU)                                 \
    X(store_imm, "movq $-5, (%rdi)", FLAGS_ALU)                                \
    X(xchg8, "xchgb %cl, 1(%rdi)", FLAGS_ALU)                                  \
    X(xchg8_high, "xchgb %ah, 1(%rdi)", FLAGS_ALU)                             \
    X(xchg32, "xchgl %ecx, (%rdi)", FLAGS_ALU)                                 \
    X(xchg64, "xchgq %rax, (%rdi)", FLAGS_ALU)                                 \
    X(xadd8, "lock xaddb %cl, (%rdi)", FLAGS_ALU)                              \
    X(xadd16, "xaddw %cx, (%rdi)", FLAGS_ALU)                                  \
    X(xadd32, "xaddl %ecx, (%rdi)", FLAGS_ALU)                                 \
    X(xadd64, "lock xaddq %rcx, (%rdi)", FLAGS_ALU)                            \
    X(cmpxchg8, "lock cmpxchgb %cl, (%rdi)", FLAGS_ALU)                        \
    X(cmpxchg16, "cmpxchgw %cx, (%rdi)", FLAGS_ALU)                            \
    X(cmpxchg32, "lock cmpxchgl %ecx, 4(%rdi)", FLAGS_ALU)                     \
    X(cmpxchg64, "lock cmpxchgq %rcx, (%rdi)", FLAGS_ALU)                      \
    X(add8, "addb $0x7f, (%rdi)", FLAGS_ALU)                                   \
    X(add16, "addw $0x7fff, (%rdi)", FLAGS_ALU)                                \
    X(add32, "addl $0x7fffffff, (%rdi)", FLAGS_ALU)                            \
    X(add64, "lock addq $-1, (%rdi)", FLAGS_ALU)                               \
    X(adc8, "adcb $0xff, (%rdi)", FLAGS_ALU)                                   \
    X(adc64, "adcq $0x7fffffff, (%rdi)", FLAGS_ALU)                            \
    X(sbb8, "sbbb $0x80, (%rdi)", FLAGS_ALU)                                   \
    X(sbb32, "sbbl $-1, (%rdi)", FLAGS_ALU)                                    \
    X(sub8, "subb $0x80, (%rdi)", FLAGS_ALU)                                   \
    X(sub64, "lock subq $1, (%rdi)", FLAGS_ALU)                                \
    X(and8, "lock andb $0xfd, (%rdi)", FLAGS_ALU & ~FLAG_AF)                   \
    X(and64, "lock andq %rcx, (%rdi)", FLAGS_ALU & ~FLAG_AF)                   \
    X(and32, "andl $0x80000000, (%rdi)", FLAGS_ALU & ~FLAG_AF)                 \
    X(or8, "orb %ch, (%rdi)", FLAGS_ALU & ~FLAG_AF)                            \
    X(or16, "orw %cx, 6(%rdi)", FLAGS_ALU & ~FLAG_AF)                          \
    X(xor64, "xorq %rcx, (%rdi)", FLAGS_ALU & ~FLAG_AF)                        \
    X(xor8, "xorb %cl, 7(%rdi)", FLAGS_ALU & ~FLAG_AF)                         \
    X(bts_imm, "lock btsq $63, (%rdi)", FLAGS_BIT)                             \
    X(btr_imm, "lock btrl $1, (%rdi)", FLAGS_BIT)                              \
    X(btc_imm, "btcw $7, (%rdi)", FLAGS_BIT)                                   \
    X(bts_wraps, "btsl $37, (%rdi)", FLAGS_BIT)                                \
    X(bts64, "lock btsq %rsi, (%rdi)", FLAGS_BIT)                              \
    X(btr64, "lock btrq %rsi, (%rdi)", FLAGS_BIT)                              \
    X(btr32, "btrl %esi, (%rdi)", FLAGS_BIT)                                   \
    X(btc16, "btcw %si, (%rdi)", FLAGS_BIT)

#define ASSEMBLE(name, text, flags)                                            \
    __asm__(".pushsection .text\n code_" #name ":\n" text "\n ret\n"           \
            ".popsection");                                                    \
    extern const uint8_t code_##name[];
CASES(ASSEMBLE)

static const struct {
    const char *text;
    const uint8_t *code;
    uint64_t defined_flags;
} cases[] = {
#define CASE(name, text, flags) {text, code_##name, flags},
    CASES(CASE)};

struct machine {
    uint64_t rax, rcx, rdi, rsi, rflags;
};

void run_native(struct machine *machine, const uint8_t *code);
__asm__(".pushsection .text\n run_native:\n"
        "push %rbx\n push %rbp\n push %r12\n"
        "mov %rdi, %rbx\n mov %rsi, %rbp\n"
        "mov 0(%rbx), %rax\n mov 8(%rbx), %rcx\n"
        "mov 16(%rbx), %rdi\n mov 24(%rbx), %rsi\n"
        "push 32(%rbx)\n popf\n"
        "call *%rbp\n"
        "pushf\n pop %r12\n"
        "mov %rax, 0(%rbx)\n mov %rcx, 8(%rbx)\n mov %r12, 32(%rbx)\n"
        "pop %r12\n pop %rbp\n pop %rbx\n ret\n"
        ".popsection");

#define WORDS 5 /* (%rdi) is the middle one: bit strings reach the others */

static void run_model(struct machine *machine, const uint8_t *code,
                      const uint8_t *memory)
{
    struct regs regs = {.rax = machine->rax,
                        .rcx = machine->rcx,
                        .rdi = machine->rdi,
                        .rsi = machine->rsi,
                        .rflags = machine->rflags};
    struct insn insn;
    struct rmw rmw;
    uint64_t address, operand = 0;

    assert_true(decode_insn(bytes_of(code, 15), CODE_64, &insn));
    address = rmw_address(&insn, &regs);
    assert_true(address >= (uint64_t)memory);
    assert_true(address + insn.size <= (uint64_t)memory + 8 * WORDS);
    memcpy(&operand, (void *)address, insn.size);
    rmw = rmw_compute(&insn, &regs, operand);
    if (rmw.writes) {
        memcpy((void *)address, &rmw.value, insn.size);
    }
    rmw_commit(&insn, &regs, &rmw, operand);
    machine->rax = regs.rax;
    machine->rcx = regs.rcx;
    machine->rflags = regs.rflags;
}

static uint64_t random_state = 0x123456789abcdef;

static uint64_t random_word(void)
{
    static const uint64_t edges[] = {0,
                                     1,
                                     0x7f,
                                     0x80,
                                     0xff,
                                     0x7fff,
                                     0x8000,
                                     0x7fffffff,
                                     0x80000000,
                                     0xffffffff,
                                     0x7fffffffffffffff,
                                     0x8000000000000000,
                                     ~0ull};

    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    if ((random_state >> 60) < 8) {
        return edges[(random_state >> 33) % ARRAY_SIZE(edges)];
    }
    return random_state ^ random_state << 29;
}

static void check_once(const uint8_t *code, uint64_t defined_flags)
{
    uint64_t native_memory[WORDS], model_memory[WORDS];
    struct machine native = {.rax = random_word(),
                             .rcx = random_word(),
                             .rsi = random_word() % 256 - 128,
                             .rflags =
                                 FLAG_OTHERS | (random_word() & FLAGS_ALU)};
    struct machine model;

    for (unsigned int i = 0; i < WORDS; i++) {
        native_memory[i] = model_memory[i] = random_word();
    }
    if (random_word() % 2 == 0) { /* let CMPXCHG succeed */
        native.rax = native_memory[WORDS / 2];
    }
    model = native;
    native.rdi = (uint64_t)&native_memory[WORDS / 2];
    model.rdi = (uint64_t)&model_memory[WORDS / 2];
    run_native(&native, code);
    run_model(&model, code, (const uint8_t *)model_memory);
    assert_true(native.rax == model.rax);
    assert_true(native.rcx == model.rcx);
    assert_true((native.rflags & defined_flags) ==
                (model.rflags & defined_flags));
    assert_true((model.rflags & ~FLAGS_ALU) == FLAG_OTHERS);
    assert_memory_equal(native_memory, model_memory, sizeof(native_memory));
}

static void as_the_cpu_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        print_message("%s\n", cases[i].text);
        for (unsigned int round = 0; round < 5000; round++) {
            check_once(cases[i].code, cases[i].defined_flags);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_cpu_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
