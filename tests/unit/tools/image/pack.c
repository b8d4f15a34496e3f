/* SPDX-License-Identifier: MIT */
/* Each library's own packer, at a level that is fast. */
#include "tests/unit/tools/image/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <elf.h>
#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#define SIZE_FIELD    4
#define SETUP_SECTORS 2
#define SETUP_SIZE    ((SETUP_SECTORS + 1) * 512)
#define TEXT_AT       0x2000
#define TEXT_SIZE     0x1800

void pack_elf(struct buffer *out)
{
    Elf64_Ehdr header = {
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB},
        .e_machine = EM_X86_64,
        .e_phoff = sizeof(header),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = 1};
    Elf64_Phdr text = {.p_type = PT_LOAD,
                       .p_offset = TEXT_AT,
                       .p_vaddr = 0xffffffff81000000,
                       .p_filesz = TEXT_SIZE,
                       .p_memsz = TEXT_SIZE};
    assert_true(buffer_room(out) >= PACK_ELF_SIZE);
    uint8_t *file = out->data + out->used;
    memset(file, 0, PACK_ELF_SIZE);
    memcpy(file, &header, sizeof(header));
    memcpy(file + sizeof(header), &text, sizeof(text));
    for (size_t i = 0; i < TEXT_SIZE; i++) {
        file[TEXT_AT + i] = (uint8_t)(i * i % 251 + 1);
    }
    out->used += PACK_ELF_SIZE;
}

static void set_le(uint8_t *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

/* As the kernel's build does: branches made absolute, then LZMA2. */
static void pack_xz(struct bytes content, struct buffer *out)
{
    lzma_options_lzma options;
    assert_false(lzma_lzma_preset(&options, 1));
    lzma_filter filters[] = {{LZMA_FILTER_X86, NULL},
                             {LZMA_FILTER_LZMA2, &options},
                             {LZMA_VLI_UNKNOWN, NULL}};
    assert_int_equal(lzma_stream_buffer_encode(
                         filters, LZMA_CHECK_CRC32, NULL, content.data,
                         content.size, out->data, &out->used, out->size),
                     LZMA_OK);
}

static void pack_zstd(struct bytes content, struct buffer *out)
{
    size_t size = ZSTD_compress(out->data + out->used, buffer_room(out),
                                content.data, content.size, 3);
    assert_false(ZSTD_isError(size));
    out->used += size;
}

/* Two blocks, as a kernel above 8 MiB has several. */
static void pack_lz4(struct bytes content, struct buffer *out)
{
    static const uint8_t magic[4] = {0x02, 0x21, 0x4c, 0x18};
    static const size_t block_max = 8 << 20;
    struct writer writer = writer_begin(out);
    put_bytes(&writer, bytes_of(magic, sizeof(magic)));
    size_t block_size = content.size / 2 + 1;
    if (block_size > block_max) {
        block_size = block_max;
    }
    for (size_t at = 0; at < content.size; at += block_size) {
        size_t left = content.size - at;
        uint8_t *size_field = out->data + out->used;
        put_le32(&writer, 0);
        int size = LZ4_compress_default(
            (const char *)content.data + at, (char *)out->data + out->used,
            (int)(left < block_size ? left : block_size),
            (int)buffer_room(out));
        assert_true(size > 0);
        set_le(size_field, (uint64_t)size, SIZE_FIELD);
        out->used += (size_t)size;
    }
    assert_true(writer_end(&writer));
}

/* Its own last four bytes are the size field. */
static void pack_gzip(struct bytes content, struct buffer *out)
{
    z_stream zlib = {.next_in = (Bytef *)content.data,
                     .avail_in = (uInt)content.size,
                     .next_out = out->data + out->used,
                     .avail_out = (uInt)buffer_room(out)};
    assert_int_equal(deflateInit2(&zlib, 1, Z_DEFLATED, MAX_WBITS + 16, 8,
                                  Z_DEFAULT_STRATEGY),
                     Z_OK);
    assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
    out->used = out->size - zlib.avail_out - SIZE_FIELD;
    assert_int_equal(deflateEnd(&zlib), Z_OK);
}

void pack_stream(enum compression compression, struct bytes content,
                 struct buffer *out)
{
    static void (*const packers[PACK_KINDS])(struct bytes, struct buffer *) = {
        [COMPRESSION_GZIP] = pack_gzip,
        [COMPRESSION_LZ4] = pack_lz4,
        [COMPRESSION_XZ] = pack_xz,
        [COMPRESSION_ZSTD] = pack_zstd,
    };
    packers[compression](content, out);
    struct writer writer = writer_begin(out);
    put_le32(&writer, (uint32_t)content.size);
    assert_true(writer_end(&writer));
}

void pack_bzimage(enum compression compression, struct bytes content,
                  struct buffer *out)
{
    uint8_t *setup = out->data;
    assert_true(buffer_room(out) > SETUP_SIZE);
    memset(setup, 0, SETUP_SIZE);
    out->used = SETUP_SIZE;
    pack_stream(compression, content, out);
    set_le(setup + 0x1f1, SETUP_SECTORS, 1);
    memcpy(setup + 0x202, "HdrS", 4);
    set_le(setup + 0x206, 0x020f, 2);
    set_le(setup + 0x24c, out->used - SETUP_SIZE, 4);
}
