/* SPDX-License-Identifier: MIT */
/*
 * A TCG plugin of QEMU that counts executed instructions by whose they are:
 * of user programs, of PV kernels, of the hypervisor, told apart by address.
 * A program under measurement marks a moment by the instruction
 *     mov $0x556677NN, %eax
 * (bench_mark() in init.c), at which the counts since the last mark are written
 * as a line "NN user kernel hypervisor" to the file that the argument out=
 * names. The interface is version 1 of qemu-plugin.h (QEMU 7.2,
 * docs/devel/tcg-plugins), which Debian does not ship; what is used of it is
 * declared here.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define PUBLIC __attribute__((visibility("default")))

struct tb;   /* a block being translated */
struct insn; /* one instruction of it */
typedef void translated_fn(uint64_t id, struct tb *tb);
typedef void executed_fn(unsigned int vcpu, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, translated_fn *fn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct insn *insn, executed_fn *fn,
                                            int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct insn *insn, int op,
                                                void *counter, uint64_t more);
size_t qemu_plugin_tb_n_insns(const struct tb *tb);
struct insn *qemu_plugin_tb_get_insn(const struct tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct insn *insn);
size_t qemu_plugin_insn_size(const struct insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct insn *insn);
int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);

enum { ADD_U64 = 0, NO_REGISTERS = 0 };
enum owner { USER, KERNEL, HYPERVISOR, OWNERS };

/* The PV ABI's map (public/arch-x86/xen-x86_64.h). */
#define HYPERVISOR_START UINT64_C(0xffff800000000000)
#define HYPERVISOR_END   UINT64_C(0xffff880000000000)

/* mov $imm32, %eax with the mark's upper three bytes; the lowest is NN */
#define MARK_SIZE 5
static const uint8_t mark_bytes[] = {0x77, 0x66, 0x55};

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

    (void)id;
    for (size_t i = 0; i < count; i++) {
        struct insn *insn = qemu_plugin_tb_get_insn(tb, i);
        const uint8_t *bytes = qemu_plugin_insn_data(insn);
        enum owner owner = owner_of(qemu_plugin_insn_vaddr(insn));

        qemu_plugin_register_vcpu_insn_exec_inline(insn, ADD_U64,
                                                   &counts[owner], 1);
        if (owner == USER && qemu_plugin_insn_size(insn) == MARK_SIZE &&
            bytes[0] == 0xb8 &&
            memcmp(bytes + 2, mark_bytes, sizeof(mark_bytes)) == 0) {
            qemu_plugin_register_vcpu_insn_exec_cb(
                insn, on_mark, NO_REGISTERS, (void *)(uintptr_t)bytes[1]);
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
