/* SPDX-License-Identifier: MIT */
/*
 * Whatever evidence holds, taken apart and appraised. The first byte says what
 * the rest is: an evidence file, a TPM structure, a log, edits of a good log, a
 * manifest's payload, a GRUB script, a PE image, a run-time record's text, a
 * history of run-time records, a released secret. For
 * a log the quote is forged to fit, so that appraisal gets as far as the log
 * lets it; trusted it may be only if it has all events of the good one.
 */
#include <stdlib.h>
#include <string.h>

#include "attest/appraise.h"
#include "attest/grub.h"
#include "attest/json.h"
#include "attest/pe.h"
#include "attest/record.h"
#include "attest/released.h"
#include "attest/testing/boot.h"
#include "attest/testing/guest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct world {
    struct hasher hasher;
    struct appraiser *appraiser;
    struct forge_key key;
    struct boot_disk disk;
    struct reference reference;
    struct forge_log good, history;
    struct guest guest, other;
    struct replay replay;
    struct verdict verdict;
    struct grub_trace trace;
    size_t event_count;
    uint8_t nonce[32];
    bool is_ready;
} world;

/* Firmware that measures two things, so that no file is needed. */
static void make_firmware(struct forge_log *log)
{
    static const uint8_t image[32] = {0};
    forge_start(log, &world.hasher);
    for (uint32_t pcr = 0; pcr < 8; pcr++) {
        forge_event(log, pcr, EV_SEPARATOR, NULL, bytes_of("\0\0\0\0", 4));
    }
    forge_event(log, 0, EV_EFI_PLATFORM_FIRMWARE_BLOB, NULL,
                bytes_of("0123456789abcdef", 16));
    forge_event(log, 4, EV_EFI_BOOT_SERVICES_APPLICATION, NULL,
                bytes_of(image, sizeof(image)));
    forge_event(log, 5, EV_EFI_ACTION, NULL, bytes_of_text("Exit"));
}

static void put_guests(json_t *payload)
{
    json_t *guests = json_array(), *vtpms = json_array();
    struct bytes nonce = bytes_of(world.nonce, sizeof(world.nonce));
    guest_make(&world.guest, &world.hasher, "one", 10);
    guest_make(&world.other, &world.hasher, "another", 20);
    guest_quote_make(&world.guest, nonce, 1, 3);
    json_push(guests, guest_reference(&world.guest, "one"));
    json_push(vtpms, guest_vtpm_reference(&world.guest));
    json_put(payload, "guests", guests);
    json_put(payload, "vtpms", vtpms);
}

static void start(void)
{
    static struct forge_log firmware;
    world.appraiser = appraiser_create();
    if (world.appraiser == NULL || !hasher_init(&world.hasher)) {
        abort();
    }
    forge_key_make(&world.key, NULL);
    boot_disk_make(&world.disk, true);
    make_firmware(&firmware);
    struct bytes log = buffer_bytes(&firmware.log);
    json_t *payload =
        boot_payload(&world.hasher, &world.disk, log, &world.key, NULL);
    put_guests(payload);
    if (!reference_load(&world.hasher, payload, &world.reference)) {
        abort();
    }
    json_decref(payload);
    forge_start(&world.good, &world.hasher);
    forge_boot(&world.good, &world.reference, log);
    if (replay_log(&world.hasher, buffer_bytes(&world.good.log),
                   &world.replay) != REASON_NONE) {
        abort();
    }
    world.event_count = world.replay.count;
    world.is_ready = true;
}

static void show_verdict(void)
{
    size_t size;
    free(verdict_text(&world.verdict, &size));
    free(verdict_json(&world.verdict, &size));
}

static void judge(const struct reference *reference,
                  const struct evidence *evidence)
{
    appraise(world.appraiser, reference, evidence,
             bytes_of(world.nonce, sizeof(world.nonce)), &world.verdict);
    show_verdict();
}

/* A genuine quote over whatever the log leads to. */
static void judge_log(const struct reference *reference, struct bytes log)
{
    struct forge_signed is;
    struct forge_quote quote = forge_quote_good(
        &world.good, bytes_of(world.nonce, sizeof(world.nonce)));
    if (replay_log(&world.hasher, log, &world.replay) == REASON_NONE) {
        memcpy(quote.values, world.replay.pcr, sizeof(quote.values));
    }
    forge_sign(&world.key, &world.hasher, &quote, &is);
    struct evidence evidence =
        forge_evidence(&world.key, &is, &quote, &world.good);
    evidence.log = log;
    judge(reference, &evidence);
    if (reference == &world.reference && world.verdict.reason == REASON_NONE &&
        world.verdict.event_count != world.event_count) {
        abort();
    }
}

/* Triples: offset (2 bytes), what to XOR; an XOR of 0 cuts the log there. */
static void judge_edits(struct cursor edits)
{
    static uint8_t data[FORGE_MAX_LOG];
    size_t size = world.good.log.used;
    memcpy(data, world.good.data, size);
    while (cursor_remaining(&edits) >= 3) {
        size_t offset = take_le16(&edits);
        uint8_t change = take_u8(&edits);
        if (change == 0) {
            size = offset < size ? offset : size;
        } else if (size != 0) {
            data[offset % size] ^= change;
        }
    }
    judge_log(&world.reference, bytes_of(data, size));
}

