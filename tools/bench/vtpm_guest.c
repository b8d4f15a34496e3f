/* SPDX-License-Identifier: MIT */
/*
 * An /init that measures its guest's TPM, which Debian's driver makes
 * /dev/tpm0: commands as they are on the ring, each some times, with the ticks
 * that the guest waits, and between two marks for probe.c. In dom0 the same
 * program is `mark NN`: it makes such a mark and says the TSC.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/writer.h"

#define DRIVER     "/modules/xen-tpmfront.ko"
#define TIMES      16
#define WARM_UPS   4
#define ROOM       4096
#define TRIES      100
#define MARK_START 1
#define MARK_DONE  2
#define MARK_DOM0  4

/* The number is part of the instruction. */
#define mark(number)                                                           \
    __asm__ volatile("mov %0, %%eax" ::"i"(0x55667700 + (number)) : "eax")

struct command {
    const char *name;
    uint8_t data[ROOM];
    struct buffer buffer;
    struct writer writer;
};

static struct command random_of, pcr_read, create, quote;
static uint8_t answer[ROOM];

static uint64_t ticks(void)
{
    return __builtin_ia32_rdtsc();
}

static void end(const char *what)
{
    printf("init: %s\n", what);
    sleep(1);
    reboot(RB_POWER_OFF);
    exit(1);
}

/* ---- commands (TPM 2.0 Part 3) ---- */

static struct writer *begin(struct command *command, const char *name,
                            uint16_t tag, uint32_t code)
{
    command->name = name;
    command->buffer = buffer_over(command->data, sizeof(command->data));
    command->writer = writer_begin(&command->buffer);
    put_be16(&command->writer, tag);
    put_be32(&command->writer, 0);
    put_be32(&command->writer, code);
    return &command->writer;
}

static void finish(struct command *command)
{
    put_be32_at(&command->writer, 2,
                (uint32_t)writer_written(&command->writer));
    if (!writer_end(&command->writer)) {
        end("a command is too long");
    }
}

/* A handle with an empty password. */
static void put_handle(struct writer *writer, uint32_t handle)
{
    static const uint8_t password[] = {0, 0, 0, 9, 0x40, 0, 0,
                                       9, 0, 0, 0, 0,    0};

    put_be32(writer, handle);
    put_bytes(writer, bytes_of(password, sizeof(password)));
}

static void put_pcrs(struct writer *writer, uint8_t low, uint8_t high)
{
    put_be32(writer, 1);
    put_be16(writer, 0x000b); /* SHA-256 */
    put_u8(writer, 3);
    put_u8(writer, low);
    put_u8(writer, high);
    put_u8(writer, 0);
}

/* The AK that attest/cmd/tpm.c makes: P-256, restricted. */
static void put_key(struct writer *writer)
{
    static const uint16_t parameters[] = {0x0000, 0x0010, 0x0018,
                                          0x000b, 0x0003, 0x0010};
    static const char unique[] = "vouch ak 1";

    put_be16(writer, 34);
    put_be16(writer, 0x0023); /* ECC */
    put_be16(writer, 0x000b);
    put_be32(writer, 0x00050472);
    for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
        put_be16(writer, parameters[i]);
    }
    put_be16(writer, sizeof(unique) - 1);
    put_bytes(writer, bytes_of(unique, sizeof(unique) - 1));
    put_be16(writer, 0);
}

static void make_commands(void)
{
    struct writer *writer = begin(&random_of, "get_random", 0x8001, 0x17b);
    put_be16(writer, 32);
    finish(&random_of);

    writer = begin(&pcr_read, "pcr_read", 0x8001, 0x17e);
    put_pcrs(writer, 0xff, 0);
    finish(&pcr_read);

    writer = begin(&create, "create_primary", 0x8002, 0x131);
    put_handle(writer, 0x4000000b); /* endorsement hierarchy */
    put_be16(writer, 4);
    put_be32(writer, 0); /* neither password nor data */
    put_key(writer);
    put_be16(writer, 0);
    put_be32(writer, 0);
    finish(&create);
}

static void make_quote(uint32_t key)
{
    static const uint8_t nonce[32];
    struct writer *writer = begin(&quote, "quote", 0x8002, 0x158);

    put_handle(writer, key);
    put_be16(writer, sizeof(nonce));
    put_bytes(writer, bytes_of(nonce, sizeof(nonce)));
    put_be16(writer, 0x0010);
    put_pcrs(writer, 0xff, 3);
    finish(&quote);
}

/* ---- the device ---- */

static void ask(int device, const struct command *command)
{
    struct bytes data = buffer_bytes(&command->buffer);

    if (write(device, data.data, data.size) != (ssize_t)data.size ||
        read(device, answer, sizeof(answer)) < 10 ||
        memcmp(answer + 6, "\0\0\0\0", 4) != 0) {
        printf("init: %s: %02x%02x%02x%02x\n", command->name, answer[6],
               answer[7], answer[8], answer[9]);
        end("a command failed");
    }
}

static int by_size(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

    return one < other ? -1 : one > other;
}

/* The median of what the guest waits; a mark on each side of the one command.
 */
#define MEASURE(device, command, first_mark)                                   \
    do {                                                                       \
        uint64_t took[TIMES];                                                  \
        for (int i = -WARM_UPS; i < TIMES; i++) {                              \
            uint64_t start = ticks();                                          \
            mark(first_mark);                                                  \
            ask(device, command);                                              \
            mark((first_mark) + 1);                                            \
            if (i >= 0) {                                                      \
                took[i] = ticks() - start;                                     \
            }                                                                  \
        }                                                                      \
        qsort(took, TIMES, sizeof(took[0]), by_size);                          \
        printf("init: waits.%s %llu\n", (command)->name,                       \
               (unsigned long long)took[TIMES / 2]);                           \
    } while (0)

static int open_device(void)
{
    int module = open(DRIVER, O_RDONLY), device;

    if (module < 0 || syscall(SYS_finit_module, module, "", 0) != 0) {
        end("no driver");
    }
    for (int i = 0; i < TRIES; i++) {
        device = open("/dev/tpm0", O_RDWR);
        if (device >= 0) {
            return device;
        }
        usleep(10000);
    }
    end("no TPM");
    return -1;
}

static void measure(void)
{
    int device = open_device();

    mark(MARK_DONE);
    make_commands();
    MEASURE(device, &random_of, 0x10);
    MEASURE(device, &pcr_read, 0x20);
    ask(device, &create);
    make_quote((uint32_t)answer[10] << 24 | (uint32_t)answer[11] << 16 |
               (uint32_t)answer[12] << 8 | answer[13]);
    MEASURE(device, &quote, 0x30);
}

int main(int argc, char **argv)
{
    uint64_t now = ticks();

    if (getpid() != 1) {
        mark(MARK_DOM0);
        printf("init: %s %llu\n", argc > 1 ? argv[1] : "dom0",
               (unsigned long long)now);
        return 0;
    }
    mark(MARK_START);
    mkdir("/dev", 0755);
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    if (freopen("/dev/console", "w", stdout) == NULL) {
        end("no console");
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("init: first %llu\n", (unsigned long long)now);
    if (argc > 1 && strcmp(argv[1], "tpm") == 0) {
        measure();
    }
    end("end");
}
