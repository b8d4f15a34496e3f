/* SPDX-License-Identifier: MIT */
/*
 * What init.c measures of a guest's devices: its disk, past the page cache, and
 * TCP to dom0, where the same program is the server.
 */
#include "tools/bench/init_io.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DISK       "/dev/xvda"
#define DISK_BYTES (64u << 20)
#define LARGE      (64u << 10)
#define SMALL      4096u
#define SERVER     "10.9.0.1"
#define OURS       "10.9.0.2"
#define PORT       7777
#define MESSAGE    64u

static int disk, stream;
static uint8_t buffer[LARGE] __attribute__((aligned(4096)));

static void module_load(const char *path)
{
    int file = open(path, O_RDONLY);

    if (file < 0 || syscall(SYS_finit_module, file, "", 0) != 0) {
        fail(path);
    }
    close(file);
}

static void address_set(const char *name, const char *address)
{
    struct ifreq request = {0};
    struct sockaddr_in *own = (struct sockaddr_in *)&request.ifr_addr;
    int control = socket(AF_INET, SOCK_DGRAM, 0);

    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    own->sin_family = AF_INET;
    inet_pton(AF_INET, address, &own->sin_addr);
    if (ioctl(control, SIOCSIFADDR, &request) != 0) {
        fail("address");
    }
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (ioctl(control, SIOCSIFFLAGS, &request) != 0) {
        fail("interface");
    }
    close(control);
}

static struct sockaddr_in server_address(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(PORT)};

    inet_pton(AF_INET, SERVER, &address.sin_addr);
    return address;
}

/* A message of MESSAGE bytes is answered by one byte; 0 in front: none is. */
void server_run(void)
{
    struct sockaddr_in address = server_address();
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1, client;
    ssize_t size;

    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listener, 1) != 0) {
        fail("server");
    }
    client = accept(listener, NULL, NULL);
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    while ((size = recv(client, buffer, sizeof(buffer), 0)) > 0) {
        if (buffer[size - 1] != 0 && send(client, buffer, 1, 0) != 1) {
            break;
        }
    }
}

bool devices_open(void)
{
    struct sockaddr_in address = server_address();
    int one = 1;

    if (access("/modules", F_OK) != 0) {
        return false;
    }
    mkdir("/dev", 0755);
    if (mount("devtmpfs", "/dev", "devtmpfs", 0, "") != 0) {
        fail("devtmpfs");
    }
    module_load("/modules/xen-blkfront.ko");
    module_load("/modules/xen-netfront.ko");
    for (int i = 0; i < 100 && access(DISK, F_OK) != 0; i++) {
        usleep(100000);
    }
    disk = open(DISK, O_RDWR | O_DIRECT);
    if (disk < 0) {
        fail(DISK);
    }
    address_set("eth0", OURS);
    for (int i = 0; i < 100; i++) {
        stream = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(stream, (struct sockaddr *)&address, sizeof(address)) ==
            0) {
            setsockopt(stream, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
            return true;
        }
        close(stream);
        usleep(100000);
    }
    fail("no server");
    return false;
}

void block_read(unsigned int times)
{
    for (unsigned int i = 0; i < times; i++) {
        off_t at = (off_t)i * LARGE % DISK_BYTES;

        if (pread(disk, buffer, LARGE, at) != LARGE) {
            fail("read");
        }
    }
}

void block_write(unsigned int times)
{
    for (unsigned int i = 0; i < times; i++) {
        off_t at = (off_t)i * LARGE % DISK_BYTES;

        if (pwrite(disk, buffer, LARGE, at) != LARGE) {
            fail("write");
        }
    }
}

/* The same places in every run. */
void block_random(unsigned int times)
{
    uint32_t random = 1;

    while (times-- > 0) {
        off_t at;

        random = random * 1664525 + 1013904223;
        at = (off_t)(random >> 8) % (DISK_BYTES / SMALL) * SMALL;
        if ((random >> 31 != 0 ? pwrite(disk, buffer, SMALL, at)
                               : pread(disk, buffer, SMALL, at)) != SMALL) {
            fail("random");
        }
    }
}

static void send_all(size_t size, uint8_t last)
{
    size_t sent = 0;

    memset(buffer, 0, size);
    buffer[size - 1] = last;
    while (sent < size) {
        ssize_t now = send(stream, buffer + sent, size - sent, 0);

        if (now <= 0) {
            fail("send");
        }
        sent += (size_t)now;
    }
}

void net_request(unsigned int times)
{
    while (times-- > 0) {
        send_all(MESSAGE, 1);
        if (recv(stream, buffer, 1, 0) != 1) {
            fail("recv");
        }
    }
}

/* The last one is answered, so that all have arrived. */
void net_send(unsigned int times)
{
    while (times-- > 0) {
        send_all(LARGE, times == 0);
    }
    if (recv(stream, buffer, 1, 0) != 1) {
        fail("recv");
    }
}
