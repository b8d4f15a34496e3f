/* SPDX-License-Identifier: MIT */
/* Everything a test did not ask for is an error at once. */
#include "tests/unit/vtpm/tpm/fake_port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/vtpm_wire.h"

#define EVIDENCE_TEXT "{\"platform\": {}, \"proof\": {}}"

struct fake_port fake;

void fake_reset(void)
{
    fake = (struct fake_port){.now_ms = 5000, .chunk = 1000};
    memset(fake.key.key, 0x11, sizeof(fake.key.key));
    memset(fake.key.uuid, 0x22, sizeof(fake.key.uuid));
    memset(fake.launch.uuid, 0x22, sizeof(fake.launch.uuid));
    memset(fake.launch.kernel, 0x33, sizeof(fake.launch.kernel));
    fake.launch.kernel_size = 1234;
}

/* ---- hypervisor, guest, console ---- */

static int mark(const struct vouch_state_mark *mark)
{
    if (fake.mark_result == 0) {
        fake.mark_count++;
        fake.key.version = mark->version;
    }
    return fake.mark_result;
}

int port_op(unsigned operation, void *structure, size_t size_bytes)
{
    switch (operation) {
    case VOUCHOP_state_key:
        fake.key.first += VOUCH_VERSIONS;
        memcpy(structure, &fake.key, size_bytes);
        return fake.key_result;
    case VOUCHOP_state_mark:
        return mark(structure);
    case VOUCHOP_launch_info:
        memcpy(structure, &fake.launch, size_bytes);
        return fake.launch_result;
    case VOUCHOP_identity:
        memcpy(&fake.identity, structure, size_bytes);
        fake.identity_count += fake.identity_result == 0;
        return fake.identity_result;
    default:
        return -ENOSYS;
    }
}

int port_wait(struct vtpm_event *event, int timeout_ms)
{
    return -ETIMEDOUT;
}

int port_serve(uint16_t domid)
{
    fake.serve_count++;
    return 0;
}

int port_command(struct buffer *out)
{
    memcpy(out->data, fake.command, fake.command_size);
    out->used = fake.command_size;
    return 0;
}

int port_respond(struct bytes answer)
{
    memcpy(fake.answer, answer.data, answer.size);
    fake.answer_size = answer.size;
    fake.answer_count++;
    return 0;
}

uint64_t port_now_ms(void)
{
    return fake.now_ms;
}

bool port_random(void *data, size_t size)
{
    static uint8_t next;
    memset(data, ++next, size);
    return true;
}

void port_say(const char *text)
{
    snprintf(fake.said, sizeof(fake.said), "%s", text);
}

/* ---- stream ---- */

long port_dom0_read(void *data, size_t room)
{
    if (fake.is_gone) {
        return -EPIPE;
    }
    size_t size = room < fake.chunk ? room : fake.chunk;
    size = size < fake.coming_size ? size : fake.coming_size;
    memcpy(data, fake.coming, size);
    fake.coming_size -= size;
    memmove(fake.coming, fake.coming + size, fake.coming_size);
    return size != 0 ? (long)size : -EAGAIN;
}

long port_dom0_write(struct bytes bytes)
{
    if (fake.is_gone) {
        return -ENOTCONN;
    }
    size_t size = bytes.size < fake.chunk ? bytes.size : fake.chunk;
    if (fake.is_full || size > sizeof(fake.sent) - fake.sent_size) {
        return -EAGAIN;
    }
    memcpy(fake.sent + fake.sent_size, bytes.data, size);
    fake.sent_size += size;
    return (long)size;
}

void fake_send(uint32_t type, uint64_t id, uint32_t status, struct bytes body)
{
    struct buffer out = {.data = fake.coming,
                         .size = sizeof(fake.coming),
                         .used = fake.coming_size};
    struct writer writer = writer_begin(&out);
    put_le32(&writer, type);
    put_le32(&writer, (uint32_t)(4 + body.size));
    put_little(&writer, id, sizeof(id));
    put_le32(&writer, status);
    put_bytes(&writer, body);
    if (!writer_end(&writer)) {
        abort();
    }
    fake.coming_size = out.used;
}

bool fake_take(uint32_t *type, uint64_t *id, uint8_t *body, size_t *size)
{
    struct cursor cursor = cursor_over(bytes_of(fake.sent, fake.sent_size));
    *type = take_le32(&cursor);
    *size = take_le32(&cursor);
    *id = take_le64(&cursor);
    struct bytes taken = take_bytes(&cursor, *size);
    if (cursor.failed) {
        return false;
    }
    memcpy(body, taken.data, taken.size);
    fake.sent_size -= cursor.offset;
    memmove(fake.sent, fake.sent + cursor.offset, fake.sent_size);
    return true;
}

/* ---- daemon ---- */

static void load(uint64_t id, unsigned slot)
{
    fake.load_count++;
    uint32_t status =
        fake.slot_sizes[slot] != 0 ? VTPM_WIRE_OK : VTPM_WIRE_ABSENT;
    fake_send(VTPM_WIRE_LOAD, id, fake.is_broken ? VTPM_WIRE_FAILED : status,
              bytes_of(fake.slots[slot], fake.slot_sizes[slot]));
}

static void store(uint64_t id, unsigned slot, struct bytes content)
{
    if (!fake.is_broken) {
        fake.store_count++;
        memcpy(fake.slots[slot], content.data, content.size);
        fake.slot_sizes[slot] = content.size;
    }
    fake_send(VTPM_WIRE_STORE, id,
              fake.is_broken ? VTPM_WIRE_FAILED : VTPM_WIRE_OK, bytes_none());
}

static void give_certificate(uint64_t id)
{
    uint32_t status =
        fake.certificate_size != 0 ? VTPM_WIRE_OK : VTPM_WIRE_ABSENT;
    fake_send(VTPM_WIRE_CERTIFICATE, id,
              fake.is_broken ? VTPM_WIRE_FAILED : status,
              bytes_of(fake.certificate, fake.certificate_size));
}

void fake_give_certificate(void)
{
    give_certificate(fake.held_id);
}

void fake_daemon(void)
{
    static uint8_t body[FAKE_STREAM];
    uint32_t type;
    uint64_t id;
    size_t size;
    while (!fake.is_silent && fake_take(&type, &id, body, &size)) {
        unsigned slot = body[VOUCH_UUID_SIZE] & 1;
        if (type == VTPM_WIRE_LOAD) {
            load(id, slot);
        } else if (type == VTPM_WIRE_STORE) {
            store(id, slot,
                  bytes_of(body + VOUCH_UUID_SIZE + 1,
                           size - VOUCH_UUID_SIZE - 1));
        } else if (type == VTPM_WIRE_CERTIFICATE) {
            fake.certificate_count++;
            fake.held_id = id;
            if (!fake.holds_certificate) {
                give_certificate(id);
            }
        } else {
            fake.evidence_count++;
            fake.evidence_size = size;
            memcpy(fake.evidence, body, size);
            fake_send(type, id,
                      fake.is_broken ? VTPM_WIRE_FAILED : VTPM_WIRE_OK,
                      bytes_of_text(EVIDENCE_TEXT));
        }
    }
}
