/* SPDX-License-Identifier: MIT */
/* See launch.h.  The child's free pages, from the first behind its tables: the
 * kernel's file, the initrd, the two lists of frames. */
#include "launch.h"

#include "paging.h"

#define IMAGE_START  (VIRT_BASE + 0x100000)
#define FILE_IMAGE   PAGE_SIZE /* offset of the segment in the file */
#define FILE_NOTES   1024
#define LAYOUT_PAGES 2048

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

extern char image_bss[], image_end[], image_notes[], image_notes_end[];
extern char tiny_start[], tiny_end[], guest_start[];

struct launch_order launch_order __attribute__((section(".data")));
uint32_t launch_console_end, launch_store_end;

static uint64_t kernel_list[LAYOUT_PAGES]
    __attribute__((section(".bss.pages")));
static uint64_t initrd_list[LAYOUT_PAGES]
    __attribute__((section(".bss.pages")));

/* --- In the child --- */

struct launch_report *launch_report(void)
{
    return mfn_to_virt(start_info->console.domU.mfn);
}

static uint64_t image_size(void)
{
    return launch_order.entry == NULL ? (uint64_t)(tiny_end - tiny_start)
                                      : (uint64_t)image_bss - IMAGE_START;
}

uint64_t launch_kernel_size(void)
{
    return FILE_IMAGE + image_size();
}

/* The note of this type in the copy: its number. */
static void note_set(char *notes, uint32_t type, uint64_t value)
{
    uint64_t size = (uint64_t)(image_notes_end - image_notes);

    for (uint64_t at = 0; at < size;) {
        uint32_t *note = (uint32_t *)(notes + at);
        uint32_t name = (note[0] + 3) & ~3u, data = (note[1] + 3) & ~3u;

        if (note[2] == type) {
            memcpy(notes + at + 12 + name, &value, sizeof(value));
        }
        at += 12 + name + data;
    }
}

static void headers_write(char *file)
{
    static const uint8_t ident[16] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    struct elf_header *header = (struct elf_header *)file;
    struct elf_segment *segment = (struct elf_segment *)(header + 1);
    uint64_t notes = (uint64_t)(image_notes_end - image_notes);
    bool is_tiny = launch_order.entry == NULL;

    memset(file, 0, PAGE_SIZE);
    memcpy(header->ident, ident, sizeof(ident));
    header->type = 2;
    header->machine = 62;
    header->version = 1;
    header->phoff = sizeof(*header);
    header->ehsize = sizeof(*header);
    header->phentsize = sizeof(*segment);
    header->phnum = 2;
    segment[0] = (struct elf_segment){
        .type = 1,
        .flags = 7,
        .offset = FILE_IMAGE,
        .vaddr = is_tiny ? VIRT_BASE : IMAGE_START,
        .paddr = is_tiny ? 0 : IMAGE_START - VIRT_BASE,
        .filesz = image_size(),
        .memsz = is_tiny ? PAGE_SIZE : (uint64_t)image_end - IMAGE_START,
    };
    segment[1] = (struct elf_segment){
        .type = 4, .offset = FILE_NOTES, .filesz = notes, .memsz = notes};
    memcpy(file + FILE_NOTES, image_notes, notes);
    if (is_tiny) {
        note_set(file + FILE_NOTES, 1, VIRT_BASE); /* XEN_ELFNOTE_ENTRY */
    }
}

/* What is another at every start. */
static void forget(char *to, const uint64_t *variable)
{
    memset(to + ((uint64_t)variable - IMAGE_START), 0, sizeof(*variable));
}

/* The image as it is now, but for what its copy is to do. */
static void image_write(char *to)
{
    uint64_t offset = (uint64_t)&child_entry - IMAGE_START;

    if (launch_order.entry == NULL) {
        memcpy(to, tiny_start, image_size());
        return;
    }
    memcpy(to, (void *)IMAGE_START, image_size());
    forget(to, &first_tsc);
    forget(to, &first_rflags);
    memcpy(to + offset, &launch_order.entry, sizeof(launch_order.entry));
}

