/* SPDX-License-Identifier: MIT */
/*
 * How many full verifications a core does in a second: signatures, nonce and
 * selection, the whole log with every datum hashed, every event compared. The
 * log is as long as a real one of 34 kB, of a firmware with more to say. Once
 * for a platform alone, once for a guest among GUESTS on it, beside the P-256
 * verifications that OpenSSL does in the same run: a platform needs one, a
 * guest two and the opening of a key never seen before. Nothing is kept from
 * one verification to the next but the manifest with its opened keys, so each
 * is cold. Run by `make bench-attest`; prints CPU time, not wall time, and the
 * part of the P-256 rate, which does not depend on how busy the machine is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "attest/appraise.h"
#include "attest/json.h"
#include "attest/predict.h"
#include "attest/testing/boot.h"
#include "attest/testing/guest.h"

#define LOG_SIZE   33800
#define EVENTS     111
#define GUESTS     100
#define RUN_TIME_S 2.0
#define REAL_LOG   "tests/unit/attest/data/ovmf-grub.log"

/* A platform that was asked by its guests. */
struct asked {
    struct forge_log log;
    struct forge_signed is;
    struct evidence evidence;
    char *text;
    size_t text_size;
};

struct scene {
    struct hasher hasher;
    struct appraiser *appraiser;
    struct forge_key key;
    struct boot_disk disk;
    struct reference reference;
    struct forge_log log;
    struct forge_signed is;
    struct evidence evidence;
    struct guest guest;
    struct asked alone, crowded;
    struct verdict verdict;
    uint8_t nonce[32];
    char *text; /* the evidence as a file */
    size_t text_size;
};

static void must(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "bench: %s\n", what);
        exit(1);
    }
}

static struct bytes read_log(void)
{
    static uint8_t data[1 << 16];
    FILE *file = fopen(REAL_LOG, "rb");
    must(file != NULL, "no " REAL_LOG);
    size_t size = fread(data, 1, sizeof(data), file);
    fclose(file);
    return bytes_of(data, size);
}

/* The real log with more and longer firmware variables in front, as firmware
 * with Secure Boot keys has, so that it has EVENTS events in LOG_SIZE bytes
 * when GRUB and the hypervisor have had their say. */
static struct bytes lengthen(struct scene *scene, struct bytes real,
                             size_t other_events, size_t other_size)
{
    static struct forge_log longer;
    struct eventlog_reader reader;
    struct eventlog_event event;
    uint8_t data[2048];
    memset(data, 0xa5, sizeof(data));
    forge_start(&longer, &scene->hasher);
    size_t more = EVENTS - other_events;
    size_t each = (LOG_SIZE - other_size) / more - 50;
    must(each <= sizeof(data), "the real log is too short");
    for (size_t i = 0; i < more; i++) {
        forge_event(&longer, 7, EV_EFI_VARIABLE_DRIVER_CONFIG, NULL,
                    bytes_of(data, each));
    }
    must(eventlog_open(real, &reader) == EVENTLOG_OK, "the real log");
    while (eventlog_next(&reader, &event) == EVENTLOG_OK) {
        struct sha256_digest digest;
        memcpy(digest.bytes, event.digests[0].data, SHA256_SIZE);
        forge_event(&longer, event.pcr, event.type, &digest, event.data);
    }
    return buffer_bytes(&longer.log);
}

static void boot(struct scene *scene, struct bytes firmware_log)
{
    json_t *payload = boot_payload(&scene->hasher, &scene->disk, firmware_log,
                                   &scene->key, NULL);
    json_t *guests = json_array(), *vtpms = json_array();
    json_push(guests, guest_reference(&scene->guest, "guest"));
    json_push(vtpms, guest_vtpm_reference(&scene->guest));
    json_put(payload, "guests", guests);
    json_put(payload, "vtpms", vtpms);
    reference_free(&scene->reference);
    must(reference_load(&scene->hasher, payload, &scene->reference),
         "the manifest");
    json_decref(payload);
    forge_start(&scene->log, &scene->hasher);
    forge_boot(&scene->log, &scene->reference, firmware_log);
}