static void judge_file(struct bytes text)
{
    struct evidence evidence;
    if (evidence_parse(text, &evidence) == REASON_NONE) {
        judge(&world.reference, &evidence);
        evidence_free(&evidence);
    }
}

static void judge_payload(struct bytes text)
{
    struct reference reference;
    json_t *payload;
    if (json_read(text, &payload) != JSON_STATUS_OK) {
        return;
    }
    if (reference_load(&world.hasher, payload, &reference)) {
        /* Lend it the key that signs here. */
        struct attest_key *keys = reference.keys;
        size_t count = reference.key_count;
        reference.keys = world.reference.keys;
        reference.key_count = world.reference.key_count;
        judge_log(&reference, buffer_bytes(&world.good.log));
        reference.keys = keys;
        reference.key_count = count;
        reference_free(&reference);
    }
    json_decref(payload);
}

static struct bytes read_file(void *context, const char *path)
{
    struct boot_file *file = boot_disk_find(context, path);
    return file != NULL ? file->content : bytes_none();
}

static void predict(struct bytes script)
{
    const struct grub_files files = {&world.disk, read_file};
    (void)!grub_predict(script, &files, &world.trace);
    grub_trace_free(&world.trace);
}

static void check_structures(struct bytes wire)
{
    struct tpms_quote quote;
    struct tpmt_public public;
    struct tpmt_signature signature;
    struct attest_key key;
    (void)tpms_parse_quote(wire, &quote);
    (void)tpms_parse_signature(wire, &signature);
    if (tpms_parse_public(wire, &public) == REASON_NONE &&
        key_open(&world.hasher, &public, &key) == REASON_NONE) {
        key_close(&key);
    }
}

static void judge_history(void)
{
    struct forge_signed is;
    struct forge_quote quote =
        forge_quote_good(&world.history, sha256_bytes(&world.guest.root));
    forge_sign(&world.key, &world.hasher, &quote, &is);
    struct evidence evidence =
        forge_evidence(&world.key, &is, &quote, &world.history);
    guest_put_evidence(&world.guest, &evidence);
    judge(&world.reference, &evidence);
}

/* Records of two guests in any order, and others: a byte says which; 7 is a
 * text of its own, whose tag and size follow. What a guest's own records must
 * be to be trusted is known as long as there is none of these. */
static void replay_history(struct cursor steps)
{
    static void (*const put[])(const struct guest *, struct forge_log *) = {
        guest_log_vtpm, guest_log_identity, guest_log_launch};
    bool is_known = true, is_good = true;
    size_t used = 0;
    world.history = world.good;
    world.history.log.data = world.history.data;
    for (size_t i = 0; i < 40 && cursor_remaining(&steps) != 0; i++) {
        uint8_t step = take_u8(&steps) % 8;
        if (step < 6) {
            put[step % 3](step < 3 ? &world.guest : &world.other,
                          &world.history);
            is_good &= step >= 3 || (used < 3 && step == used++);
        } else {
            enum vouchlog_tag tag = step == 6 ? VOUCHLOG_POLICY_LOAD
                                    : take_u8(&steps) % 2 == 0
                                        ? VOUCHLOG_LAUNCH
                                        : VOUCHLOG_IDENTITY;
            size_t size = step == 6 ? 0 : take_le16(&steps) % 500;
            size_t left = cursor_remaining(&steps);
            guest_log_text(&world.history, tag,
                           take_bytes(&steps, size < left ? size : left));
            is_known &= step == 6;
            is_good = false;
        }
    }
    judge_history();
    if (is_known &&
        (world.verdict.reason == REASON_NONE) != (is_good && used == 3)) {
        abort();
    }
}

/* What parses is inside the text, whatever the text is. */
static void check_records(struct bytes text)
{
    struct record record = {.form = RECORD_TEXT, .text = text};
    struct record_launch launch;
    struct record_identity identity;
    record.tag = VOUCHLOG_LAUNCH;
    if (record_parse_launch(&record, &launch) &&
        record_label_user(launch.label).size +
                record_label_type(launch.label).size >
            launch.label.size) {
        abort();
    }
    record.tag = VOUCHLOG_IDENTITY;
    (void)!record_parse_identity(&record, &identity);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!world.is_ready) {
        start();
    }
    if (size == 0) {
        return 0;
    }
    struct pe_measure measure;
    struct released released;
    struct bytes rest = bytes_of(data + 1, size - 1);
    switch (data[0]) {
    case 'e':
        judge_file(rest);
        break;
    case 's':
        check_structures(rest);
        break;
    case 'l':
        judge_log(&world.reference, rest);
        break;
    case 'd':
        judge_edits(cursor_over(rest));
        break;
    case 'm':
        judge_payload(rest);
        break;
    case 'g':
        predict(rest);
        break;
    case 'p':
        (void)!pe_measure(&world.hasher, rest, &measure);
        break;
    case 'h':
        replay_history(cursor_over(rest));
        break;
    case 'k':
        if (released_parse(rest, &released)) {
            released_free(&released);
        }
        break;
    case 'r':
        check_records(rest);
        break;
    }
    return 0;
}
