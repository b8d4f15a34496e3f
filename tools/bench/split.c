/* SPDX-License-Identifier: MIT */
/*
 * A TCG plugin of QEMU that counts executed instructions by whose they are:
 * of user programs, of PV kernels, of the hypervisor, told apart by address.
 * A program under measurement marks a moment by the instruction
 *     mov $0x556677NN, %eax
 * (bench_mark() in init.c), at which the counts since the last mark are written
 * as a line "NN user kernel hypervisor" to the file that the argument out=
 * names.
 */
#include "tools/bench/plugin.h"

#include <inttypes.h>
#include <stdio.h>

enum owner { USER, KERNEL, HYPERVISOR, OWNERS };

PUBLIC int qemu_plugin_version = 1;

static FILE *out;
static uint64_t counts[OWNERS], counts_at_mark[OWNERS];

static enum owner owner_of(uint64_t address)
{
    if (address < HYPERVISOR_START) {
        return USER;
    }
    return address < HYPERVISOR_END ? HYPERVISOR : KERNEL;
}

static void on_mark(unsigned int vcpu, void *data)
{
    (void)vcpu;
    fprintf(out, "%" PRIuPTR, (uintptr_t)data);
    for (int i = 0; i < OWNERS; i++) {
        fprintf(out, " %" PRIu64, counts[i] - counts_at_mark[i]);
    }
    fprintf(out, "\n");
    fflush(out);
    memcpy(counts_at_mark, counts, sizeof(counts));
}

static void on_translated(uint64_t id, struct tb *tb)
{
    size_t count = qemu_plugin_tb_n_insns(tb);
    uint8_t number;

    (void)id;
    for (size_t i = 0; i < count; i++) {
        struct insn *insn = qemu_plugin_tb_get_insn(tb, i);
        enum owner owner = owner_of(qemu_plugin_insn_vaddr(insn));

        qemu_plugin_register_vcpu_insn_exec_inline(insn, ADD_U64,
                                                   &counts[owner], 1);
        if (plugin_is_mark(insn, &number)) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark, NO_REGISTERS,
                                                   (void *)(uintptr_t)number);
        }
    }
}

PUBLIC int qemu_plugin_install(uint64_t id, const void *info, int argc,
                               char **argv)
{
    (void)info;
    if (argc != 1 || strncmp(argv[0], "out=", 4) != 0) {
        fprintf(stderr, "split: needs out=FILE\n");
        return 1;
    }
    out = fopen(argv[0] + 4, "w");
    if (out == NULL) {
        perror(argv[0] + 4);
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translated);
    return 0;
}
