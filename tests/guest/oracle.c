/* SPDX-License-Identifier: MIT */
/*
 * Thousands of random page-table operations, most of them wrong, and after
 * each an oracle that trusts nobody: it walks every table reachable from the
 * root or pinned, and no entry anywhere may map one of those tables writable,
 * use a superpage, or mix levels.  At the end every frame must come back as a
 * plain page: no reference was lost on any error path.
 */
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/random.h"
#include "lib/tap.h"

#define FRAMES       10
#define SLOTS        4 /* entries used of each table */
#define FLAG_CHOICES 6

static uint64_t *frames[FRAMES];
static uint64_t mfns[FRAMES];
static bool pinned[FRAMES];
static uint64_t root_slot; /* machine address of a root entry of ours */
static unsigned int level_of[FRAMES]; /* filled by the walk; 0: no table */
static unsigned int broken;
static struct random random;

static int frame_index(uint64_t mfn)
{
    for (int i = 0; i < FRAMES; i++) {
        if (mfns[i] == mfn) {
            return i;
        }
    }
    return -1;
}

static void complain(const char *what, uint64_t entry)
{
    if (broken++ < 10) {
        tap_note("oracle: %s: entry %lx", what, entry);
    }
}

/* A table of ours is used at this level, by an entry or by a pin. */
static void walk(unsigned int index, unsigned int level)
{
    if (level_of[index] != 0) {
        if (level_of[index] != level) {
            complain("one frame at two levels", mfns[index]);
        }
        return;
    }
    level_of[index] = level;
    for (unsigned int i = 0; i < SLOTS && level > 1; i++) {
        uint64_t entry = frames[index][i];
        int next = frame_index(pte_mfn(entry));

        if ((entry & PTE_P) == 0) {
            continue;
        }
        if ((entry & (PTE_PS | PTE_G)) != 0) {
            complain("a superpage or a global table", entry);
        }
        if (next >= 0) {
            walk((unsigned int)next, level - 1);
        } else {
            complain("a table that is none of ours", entry);
        }
    }
}

static void check_writable(uint64_t entry)
{
    int index = frame_index(pte_mfn(entry));

    if ((entry & (PTE_P | PTE_RW)) == (PTE_P | PTE_RW) && index >= 0 &&
        level_of[index] != 0) {
        complain("a page table mapped writable", entry);
    }
}

static unsigned int pin_level[FRAMES];

static void oracle(void)
{
    uint64_t hooked = *pte_pointer(TEST_VA, 4);

    for (unsigned int i = 0; i < FRAMES; i++) {
        level_of[i] = 0;
    }
    if ((hooked & PTE_P) != 0 && frame_index(pte_mfn(hooked)) >= 0) {
        walk((unsigned int)frame_index(pte_mfn(hooked)), 3);
    }
    for (unsigned int i = 0; i < FRAMES; i++) {
        if (pinned[i]) {
            walk(i, pin_level[i]);
        }
    }
    for (unsigned int i = 0; i < FRAMES; i++) {
        check_writable(*pte_pointer((uint64_t)frames[i], 1));
        for (unsigned int j = 0; j < SLOTS && level_of[i] == 1; j++) {
            check_writable(frames[i][j]);
        }
    }
}

static uint64_t random_entry(void)
{
    static const uint64_t flags[FLAG_CHOICES] = {
        0,
        PTE_P | PTE_US,
        PTE_P | PTE_RW | PTE_US,
        PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D,
        PTE_P | PTE_RW | PTE_US | PTE_PS,
        PTE_P | PTE_US | PTE_AVL | PTE_NX,
    };
    uint64_t flag = flags[random_below(&random, FLAG_CHOICES)];

    return flag == 0 ? 0 : pte_make(mfns[random_below(&random, FRAMES)], flag);
}

static bool writable_now(unsigned int index)
{
    return (*pte_pointer((uint64_t)frames[index], 1) & PTE_RW) != 0;
}

static long operate(unsigned int index)
{
    uint64_t slot = random_below(&random, SLOTS);
    unsigned int level = 1 + random_below(&random, 4);
    long error;

    switch (random_below(&random, 8)) {
    case 0:
        return update_va_mapping(frames[index],
                                 pte_make(mfns[index], PTE_P | PTE_US | PTE_A),
                                 UVMF_INVLPG);
    case 1:
        return update_va_mapping(
            frames[index],
            pte_make(mfns[index], PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D),
            UVMF_INVLPG);
    case 2:
        error = mmuext_one(MMUEXT_PIN_L1_TABLE + level - 1, mfns[index]);
        if (error == 0) {
            if (pinned[index]) {
                complain("pinned twice", mfns[index]);
            }
            pinned[index] = true;
            pin_level[index] = level;
        }
        return error;
    case 3:
        error = mmuext_one(MMUEXT_UNPIN_TABLE, mfns[index]);
        if ((error == 0) != pinned[index]) {
            complain("unpin of what was not pinned, or not of what was",
                     mfns[index]);
        }
        pinned[index] = pinned[index] && error != 0;
        return error;
    case 4:
    case 5:
        return pte_update(mfns[index] * PAGE_SIZE + slot * 8, random_entry());
    case 6:
        if (writable_now(index)) {
            frames[index][slot] = random_entry();
        }
        return 0;
    default:
        return pte_update(root_slot, random_entry());
    }
}

/* Everything unhooked and unpinned must be a plain page again. */
static void take_down(void)
{
    unsigned int kept = 0;

    pte_update(root_slot, 0);
    for (unsigned int i = 0; i < FRAMES; i++) {
        mmuext_one(MMUEXT_UNPIN_TABLE, mfns[i]);
    }
    for (unsigned int i = 0; i < FRAMES; i++) {
        long error = update_va_mapping(
            frames[i], pte_make(mfns[i], PTE_P | PTE_RW | PTE_US | PTE_A),
            UVMF_INVLPG);

        if (error != 0) {
            tap_note("frame %u keeps a type: error %ld", i, error);
            kept++;
        }
        pinned[i] = false;
    }
    tap_is(kept, 0, "every frame is a plain page again");
    for (unsigned int i = 0; i < FRAMES && kept == 0; i++) {
        memset(frames[i], 0, PAGE_SIZE);
    }
}

static void run(uint64_t seed, unsigned int operations)
{
    unsigned int done = 0;

    broken = 0;
    random = random_from(seed);
    for (unsigned int i = 0; i < operations; i++) {
        done += operate(random_below(&random, FRAMES)) == 0 ? 1 : 0;
        oracle();
        if (broken != 0) {
            tap_note("seed %lu, operation %u", seed, i);
            break;
        }
    }
    tap_is(broken, 0, "seed %lu: %u of %u operations allowed, none wrongly",
           seed, done, operations);
    take_down();
}

void test_main(void)
{
    uint64_t first = cmdline_number("seed=", 1);
    uint64_t count = cmdline_number("seeds=", 12);
    unsigned int operations = (unsigned int)cmdline_number("operations=", 4000);

    map_prepare(TEST_VA - (1ull << 39));
    root_slot = root_mfn() * PAGE_SIZE +
                ((uint64_t)pte_pointer(TEST_VA, 4) & (PAGE_SIZE - 1));
    for (unsigned int i = 0; i < FRAMES; i++) {
        frames[i] = page_alloc();
        mfns[i] = virt_to_mfn(frames[i]);
    }
    tap_is(*pte_pointer(TEST_VA, 4), 0, "the root's slot is ours");
    for (uint64_t seed = first; seed < first + count; seed++) {
        run(seed, operations);
    }
}
