/* SPDX-License-Identifier: MIT */
/*
 * The decoder against the assembler: every form that Linux and the PV ABI's
 * users emit is assembled here, so that lengths and fields have an oracle; and
 * encodings that must not be taken for one of ours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hv/hypercall/decode.h"

enum {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    NONE = NO_REGISTER,
};

/* X(name, text, op, size, fields...): fields are initialisers of the rest. */
#define CASES_64(X)                                                            \
    X(cli, "cli", cli, 4)                                                      \
    X(sti, "sti", sti, 4)                                                      \
    X(in_imm8, "in $0x70, %al", in, 1, .has_immediate = true,                  \
      .immediate = 0x70)                                                       \
    X(in_imm32, "in $0x42, %eax", in, 4, .has_immediate = true,                \
      .immediate = 0x42)                                                       \
    X(in_dx8, "in %dx, %al", in, 1)                                            \
    X(in_dx16, "in %dx, %ax", in, 2)                                           \
    X(in_dx32, "in %dx, %eax", in, 4)                                          \
    X(in_rex, ".byte 0x48; in %dx, %eax", in, 4)                               \
    X(out_imm8, "out %al, $0x80", out, 1, .has_immediate = true,               \
      .immediate = (uint64_t)-128)                                             \
    X(out_dx16, "out %ax, %dx", out, 2)                                        \
    X(out_dx32, "out %eax, %dx", out, 4)                                       \
    X(insb, "insb", ins, 1)                                                    \
    X(rep_insw, "rep insw", ins, 2, .repeat = true)                            \
    X(rep_insl, "rep insl", ins, 4, .repeat = true)                            \
    X(outsb, "outsb", outs, 1)                                                 \
    X(rep_outsl, "rep outsl", outs, 4, .repeat = true)                         \
    X(outsw_gs, "rep outsw %gs:(%rsi), %dx", outs, 2, .repeat = true,          \
      .segment = SEGMENT_GS)                                                   \
    X(outsb_addr32, ".byte 0x67; outsb", outs, 1, .address_size = 4)           \
    X(from_cr0, "mov %cr0, %rax", mov_from_cr, 8, .reg = 0, .rm = RAX)         \
    X(from_cr2, "mov %cr2, %r12", mov_from_cr, 8, .reg = 2, .rm = R12)         \
    X(from_cr3, "mov %cr3, %rdi", mov_from_cr, 8, .reg = 3, .rm = RDI)         \
    X(from_cr4, "mov %cr4, %rbx", mov_from_cr, 8, .reg = 4, .rm = RBX)         \
    X(to_cr0, "mov %rax, %cr0", mov_to_cr, 8, .reg = 0, .rm = RAX)             \
    X(to_cr3, "mov %r15, %cr3", mov_to_cr, 8, .reg = 3, .rm = R15)             \
    X(to_cr4, "mov %rdx, %cr4", mov_to_cr, 8, .reg = 4, .rm = RDX)             \
    X(to_cr8, "mov %rax, %cr8", mov_to_cr, 8, .reg = 8, .rm = RAX)             \
    X(clts, "clts", clts, 4)                                                   \
    X(from_dr7, "mov %dr7, %rax", mov_from_dr, 8, .reg = 7, .rm = RAX)         \
    X(to_dr0, "mov %r9, %dr0", mov_to_dr, 8, .reg = 0, .rm = R9)               \
    X(rdmsr, "rdmsr", rdmsr, 4)                                                \
    X(wrmsr, "wrmsr", wrmsr, 4)                                                \
    X(rdtsc, "rdtsc", rdtsc, 4)                                                \
    X(rdtscp, "rdtscp", rdtscp, 0)                                             \
    X(xsetbv, "xsetbv", xsetbv, 0)                                             \
    X(wbinvd, "wbinvd", wbinvd, 4)                                             \
    X(wbnoinvd, ".byte 0xf3, 0x0f, 0x09", wbinvd, 4, .repeat = true)           \
    X(cpuid, "cpuid", cpuid, 4)                                                \
    X(iretq, "iretq", iret, 8)                                                 \
    X(iretl, "iretl", iret, 4)                                                 \
    X(iretw, "iretw", iret, 2)                                                 \
    X(store64, "mov %rax, (%rdi)", store, 8, MEMORY(RDI), .reg = RAX)          \
    X(store32, "mov %r8d, (%r9)", store, 4, MEMORY(R9), .reg = R8)             \
    X(store16, "mov %cx, 2(%rbx)", store, 2, MEMORY(RBX), .reg = RCX,          \
      .displacement = 2)                                                       \
    X(store8, "mov %ah, (%rdx)", store, 1, MEMORY(RDX), .reg = RSP)            \
    X(store8_rex, "mov %spl, (%rdx)", store, 1, MEMORY(RDX), .reg = RSP,       \
      .has_rex = true)                                                         \
    X(store_sib, "mov %rax, 0x18(%r12,%r13,8)", store, 8, MEMORY(R12),         \
      .index = R13, .scale = 3, .displacement = 0x18, .reg = RAX)              \
    X(store_rsp, "mov %rax, (%rsp)", store, 8, MEMORY(RSP), .reg = RAX)        \
    X(store_r12, "mov %rax, (%r12)", store, 8, MEMORY(R12), .reg = RAX)        \
    X(store_rbp, "mov %rax, (%rbp)", store, 8, MEMORY(RBP), .reg = RAX)        \
    X(store_r13, "mov %rax, (%r13)", store, 8, MEMORY(R13), .reg = RAX)        \
    X(store_index, "mov %rax, -8(,%rcx,2)", store, 8, MEMORY(NONE),            \
      .index = RCX, .scale = 1, .displacement = -8, .reg = RAX)                \
    X(store_abs, "mov %rcx, 0x7fff1234", store, 8, MEMORY(NONE),               \
      .displacement = 0x7fff1234, .reg = RCX)                                  \
    X(store_rip, "mov %rcx, -0x10(%rip)", store, 8, MEMORY(NONE),              \
      .rip_relative = true, .displacement = -0x10, .reg = RCX)                 \
    X(store_disp32, "mov %rdx, -0x1000(%rsi)", store, 8, MEMORY(RSI),          \
      .displacement = -0x1000, .reg = RDX)                                     \
    X(store_addr32, "mov %rax, 8(%edi)", store, 8, MEMORY(RDI),                \
      .displacement = 8, .reg = RAX, .address_size = 4)                        \
    X(store_fs, "mov %rax, %fs:0x28(%rdi)", store, 8, MEMORY(RDI),             \
      .displacement = 0x28, .segment = SEGMENT_FS)                             \
    X(store_imm64, "movq $-2, (%rdi)", store, 8, MEMORY(RDI), IMM(-2))         \
    X(store_imm32, "movl $0x12345678, 4(%rdi)", store, 4, MEMORY(RDI),         \
      .displacement = 4, IMM(0x12345678))                                      \
    X(store_imm16, "movw $0x8001, (%rdi)", store, 2, MEMORY(RDI),              \
      IMM((int16_t)0x8001))                                                    \
    X(store_imm8, "movb $0x80, (%r10)", store, 1, MEMORY(R10), IMM(-128))      \
    X(xchg64, "xchg %rax, (%r12)", xchg, 8, MEMORY(R12), .reg = RAX)           \
    X(xchg_lock, "lock xchg %rdx, (%rbx)", xchg, 8, MEMORY(RBX), .reg = RDX,   \
      .lock = true)                                                            \
    X(xchg8, "xchg %bl, (%rsi)", xchg, 1, MEMORY(RSI), .reg = RBX)             \
    X(cmpxchg64, "lock cmpxchg %rcx, (%rdi)", cmpxchg, 8, MEMORY(RDI),         \
      .reg = RCX, .lock = true)                                                \
    X(cmpxchg8, "cmpxchg %cl, (%rdi)", cmpxchg, 1, MEMORY(RDI), .reg = RCX)    \
    X(xadd32, "lock xadd %eax, (%rdi)", xadd, 4, MEMORY(RDI), .lock = true)    \
    X(xadd8, "xadd %al, (%rdi)", xadd, 1, MEMORY(RDI))                         \
    X(andb, "lock andb $0xfd, (%r12)", alu, 1, MEMORY(R12), IMM(-3),           \
      .lock = true, .function = ALU_AND)                                       \
    X(orq, "lock orq $0x7f, 8(%rax)", alu, 8, MEMORY(RAX), IMM(0x7f),          \
      .displacement = 8, .lock = true, .function = ALU_OR)                     \
    X(xorl, "xorl $0x12345678, (%rax)", alu, 4, MEMORY(RAX), IMM(0x12345678),  \
      .function = ALU_XOR)                                                     \
    X(andq_reg, "lock and %r14, (%rax)", alu, 8, MEMORY(RAX), .reg = R14,      \
      .lock = true, .function = ALU_AND)                                       \
    X(orb_reg, "or %cl, (%rax)", alu, 1, MEMORY(RAX), .reg = RCX,              \
      .function = ALU_OR)                                                      \
    X(xorw_reg, "xor %cx, (%rax)", alu, 2, MEMORY(RAX), .reg = RCX,            \
      .function = ALU_XOR)                                                     \
    X(subq_imm, "subq $1, (%rax)", alu, 8, MEMORY(RAX), IMM(1),                \
      .function = ALU_SUB)                                                     \
    X(addw_imm, "addw $0x1234, (%rax)", alu, 2, MEMORY(RAX), IMM(0x1234),      \
      .function = ALU_ADD)                                                     \
    X(btr_reg, "lock btr %rcx, (%rdi)", bit, 8, MEMORY(RDI), .reg = RCX,       \
      .lock = true, .function = BIT_RESET)                                     \
    X(bts_imm, "lock btsl $5, (%rdi)", bit, 4, MEMORY(RDI), IMM(5),            \
      .lock = true, .function = BIT_SET)                                       \
    X(btr_imm, "lock btrq $63, (%rdi)", bit, 8, MEMORY(RDI), IMM(63),          \
      .lock = true, .function = BIT_RESET)                                     \
    X(btc_reg, "btc %ax, (%rdi)", bit, 2, MEMORY(RDI), .reg = RAX,             \
      .function = BIT_COMPLEMENT)                                              \
    X(sldt, "sldt %eax", store_system, 4, .function = SYSTEM_SLDT)             \
    X(sldt_memory, "sldt (%rdi)", store_system, 4, MEMORY(RDI),                \
      .function = SYSTEM_SLDT)                                                 \
    X(str, "str %r12w", store_system, 2, .rm = R12, .function = SYSTEM_STR)    \
    X(sgdt, "sgdt 8(%rax)", store_system, 4, MEMORY(RAX), .displacement = 8,   \
      .function = SYSTEM_SGDT)                                                 \
    X(sidt, "sidt %gs:(%rsp)", store_system, 4, MEMORY(RSP),                   \
      .segment = SEGMENT_GS, .function = SYSTEM_SIDT)                          \
    X(smsw, "smsw %rcx", store_system, 8, .rm = RCX, .function = SYSTEM_SMSW)  \
    X(smsw_memory, "smsw -4(%rbp)", store_system, 4, MEMORY(RBP),              \
      .displacement = -4, .function = SYSTEM_SMSW)                             \
    X(segments, ".byte 0x64, 0x2e; mov %rax, (%rdi)", store, 8, MEMORY(RDI),   \
      .segment = SEGMENT_FS)                                                   \
    X(void_rex, ".byte 0x48, 0x66, 0x89, 0x07", store, 2, MEMORY(RDI))         \
    X(longest, ".byte 0x2e,0x2e,0x2e; movq $1, 0x11223344(%r12,%r13,4)",       \
      store, 8, MEMORY(R12), .index = R13, .scale = 2,                         \
      .displacement = 0x11223344, IMM(1))

