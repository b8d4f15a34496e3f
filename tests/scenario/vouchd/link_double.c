/* SPDX-License-Identifier: MIT */
/* A link that is a socket, at which the double of a vTPM domain listens. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dom0/vouchd/link.h"
#include "tests/scenario/vouchd/double.h"

struct link {
    int socket;
};

struct link *link_open(uint16_t domid)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char name[8];
    snprintf(name, sizeof(name), "%u", domid);
    double_path(name, address.sun_path, sizeof(address.sun_path));
    struct link *link = calloc(1, sizeof(*link));
    if (link == NULL) {
        return NULL;
    }
    link->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(link->socket, (const struct sockaddr *)&address,
                sizeof(address)) != 0) {
        link_close(link);
        return NULL;
    }
    return link;
}

void link_close(struct link *link)
{
    close(link->socket);
    free(link);
}

int link_descriptor(const struct link *link)
{
    return link->socket;
}

void link_wake(struct link *link)
{
}

static int result_of(ssize_t moved)
{
    if (moved > 0) {
        return (int)moved;
    }
    return moved < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

int link_read(struct link *link, void *data, size_t size)
{
    return result_of(recv(link->socket, data, size, MSG_DONTWAIT));
}

int link_write(struct link *link, struct bytes bytes)
{
    return result_of(send(link->socket, bytes.data, bytes.size,
                          MSG_DONTWAIT | MSG_NOSIGNAL));
}
