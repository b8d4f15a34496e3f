/* SPDX-License-Identifier: MIT */
/*
 * Launches of what cannot be launched: each is refused, and the launcher goes
 * on, or ends the domain; the hypervisor and its memory stay as they were.
 *
 * Only: vouch
 */
#include "lib/launch.h"
#include "lib/paging.h"
#include "lib/tap.h"

#define PAGES 8u /* of the initrd */
#define ENDED 1 /* instead of an error: the domain is over */

static struct launch_report *report;
static domid_t child;

/* --- What the launcher makes of its arguments --- */

#define SPOIL(name)                                                            \
    static void spoil_##name(struct vouch_launch *arg, uint64_t *kernel,       \
                             uint64_t *initrd)

SPOIL(no_kernel)
{
    arg->kernel.size = 0;
}
SPOIL(huge)
{
    arg->kernel.size = ~0ull;
}
SPOIL(huge_initrd)
{
    arg->initrd.size = 1ull << 60;
}
SPOIL(list_nowhere)
{
    arg->kernel.frames = TEST_VA;
}
SPOIL(list_in_hypervisor)
{
    arg->kernel.frames = HV_PRIVATE;
}
SPOIL(list_wraps)
{
    arg->initrd.frames = ~7ull;
}
SPOIL(list_ends)
{
    arg->kernel.size = 200ull << 20;
}
SPOIL(not_ram)
{
    kernel[1] = 1ull << 40;
}
SPOIL(not_ram_io)
{
    kernel[0] = 0xfee00;
}
SPOIL(alias)
{
    kernel[1] |= 1ull << 32;
}
SPOIL(shared_page)
{
    initrd[2] = start_info->shared_info / PAGE_SIZE;
}
SPOIL(of_nobody)
{
    initrd[0] = 0;
}
SPOIL(of_others)
{
    initrd[3] = launch_report()->words[0];
}
SPOIL(cmdline_long)
{
    arg->cmdline_size = 1024;
}
SPOIL(cmdline_nul)
{
    launch_order.cmdline[3] = '\0';
    arg->cmdline_size = 10;
}
SPOIL(cmdline_nowhere)
{
    arg->cmdline = HV_PRIVATE;
    arg->cmdline_size = 5;
}
SPOIL(ring_of_others)
{
    arg->console_mfn = launch_report()->words[0];
}
SPOIL(rings_alike)
{
    arg->store_mfn = arg->console_mfn;
}
SPOIL(port_free)
{
    arg->console_port = 77;
}
SPOIL(port_wild)
{
    arg->store_port = 0xffffffff;
}
SPOIL(twice)
{
    initrd[1] = initrd[0];
}
SPOIL(twice_far)
{
    initrd[1] = kernel[0];
}
SPOIL(ring_in_file)
{
    initrd[4] = arg->console_mfn;
}
SPOIL(no_elf)
{
    *(uint32_t *)mfn_to_virt(kernel[0]) = 0;
}
SPOIL(cut)
{
    arg->kernel.size = 200;
}
SPOIL(one_byte)
{
    arg->kernel.size = 1;
}

/* The n-th word of the first segment's header. */
static void segment_set(const uint64_t *kernel, unsigned int word,
                        uint64_t value)
{
    ((uint64_t *)mfn_to_virt(kernel[0]))[8 + word] = value;
}

SPOIL(segment_high)
{
    segment_set(kernel, 3, 0x80000000);
}
SPOIL(segment_large)
{
    segment_set(kernel, 5, 1ull << 46);
}
SPOIL(segment_largest)
{
    segment_set(kernel, 5, ~0ull);
}
SPOIL(segment_fills)
{
    segment_set(kernel, 5, (8ull << 20) - 0x20000);
}
SPOIL(file_beyond)
{
    segment_set(kernel, 4, 1ull << 30);
}

/* A note of the copy in the kernel's file. */
static void note_set(const uint64_t *kernel, uint32_t type, uint64_t value)
{
    uint32_t *note = (uint32_t *)((char *)mfn_to_virt(kernel[0]) + 1024);

    for (unsigned int i = 0; i < 15; i++) {
        uint32_t name = (note[0] + 3) / 4, data = (note[1] + 3) / 4;

        if (note[2] == type) {
            memcpy(note + 3 + name, &value, sizeof(value));
        }
        note += 3 + name + data;
    }
}

#define NOTE_ENTRY        1
#define NOTE_VIRT_BASE    3
#define NOTE_PADDR_OFFSET 4
#define NOTE_INIT_P2M     15

SPOIL(entry_out)
{
    note_set(kernel, NOTE_ENTRY, 0x1000);
}
SPOIL(base_above)
{
    note_set(kernel, NOTE_VIRT_BASE, VIRT_BASE + (1 << 24));
}
SPOIL(base_low)
{
    note_set(kernel, NOTE_VIRT_BASE, VIRT_BASE);
    note_set(kernel, NOTE_PADDR_OFFSET, 1 << 24);
}
SPOIL(base_in_hypervisor)
{
    note_set(kernel, NOTE_VIRT_BASE, HV_PRIVATE);
}
SPOIL(base_at_end)
{
    note_set(kernel, NOTE_VIRT_BASE, -PAGE_SIZE * 2);
    note_set(kernel, NOTE_ENTRY, -PAGE_SIZE * 2);
}
SPOIL(list_wrapping)
{
    note_set(kernel, NOTE_INIT_P2M, -PAGE_SIZE);
}
SPOIL(list_into_hypervisor)
{
    note_set(kernel, NOTE_INIT_P2M, 0x800000000000 - PAGE_SIZE);
}
SPOIL(list_in_region)
{
    note_set(kernel, NOTE_INIT_P2M, VIRT_BASE + 0x8000);
}

