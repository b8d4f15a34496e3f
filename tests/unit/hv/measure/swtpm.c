/* SPDX-License-Identifier: MIT */
/* swtpm as a child, on two sockets: commands, and what is done to the TPM. */
#include "tests/unit/hv/measure/swtpm.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/text.h"
#include "tests/unit/hv/measure/fake_tpm_commands.h"

/* swtpm_ioctls(3) */
#define CMD_INIT         2
#define CMD_SHUTDOWN     3
#define CMD_SET_LOCALITY 5
#define ANSWER_MS        10000

static char folder[] = "/tmp/vouch-swtpm-XXXXXX";
static pid_t child;
static int control, data;

static void fail(const char *what)
{
    perror(what);
    abort();
}

static int connect_to(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", folder,
                   name);
    for (int attempt = 0; attempt < 500; attempt++) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
            return fd;
        }
        close(fd);
        usleep(10000);
    }
    fail("swtpm does not listen");
    return -1;
}

static size_t exchange(int fd, struct bytes message, uint8_t *out, size_t room)
{
    struct pollfd answer = {.fd = fd, .events = POLLIN};
    if (write(fd, message.data, message.size) != (ssize_t)message.size ||
        poll(&answer, 1, ANSWER_MS) != 1) {
        fail("swtpm does not answer");
    }
    ssize_t size = read(fd, out, room);
    if (size <= 0) {
        fail("swtpm is gone");
    }
    return (size_t)size;
}

/* Two numbers, the second in as many bytes as the command has. */
static void set(uint32_t command, uint32_t value, size_t size)
{
    uint8_t room[8], answer[64];
    struct buffer out = buffer_over(room, sizeof(room));
    struct writer writer = writer_begin(&out);
    put_be32(&writer, command);
    put_big(&writer, value, size);
    (void)!writer_end(&writer);
    size_t got = exchange(control, buffer_bytes(&out), answer, sizeof(answer));
    if (got < 4 || (answer[0] | answer[1] | answer[2] | answer[3]) != 0) {
        fail("swtpm refuses");
    }
}

static void run(void)
{
    char state[64], server[64], ctrl[64];
    (void)snprintf(state, sizeof(state), "dir=%s", folder);
    (void)snprintf(server, sizeof(server), "type=unixio,path=%s/data", folder);
    (void)snprintf(ctrl, sizeof(ctrl), "type=unixio,path=%s/control", folder);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state,
           "--server", server, "--ctrl", ctrl, "--flags", "not-need-init",
           (char *)NULL);
    fail("swtpm");
}

void swtpm_start(void)
{
    if (mkdtemp(folder) == NULL) {
        fail("mkdtemp");
    }
    child = fork();
    if (child == 0) {
        run();
    }
    control = connect_to("control");
    data = connect_to("data");
    swtpm_reset();
}

void swtpm_stop(void)
{
    char command[128];
    close(data);
    close(control);
    kill(child, SIGTERM);
    (void)waitpid(child, NULL, 0);
    (void)snprintf(command, sizeof(command), "rm -rf %s", folder);
    if (system(command) != 0) {
        fail("rm");
    }
}

void swtpm_reset(void)
{
    set(CMD_INIT, 0, 4);
    if (swtpm_send(0, "80010000000c000001440000") != 0) { /* Startup(CLEAR) */
        fail("startup");
    }
}

static size_t transfer(int locality, struct bytes command, uint8_t *out,
                       size_t room)
{
    set(CMD_SET_LOCALITY, (uint32_t)locality << 24, 4);
    return exchange(data, command, out, room);
}

uint32_t swtpm_send(int locality, const char *hex)
{
    uint8_t command[512], response[TPM2_MAX_RESPONSE];
    size_t size = strlen(hex) / 2;
    uint32_t rc = 0;
    if (size > sizeof(command) ||
        !text_parse_hex(bytes_of_text(hex), command, size)) {
        abort();
    }
    size_t got =
        transfer(locality, bytes_of(command, size), response, sizeof(response));
    (void)!tpm2_response_code(bytes_of(response, got), &rc);
    return rc;
}

static void refuse(struct fake_tpm *fake)
{
    static const uint8_t refusal[] = {0x80, 0x01, 0, 0, 0, 10, 0, 0, 1, 1};
    memcpy(fake->out, refusal, sizeof(refusal));
    fake->out_size = sizeof(refusal);
}

/* The command was carried out, but the answer does not arrive as it was. */
static void spoil(struct fake_tpm *fake)
{
    if (fake->fault == FAULT_GARBAGE) {
        memset(fake->out, 0x5a, 20);
        fake->out_size = 20;
    } else if (fake->fault == FAULT_SHORT) {
        fake->out_size -= 2;
    }
}

void fake_tpm_run(struct fake_tpm *fake)
{
    bool is_broken = fake->commands >= fake->fault_at;
    if (is_broken && fake->fault == FAULT_REFUSES) {
        refuse(fake);
    } else {
        fake->out_size =
            transfer(fake->active, bytes_of(fake->in, fake->in_size), fake->out,
                     sizeof(fake->out));
    }
    if (is_broken) {
        spoil(fake);
    }
    fake->commands++;
    fake->out_at = 0;
}
