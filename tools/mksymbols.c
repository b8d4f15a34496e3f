/* SPDX-License-Identifier: MIT */
/*
 * mksymbols [IN.elf64]: the symbol table of the hypervisor as assembly on
 * standard output; without IN an empty one, for the first link.  Output is
 * sorted by address, then name, so that builds are reproducible.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hv/base/symbols.h"

struct function {
    uint64_t address;
    const char *name;
};

static void fail(const char *what)
{
    fprintf(stderr, "mksymbols: %s\n", what);
    exit(1);
}

static char *read_file(const char *name, size_t *size)
{
    FILE *file = fopen(name, "rb");
    char *data;
    long end;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 ||
        (end = ftell(file)) < (long)sizeof(Elf64_Ehdr)) {
        fail("cannot open the image");
    }
    rewind(file);
    *size = (size_t)end;
    data = malloc(*size);
    if (data == NULL || fread(data, 1, *size, file) != *size) {
        fail("cannot read the image");
    }
    fclose(file);
    return data;
}

static int by_address(const void *left, const void *right)
{
    const struct function *a = left, *b = right;

    if (a->address != b->address) {
        return a->address < b->address ? -1 : 1;
    }
    return strcmp(a->name, b->name);
}

static const Elf64_Shdr *find_section(const char *elf, uint32_t type)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)elf;
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(elf + header->e_shoff);

    for (unsigned int i = 0; i < header->e_shnum; i++) {
        if (sections[i].sh_type == type) {
            return &sections[i];
        }
    }
    fail("the image has no symbol table");
    return NULL;
}

/* Of several names for one address the first is kept. */
static size_t drop_aliases(struct function *functions, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || functions[kept - 1].address != functions[i].address) {
            functions[kept++] = functions[i];
        }
    }
    return kept;
}

/* Functions, and labels of assembly that stand in the same section. */
static size_t collect(const char *elf, struct function **out, uint64_t *text)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)elf;
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(elf + header->e_shoff);
    const Elf64_Shdr *table = find_section(elf, SHT_SYMTAB);
    const Elf64_Sym *symbols = (const Elf64_Sym *)(elf + table->sh_offset);
    const char *names = elf + sections[table->sh_link].sh_offset;
    size_t total = table->sh_size / sizeof(Elf64_Sym);
    struct function *functions = calloc(total + 1, sizeof(*functions));
    size_t count = 0;

    if (functions == NULL) {
        fail("out of memory");
    }
    for (size_t i = 0; i < total; i++) {
        const char *name = names + symbols[i].st_name;
        unsigned int type = ELF64_ST_TYPE(symbols[i].st_info);

        if (strcmp(name, "text_start") == 0) {
            *text = symbols[i].st_value;
        }
        if (symbols[i].st_shndx == SHN_UNDEF ||
            symbols[i].st_shndx >= header->e_shnum ||
            (sections[symbols[i].st_shndx].sh_flags & SHF_EXECINSTR) == 0 ||
            (type != STT_FUNC && type != STT_NOTYPE) || name[0] == '\0' ||
            strncmp(name, "text_", 5) == 0) {
            continue;
        }
        functions[count++] = (struct function){symbols[i].st_value, name};
    }
    qsort(functions, count, sizeof(*functions), by_address);
    *out = functions;
    return drop_aliases(functions, count);
}

/* Names are kept as what differs from the one before. */
static void print_name(const char *before, const char *name)
{
    size_t kept = 0;

    if (strlen(name) >= SYMBOL_NAME_SIZE) {
        fail("a function's name is too long");
    }
    while (before[kept] != '\0' && before[kept] == name[kept]) {
        kept++;
    }
    printf("    .byte %zu\n    .asciz \"%s\"\n", kept, name + kept);
}

/* The image's table has 16 bits for each distance (hv/base/symbols.c). */
static void print_table(const struct function *functions, size_t count,
                        uint64_t text)
{
    uint64_t at = text;

    printf("    .section .symbols, \"a\"\n    .balign 4\n"
           "    .globl symbol_count, symbol_distances, symbol_names\n"
           "symbol_count: .long %zu\nsymbol_distances:\n",
           count);
    for (size_t i = 0; i < count; i++) {
        if (functions[i].address - at > UINT16_MAX) {
            fail("a function of more than 64 KiB");
        }
        printf("    .short %u\n", (unsigned int)(functions[i].address - at));
        at = functions[i].address;
    }
    printf("symbol_names:\n");
    for (size_t i = 0; i < count; i++) {
        print_name(i == 0 ? "" : functions[i - 1].name, functions[i].name);
    }
    printf("    .section .note.GNU-stack, \"\", @progbits\n");
}

int main(int argc, char **argv)
{
    struct function *functions = NULL;
    size_t count = 0, size;
    uint64_t text = 0;

    if (argc > 1) {
        count = collect(read_file(argv[1], &size), &functions, &text);
    }
    print_table(functions, count, text);
    free(functions);
    return 0;
}
