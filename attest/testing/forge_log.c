/* SPDX-License-Identifier: MIT */
/* Logs. A test that cannot set its scene stops. */
#include <stdlib.h>
#include <string.h>

#include "attest/testing/forge.h"

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

void forge_start(struct forge_log *log, struct hasher *hasher)
{
    static const struct tpm_bank bank = {TPM_ALG_SHA256, SHA256_SIZE};
    memset(log, 0, sizeof(*log));
    log->hasher = hasher;
    log->log = buffer_over(log->data, sizeof(log->data));
    must(eventlog_create(&log->log, &bank, 1) == EVENTLOG_OK);
    must(eventlog_parse_header(buffer_bytes(&log->log), &log->header) ==
         EVENTLOG_OK);
    for (unsigned pcr = 17; pcr <= 19; pcr++) {
        memset(log->pcr[pcr].bytes, 0xff, SHA256_SIZE);
    }
}

void forge_event(struct forge_log *log, uint32_t pcr, uint32_t type,
                 const struct sha256_digest *digest, struct bytes data)
{
    struct sha256_digest own = hash_bytes(log->hasher, data);
    if (digest == NULL) {
        digest = &own;
    }
    const struct eventlog_event event = {.pcr = pcr,
                                         .type = type,
                                         .digests = {sha256_bytes(digest)},
                                         .data = data};
    must(eventlog_append(&log->header, &log->log, &event) == EVENTLOG_OK);
    if (type != EV_NO_ACTION) {
        log->pcr[pcr] = hash_pair(log->hasher, sha256_bytes(&log->pcr[pcr]),
                                  sha256_bytes(digest));
    }
}

/* Copy firmware's events from the real log, those before GRUB's image or
 * those after it. */
static void copy_firmware(struct forge_log *log, struct bytes real_log,
                          bool is_before)
{
    struct eventlog_reader reader;
    struct eventlog_event event;
    bool is_past = false;
    must(eventlog_open(real_log, &reader) == EVENTLOG_OK);
    while (eventlog_next(&reader, &event) == EVENTLOG_OK) {
        bool is_image =
            event.pcr == 4 && event.type == EV_EFI_BOOT_SERVICES_APPLICATION;
        if (event.pcr < 8 && !is_image && is_past != is_before) {
            struct sha256_digest digest;
            memcpy(digest.bytes, event.digests[0].data, SHA256_SIZE);
            forge_event(log, event.pcr, event.type, &digest, event.data);
        }
        is_past |= is_image;
    }
}

static void add_image(struct forge_log *log,
                      const struct reference_event *expected)
{
    uint8_t data[40];
    struct buffer buffer = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&buffer);
    put_little(&writer, 0x7d490018, 8);
    put_little(&writer, expected->image_size, 8);
    put_little(&writer, 0, 8);
    put_little(&writer, 4, 8);
    put_le32(&writer, 0x0004ff7f); /* end of device path */
    must(writer_end(&writer));
    forge_event(log, expected->pcr, expected->type, &expected->digests[0],
                buffer_bytes(&buffer));
}

/* EV_IPL: the text with its NUL; a device's name where search found a file. */
static void add_text(struct forge_log *log,
                     const struct reference_event *expected)
{
    uint8_t data[8192];
    struct buffer buffer = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&buffer);
    if (expected->data == REFERENCE_DATA_FOUND) {
        put_bytes(&writer, bytes_of_text("(hd0)"));
    }
    put_bytes(&writer, expected->text);
    put_u8(&writer, 0);
    must(writer_end(&writer));
    forge_event(log, expected->pcr, expected->type, &expected->digests[0],
                buffer_bytes(&buffer));
}

/* The tag is told by the digest: the name alone would do, but not so surely. */
static void add_record(struct forge_log *log,
                       const struct reference_event *expected)
{
    static const uint32_t tags[] = {0x56010001, 0x56010002, 0x56010003,
                                    0x56010004, 0x56010005, 0x56010006};
    uint8_t data[2048];
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        struct buffer buffer = buffer_over(data, sizeof(data));
        struct writer writer = writer_begin(&buffer);
        put_le32(&writer, tags[i]);
        put_le32(&writer, (uint32_t)expected->text.size);
        put_bytes(&writer, expected->text);
        must(writer_end(&writer));
        struct sha256_digest digest =
            hash_bytes(log->hasher, buffer_bytes(&buffer));
        if (sha256_equal(&digest, &expected->digests[0])) {
            forge_event(log, expected->pcr, expected->type, NULL,
                        buffer_bytes(&buffer));
            return;
        }
    }
    abort();
}

void forge_boot(struct forge_log *log, const struct reference *reference,
                struct bytes real_log)
{
    copy_firmware(log, real_log, true);
    for (size_t i = 0; i < reference->boot.count; i++) {
        const struct reference_event *expected = &reference->boot.items[i];
        if (expected->data == REFERENCE_DATA_IMAGE) {
            add_image(log, expected);
        } else {
            add_text(log, expected);
        }
    }
    copy_firmware(log, real_log, false);
    for (size_t i = 0; i < reference->hypervisor.count; i++) {
        add_record(log, &reference->hypervisor.items[i]);
    }
}