static size_t count_events(const struct scene *scene)
{
    struct eventlog_reader reader;
    struct eventlog_event event;
    size_t count = 0;
    must(eventlog_open(buffer_bytes(&scene->log.log), &reader) == EVENTLOG_OK,
         "the log");
    while (eventlog_next(&reader, &event) == EVENTLOG_OK) {
        count++;
    }
    return count;
}

static void start_guest(struct guest *guest, unsigned instance,
                        struct forge_log *log)
{
    guest->vtpm.instance = guest->identity.vtpm = 2 * instance;
    guest->launch.instance = guest->identity.guest = 2 * instance + 1;
    guest_log_vtpm(guest, log);
    guest_log_identity(guest, log);
    guest_log_launch(guest, log);
}

/* The last of so many guests that were started on this platform, which all ask
 * at once. */
static void ask(struct scene *scene, unsigned guests, struct asked *out)
{
    struct guest *guest = &scene->guest;
    struct vouchlog_identity identity = guest->identity;
    out->log = scene->log;
    out->log.log.data = out->log.data;
    for (unsigned i = 1; i <= guests; i++) {
        guest->identity.ak[10] = (uint8_t)(identity.ak[10] + guests - i);
        start_guest(guest, i, &out->log);
    }
    guest_quote_make(guest, bytes_of(scene->nonce, sizeof(scene->nonce)),
                     guests - 1, guests);
    struct forge_quote quote =
        forge_quote_good(&out->log, sha256_bytes(&guest->root));
    forge_sign(&scene->key, &scene->hasher, &quote, &out->is);
    out->evidence = forge_evidence(&scene->key, &out->is, &quote, &out->log);
    guest_put_evidence(guest, &out->evidence);
    /* The guest's own parts are overwritten by the next one that asks. */
    out->text = evidence_format(&out->evidence, &out->text_size);
    must(evidence_parse(bytes_of(out->text, out->text_size), &out->evidence) ==
             REASON_NONE,
         "a guest's evidence");
}

static void set_scene(struct scene *scene)
{
    memset(scene, 0, sizeof(*scene));
    scene->appraiser = appraiser_create();
    must(scene->appraiser != NULL && hasher_init(&scene->hasher), "SHA-256");
    forge_key_make(&scene->key, NULL);
    guest_make(&scene->guest, &scene->hasher, "guest", 1);
    boot_disk_make(&scene->disk, false);
    struct bytes real = read_log();
    boot(scene, real);
    boot(scene,
         lengthen(scene, real, count_events(scene), scene->log.log.used));
    struct forge_quote quote = forge_quote_good(
        &scene->log, bytes_of(scene->nonce, sizeof(scene->nonce)));
    forge_sign(&scene->key, &scene->hasher, &quote, &scene->is);
    scene->evidence =
        forge_evidence(&scene->key, &scene->is, &quote, &scene->log);
    scene->text = evidence_format(&scene->evidence, &scene->text_size);
    ask(scene, 1, &scene->alone);
    ask(scene, GUESTS, &scene->crowded);
}

static void judge(struct scene *scene, const struct evidence *evidence)
{
    appraise(scene->appraiser, &scene->reference, evidence,
             bytes_of(scene->nonce, sizeof(scene->nonce)), &scene->verdict);
    must(scene->verdict.reason == REASON_NONE, "not trusted");
}

static void judge_bytes(struct scene *scene)
{
    judge(scene, &scene->evidence);
}

static void judge_text(struct scene *scene, const char *text, size_t size)
{
    struct evidence evidence;
    must(evidence_parse(bytes_of(text, size), &evidence) == REASON_NONE,
         "the evidence file");
    judge(scene, &evidence);
    evidence_free(&evidence);
}