#define CASES_32(X)                                                            \
    X(c_cli, "cli", cli, 4)                                                    \
    X(c_in, "in %dx, %ax", in, 2)                                              \
    X(c_out, "out %al, $0x61", out, 1, .has_immediate = true,                  \
      .immediate = 0x61)                                                       \
    X(c_ins, "rep insb", ins, 1, .repeat = true)                               \
    X(c_from_cr0, "mov %cr0, %ecx", mov_from_cr, 4, .rm = RCX)                 \
    X(c_rdtsc, "rdtsc", rdtsc, 4)                                              \
    X(c_iret, "iret", iret, 4)                                                 \
    X(c_store, "mov %eax, 4(%ebx,%ecx,4)", store, 4, MEMORY(RBX),              \
      .index = RCX, .scale = 2, .displacement = 4)                             \
    X(c_abs, "mov %ecx, 0x12345678", store, 4, MEMORY(NONE), .reg = RCX,       \
      .displacement = 0x12345678)

#define MEMORY(register) .is_memory = true, .base = register
#define IMM(value)                                                             \
    .has_immediate = true, .immediate = (uint64_t)(int64_t)(value)

#define ASSEMBLE_AS(name, text, bits)                                          \
    __asm__(".pushsection .rodata\n .globl code_" #name ", end_" #name "\n"    \
            ".code" bits "\n code_" #name ":\n" text "\n"                      \
            "end_" #name ":\n .code64\n .popsection");                         \
    extern const uint8_t code_##name[], end_##name[];
#define ASSEMBLE_64(name, text, ...) ASSEMBLE_AS(name, text, "64")
#define ASSEMBLE_32(name, text, ...) ASSEMBLE_AS(name, text, "32")
CASES_64(ASSEMBLE_64)
CASES_32(ASSEMBLE_32)

struct expectation {
    const char *text;
    const uint8_t *code, *end;
    struct insn insn;
};

#define EXPECT(name, asm_text, operation, bytes, ...)                          \
    {.text = asm_text,                                                         \
     .code = code_##name,                                                      \
     .end = end_##name,                                                        \
     .insn = {.op = INSN_##operation, .size = bytes, __VA_ARGS__}},

static const struct expectation expected_64[] = {CASES_64(EXPECT)};
static const struct expectation expected_32[] = {CASES_32(EXPECT)};

/* Whether the op's function, reg and rm mean anything, and default values. */
static struct insn normalise(struct insn insn, uint8_t default_address)
{
    insn.address_size =
        insn.address_size != 0 ? insn.address_size : default_address;
    if (!insn.is_memory) {
        insn.base = NO_REGISTER;
    }
    if (insn.index == 0) {
        insn.index = NO_REGISTER;
    }
    return insn;
}

static void check_fields(const struct expectation *expected,
                         const struct insn *found, uint8_t default_address)
{
    struct insn want = normalise(expected->insn, default_address);

    print_message("%s\n", expected->text);
    assert_int_equal(found->op, want.op);
    assert_int_equal(found->length, expected->end - expected->code);
    assert_int_equal(found->size, want.size);
    assert_int_equal(found->address_size, want.address_size);
    assert_int_equal(found->segment, want.segment);
    assert_int_equal(found->repeat, want.repeat);
    assert_int_equal(found->lock, want.lock);
    assert_int_equal(found->is_memory, want.is_memory);
    assert_int_equal(found->base, want.base);
    assert_int_equal(found->index, want.index);
    assert_int_equal(found->scale, want.scale);
    assert_int_equal(found->rip_relative, want.rip_relative);
    assert_true(found->displacement == want.displacement);
    assert_int_equal(found->has_immediate, want.has_immediate);
    assert_true(found->immediate == want.immediate);
    if (want.op == INSN_alu || want.op == INSN_bit ||
        want.op == INSN_store_system) {
        assert_int_equal(found->function, want.function);
    }
    if (!want.has_immediate && want.op != INSN_store_system) {
        assert_int_equal(found->reg, want.reg);
    }
    assert_int_equal(found->rm, want.rm);
}

static void check_case(const struct expectation *expected,
                       enum insn_width width, uint8_t default_address)
{
    struct bytes code =
        bytes_of(expected->code, (size_t)(expected->end - expected->code));
    struct insn insn;

    assert_true(decode_insn(code, width, &insn));
    check_fields(expected, &insn, default_address);
    for (size_t size = 0; size < code.size; size++) {
        assert_false(decode_insn(bytes_of(code.data, size), width, &insn));
    }
}

static void assembled_64(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(expected_64); i++) {
        check_case(&expected_64[i], CODE_64, 8);
    }
}

static void assembled_32(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(expected_32); i++) {
        check_case(&expected_32[i], CODE_32, 4);
    }
}

static void byte_registers_need_rex(void **state)
{
    struct insn insn;

    (void)state;
    assert_true(decode_insn(bytes_of(code_store8, 4), CODE_64, &insn));
    assert_false(insn.has_rex);
    assert_true(decode_insn(bytes_of(code_store8_rex, 4), CODE_64, &insn));
    assert_true(insn.has_rex);
}

/* Encodings of other instructions, and malformed ones. */
static void others_are_refused(void **state)
{
    static const struct {
        uint8_t size;
        uint8_t code[INSN_MAX_LENGTH + 1];
    } others[] = {
        {1, {0xf4}},                               /* hlt */
        {3, {0x0f, 0x01, 0x38}},                   /* invlpg (%rax) */
        {3, {0x0f, 0x01, 0x10}},                   /* lgdt (%rax) */
        {3, {0x0f, 0x01, 0xf8}},                   /* swapgs */
        {3, {0x0f, 0x01, 0xc8}},                   /* monitor */
        {3, {0x0f, 0x01, 0xf0}},                   /* lmsw %ax */
        {2, {0x0f, 0x08}},                         /* invd */
        {2, {0x0f, 0x33}},                         /* rdpmc */
        {2, {0x0f, 0x34}},                         /* sysenter */
        {2, {0x0f, 0x07}},                         /* sysret */
        {3, {0x0f, 0x00, 0xd0}},                   /* lldt %ax */
        {3, {0x0f, 0x00, 0xe0}},                   /* verr %ax */
        {3, {0x0f, 0x01, 0xc1}},                   /* vmcall */
        {3, {0x0f, 0x01, 0x18}},                   /* lidt (%rax) */
        {4, {0xf0, 0x0f, 0x01, 0x00}},             /* lock sgdt */
        {4, {0xf3, 0x0f, 0x01, 0xe0}},             /* not smsw */
        {3, {0xf3, 0x0f, 0x32}},                   /* not rdmsr */
        {3, {0x66, 0x0f, 0x30}},                   /* not wrmsr */
        {4, {0xf3, 0x0f, 0x01, 0xd1}},             /* not xsetbv */
        {2, {0xf0, 0xfa}},                         /* lock cli */
        {4, {0xf0, 0x0f, 0x22, 0xc0}},             /* lock mov %rax, %cr0 */
        {4, {0xf0, 0x48, 0x89, 0x07}},             /* lock mov */
        {4, {0xf0, 0x48, 0x01, 0xc0}},             /* lock add, registers */
        {5, {0xf0, 0x48, 0x83, 0xe0, 0x01}},       /* lock and, register */
        {4, {0x48, 0x83, 0x38, 0x01}},             /* cmpq $1, (%rax) */
        {5, {0x48, 0x0f, 0xba, 0x27, 0x05}},       /* btq $5, (%rdi) */
        {6, {0xc7, 0xf8, 0x00, 0x00, 0x00, 0x00}}, /* xbegin */
        {3, {0xc6, 0xf8, 0x00}},                   /* xabort */
        {3, {0xc6, 0x47, 0x08}},                   /* cut off */
        {3, {0x48, 0x8b, 0x07}},                   /* a load */
        {2, {0xf3, 0xa4}},                         /* rep movsb */
        {4, {0x0f, 0xc7, 0x08, 0x00}},             /* cmpxchg8b */
        {1, {0xcd}},                               /* int */
        {5, {0x62, 0xf1, 0x7c, 0x48, 0x10}},       /* EVEX */
        {3, {0xc5, 0xf8, 0x77}},                   /* VEX */
        {0, {0}},
        {15,
         {0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
          0x66, 0x66, 0x66, 0x66}},
        /* 16 bytes: too long to be one */
        {16,
         {0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e,
          0x2e, 0x2e, 0x48, 0x89, 0x07}},
    };
    struct insn insn;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        print_message("case %zu\n", i);
        assert_false(decode_insn(bytes_of(others[i].code, others[i].size),
                                 CODE_64, &insn));
    }
}

