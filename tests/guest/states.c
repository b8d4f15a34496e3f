/* SPDX-License-Identifier: MIT */
/*
 * The table of versions of vTPMs' states, opened, committed and read by dom0.
 * The ramdisk is an approval and the last table, if there is one; without a
 * ramdisk, or a TPM, there are no states. What came out is told: it is for
 * tests/scenario/states.t to judge, which also boots this again.
 *
 * Only: vouch
 */
#include "lib/launch.h"
#include "lib/paging.h"
#include "lib/tap.h"

#define APPROVAL_SIZE 172
#define RW            (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

static uint8_t given[2 * VOUCH_STATE_TABLE_MAX];
static uint8_t table[VOUCH_STATE_TABLE_MAX];

static uint64_t ramdisk_read(void)
{
    uint64_t size = start_info->mod_len;

    if (size > sizeof(given)) {
        guest_fail("ramdisk is too large");
    }
    for (uint64_t i = 0; i < size; i++) {
        if (i % PAGE_SIZE == 0) {
            map_page(TEST_VA,
                     pte_make(pfn_to_mfn(start_info->mod_start + i / PAGE_SIZE),
                              RW));
        }
        given[i] = *(volatile uint8_t *)(TEST_VA + i % PAGE_SIZE);
    }
    return size;
}

static long call(unsigned int operation, struct vouch_state_table *op)
{
    op->buffer = (uint64_t)table;
    op->room = sizeof(table);
    return vouch_op(operation, op);
}

static void tell_table(uint64_t size)
{
    static const char digits[] = "0123456789abcdef";
    char line[2 * 32 + 1];

    for (uint64_t at = 0; at < size; at += 32) {
        uint64_t length = 0;

        for (uint64_t i = at; i < at + 32 && i < size; i++) {
            line[length++] = digits[table[i] >> 4];
            line[length++] = digits[table[i] & 15];
        }
        line[length] = '\0';
        tap_note("table %s", line);
    }
}

static void test_bad_calls(void)
{
    struct vouch_state_table op = {0};
    struct vouch_state_forget forget = {0};
    struct vouch_state_key key = {.domid = 0};

    tap_is((uint64_t)call(VOUCHOP_state_read, &op), (uint64_t)-XEN_EAGAIN,
           "nothing is open: nothing to read");
    tap_is((uint64_t)call(VOUCHOP_state_commit, &op), (uint64_t)-XEN_EAGAIN,
           "nor to commit");
    tap_is((uint64_t)vouch_op(VOUCHOP_state_forget, &forget),
           (uint64_t)-XEN_EAGAIN, "nor to forget");
    tap_refused(vouch_op(VOUCHOP_state_key, &key), "dom0 gets no key");
    op.approval_size = 173;
    tap_is((uint64_t)call(VOUCHOP_state_open, &op), (uint64_t)-XEN_EINVAL,
           "an approval has a size");
    op.approval_size = 0;
    op.size = sizeof(table);
    tap_is((uint64_t)call(VOUCHOP_state_open, &op), (uint64_t)-XEN_EBADMSG,
           "a table has a most");
    op.size = 0;
    op.approval = HV_PRIVATE;
    op.approval_size = APPROVAL_SIZE;
    tap_is((uint64_t)call(VOUCHOP_state_open, &op), (uint64_t)-XEN_EFAULT,
           "an approval is the caller's");
}

/* What comes out of it is told, and then the same again, in this boot. */
static void test_open(uint64_t size)
{
    struct vouch_state_table op = {.approval = (uint64_t)given,
                                   .approval_size = APPROVAL_SIZE,
                                   .size = size - APPROVAL_SIZE};
    struct vouch_state_forget forget = {0};
    uint64_t changes;
    long rc;

    memcpy(table, given + APPROVAL_SIZE, op.size);
    rc = call(VOUCHOP_state_open, &op);
    tap_note("open %ld", rc);
    if (rc != 0) {
        return;
    }
    tap_is((uint64_t)call(VOUCHOP_state_read, &op), (uint64_t)-XEN_EAGAIN,
           "a prepared table does not count yet");
    tap_is((uint64_t)call(VOUCHOP_state_commit, &op), 0, "it is committed");
    tap_is((uint64_t)call(VOUCHOP_state_read, &op), 0, "and read");
    changes = op.changes;
    tap_is((uint64_t)vouch_op(VOUCHOP_state_forget, &forget),
           (uint64_t)-XEN_ENOENT, "it has no guest");
    tap_is((uint64_t)call(VOUCHOP_state_open, &op), 0, "an epoch ends");
    tap_is((uint64_t)call(VOUCHOP_state_commit, &op), 0, "by a commit");
    tap_is((uint64_t)call(VOUCHOP_state_read, &op), 0, "the next is read");
    tap_ok(op.changes > changes, "which is a change");
    tell_table(op.size);
}

void test_main(void)
{
    struct vouch_state_table op = {.approval = (uint64_t)given,
                                   .approval_size = APPROVAL_SIZE};
    uint64_t size = ramdisk_read();

    test_bad_calls();
    if (size < APPROVAL_SIZE) {
        tap_is((uint64_t)call(VOUCHOP_state_open, &op),
               (uint64_t)-XEN_EOPNOTSUPP, "without state= there are no states");
        return;
    }
    test_open(size);
}
