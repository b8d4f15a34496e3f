/* SPDX-License-Identifier: MIT */
/*
 * What split.c and probe.c use of version 1 of qemu-plugin.h (QEMU 7.2,
 * docs/devel/tcg-plugins), which Debian does not ship; and how the programs
 * under measurement mark a moment.
 */
#ifndef TOOLS_BENCH_PLUGIN_H
#define TOOLS_BENCH_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
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
void qemu_plugin_register_vcpu_tb_exec_inline(struct tb *tb, int op,
                                              void *counter, uint64_t more);
size_t qemu_plugin_tb_n_insns(const struct tb *tb);
struct insn *qemu_plugin_tb_get_insn(const struct tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct insn *insn);
size_t qemu_plugin_insn_size(const struct insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct insn *insn);
int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);

enum { ADD_U64 = 0, NO_REGISTERS = 0 };

/* The PV ABI's map (public/arch-x86/xen-x86_64.h). */
#define HYPERVISOR_START UINT64_C(0xffff800000000000)
#define HYPERVISOR_END   UINT64_C(0xffff880000000000)

/* mov $0x556677NN, %eax in a user program is mark NN. */
static inline bool plugin_is_mark(const struct insn *insn, uint8_t *number)
{
    static const uint8_t upper[] = {0x77, 0x66, 0x55};
    const uint8_t *bytes = qemu_plugin_insn_data(insn);

    if (qemu_plugin_insn_vaddr(insn) >= HYPERVISOR_START ||
        qemu_plugin_insn_size(insn) != 2 + sizeof(upper) || bytes[0] != 0xb8 ||
        memcmp(bytes + 2, upper, sizeof(upper)) != 0) {
        return false;
    }
    *number = bytes[1];
    return true;
}

#endif
