/* SPDX-License-Identifier: MIT */
/*
 * The stub kernel's calls. They come the way of Linux's system calls; the C
 * library's wrapper turns an error into errno, and this turns it back.
 */
#include "vtpm/tpm/port.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* Arguments travel as longs, whatever they are here. */
static long call(long number, long a, long b, long c)
{
    long value = syscall(number, a, b, c);
    return value == -1 ? -errno : value;
}

int port_wait(struct vtpm_event *event, int timeout_ms)
{
    return (int)call(VTPM_CALL_WAIT, (long)event, timeout_ms, 0);
}

int port_op(unsigned operation, void *structure, size_t size_bytes)
{
    return (int)call(VTPM_CALL_OP, operation, (long)structure,
                     (long)size_bytes);
}

int port_serve(uint16_t domid)
{
    return (int)call(VTPM_CALL_SERVE, domid, 0, 0);
}

int port_command(struct buffer *out)
{
    long size = call(VTPM_CALL_COMMAND, (long)out->data, (long)out->size, 0);
    out->used = size > 0 && (size_t)size <= out->size ? (size_t)size : 0;
    return size < 0 ? (int)size : 0;
}

int port_respond(struct bytes answer)
{
    return (int)call(VTPM_CALL_RESPONSE, (long)answer.data, (long)answer.size,
                     0);
}

long port_dom0_read(void *data, size_t room)
{
    return call(VTPM_CALL_DOM0_READ, (long)data, (long)room, 0);
}

long port_dom0_write(struct bytes bytes)
{
    return call(VTPM_CALL_DOM0_WRITE, (long)bytes.data, (long)bytes.size, 0);
}

uint64_t port_now_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool port_random(void *data, size_t size)
{
    return getrandom(data, size, 0) == (ssize_t)size;
}

void port_say(const char *text)
{
    static const char end[] = "\n";
    (void)!write(STDOUT_FILENO, "vtpm: ", 6);
    (void)!write(STDOUT_FILENO, text, strlen(text));
    (void)!write(STDOUT_FILENO, end, 1);
}
