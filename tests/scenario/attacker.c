/* SPDX-License-Identifier: MIT */
/*
 * Root in dom0 with a C compiler: asks the hypervisor, past the toolstack and
 * past what dom0's kernel would keep it from, for what only a vTPM domain may
 * ask, and for frames that it may not map. Static: it runs in dom0's image,
 * from the guests' disk. One line says what came of it.
 *
 *   attacker OPERATION DOMID     VOUCHOP_..., in another's name
 *   attacker map DOMID FRAME     the first word of that page
 *   attacker physical ADDRESS    the 32-bit register there
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* Before xen.h, which makes macros of names that this has for fields. */
#include "hv/abi/vouch.h"

#include <xen/xen.h>

#include <xen/sys/privcmd.h>

#define PAGE 4096u

static const struct operation {
    const char *name;
    uint64_t number;
} operations[] = {
    {"launch", VOUCHOP_launch},
    {"launch_info", VOUCHOP_launch_info},
    {"state_key", VOUCHOP_state_key},
    {"state_mark", VOUCHOP_state_mark},
    {"identity", VOUCHOP_identity},
    /* What dom0 may: shows that the others were asked in the right way. */
    {"state_read", VOUCHOP_state_read},
};

static int privcmd;

static int tell(const char *what, int result)
{
    if (result == 0) {
        printf("%s: done\n", what);
        return EXIT_SUCCESS;
    }
    printf("%s: refused: %s\n", what, strerror(errno));
    return EXIT_FAILURE;
}

/* Each structure begins with the domid but the table's, which takes a buffer;
 * the rest is zero. */
static int operate(const struct operation *operation, uint16_t domid)
{
    static _Alignas(PAGE) uint8_t argument[PAGE],
        table[VOUCH_STATE_TABLE_MAX];
    struct privcmd_hypercall call = {
        .op = __HYPERVISOR_vouch_op,
        .arg = {operation->number, (uintptr_t)argument}};
    struct vouch_state_table state = {.buffer = (uintptr_t)table,
                                      .room = sizeof(table)};

    memset(table, 0, sizeof(table)); /* the hypervisor faults nothing in */
    if (operation->number == VOUCHOP_state_read) {
        memcpy(argument, &state, sizeof(state));
    } else {
        memcpy(argument, &domid, sizeof(domid));
    }
    return tell(operation->name, ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &call));
}

/* NULL with errno set if that frame of that domain cannot be mapped. */
static const volatile uint32_t *map(uint16_t domid, uint64_t frame)
{
    void *page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, privcmd, 0);
    xen_pfn_t number = frame;
    int error = 0;
    struct privcmd_mmapbatch_v2 batch = {
        .num = 1, .dom = domid, .addr = (uintptr_t)page, .arr = &number,
        .err = &error};

    if (page == MAP_FAILED) {
        return NULL;
    }
    if (ioctl(privcmd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch) != 0) {
        return NULL;
    }
    errno = -error;
    return error == 0 ? page : NULL;
}

static int show(const char *what, uint16_t domid, uint64_t frame, size_t offset)
{
    const volatile uint32_t *page = map(domid, frame);

    if (page == NULL) {
        return tell(what, -1);
    }
    printf("%s: mapped, 0x%08x\n", what, page[offset / sizeof(*page)]);
    return EXIT_SUCCESS;
}

static uint64_t number_of(const char *text)
{
    return strtoull(text, NULL, 0);
}

int main(int argc, char **argv)
{
    privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
    if (privcmd < 0) {
        perror("attacker: /dev/xen/privcmd");
        return 2;
    }
    if (argc == 4 && strcmp(argv[1], "map") == 0) {
        return show("map", (uint16_t)number_of(argv[2]), number_of(argv[3]), 0);
    }
    if (argc == 3 && strcmp(argv[1], "physical") == 0) {
        uint64_t address = number_of(argv[2]);
        return show("physical", DOMID_IO, address / PAGE, address % PAGE);
    }
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (argc == 3 && strcmp(argv[1], operations[i].name) == 0) {
            return operate(&operations[i], (uint16_t)number_of(argv[2]));
        }
    }
    fprintf(stderr, "attacker: see the head of its source\n");
    return 2;
}
