/* SPDX-License-Identifier: MIT */
/*
 * Panic: one CPU speaks, the others stop.  It reads only what it has checked
 * to be on a stack, and a panic within a panic says one line and stops.
 */
#include "hv/cpu/panic.h"

#include "hv/base/asm.h"
#include "hv/base/atomic.h"
#include "hv/base/console.h"
#include "hv/base/symbols.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/power.h"
#include "hv/cpu/smp.h"

#define TRACE_MAX 24

static bool panicking;
uint64_t __stack_chk_guard; /* seeded at entry, before any function uses it */
void __stack_chk_fail(void) noreturn;

extern uint8_t boot_stack[], boot_stack_top[];

static bool is_on_stack(uint64_t address)
{
    uint64_t block = address & ~(uint64_t)(CPU_STACK_STRIDE - 1);
    uint64_t here = (uint64_t)__builtin_frame_address(0);

    if (address % 8 != 0) {
        return false;
    }
    if (block == (here & ~(uint64_t)(CPU_STACK_STRIDE - 1)) &&
        block >= STACKS_VIRT) {
        return address - block >= CPU_STACK_BASE &&
               address - block <= CPU_STACK_STRIDE - 16;
    }
    return here >= (uint64_t)boot_stack && here < (uint64_t)boot_stack_top &&
           address >= (uint64_t)boot_stack &&
           address + 16 <= (uint64_t)boot_stack_top;
}

static void log_address(uint64_t address)
{
    char name[SYMBOL_NAME_SIZE];
    uint64_t offset;

    if (symbol_find(address, name, &offset)) {
        log_line("    %016lx %s+0x%lx", address, name, offset);
    } else {
        log_line("    %016lx", address);
    }
}

void log_trace(uint64_t rip, uint64_t rbp)
{
    log_line("trace:");
    log_address(rip);
    for (unsigned int i = 0; i < TRACE_MAX && is_on_stack(rbp); i++) {
        const uint64_t *frame = (const uint64_t *)rbp;

        if (frame[1] == 0 || frame[0] <= rbp) {
            break;
        }
        log_address(frame[1]);
        rbp = frame[0];
    }
}

static void log_regs(const struct regs *r)
{
    log_line("rip %04x:%016lx rsp %04x:%016lx flags %08lx", r->cs, r->rip,
             r->ss, r->rsp, r->rflags);
    log_line("vector %u error %08x cr2 %016lx cr3 %016lx", r->vector,
             r->error_code, read_cr2(), read_cr3());
    log_line("rax %016lx rbx %016lx rcx %016lx", r->rax, r->rbx, r->rcx);
    log_line("rdx %016lx rsi %016lx rdi %016lx", r->rdx, r->rsi, r->rdi);
    log_line("rbp %016lx r8  %016lx r9  %016lx", r->rbp, r->r8, r->r9);
    log_line("r10 %016lx r11 %016lx r12 %016lx", r->r10, r->r11, r->r12);
    log_line("r13 %016lx r14 %016lx r15 %016lx", r->r13, r->r14, r->r15);
}

static void begin(void)
{
    log_show();
    if (atomic_xchg(&panicking, true)) {
        console_break_lock();
        log_line("panic within a panic");
        for (;;) {
            interrupts_off();
            halt();
        }
    }
    interrupts_off();
    smp_stop_others();
    console_break_lock();
}

static void log_reason(const char *what, const char *format, va_list args)
{
    char text[256];

    format_text_v(text, sizeof(text), format, args);
    log_line("%s: %s", what, text);
}

static noreturn void finish(uint64_t rip, uint64_t rbp)
{
    log_trace(rip, rbp);
    if (cpu_count != 0) {
        log_line("on CPU %u", this_cpu()->id);
        if (current_vcpu() != NULL) {
            vcpu_log_history(current_vcpu());
        }
    }
    machine_stop();
}

void panic(const char *format, ...)
{
    va_list args;

    begin();
    va_start(args, format);
    log_reason("panic", format, args);
    va_end(args);
    finish((uint64_t)__builtin_return_address(0),
           *(const uint64_t *)__builtin_frame_address(0));
}

void panic_at(const struct regs *regs, const char *format, ...)
{
    va_list args;

    begin();
    va_start(args, format);
    log_reason("panic", format, args);
    va_end(args);
    log_regs(regs);
    finish(regs->rip, regs->rbp);
}

void refuse_boot(const char *format, ...)
{
    va_list args;

    log_show();
    va_start(args, format);
    log_reason("refused", format, args);
    va_end(args);
    machine_stop();
}

void __stack_chk_fail(void)
{
    panic("stack overwritten below %p", __builtin_return_address(0));
}
