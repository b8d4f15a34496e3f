/* SPDX-License-Identifier: MIT */
/*
 * Launch: a child hands over a kernel, an initrd and a command line, and what
 * comes up has these and nothing else: everything else is as a new domain's.
 *
 * Only: vouch
 */
#include "lib/event.h"
#include "lib/launch.h"
#include "lib/paging.h"
#include "lib/tap.h"

#define RW (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

/* --- In the launched kernel --- */

static uint64_t page_word_count(uint64_t pfn, uint64_t from, uint64_t value)
{
    const volatile uint64_t *page = (const volatile uint64_t *)TEST_VA;
    uint64_t count = 0;

    map_page(TEST_VA, pte_make(pfn_to_mfn(pfn), RW));
    for (uint64_t i = from / 8; i < PAGE_SIZE / 8; i++) {
        count += page[i] == value;
    }
    return count;
}

/* Bytes of the initrd that are not as handed over, and of its end. */
static uint64_t initrd_differences(void)
{
    uint64_t differences = 0;

    for (uint64_t i = 0; i < start_info->mod_len; i++) {
        if (i % PAGE_SIZE == 0) {
            map_page(TEST_VA,
                     pte_make(pfn_to_mfn(start_info->mod_start + i / PAGE_SIZE),
                              RW));
        }
        differences += *(volatile uint8_t *)(TEST_VA + i % PAGE_SIZE) !=
                       LAUNCH_INITRD_BYTE(i);
    }
    for (uint64_t i = start_info->mod_len % PAGE_SIZE; i % PAGE_SIZE != 0;
         i++) {
        differences += *(volatile uint8_t *)(TEST_VA + i) != 0;
    }
    return differences;
}

/* Words of plain memory that are not zero. */
static uint64_t rest_dirty(uint64_t *pages)
{
    uint64_t dirty = 0;

    *pages = 0;
    for (uint64_t pfn = start_info->first_p2m_pfn + start_info->nr_p2m_frames;
         pfn < start_info->nr_pages; pfn++, ++*pages) {
        dirty += 512 - page_word_count(pfn, 0, 0);
    }
    return dirty;
}

/* PFNs whose frame is another's, or whose m2p does not lead back. */
static uint64_t p2m_wrong(void)
{
    uint64_t wrong = 0;

    for (uint64_t pfn = 0; pfn < start_info->nr_pages; pfn++) {
        wrong += mfn_to_pfn(pfn_to_mfn(pfn)) != pfn;
    }
    return wrong;
}

static void launched(void)
{
    struct launch_report *report = launch_report();
    struct vouch_launch again = {.kernel.size = 1};
    struct vouch_launch_info info = {.domid = DOMID_SELF};
    uint64_t pages;

    memcpy(&report->start_info, start_info, sizeof(report->start_info) - 1024);
    memcpy(report->cmdline, start_info->cmd_line, 1024);
    report->words[0] = initrd_differences();
    report->words[1] = rest_dirty(&pages);
    report->words[2] = pages;
    report->words[3] = p2m_wrong();
    report->words[4] = (uint64_t)vouch_op(VOUCHOP_launch, &again);
    report->words[5] = (uint64_t)vouch_op(VOUCHOP_launch_info, &info);
    report->words[6] = first_rflags;
    report->words[7] = first_rsp;
    report->words[8] =
        (uint64_t)memory_op(XENMEM_current_reservation, &(domid_t){DOMID_SELF});
    report->stage = 2;
}

/* --- In the parent --- */

static domid_t child;

static struct launch_report *run(int reason, const char *what)
{
    struct launch_report *report;

    child = launch_build(&report);
    toolstack_start(child);
    tap_is(toolstack_wait(child), reason, "%s", what);
    return report;
}

static void gone(struct launch_report *report)
{
    toolstack_unmap(report);
    tap_is(toolstack_destroy(child), 0, "it is gone");
    launch_order = (struct launch_order){0};
}

static void test_launch(void)
{
    struct vouch_launch_info info;
    struct launch_report *report;
    const char *cmdline = "hv=vouch hello world";

    launch_order.initrd_size = 3 * PAGE_SIZE + 100;
    launch_order.entry = launched;
    memcpy(launch_order.cmdline, cmdline, strlen(cmdline));
    report =
        run(SHUTDOWN_poweroff, "a child launches, and what it launched ends");
    tap_is(report->stage, 2, "the launched kernel ran");
    tap_is(report->error, 0, "its launch did not come back");
    tap_is(memcmp(report->cmdline, cmdline, strlen(cmdline) + 1), 0,
           "it got its command line");
    tap_is(report->start_info.mod_len, 3 * PAGE_SIZE + 100, "and its initrd");
    tap_is(report->words[0], 0, "with its bytes and zeros behind");
    tap_is(report->words[1], 0, "all its other memory is empty");
    tap_ok(report->words[2] > 100, "which is %lu pages", report->words[2]);
    tap_is(report->words[3], 0, "every frame is where the p2m says");
    tap_is(report->start_info.nr_pages, 2048, "it has all its memory");
    tap_is(report->words[8], 2048, "and no more");
    tap_is(report->start_info.flags & (SIF_PRIVILEGED | SIF_INITDOMAIN), 0,
           "it is no dom0");
    tap_is(report->start_info.console.domU.evtchn, launch_order.console_port,
           "it has its console's port");
    tap_is(report->start_info.store_evtchn, launch_order.store_port,
           "and the store's");
    tap_is(report->words[4], -XEN_EEXIST, "it cannot launch again");
    tap_is(report->words[5], 0, "it can ask what it is");
    info.domid = child;
    tap_is(vouch_op(VOUCHOP_launch_info, &info), 0, "so can we");
    tap_is(info.domid, child, "it is the one we asked for");
    tap_is(info.pages, 2048, "of so many pages");
    tap_is(info.initrd_size, 3 * PAGE_SIZE + 100, "the initrd's size");
    tap_is(info.cmdline_size, strlen(cmdline), "the command line's");
    gone(report);
}

/*
 * More pages than are free behind the image: the image's own, the one that asks
 * among them, and the page tables.
 */
static void spoil_longer(struct vouch_launch *arg, uint64_t *kernel,
                         uint64_t *initrd)
{
    uint64_t pages = arg->initrd.size / PAGE_SIZE;
    uint64_t first = (start_info->pt_base - VIRT_BASE) / PAGE_SIZE +
                     start_info->nr_pt_frames;

    (void)kernel;
    for (uint64_t pfn = first - 1; pages < 1357; pfn--) {
        initrd[pages++] = pfn_to_mfn(pfn);
    }
    arg->initrd.size = 1356 * PAGE_SIZE + 77;
}

static void test_tiny(void)
{
    struct launch_report *report;

    report = run(TINY_REASON, "a kernel of a few instructions");
    gone(report);
    launch_order.initrd_size = 1250 * PAGE_SIZE;
    launch_order.spoil = spoil_longer; /* to 5.3 MiB of 8 */
    report = run(TINY_REASON, "with an initrd of 5.3 MiB in 8 MiB");
    gone(report);
}

void test_main(void)
{
    uint64_t before;

    test_tiny(); /* makes what the hypervisor keeps for all launches */
    before = toolstack_free_pages();
    test_launch();
    toolstack_memory_is(before, "no frame is lost");
}
