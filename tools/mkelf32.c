/* SPDX-License-Identifier: MIT */
/*
 * mkelf32 IN OUT: wraps the hypervisor, an ELF64 linked at its virtual
 * address, into an ELF32 with one segment at 2 MiB, which is what GRUB, tboot
 * and QEMU load.  File offset 4096 is the image's first byte, so the multiboot
 * headers are where loaders look for them.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOAD_ADDRESS 0x200000u
#define DATA_OFFSET  4096u

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "mkelf32: %s: %s\n", name, what);
    exit(1);
}

static unsigned char *read_file(const char *name, size_t *size)
{
    FILE *file = fopen(name, "rb");
    unsigned char *data;
    long end;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        fail("cannot open", name);
    }
    end = ftell(file);
    if (end < (long)sizeof(Elf64_Ehdr)) {
        fail("too short", name);
    }
    rewind(file);
    *size = (size_t)end;
    data = malloc(*size);
    if (data == NULL || fread(data, 1, *size, file) != *size) {
        fail("cannot read", name);
    }
    fclose(file);
    return data;
}

struct image {
    unsigned char *bytes;
    uint64_t virt, file_size, memory_size, entry;
};

static void check_header(const Elf64_Ehdr *header, size_t size,
                         const char *name)
{
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_machine != EM_X86_64 ||
        header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phoff > size ||
        header->e_phnum > (size - header->e_phoff) / sizeof(Elf64_Phdr)) {
        fail("not an x86-64 ELF64", name);
    }
}

static struct image flatten(const unsigned char *elf, size_t size,
                            const char *name)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)elf;
    const Elf64_Phdr *program;
    struct image image = {.virt = UINT64_MAX};
    uint64_t end = 0, file_end = 0;

    check_header(header, size, name);
    program = (const Elf64_Phdr *)(elf + header->e_phoff);
    for (unsigned int i = 0; i < header->e_phnum; i++) {
        const Elf64_Phdr *p = &program[i];

        if (p->p_type != PT_LOAD) {
            continue;
        }
        if (p->p_offset > size || p->p_filesz > size - p->p_offset) {
            fail("segment outside the file", name);
        }
        if (p->p_vaddr < image.virt) {
            image.virt = p->p_vaddr;
        }
        if (p->p_vaddr + p->p_memsz > end) {
            end = p->p_vaddr + p->p_memsz;
        }
        if (p->p_filesz != 0 && p->p_vaddr + p->p_filesz > file_end) {
            file_end = p->p_vaddr + p->p_filesz;
        }
    }
    if (end == 0 || end - image.virt > 64u << 20) {
        fail("no sensible segments", name);
    }
    image.file_size = file_end - image.virt;
    image.memory_size = end - image.virt;
    image.entry = header->e_entry - image.virt + LOAD_ADDRESS;
    image.bytes = calloc(1, image.file_size);
    if (image.bytes == NULL) {
        fail("out of memory", name);
    }
    for (unsigned int i = 0; i < header->e_phnum; i++) {
        const Elf64_Phdr *p = &program[i];

        if (p->p_type == PT_LOAD) {
            memcpy(image.bytes + (p->p_vaddr - image.virt), elf + p->p_offset,
                   p->p_filesz);
        }
    }
    return image;
}

static void write_elf32(const struct image *image, const char *name)
{
    struct {
        Elf32_Ehdr header;
        Elf32_Phdr program;
    } head = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32,
                               ELFDATA2LSB, EV_CURRENT},
                   .e_type = ET_EXEC,
                   .e_machine = EM_386,
                   .e_version = EV_CURRENT,
                   .e_entry = (Elf32_Addr)image->entry,
                   .e_phoff = sizeof(Elf32_Ehdr),
                   .e_ehsize = sizeof(Elf32_Ehdr),
                   .e_phentsize = sizeof(Elf32_Phdr),
                   .e_phnum = 1,
                   .e_shentsize = sizeof(Elf32_Shdr)},
        .program = {.p_type = PT_LOAD,
                    .p_offset = DATA_OFFSET,
                    .p_vaddr = LOAD_ADDRESS,
                    .p_paddr = LOAD_ADDRESS,
                    .p_filesz = (Elf32_Word)image->file_size,
                    .p_memsz = (Elf32_Word)image->memory_size,
                    .p_flags = PF_R | PF_W | PF_X,
                    .p_align = DATA_OFFSET},
    };
    static const unsigned char zero[DATA_OFFSET];
    FILE *file = fopen(name, "wb");

    if (file == NULL || fwrite(&head, sizeof(head), 1, file) != 1 ||
        fwrite(zero, DATA_OFFSET - sizeof(head), 1, file) != 1 ||
        fwrite(image->bytes, image->file_size, 1, file) != 1 ||
        fclose(file) != 0) {
        fail("cannot write", name);
    }
}

int main(int argc, char **argv)
{
    size_t size;
    unsigned char *elf;
    struct image image;

    if (argc != 3) {
        fprintf(stderr, "usage: mkelf32 IN.elf64 OUT.elf32\n");
        return 2;
    }
    elf = read_file(argv[1], &size);
    image = flatten(elf, size, argv[1]);
    write_elf32(&image, argv[2]);
    free(image.bytes);
    free(elf);
    return 0;
}
