/* SPDX-License-Identifier: MIT */
/*
 * A TCG plugin of QEMU that says when places in code are reached, without
 * anything in that code: where=FILE has lines
 *     at NAME ADDRESS BYTES      a place, by its address and how its code
 *                                begins (other programs have that address too)
 *     part NAME START END        a part of the hypervisor, counted by itself
 * Each time that a place is reached, or a program's mark NN (plugin.h), a line
 * goes to out=FILE: the place's name or "mark.NN", the instructions executed so
 * far by user programs, by kernels, by the hypervisor, and for each part its
 * name and its share of the hypervisor's. A block of code counts as a whole
 * when it is entered.
 */
#include "tools/bench/plugin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PLACES_MAX 32
#define PARTS_MAX  8
#define BYTES_MAX  16

struct place {
    char name[40];
    uint64_t address;
    uint8_t bytes[BYTES_MAX];
    size_t size;
};

struct part {
    char name[40];
    uint64_t start, end, count;
};

PUBLIC int qemu_plugin_version = 1;

static FILE *out;
static struct place places[PLACES_MAX];
static struct part parts[PARTS_MAX];
static size_t place_count, part_count;
static struct place marks[256];
static uint64_t user, kernel, hypervisor;

static void on_place(unsigned int vcpu, void *data)
{
    const struct place *place = data;
    uint64_t all = hypervisor;

    (void)vcpu;
    for (size_t i = 0; i < part_count; i++) {
        all += parts[i].count;
    }
    fprintf(out, "%s %" PRIu64 " %" PRIu64 " %" PRIu64, place->name, user,
            kernel, all);
    for (size_t i = 0; i < part_count; i++) {
        fprintf(out, " %s %" PRIu64, parts[i].name, parts[i].count);
    }
    fprintf(out, "\n");
    fflush(out);
}

static uint64_t *counter_of(uint64_t address)
{
    if (address < HYPERVISOR_START) {
        return &user;
    }
    if (address >= HYPERVISOR_END) {
        return &kernel;
    }
    for (size_t i = 0; i < part_count; i++) {
        if (address >= parts[i].start && address < parts[i].end) {
            return &parts[i].count;
        }
    }
    return &hypervisor;
}

/* Do the block's instructions from this one on begin with the place's bytes? */
static bool is_place(const struct tb *tb, size_t index,
                     const struct place *place)
{
    size_t done = 0, count = qemu_plugin_tb_n_insns(tb);

    for (; index < count && done < place->size; index++) {
        const struct insn *insn = qemu_plugin_tb_get_insn(tb, index);
        size_t size = qemu_plugin_insn_size(insn);
        size_t left = place->size - done;

        size = size < left ? size : left;
        if (memcmp(place->bytes + done, qemu_plugin_insn_data(insn), size)) {
            return false;
        }
        done += size;
    }
    return true;
}

static void on_translated(uint64_t id, struct tb *tb)
{
    size_t count = qemu_plugin_tb_n_insns(tb);
    uint8_t number;

    (void)id;
    for (size_t i = 0; i < count; i++) {
        struct insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t address = qemu_plugin_insn_vaddr(insn);

        if (i == 0) {
            qemu_plugin_register_vcpu_tb_exec_inline(
                tb, ADD_U64, counter_of(address), count);
        }
        if (plugin_is_mark(insn, &number)) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_place, NO_REGISTERS,
                                                   &marks[number]);
        }
        for (size_t p = 0; p < place_count; p++) {
            if (places[p].address == address && is_place(tb, i, &places[p])) {
                qemu_plugin_register_vcpu_insn_exec_cb(
                    insn, on_place, NO_REGISTERS, &places[p]);
            }
        }
    }
}

static void take_bytes(struct place *place, const char *hex)
{
    unsigned int byte;

    while (place->size < BYTES_MAX && sscanf(hex, "%2x", &byte) == 1) {
        place->bytes[place->size++] = (uint8_t)byte;
        hex += 2;
    }
}

static bool take_line(const char *line)
{
    struct place *place = &places[place_count];
    struct part *part = &parts[part_count];
    char hex[2 * BYTES_MAX + 1];

    if (place_count < PLACES_MAX &&
        sscanf(line, "at %39s %" SCNx64 " %32s", place->name, &place->address,
               hex) == 3) {
        take_bytes(place, hex);
        place_count++;
        return true;
    }
    if (part_count < PARTS_MAX &&
        sscanf(line, "part %39s %" SCNx64 " %" SCNx64, part->name, &part->start,
               &part->end) == 3) {
        part_count++;
        return true;
    }
    return false;
}

static bool read_places(const char *path)
{
    char line[200];
    FILE *file = fopen(path, "r");
    bool is_done = file != NULL;

    while (is_done && fgets(line, sizeof(line), file) != NULL) {
        is_done = take_line(line);
    }
    if (file != NULL) {
        fclose(file);
    }
    return is_done;
}

PUBLIC int qemu_plugin_install(uint64_t id, const void *info, int argc,
                               char **argv)
{
    (void)info;
    if (argc != 2 || strncmp(argv[0], "out=", 4) != 0 ||
        strncmp(argv[1], "where=", 6) != 0 || !read_places(argv[1] + 6)) {
        fprintf(stderr, "probe: needs out=FILE,where=FILE\n");
        return 1;
    }
    out = fopen(argv[0] + 4, "w");
    if (out == NULL) {
        perror(argv[0] + 4);
        return 1;
    }
    for (int i = 0; i < 256; i++) {
        snprintf(marks[i].name, sizeof(marks[i].name), "mark.%02x", i);
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translated);
    return 0;
}
