/* SPDX-License-Identifier: MIT */
/*
 * A world for the vTPM program on a host: a guest that is there at once, whose
 * commands come over sockets as swtpm has them (so that tpm2-tools can be it),
 * a hypervisor and a daemon whose memory is files. In the folder that the
 * environment names VTPM_HOST:
 *     sock, sock.ctrl   for --tcti swtpm:path=.../sock, once the TPM serves
 *     key, version      the hypervisor's
 *     launched          the guest was, if it exists
 *     identity          the keys that were registered
 *     slot0, slot1      what is stored; stores: one line for each store
 *     certificate       of the EK, as it is given; none if it does not exist
 *     broken            the daemon cannot store or load, if it exists
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/sha2.h"
#include "lib/text.h"
#include "lib/vtpm_wire.h"
#include "vtpm/tpm/port.h"

#define GUEST       7
#define HEADER_SIZE 10
#define WIRE_HEADER 16
#define EVIDENCE_MS 300 /* that the daemon takes */

static struct {
    bool is_announced, has_news;
    int listener, control_listener, client, control;
    uint8_t command[VTPM_COMMAND_MAX];
    size_t command_size;
    uint8_t questions[VTPM_WIRE_MAX], answers[2 * VTPM_WIRE_MAX];
    size_t question_size, answer_size;
    uint64_t evidence_due_ms;
} host = {.listener = -1, .control_listener = -1, .client = -1, .control = -1};

/* ---- files ---- */

static const char *path_of(const char *name)
{
    static char path[PATH_MAX];
    const char *folder = getenv("VTPM_HOST");
    snprintf(path, sizeof(path), "%s/%s", folder != NULL ? folder : ".", name);
    return path;
}

static bool exists(const char *name)
{
    return access(path_of(name), F_OK) == 0;
}

static size_t read_file(const char *name, void *data, size_t room)
{
    FILE *file = fopen(path_of(name), "rb");
    size_t size = file != NULL ? fread(data, 1, room, file) : 0;
    if (file != NULL) {
        fclose(file);
    }
    return size;
}

static void write_file(const char *name, const char *mode, struct bytes bytes)
{
    FILE *file = fopen(path_of(name), mode);
    if (file == NULL || fwrite(bytes.data, 1, bytes.size, file) != bytes.size ||
        fclose(file) != 0) {
        perror(name);
        exit(2);
    }
}

/* ---- the hypervisor ---- */

static uint64_t read_version(void)
{
    char text[32] = "0";
    (void)read_file("version", text, sizeof(text) - 1);
    return strtoull(text, NULL, 10);
}

static int give_key(struct vouch_state_key *key)
{
    if (read_file("key", key->key, sizeof(key->key)) != sizeof(key->key)) {
        if (!port_random(key->key, sizeof(key->key))) {
            return -EIO;
        }
        write_file("key", "wb", bytes_of(key->key, sizeof(key->key)));
    }
    key->version = read_version();
    key->first = (key->version / VOUCH_VERSIONS + 1) * VOUCH_VERSIONS;
    memset(key->uuid, 0x42, sizeof(key->uuid));
    return 0;
}

static int mark(const struct vouch_state_mark *mark)
{
    char text[32];
    if (mark->version <= read_version()) {
        return -EINVAL;
    }
    snprintf(text, sizeof(text), "%llu\n", (unsigned long long)mark->version);
    write_file("version", "wb", bytes_of_text(text));
    return 0;
}

static void digest_of(const char *text, uint8_t *digest, uint64_t *size)
{
    struct sha256_digest value = sha256_of(bytes_of_text(text));
    memcpy(digest, value.bytes, sizeof(value.bytes));
    *size = strlen(text);
}

static int give_launch(struct vouch_launch_info *info)
{
    if (!exists("launched")) {
        return -EAGAIN;
    }
    digest_of("the kernel", info->kernel, &info->kernel_size);
    digest_of("the initrd", info->initrd, &info->initrd_size);
    digest_of("the command line", info->cmdline, &info->cmdline_size);
    memset(info->uuid, 0x42, sizeof(info->uuid));
    return 0;
}

static int take_identity(const struct vouch_identity *identity)
{
    uint8_t text[256];
    struct buffer out = buffer_over(text, sizeof(text));
    struct writer writer = writer_begin(&out);
    text_put(&writer, "ak ");
    text_put_hex(&writer, bytes_of(identity->ak, sizeof(identity->ak)));
    text_put(&writer, "\nek ");
    text_put_hex(&writer, bytes_of(identity->ek, sizeof(identity->ek)));
    text_put(&writer, "\n");
    write_file("identity", "wb", buffer_bytes(&out));
    return 0;
}