/* REX is INC and DEC there, and 67 would mean 16-bit addressing. */
static void code_32_differs(void **state)
{
    static const uint8_t rex_store[] = {0x48, 0x89, 0x07};
    static const uint8_t address_16[] = {0x67, 0x89, 0x07};
    struct insn insn;

    (void)state;
    assert_false(decode_insn(bytes_of(rex_store, 3), CODE_32, &insn));
    assert_false(decode_insn(bytes_of(address_16, 3), CODE_32, &insn));
}

static void addresses(void **state)
{
    struct regs regs = {.rip = 0x1000,
                        .r12 = 0xffff880000001000,
                        .r13 = 0x10,
                        .rdi = 0x100000000 + 0x20,
                        .rcx = 4};
    struct insn insn;

    (void)state;
    assert_true(decode_insn(bytes_of(code_store_sib, 15), CODE_64, &insn));
    assert_true(insn_address(&insn, &regs) ==
                0xffff880000001000 + 0x18 + 0x10 * 8);
    assert_true(decode_insn(bytes_of(code_store_rip, 15), CODE_64, &insn));
    assert_true(insn_address(&insn, &regs) == 0x0ff0ull + insn.length);
    assert_true(decode_insn(bytes_of(code_store_addr32, 15), CODE_64, &insn));
    assert_true(insn_address(&insn, &regs) == 0x28);
    assert_true(decode_insn(bytes_of(code_store_index, 15), CODE_64, &insn));
    assert_true(insn_address(&insn, &regs) == 0);
}

