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

static long result_of(long value)
{
    return value == -1 ? -errno : value;
}

int port_wait(struct vtpm_event *event, int timeout_ms)
{
    return (int)result_of(syscall(VTPM_CALL_WAIT, event, timeout_ms));
}

int port_op(unsigned operation, void *structure, size_t size_bytes)
{
    return (int)result_of(
        syscall(VTPM_CALL_OP, operation, structure, size_bytes));
}

int port_serve(uint16_t domid)
{
    return (int)result_of(syscall(VTPM_CALL_SERVE, domid));
}

int port_command(struct buffer *out)
{
    long size = result_of(syscall(VTPM_CALL_COMMAND, out->data, out->size));
    out->used = size > 0 && (size_t)size <= out->size ? (size_t)size : 0;
    return size < 0 ? (int)size : 0;
}

int port_respond(struct bytes answer)
{
    return (int)result_of(
        syscall(VTPM_CALL_RESPONSE, answer.data, answer.size));
}

long port_dom0_read(void *data, size_t room)
{
    return result_of(syscall(VTPM_CALL_DOM0_READ, data, room));
}

long port_dom0_write(struct bytes bytes)
{
    return result_of(syscall(VTPM_CALL_DOM0_WRITE, bytes.data, bytes.size));
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
