/* SPDX-License-Identifier: MIT */
/*
 * Two vCPUs change the same few page tables, channels and frames at the same
 * time: pin against unpin, writable against read-only, mmu_update against
 * direct writes, close against send.  No order of them may crash or hang
 * anything, and in the end every frame is a plain page and the reservation
 * what it was (the class of XSA-242, 299, 345, 401 and 343).
 *
 * Runner: -s 2
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/random.h"
#include "lib/tap.h"
#include "lib/vcpu.h"

#define FRAMES 6
/* Each flush of the other vCPU costs milliseconds in QEMU. */
#define OPERATIONS 3000
#define SECOND     1000000000ull

static uint64_t *frames[FRAMES];
static uint64_t mfns[FRAMES];
static uint64_t l2_mfn;
static volatile uint64_t finished[2];
static volatile uint64_t allowed[2];
static volatile uint32_t shared_port;

/* A store that may fault: the hook below steps over it. */
void poke(volatile uint64_t *where, uint64_t value);
extern const char poke_store[], poke_end[];
__asm__(".text\npoke:\npoke_store: xchgq %rsi, (%rdi)\npoke_end: ret\n");

static bool step_over(struct frame *frame)
{
    if (frame->vector != PF || frame->rip != (uint64_t)poke_store) {
        return false;
    }
    frame->rip = (uint64_t)poke_end;
    return true;
}

static uint64_t any_entry(struct random *random)
{
    static const uint64_t flags[] = {
        0,
        PTE_P | PTE_US,
        PTE_P | PTE_RW | PTE_US,
        PTE_P | PTE_RW | PTE_US,
    };
    uint64_t flag = flags[random_below(random, ARRAY_SIZE(flags))];

    return flag == 0 ? 0 : pte_make(mfns[random_below(random, FRAMES)], flag);
}

static long event_operation(struct random *random)
{
    struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF,
                                         .remote_dom = DOMID_SELF};
    struct evtchn_bind_interdomain bind = {.remote_dom = DOMID_SELF};
    uint32_t port = shared_port;

    switch (random_below(random, 4)) {
    case 0:
        if (evtchn_op(EVTCHNOP_alloc_unbound, &alloc) != 0) {
            return -1;
        }
        /* The port that is thrown out may be in use over there. */
        port = __atomic_exchange_n(&shared_port, alloc.port, __ATOMIC_SEQ_CST);
        return event_close(port);
    case 1:
        bind.remote_port = port;
        if (evtchn_op(EVTCHNOP_bind_interdomain, &bind) != 0) {
            return -1;
        }
        event_send(bind.local_port);
        return event_close(bind.local_port);
    default:
        return event_send(port);
    }
}

static long table_operation(struct random *random)
{
    unsigned int index = random_below(random, FRAMES);
    uint64_t slot = random_below(random, 4), mfn = mfns[index];
    bool writable = random_below(random, 2) != 0;

    switch (random_below(random, 7)) {
    case 0:
        return update_va_mapping(
            frames[index],
            pte_make(mfn, PTE_P | PTE_US | PTE_A | (writable ? PTE_RW : 0)),
            UVMF_INVLPG | UVMF_LOCAL);
    case 1:
        return mmuext_one(MMUEXT_PIN_L1_TABLE + (writable ? 1 : 0), mfn);
    case 2:
        return mmuext_one(MMUEXT_UNPIN_TABLE, mfn);
    case 3:
        return pte_update(mfn * PAGE_SIZE + slot * 8, any_entry(random));
    case 4:
        poke(frames[index] + slot, any_entry(random));
        return 0;
    case 5:
        return pte_update(l2_mfn * PAGE_SIZE + slot * 8, any_entry(random));
    default:
        return mmuext_one(slot == 0 && writable ? MMUEXT_TLB_FLUSH_ALL
                                                : MMUEXT_CLEAR_PAGE,
                          mfn);
    }
}

static void storm(unsigned int vcpu)
{
    struct random random = random_from(cmdline_number("seed=", 1) * 2 + vcpu);

    for (unsigned int i = 0; i < OPERATIONS; i++) {
        long error = random_below(&random, 8) == 0 ? event_operation(&random)
                                                   : table_operation(&random);

        allowed[vcpu] += error == 0 ? 1 : 0;
    }
    finished[vcpu] = 1;
}

static void body(void)
{
    vcpu_info_of(1)->evtchn_upcall_mask = 1;
    storm(1);
    for (;;) {
        vcpu_op(VCPUOP_down, 1, NULL);
    }
}

static void take_down(void)
{
    unsigned int kept = 0;

    for (unsigned int i = 0; i < 4; i++) {
        pte_update(l2_mfn * PAGE_SIZE + i * 8, 0);
    }
    for (unsigned int i = 0; i < FRAMES; i++) {
        mmuext_one(MMUEXT_UNPIN_TABLE, mfns[i]);
    }
    for (unsigned int i = 0; i < FRAMES; i++) {
        long error = update_va_mapping(
            frames[i], pte_make(mfns[i], PTE_P | PTE_RW | PTE_US | PTE_A),
            UVMF_INVLPG | UVMF_ALL);

        if (error != 0) {
            tap_note("frame %u keeps a type: error %ld", i, error);
            kept++;
        }
    }
    tap_is(kept, 0, "every frame is a plain page again");
}

void test_main(void)
{
    domid_t self = DOMID_SELF;
    long pages = memory_op(XENMEM_current_reservation, &self);
    uint64_t until;

    hypercall(__HYPERVISOR_vm_assist, VMASST_CMD_enable,
              VMASST_TYPE_writable_pagetables);
    for (unsigned int i = 0; i < FRAMES; i++) {
        frames[i] = page_alloc();
        mfns[i] = virt_to_mfn(frames[i]);
    }
    map_prepare(TEST_VA + (1ull << 21));
    l2_mfn = virt_to_mfn(
        (void *)((uint64_t)pte_pointer(TEST_VA, 2) & ~(PAGE_SIZE - 1)));
    trap_hook(step_over);
    tap_is(vcpu_run(1, body), 0, "a second vCPU");
    storm(0);
    until = clock_ns() + 60 * SECOND;
    while (finished[1] == 0 && clock_ns() < until) {
        sched_op(SCHEDOP_yield, NULL);
    }
    tap_is(finished[1], 1, "both came to the end");
    tap_ok(allowed[0] > OPERATIONS / 20 && allowed[1] > OPERATIONS / 20,
           "%lu and %lu operations were allowed", allowed[0], allowed[1]);
    take_down();
    tap_is(memory_op(XENMEM_current_reservation, &self), pages,
           "the reservation is what it was");
    event_close(shared_port);
}
