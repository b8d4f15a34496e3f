/* SPDX-License-Identifier: MIT */
/*
 * The trap table and the one dispatcher behind all stubs.  Events go to
 * event.c, everything from user mode ends user_run, the rest is matched with
 * what a TRY announced.
 */
#include "trap.h"
#include "event.h"
#include "paging.h"
#include "user.h"

volatile struct trap_record trap_last;
volatile uint64_t trap_fixup, trap_site;
static bool (*trap_hooked)(struct frame *frame);

#define STUB(n) extern const char trap_stub_##n[];
#define FOR_EACH_STUB(do)                                                                            \
    do                                                                                               \
    (0) do(1) do(2) do(3) do(4) do(5) do(6) do(7) do(8) do(9) do(10) do(11) do(12) do(13) do(14) do( \
        16) do(17) do(18) do(19) do(21) do(32) do(64) do(65) do(66) do(128) do(129) do(130) do(131) do(132)
FOR_EACH_STUB(STUB)

#define ENTRY(n) {n, trap_stub_##n},
static const struct {
    unsigned int vector;
    const char *stub;
} stubs[] = {FOR_EACH_STUB(ENTRY)};

static unsigned int default_flags(unsigned int vector)
{
    bool is_user = vector == BP || vector == OF || vector == 0x80;

    return 4u | (is_user ? 3u : 0u);
}

static struct trap_info trap_entry(unsigned int index, unsigned int flags)
{
    return (struct trap_info){
        .vector = (uint8_t)stubs[index].vector,
        .flags = (uint8_t)flags,
        .cs = FLAT_KERNEL_CS,
        .address = (uint64_t)stubs[index].stub,
    };
}

unsigned int trap_table(struct trap_info *table)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(stubs); i++) {
        table[i] = trap_entry(i, default_flags(stubs[i].vector));
    }
    table[ARRAY_SIZE(stubs)] = (struct trap_info){0};
    return ARRAY_SIZE(stubs);
}

void trap_set(unsigned int vector, unsigned int flags)
{
    struct trap_info table[2] = {{0}};

    for (unsigned int i = 0; i < ARRAY_SIZE(stubs); i++) {
        if (stubs[i].vector == vector) {
            table[0] = trap_entry(i, flags);
        }
    }
    if (table[0].address == 0 ||
        hypercall(__HYPERVISOR_set_trap_table, table) != 0) {
        guest_fail("set_trap_table of one entry");
    }
}

static void callback_set(unsigned int type, const char *stub)
{
    struct callback_register call = {
        .type = (uint16_t)type,
        .flags = CALLBACKF_mask_events,
        .address = (uint64_t)stub,
    };

    if (hypercall(__HYPERVISOR_callback_op, CALLBACKOP_register, &call) != 0) {
        guest_fail("callback_op register");
    }
}

void trap_init(void)
{
    struct trap_info table[ARRAY_SIZE(stubs) + 1];

    trap_table(table);
    if (hypercall(__HYPERVISOR_set_trap_table, table) != 0) {
        guest_fail("set_trap_table");
    }
    callback_set(CALLBACKTYPE_event, trap_stub_256);
    callback_set(CALLBACKTYPE_syscall, trap_stub_257);
    callback_set(CALLBACKTYPE_failsafe, trap_stub_258);
}

void trap_reset(void)
{
    trap_last.vector = VECTOR_NONE;
    trap_last.count = 0;
    trap_last.frame.error = 0;
}

void trap_hook(bool (*hook)(struct frame *frame))
{
    trap_hooked = hook;
}

bool trap_was(unsigned int vector, uint64_t error)
{
    return trap_last.vector == vector && trap_last.frame.error == error &&
           trap_last.frame.rip == trap_last.site;
}

static void trap_record(const struct frame *frame)
{
    const volatile struct vcpu_info *vcpu = vcpu_info_self();

    trap_last.frame = *frame;
    trap_last.vector = frame->vector;
    trap_last.cr2 = vcpu->arch.cr2;
    trap_last.frame_top = (uint64_t)(frame + 1);
    trap_last.site = trap_site;
    trap_last.handler_mask = vcpu->evtchn_upcall_mask;
    trap_last.count++;
}

static void __attribute__((noreturn)) trap_unexpected(const struct frame *f)
{
    print("# unexpected trap %lu error %lx cr2 %lx count %u\n", f->vector,
          f->error, trap_last.cr2, trap_last.count);
    print("#  rip %lx cs %lx rflags %lx rsp %lx ss %lx\n", f->rip, f->cs,
          f->rflags, f->rsp, f->ss);
    print("#  rax %lx rbx %lx rcx %lx rdx %lx rsi %lx rdi %lx\n", f->rax,
          f->rbx, f->rcx, f->rdx, f->rsi, f->rdi);
    guest_fail("a trap that no test asked for");
}

void trap_dispatch(struct frame *frame)
{
    bool from_user = (frame->cs & 3) == 3;

    if (frame->vector == VECTOR_EVENT) {
        event_upcall(frame);
        return;
    }
    trap_record(frame);
    if (trap_hooked != NULL && trap_hooked(frame)) {
        return;
    }
    if (from_user && user_trapped(frame)) {
        user_return();
    }
    if (trap_fixup == 0) {
        trap_unexpected(frame);
    }
    frame->rip = trap_fixup;
    trap_fixup = 0;
    /* What made the trap must not follow: a step, a bad selector. */
    frame->rflags &= ~EFLAGS_TF;
    frame->cs = FLAT_KERNEL_CS & ~3;
    frame->ss = FLAT_KERNEL_SS & ~3;
}