int port_op(unsigned operation, void *structure, size_t size_bytes)
{
    switch (operation) {
    case VOUCHOP_state_key:
        return give_key(structure);
    case VOUCHOP_state_mark:
        return mark(structure);
    case VOUCHOP_launch_info:
        return give_launch(structure);
    case VOUCHOP_identity:
        return take_identity(structure);
    default:
        return -ENOSYS;
    }
}

/* ---- the daemon ---- */

static void answer(uint32_t type, uint64_t id, uint32_t status,
                   struct bytes body)
{
    struct buffer out = {.data = host.answers,
                         .size = sizeof(host.answers),
                         .used = host.answer_size};
    struct writer writer = writer_begin(&out);
    put_le32(&writer, type);
    put_le32(&writer, (uint32_t)(4 + body.size));
    put_little(&writer, id, sizeof(id));
    put_le32(&writer, status);
    put_bytes(&writer, body);
    if (!writer_end(&writer)) {
        abort();
    }
    host.answer_size = out.used;
    host.has_news = true;
}

static const char *slot_name(struct cursor *question)
{
    take_skip(question, VOUCH_UUID_SIZE);
    return take_u8(question) == 0 ? "slot0" : "slot1";
}

static void load(uint64_t id, struct cursor question)
{
    static uint8_t data[VTPM_WIRE_MAX / 2];
    const char *name = slot_name(&question);
    if (exists("broken")) {
        answer(VTPM_WIRE_LOAD, id, VTPM_WIRE_FAILED, bytes_none());
        return;
    }
    size_t size = read_file(name, data, sizeof(data));
    answer(VTPM_WIRE_LOAD, id, size != 0 ? VTPM_WIRE_OK : VTPM_WIRE_ABSENT,
           bytes_of(data, size));
}

static void give_certificate(uint64_t id)
{
    static uint8_t data[VTPM_WIRE_MAX / 2];
    size_t size = read_file("certificate", data, sizeof(data));
    answer(VTPM_WIRE_CERTIFICATE, id,
           exists("broken")        ? VTPM_WIRE_FAILED
           : exists("certificate") ? VTPM_WIRE_OK
                                   : VTPM_WIRE_ABSENT,
           bytes_of(data, size));
}

static void store(uint64_t id, struct cursor question)
{
    const char *name = slot_name(&question);
    bool is_broken = exists("broken");
    if (!is_broken) {
        write_file(name, "wb",
                   take_bytes(&question, cursor_remaining(&question)));
        write_file("stores", "ab", bytes_of_text("\n"));
    }
    answer(VTPM_WIRE_STORE, id, is_broken ? VTPM_WIRE_FAILED : VTPM_WIRE_OK,
           bytes_none());
}

static void show_request(uint64_t id, struct cursor question)
{
    static uint8_t text[VTPM_EVIDENCE_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    struct writer writer = writer_begin(&out);
    text_put(&writer, "{\"nonce\": \"");
    text_put_hex(&writer, take_bytes(&question, SHA256_SIZE));
    text_put(&writer, "\", \"ak\": \"");
    text_put_hex(&writer, take_bytes(&question, VOUCH_NAME_SIZE));
    text_put(&writer, "\", \"quote\": \"");
    text_put_hex(&writer, take_bytes(&question, SHA256_SIZE));
    text_put(&writer, "\"}");
    (void)!writer_end(&writer);
    memset(text + out.used, ' ', sizeof(text) - out.used);
    answer(VTPM_WIRE_EVIDENCE, id, VTPM_WIRE_OK, bytes_of(text, sizeof(text)));
}

/* The first question that is whole is answered, if it is time. */
static bool answer_question(void)
{
    struct cursor cursor =
        cursor_over(bytes_of(host.questions, host.question_size));
    uint32_t type = take_le32(&cursor), size = take_le32(&cursor);
    uint64_t id = take_le64(&cursor);
    struct cursor question = cursor_over(take_bytes(&cursor, size));
    if (cursor.failed) {
        return false;
    }
    if (type == VTPM_WIRE_EVIDENCE && host.evidence_due_ms == 0) {
        host.evidence_due_ms = port_now_ms() + EVIDENCE_MS;
    }
    if (type == VTPM_WIRE_EVIDENCE && port_now_ms() < host.evidence_due_ms) {
        return false;
    }
    if (type == VTPM_WIRE_LOAD) {
        load(id, question);
    } else if (type == VTPM_WIRE_STORE) {
        store(id, question);
    } else if (type == VTPM_WIRE_CERTIFICATE) {
        give_certificate(id);
    } else {
        show_request(id, question);
        host.evidence_due_ms = 0;
    }
    host.question_size -= cursor.offset;
    memmove(host.questions, host.questions + cursor.offset, host.question_size);
    return true;
}

long port_dom0_write(struct bytes bytes)
{
    size_t room = sizeof(host.questions) - host.question_size;
    size_t size = bytes.size < room ? bytes.size : room;
    memcpy(host.questions + host.question_size, bytes.data, size);
    host.question_size += size;
    while (answer_question()) {
    }
    return size != 0 ? (long)size : -EAGAIN;
}

long port_dom0_read(void *data, size_t room)
{
    size_t size = room < host.answer_size ? room : host.answer_size;
    memcpy(data, host.answers, size);
    host.answer_size -= size;
    memmove(host.answers, host.answers + size, host.answer_size);
    return size != 0 ? (long)size : -EAGAIN;
}

/* ---- the guest ---- */

static int listen_at(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path_of(name));
    (void)unlink(address.sun_path);
    if (listener < 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listener, 16) != 0) {
        perror(name);
        exit(2);
    }
    return listener;
}