static const struct {
    const char *what;
    void (*spoil)(struct vouch_launch *, uint64_t *, uint64_t *);
    long result;
} cases[] = {
    {"no kernel", spoil_no_kernel, -XEN_EINVAL},
    {"a kernel of all there is", spoil_huge, -XEN_E2BIG},
    {"an initrd of an exabyte", spoil_huge_initrd, -XEN_E2BIG},
    {"a list that is not mapped", spoil_list_nowhere, -XEN_EFAULT},
    {"a list in the hypervisor", spoil_list_in_hypervisor, -XEN_EFAULT},
    {"a list that wraps", spoil_list_wraps, -XEN_EFAULT},
    {"a list that ends before the file", spoil_list_ends, -XEN_EINVAL},
    {"a frame beyond all memory", spoil_not_ram, -XEN_EINVAL},
    {"a frame of a device", spoil_not_ram_io, -XEN_EINVAL},
    {"a frame's number in 33 bits", spoil_alias, -XEN_EINVAL},
    {"the shared page", spoil_shared_page, -XEN_EINVAL},
    {"a frame of nobody", spoil_of_nobody, -XEN_EINVAL},
    {"a frame of dom0", spoil_of_others, -XEN_EINVAL},
    {"a command line of 1024", spoil_cmdline_long, -XEN_E2BIG},
    {"a command line with a NUL", spoil_cmdline_nul, -XEN_EINVAL},
    {"one in the hypervisor", spoil_cmdline_nowhere, -XEN_EFAULT},
    {"a ring of dom0's", spoil_ring_of_others, -XEN_EINVAL},
    {"one frame for both rings", spoil_rings_alike, -XEN_EINVAL},
    {"a port that is not open", spoil_port_free, -XEN_EINVAL},
    {"a port that cannot be", spoil_port_wild, -XEN_EINVAL},
    {"a frame twice in the initrd", spoil_twice, ENDED},
    {"a frame of the kernel in the initrd", spoil_twice_far, ENDED},
    {"a ring in the initrd", spoil_ring_in_file, ENDED},
    {"no ELF file", spoil_no_elf, ENDED},
    {"the beginning of one", spoil_cut, ENDED},
    {"a byte of one", spoil_one_byte, ENDED},
    {"a segment outside of all memory", spoil_segment_high, ENDED},
    {"a segment of terabytes", spoil_segment_large, ENDED},
    {"a segment of all there is", spoil_segment_largest, ENDED},
    {"a segment that leaves no room", spoil_segment_fills, ENDED},
    {"a segment beyond the file", spoil_file_beyond, ENDED},
    {"an entry outside", spoil_entry_out, ENDED},
    {"a base above the image", spoil_base_above, ENDED},
    {"an image below its base", spoil_base_low, ENDED},
    {"a base in the hypervisor", spoil_base_in_hypervisor, ENDED},
    {"an image at the end of all addresses", spoil_base_at_end, ENDED},
    {"a p2m list that wraps", spoil_list_wrapping, ENDED},
    {"a p2m list into the hypervisor", spoil_list_into_hypervisor, ENDED},
};

static void build(void)
{
    launch_order.initrd_size = PAGES * PAGE_SIZE;
    child = launch_build(&report);
    report->words[0] = virt_to_mfn(cases);
}

static void gone(const char *what)
{
    toolstack_unmap(report);
    tap_is(toolstack_destroy(child), 0, "%s: gone", what);
    launch_order = (struct launch_order){0};
}

static void test_bad(void)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
        launch_order.spoil = cases[i].spoil;
        build();
        toolstack_start(child);
        if (cases[i].result == ENDED) {
            tap_is(toolstack_wait(child), SHUTDOWN_crash, "%s: the end",
                   cases[i].what);
        } else {
            tap_is(toolstack_wait(child), SHUTDOWN_poweroff,
                   "%s: the launcher goes on", cases[i].what);
            tap_is(report->error, cases[i].result, "%s: refused",
                   cases[i].what);
        }
        gone(cases[i].what);
    }
    /* Strange, but not wrong: its own tables show what it asked for. */
    launch_order.spoil = spoil_list_in_region;
    build();
    toolstack_start(child);
    tap_ok(toolstack_wait(child) >= 0,
           "a p2m list in the middle of the region");
    gone("it");
}

static long launch_dom0(bool has_ring, uint32_t port)
{
    static uint8_t page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
    uint64_t frame = virt_to_mfn(page);
    struct vouch_launch arg = {
        .kernel = {(uint64_t)&frame, sizeof(page)},
        .cmdline = (uint64_t)"",
        .console_mfn = has_ring ? frame : 0,
        .store_port = port,
    };

    return vouch_op(VOUCHOP_launch, &arg);
}

/* dom0 is served by nobody: what a guest says of its rings is refused. */
static void test_dom0(void)
{
    tap_is(launch_dom0(true, 0), -XEN_EINVAL, "dom0 with a ring");
    tap_is(launch_dom0(false, 1), -XEN_EINVAL, "dom0 with a port");
}

void test_main(void)
{
    uint64_t before;

    test_dom0();
    build(); /* makes what the hypervisor keeps for all launches */
    toolstack_start(child);
    tap_is(toolstack_wait(child), TINY_REASON, "it is none of these");
    gone("it");
    before = toolstack_free_pages();
    test_bad();
    toolstack_memory_is(before, "no frame is lost");
    tap_is(launch_dom0(false, 0), -XEN_EINVAL, "dom0, once it had guests");
}