static void judge_file(struct scene *scene)
{
    judge_text(scene, scene->text, scene->text_size);
}

static void judge_guest(struct scene *scene)
{
    judge(scene, &scene->alone.evidence);
}

static void judge_guest_file(struct scene *scene)
{
    judge_text(scene, scene->alone.text, scene->alone.text_size);
}

static void judge_crowded(struct scene *scene)
{
    judge(scene, &scene->crowded.evidence);
}

/* What nobody can be faster than. */
static void verify_only(struct scene *scene)
{
    struct tpmt_signature signature;
    must(tpms_parse_signature(scene->evidence.signature, &signature) ==
                 REASON_NONE &&
             key_verify(&scene->reference.keys[0], &scene->hasher,
                        scene->evidence.quote, &signature) == REASON_NONE,
         "the signature");
}

static void open_only(struct scene *scene)
{
    struct tpmt_public public;
    must(tpms_parse_public(scene->evidence.public, &public) == REASON_NONE &&
             key_reopen(&scene->hasher, &public,
                        &scene->appraiser->guest_key) == REASON_NONE,
         "the key");
}

static void replay_only(struct scene *scene)
{
    must(replay_log(&scene->appraiser->hasher, scene->evidence.log,
                    &scene->appraiser->replay) == REASON_NONE,
         "the log");
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* bound: what the rate is told as a part of, or 0. */
static double measure(struct scene *scene, const char *name,
                      void (*run)(struct scene *scene), double bound)
{
    double start = cpu_seconds(), now = start;
    size_t count = 0;
    while (now - start < RUN_TIME_S) {
        for (int i = 0; i < 100; i++) {
            run(scene);
        }
        count += 100;
        now = cpu_seconds();
    }
    double rate = (double)count / (now - start);
    printf("%-44s %8.0f /s  %6.1f us", name, rate, 1e6 / rate);
    if (bound != 0) {
        printf("  %3.0f %%", 100 * rate / bound);
    }
    printf("\n");
    return rate;
}

static void free_scene(struct scene *scene)
{
    evidence_free(&scene->alone.evidence);
    evidence_free(&scene->crowded.evidence);
    free(scene->alone.text);
    free(scene->crowded.text);
    free(scene->text);
    guest_free(&scene->guest);
    reference_free(&scene->reference);
    forge_key_free(&scene->key);
    hasher_free(&scene->hasher);
    appraiser_destroy(scene->appraiser);
}

static double measure_all(struct scene *scene)
{
    double raw = measure(scene, "P-256 verification alone", verify_only, 0);
    (void)measure(scene, "a key opened, in the place of another", open_only, 0);
    (void)measure(scene, "log: replay and every datum's hash", replay_only, 0);
    double rate =
        measure(scene, "platform: verification, from bytes", judge_bytes, raw);
    (void)measure(scene, "platform: from the evidence file", judge_file, raw);
    (void)measure(scene, "guest: verification, from bytes", judge_guest, raw);
    (void)measure(scene, "guest: from the evidence file", judge_guest_file,
                  raw);
    (void)measure(scene, "guest: from bytes, 100 guests in the log",
                  judge_crowded, raw);
    return rate;
}

int main(int argc, char **argv)
{
    static struct scene scene;
    double least = argc > 1 ? atof(argv[1]) : 0;
    set_scene(&scene);
    printf("log of %zu bytes, %zu events; %zu bytes with a guest, %zu with "
           "%d;\nevidence files of %zu, %zu and %zu bytes; one core\n",
           scene.log.log.used, count_events(&scene), scene.alone.log.log.used,
           scene.crowded.log.log.used, GUESTS, scene.text_size,
           scene.alone.text_size, scene.crowded.text_size);
    double rate = measure_all(&scene);
    free_scene(&scene);
    if (rate < least) {
        printf("too slow: at least %.0f /s asked for\n", least);
        return 1;
    }
    return 0;
}