static void register_numbers(void **state)
{
    struct regs regs = {.rax = 0,
                        .rcx = 1,
                        .rdx = 2,
                        .rbx = 3,
                        .rsp = 4,
                        .rbp = 5,
                        .rsi = 6,
                        .rdi = 7,
                        .r8 = 8,
                        .r9 = 9,
                        .r10 = 10,
                        .r11 = 11,
                        .r12 = 12,
                        .r13 = 13,
                        .r14 = 14,
                        .r15 = 15};

    (void)state;
    for (uint8_t i = 0; i < 16; i++) {
        assert_int_equal(*insn_register(&regs, i), i);
    }
}

static void partial_registers(void **state)
{
    struct regs regs = {.rax = 0x1122334455667788, .rsp = 0xaabb};
    struct insn insn = {.size = 1};

    (void)state;
    assert_int_equal(insn_get(&insn, &regs, RAX), 0x88);
    assert_int_equal(insn_get(&insn, &regs, RSP), 0x77); /* AH */
    insn_set(&insn, &regs, RSP, 0x12);
    assert_true(regs.rax == 0x1122334455661288);
    insn.has_rex = true;
    assert_int_equal(insn_get(&insn, &regs, RSP), 0xbb); /* SPL */
    insn_set(&insn, &regs, RSP, 0xcc);
    assert_true(regs.rsp == 0xaacc);
    insn.size = 2;
    insn_set(&insn, &regs, RAX, 0xffff1234);
    assert_true(regs.rax == 0x1122334455661234);
    insn.size = 4;
    insn_set(&insn, &regs, RAX, 0x1ffffffff);
    assert_true(regs.rax == 0xffffffff);
    insn.size = 8;
    insn_set(&insn, &regs, RAX, ~0ull);
    assert_true(insn_get(&insn, &regs, RAX) == ~0ull);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(assembled_64),
        cmocka_unit_test(assembled_32),
        cmocka_unit_test(byte_registers_need_rex),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(code_32_differs),
        cmocka_unit_test(addresses),
        cmocka_unit_test(register_numbers),
        cmocka_unit_test(partial_registers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