int port_serve(uint16_t domid)
{
    if (host.listener < 0) {
        host.control_listener = listen_at("sock.ctrl");
        host.listener = listen_at("sock");
    }
    return domid == GUEST ? 0 : -EINVAL;
}

static void close_client(void)
{
    close(host.client);
    host.client = -1;
    host.command_size = 0;
}

/* A command is whole once as many bytes came as its header says; what does not
 * fit a ring's page is refused there, so here the client is dropped. */
static bool read_command(struct vtpm_event *event)
{
    long got = read(host.client, host.command + host.command_size,
                    sizeof(host.command) - host.command_size);
    if (got <= 0) {
        close_client();
        return false;
    }
    host.command_size += (size_t)got;
    struct cursor cursor =
        cursor_over(bytes_of(host.command, host.command_size));
    take_skip(&cursor, 2);
    uint32_t size = take_be32(&cursor);
    if (!cursor.failed && size > sizeof(host.command)) {
        close_client();
        return false;
    }
    if (host.command_size < HEADER_SIZE || host.command_size < size) {
        return false;
    }
    *event = (struct vtpm_event){.kind = VTPM_EVENT_COMMAND,
                                 .domid = GUEST,
                                 .size = (uint32_t)host.command_size};
    return true;
}

int port_command(struct buffer *out)
{
    memcpy(out->data, host.command, host.command_size);
    out->used = host.command_size;
    host.command_size = 0;
    return 0;
}

int port_respond(struct bytes bytes)
{
    if (host.client < 0) {
        return -ECANCELED;
    }
    if (write(host.client, bytes.data, bytes.size) != (long)bytes.size) {
        close_client();
        return -ECANCELED;
    }
    return 0;
}

/* Whatever swtpm's control channel is asked for is done: result 0. */
static void control(void)
{
    static const uint8_t done[4];
    uint8_t asked[256];
    if (read(host.control, asked, sizeof(asked)) <= 0 ||
        write(host.control, done, sizeof(done)) != sizeof(done)) {
        close(host.control);
        host.control = -1;
    }
}

static void accept_one(int listener, int *client)
{
    if (*client < 0) {
        *client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    }
}

static bool poll_guest(struct vtpm_event *event, int timeout_ms)
{
    struct pollfd polled[] = {
        {.fd = host.client, .events = POLLIN},
        {.fd = host.control, .events = POLLIN},
        {.fd = host.client < 0 ? host.listener : -1, .events = POLLIN},
        {.fd = host.control < 0 ? host.control_listener : -1,
         .events = POLLIN}};
    if (poll(polled, 4, timeout_ms) <= 0) {
        return false;
    }
    if (polled[2].revents != 0) {
        accept_one(host.listener, &host.client);
    }
    if (polled[3].revents != 0) {
        accept_one(host.control_listener, &host.control);
    }
    if (polled[1].revents != 0) {
        control();
    }
    return polled[0].revents != 0 && read_command(event);
}

int port_wait(struct vtpm_event *event, int timeout_ms)
{
    uint64_t end = port_now_ms() + (uint64_t)(timeout_ms < 0 ? 0 : timeout_ms);
    if (!host.is_announced) {
        host.is_announced = true;
        *event = (struct vtpm_event){.kind = VTPM_EVENT_GUEST, .domid = GUEST};
        return 0;
    }
    for (;;) {
        while (answer_question()) {
        }
        if (host.has_news) {
            host.has_news = false;
            *event = (struct vtpm_event){.kind = VTPM_EVENT_DOM0};
            return 0;
        }
        if (poll_guest(event, 10)) {
            return 0;
        }
        if (timeout_ms >= 0 && port_now_ms() >= end) {
            return -ETIMEDOUT;
        }
    }
}

/* ---- the rest ---- */

uint64_t port_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool port_random(void *data, size_t size)
{
    return getrandom(data, size, 0) == (ssize_t)size;
}

void port_say(const char *text)
{
    printf("%s\n", text);
    fflush(stdout);
}