static void list_fill(uint64_t *list, const char *from, uint64_t size)
{
    for (uint64_t i = 0; i * PAGE_SIZE < size; i++) {
        list[i] = virt_to_mfn(from + i * PAGE_SIZE);
    }
}

static void dirty(char *from, const char *end)
{
    for (; from < end; from += 8) {
        *(volatile uint64_t *)from = 0x6174656c6c6f7264;
    }
}

void launch_child(void)
{
    struct vouch_launch *arg = &launch_order.arg;
    char *kernel =
        (char *)start_info->pt_base + start_info->nr_pt_frames * PAGE_SIZE;
    uint64_t size = launch_kernel_size();
    char *initrd = kernel + ((size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1));
    char *end = (char *)VIRT_BASE + launch_order.console_pfn * PAGE_SIZE;

    start_info->console.domU.mfn = pfn_to_mfn(launch_order.console_pfn);
    launch_report()->stage = 1;
    if (launch_order.before != NULL) {
        launch_order.before();
    }
    if (initrd + launch_order.initrd_size > end) {
        guest_fail("the child is too small for its initrd");
    }
    dirty(initrd, end);
    headers_write(kernel);
    image_write(kernel + FILE_IMAGE);
    for (uint64_t i = 0; i < launch_order.initrd_size; i++) {
        initrd[i] = (char)LAUNCH_INITRD_BYTE(i);
    }
    list_fill(kernel_list, kernel, size);
    list_fill(initrd_list, initrd, launch_order.initrd_size);
    *arg = (struct vouch_launch){
        .kernel = {(uint64_t)kernel_list, size},
        .initrd = {(uint64_t)initrd_list, launch_order.initrd_size},
        .cmdline = (uint64_t)launch_order.cmdline,
        .cmdline_size = strlen(launch_order.cmdline),
        .console_mfn = pfn_to_mfn(launch_order.console_pfn),
        .store_mfn = pfn_to_mfn(launch_order.store_pfn),
        .console_port = launch_order.console_port,
        .store_port = launch_order.store_port,
    };
    if (launch_order.spoil != NULL) {
        launch_order.spoil(arg, kernel_list, initrd_list);
    }
    launch_report()->error = vouch_op(VOUCHOP_launch, arg);
}

/* --- In the parent --- */

static uint32_t port_open(domid_t id, uint32_t *here)
{
    struct evtchn_alloc_unbound alloc = {.dom = id, .remote_dom = 0};
    struct evtchn_bind_interdomain bind = {.remote_dom = id};

    if (evtchn_op(EVTCHNOP_alloc_unbound, &alloc) != 0) {
        guest_fail("a port in the child's name");
    }
    bind.remote_port = alloc.port;
    if (evtchn_op(EVTCHNOP_bind_interdomain, &bind) != 0) {
        guest_fail("binding to the child's port");
    }
    *here = bind.local_port;
    return alloc.port;
}

domid_t launch_build(struct launch_report **report)
{
    struct launch_order *order = &launch_order, *its;
    domid_t id;

    order->pages = order->pages == 0 ? 2048 : order->pages;
    order->vcpus = order->vcpus == 0 ? 1 : order->vcpus;
    id = toolstack_build_labelled(launch_child, order->pages, order->vcpus,
                                  order->label == 0 ? TOOLSTACK_SID
                                                    : order->label);
    order->console_pfn = order->pages - 1;
    order->store_pfn = order->pages - 2;
    order->console_port = port_open(id, &launch_console_end);
    order->store_port = port_open(id, &launch_store_end);
    its = toolstack_map(id, &launch_order);
    *its = *order;
    toolstack_unmap(its);
    *report =
        toolstack_map(id, (char *)VIRT_BASE + order->console_pfn * PAGE_SIZE);
    memset(*report, 0, PAGE_SIZE);
    return id;
}
