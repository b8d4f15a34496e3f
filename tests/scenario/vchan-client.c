/* SPDX-License-Identifier: MIT */
/*
 * vchan-client DOMID BYTES: sends so many bytes to the domain's stream, as the
 * daemon in dom0 would, and expects them back. BYTES 0: leaves at once, with
 * half of something sent.
 */
#include <libxenvchan.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/vtpm_wire.h"

static uint8_t byte_at(size_t at)
{
    return (uint8_t)(at * at >> 7 ^ at * 31);
}

/* At most so many bytes of the pattern; how many, or -1. */
static int send_some(struct libxenvchan *stream, size_t at, size_t left)
{
    uint8_t data[3000];
    size_t size = left < sizeof(data) ? left : sizeof(data);
    for (size_t i = 0; i < size; i++) {
        data[i] = byte_at(at + i);
    }
    return libxenvchan_write(stream, data, size);
}

static int take_some(struct libxenvchan *stream, size_t at)
{
    uint8_t data[5000];
    int size = libxenvchan_read(stream, data, sizeof(data));
    for (int i = 0; i < size; i++) {
        if (data[i] != byte_at(at + (size_t)i)) {
            printf("vchan-client: byte %zu is wrong\n", at + (size_t)i);
            return -1;
        }
    }
    return size;
}

static int talk(struct libxenvchan *stream, size_t total)
{
    size_t sent = 0, got = 0;
    while (got < total) {
        int out = sent < total ? send_some(stream, sent, total - sent) : 0;
        int in = take_some(stream, got);
        if (out < 0 || in < 0) {
            printf("vchan-client: the stream ends at %zu, %zu\n", sent, got);
            return EXIT_FAILURE;
        }
        sent += (size_t)out;
        got += (size_t)in;
        if (out == 0 && in == 0) {
            libxenvchan_wait(stream);
        }
    }
    printf("vchan-client: %zu bytes there and back\n", total);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    char path[64];
    if (argc != 3) {
        return 2;
    }
    snprintf(path, sizeof(path), "/local/domain/%s/" VTPM_WIRE_PATH, argv[1]);
    struct libxenvchan *stream =
        libxenvchan_client_init(NULL, atoi(argv[1]), path);
    if (stream == NULL) {
        printf("vchan-client: there is no stream\n");
        return EXIT_FAILURE;
    }
    size_t total = (size_t)strtoul(argv[2], NULL, 10);
    int status = EXIT_SUCCESS;
    if (total == 0) {
        (void)send_some(stream, 5, 100);
    } else {
        status = talk(stream, total);
    }
    libxenvchan_close(stream);
    return status;
}
