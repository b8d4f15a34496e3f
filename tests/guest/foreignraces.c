/* SPDX-License-Identifier: MIT */
/*
 * Two domains at the same frames at the same time: one changes what its frames
 * are (tables, writable pages, neither), the other maps, unmaps, pins and
 * clears them from outside.  Whatever the order, each change is allowed or
 * refused as a whole: when all is over, the domain can be destroyed and every
 * frame of it comes back (the class of XSA-287, 299 and 401).
 *
 * Runner: -s 2
 * Only: vouch
 */
#include "lib/clock.h"
#include "lib/paging.h"
#include "lib/random.h"
#include "lib/tap.h"
#include "lib/toolstack.h"

#define FRAMES  6u
#define SLOTS   8u
#define ROUNDS  4u
#define SECONDS 2u   /* a round, or more until there was */
#define ENOUGH  100u /* of each outcome */
#define VA(n)   (TEST_VA + (n)*PAGE_SIZE)
#define RO      (PTE_P | PTE_US)
#define RW      (PTE_P | PTE_RW | PTE_US)

/* The child's; the parent has its addresses only. */
static uint64_t area[FRAMES][512]
    __attribute__((aligned(4096), section(".data")));
static volatile uint64_t stop, allowed, refused
    __attribute__((section(".data")));
static volatile uint64_t seed __attribute__((section(".data")));

static void count(long error)
{
    if (error == 0) {
        allowed++;
    } else {
        refused++;
    }
}

static uint64_t any_entry(struct random *random)
{
    uint64_t mfn = virt_to_mfn(area[random_below(random, FRAMES)]);

    switch (random_below(random, 3)) {
    case 0:
        return 0;
    case 1:
        return pte_make(mfn, RO);
    default:
        return pte_make(mfn, RW);
    }
}

static long child_operation(struct random *random)
{
    void *page = area[random_below(random, FRAMES)];
    uint64_t mfn = virt_to_mfn(page), slot = random_below(random, 4);

    switch (random_below(random, 6)) {
    case 0:
        return update_va_mapping(page, pte_make(mfn, RO), UVMF_INVLPG);
    case 1:
        return update_va_mapping(page, pte_make(mfn, RW), UVMF_INVLPG);
    case 2:
        return mmuext_one(MMUEXT_PIN_L1_TABLE, mfn);
    case 3:
        return mmuext_one(MMUEXT_PIN_L2_TABLE, mfn);
    case 4:
        return mmuext_one(MMUEXT_UNPIN_TABLE, mfn);
    default:
        return pte_update(mfn * PAGE_SIZE + slot * 8, any_entry(random));
    }
}

static void child_body(void)
{
    struct random random = random_from(seed);

    while (!stop) {
        count(child_operation(&random));
    }
}

static long ext(unsigned int cmd, uint64_t mfn, domid_t domid)
{
    struct mmuext_op op = {.cmd = cmd, .arg1.mfn = mfn};

    return mmuext_op(&op, 1, NULL, domid);
}

static long map(unsigned int slot, uint64_t mfn, uint64_t flags, domid_t domid)
{
    struct mmu_update update = {.ptr = pte_maddr(VA(slot), 1),
                                .val = flags == 0 ? 0 : pte_make(mfn, flags)};

    return mmu_update(&update, 1, NULL, domid);
}

static long parent_operation(struct random *random, domid_t child)
{
    static const uint64_t flags[] = {0, RO, RW, RW};
    uint64_t mfn = toolstack_mfn(child, area[random_below(random, FRAMES)]);
    unsigned int slot = random_below(random, SLOTS);

    switch (random_below(random, 8)) {
    case 0:
        return ext(MMUEXT_PIN_L1_TABLE, mfn, child);
    case 1:
        return ext(MMUEXT_UNPIN_TABLE, mfn, child);
    case 2:
        return ext(MMUEXT_CLEAR_PAGE, mfn, child);
    case 3:
        return map(slot, 0, 0, DOMID_SELF);
    default:
        return map(slot, mfn, flags[random_below(random, 4)], child);
    }
}

static uint64_t free_pages(void)
{
    struct xen_sysctl op = {.cmd = XEN_SYSCTL_physinfo,
                            .interface_version = XEN_SYSCTL_INTERFACE_VERSION};

    if (hypercall(__HYPERVISOR_sysctl, &op) != 0) {
        guest_fail("physinfo");
    }
    return op.u.physinfo.free_pages;
}

static void round_run(unsigned int number)
{
    struct random random = random_from(number * 2 + 1);
    uint64_t until = clock_ns() + SECONDS * 1000000000ull;
    volatile uint64_t *its_stop, *its_allowed;
    unsigned int mine = 0, not_mine = 0;
    domid_t child;

    seed = number * 2 + 2;
    child = toolstack_create(child_body, 0, 1);
    its_stop = toolstack_map(child, (void *)&stop);
    its_allowed = toolstack_map(child, (void *)&allowed);
    while (clock_ns() < until ||
           (clock_ns() < until + 20 * SECONDS * 1000000000ull &&
            (mine < ENOUGH || not_mine < ENOUGH || *its_allowed < ENOUGH))) {
        if (parent_operation(&random, child) == 0) {
            mine++;
        } else {
            not_mine++;
        }
    }
    *its_stop = 1;
    tap_is((uint64_t)toolstack_wait(child), SHUTDOWN_poweroff,
           "the child comes to its end");
    tap_ok(mine >= ENOUGH && not_mine >= ENOUGH && *its_allowed >= ENOUGH,
           "%u of %u outside and %lu inside were allowed", mine,
           mine + not_mine, *its_allowed);
    for (unsigned int i = 0; i < SLOTS; i++) {
        map(i, 0, 0, DOMID_SELF);
    }
    ext(MMUEXT_TLB_FLUSH_ALL, 0, DOMID_SELF);
    toolstack_unmap(its_stop);
    toolstack_unmap(its_allowed);
    tap_is((uint64_t)toolstack_destroy(child), 0, "it is destroyed");
    tap_is(toolstack_flags(child), 0, "and nothing keeps it");
}

void test_main(void)
{
    uint64_t before;

    map_prepare(VA(0));
    round_run(0); /* after the first, the window's own tables are there */
    before = free_pages();
    for (unsigned int i = 1; i < ROUNDS; i++) {
        round_run(i);
    }
    tap_is(free_pages(), before, "every frame came back");
}
