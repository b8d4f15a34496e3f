/* SPDX-License-Identifier: MIT */
/* All memory there is: taken in several ways, refused when there is no more,
 * given back, and all there again. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/scenario/base/tap.h"

#define CHUNK 65536u

struct chunk {
    struct chunk *next;
};

static struct chunk *chunk_get(void)
{
    struct chunk *chunk = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (chunk == MAP_FAILED) {
        return NULL;
    }
    memset(chunk, 0xa5, CHUNK);
    return chunk;
}

/* How many chunks there are; all are given back. */
static unsigned int chunks_count(int *error)
{
    struct chunk *list = NULL, *chunk;
    unsigned int count = 0;

    for (; (chunk = chunk_get()) != NULL; count++) {
        chunk->next = list;
        list = chunk;
    }
    *error = errno;
    while (list != NULL) {
        chunk = list;
        list = chunk->next;
        munmap(chunk, CHUNK);
    }
    return count;
}

int main(void)
{
    int error;
    unsigned int first, second;
    void *block;

    setvbuf(stdout, NULL, _IOLBF, 0);
    first = chunks_count(&error);
    printf("# %u KiB\n", first * (CHUNK / 1024));
    ok(first != 0 && error == ENOMEM, "at the end of memory: ENOMEM");
    second = chunks_count(&error);
    /* Page tables stay: none are needed the second time. */
    ok(second == first, "all is there again");
    ok(sbrk((intptr_t)(first + 1) * CHUNK) == (void *)-1 && errno == ENOMEM,
       "the heap cannot be larger than memory");
    block = sbrk((intptr_t)(first / 2) * CHUNK);
    ok(block != (void *)-1, "but half as large");
    ok(sbrk(-(intptr_t)(first / 2) * CHUNK) != (void *)-1, "and small again");
    ok(chunks_count(&error) + 2 >= first, "nothing is lost");
    ok(mmap(NULL, 1ul << 35, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
           MAP_FAILED,
       "32 GiB at once are refused");
    block = malloc((size_t)first * CHUNK * 2);
    ok(block == NULL, "malloc says so too");
    return tap_done();
}
