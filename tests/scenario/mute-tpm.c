/* SPDX-License-Identifier: MIT */
/*
 * mute-tpm LISTEN SWTPM: stands between QEMU and swtpm and passes everything
 * on, until SIGUSR1: from then on no TPM command gets through, and none is
 * answered. The control channel goes on, so that QEMU itself does not wait.
 *
 * Protocol: swtpm's control channel (swtpm_ioctls.3). QEMU hands the data
 * channel over it as a file descriptor; ours goes on to swtpm in its place.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { QEMU_CONTROL, SWTPM_CONTROL, QEMU_DATA, SWTPM_DATA, ENDS };

static volatile sig_atomic_t is_mute;
static int ends[ENDS] = {-1, -1, -1, -1};

static void go_mute(int signal)
{
    (void)signal;
    is_mute = 1;
}

static bool path_of(const char *path, struct sockaddr_un *out)
{
    memset(out, 0, sizeof(*out));
    out->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof(out->sun_path)) {
        return false;
    }
    strcpy(out->sun_path, path);
    return true;
}

static int connect_to(const char *path)
{
    struct sockaddr_un address;
    int end = socket(AF_UNIX, SOCK_STREAM, 0);
    if (end < 0 || !path_of(path, &address) ||
        connect(end, (struct sockaddr *)&address, sizeof(address)) != 0) {
        return -1;
    }
    return end;
}

static int accept_at(const char *path)
{
    struct sockaddr_un address;
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (listener < 0 || !path_of(path, &address) ||
        bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listener, 1) != 0) {
        return -1;
    }
    int end;
    do {
        end = accept(listener, NULL, NULL);
    } while (end < 0 && errno == EINTR);
    (void)close(listener);
    return end;
}

/* What came with a message; -1 if nothing did. */
static int passed_end(struct msghdr *message)
{
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    int end = -1;
    if (header != NULL && header->cmsg_type == SCM_RIGHTS) {
        memcpy(&end, CMSG_DATA(header), sizeof(end));
    }
    return end;
}

/* QEMU's data channel comes by here: keep it, and pass one of our own on. */
static int replace_data(int from_qemu)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
        return -1;
    }
    ends[QEMU_DATA] = from_qemu;
    ends[SWTPM_DATA] = pair[0];
    return pair[1];
}

static bool send_all(int to, char *data, size_t size, int passed)
{
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {.iov_base = data, .iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (passed >= 0) {
        message.msg_control = control.space;
        message.msg_controllen = sizeof(control.space);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(passed));
        memcpy(CMSG_DATA(header), &passed, sizeof(passed));
    }
    return sendmsg(to, &message, MSG_NOSIGNAL) == (ssize_t)size;
}

/* One message from one end to its other; false at the end of the line. */
static bool pass(int which)
{
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    char data[8192];
    struct iovec part = {.iov_base = data, .iov_len = sizeof(data)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.space,
                             .msg_controllen = sizeof(control.space)};
    ssize_t size = recvmsg(ends[which], &message, 0);
    if (size <= 0) {
        return false;
    }
    int passed = passed_end(&message);
    if (passed >= 0) {
        passed = replace_data(passed);
    }
    bool is_data = which == QEMU_DATA || which == SWTPM_DATA;
    bool is_sent = (is_data && is_mute) ||
                   send_all(ends[which ^ 1], data, (size_t)size, passed);
    if (passed >= 0) {
        (void)close(passed);
    }
    return is_sent;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: mute-tpm LISTEN SWTPM\n");
        return 2;
    }
    (void)signal(SIGUSR1, go_mute);
    ends[SWTPM_CONTROL] = connect_to(argv[2]);
    ends[QEMU_CONTROL] = accept_at(argv[1]);
    if (ends[SWTPM_CONTROL] < 0 || ends[QEMU_CONTROL] < 0) {
        perror("mute-tpm");
        return 1;
    }
    for (;;) {
        struct pollfd polls[ENDS];
        for (int i = 0; i < ENDS; i++) {
            polls[i] = (struct pollfd){.fd = ends[i], .events = POLLIN};
        }
        if (poll(polls, ENDS, -1) < 0) {
            continue; /* the signal */
        }
        for (int i = 0; i < ENDS; i++) {
            if (polls[i].revents != 0 && !pass(i)) {
                return 0;
            }
        }
    }
}
