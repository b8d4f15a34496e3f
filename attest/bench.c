/* SPDX-License-Identifier: MIT */
/*
 * How many full verifications a core does in a second: signature, nonce and
 * selection, the whole log with every datum hashed, every event compared. The
 * log is as long as a real one of 34 kB, of a firmware with more to say. Run by
 * `make bench-attest`; prints CPU time, not wall time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "attest/appraise.h"
#include "attest/json.h"
#include "attest/predict.h"
#include "attest/testing/boot.h"

#define LOG_SIZE   33800
#define EVENTS     111
#define RUN_TIME_S 2.0
#define REAL_LOG   "tests/unit/attest/data/ovmf-grub.log"

struct scene {
    struct hasher hasher;
    struct appraiser *appraiser;
    struct forge_key key;
    struct boot_disk disk;
    struct reference reference;
    struct forge_log log;
    struct forge_signed is;
    struct evidence evidence;
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

static void set_scene(struct scene *scene)
{
    memset(scene, 0, sizeof(*scene));
    scene->appraiser = appraiser_create();
    must(scene->appraiser != NULL && hasher_init(&scene->hasher), "SHA-256");
    forge_key_make(&scene->key, NULL);
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

static void judge_file(struct scene *scene)
{
    struct evidence evidence;
    must(evidence_parse(bytes_of(scene->text, scene->text_size), &evidence) ==
             REASON_NONE,
         "the evidence file");
    judge(scene, &evidence);
    evidence_free(&evidence);
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

static double measure(struct scene *scene, const char *name,
                      void (*run)(struct scene *scene))
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
    printf("%-44s %8.0f /s  %6.1f us\n", name, rate, 1e6 / rate);
    return rate;
}

int main(int argc, char **argv)
{
    static struct scene scene;
    double least = argc > 1 ? atof(argv[1]) : 0;
    set_scene(&scene);
    printf(
        "log of %zu bytes, %zu events; evidence file of %zu bytes; one core\n",
        scene.log.log.used, count_events(&scene), scene.text_size);
    (void)measure(&scene, "log: replay and every datum's hash", replay_only);
    double rate = measure(&scene, "verification, from bytes", judge_bytes);
    (void)measure(&scene, "verification, from the evidence file", judge_file);
    free(scene.text);
    reference_free(&scene.reference);
    forge_key_free(&scene.key);
    hasher_free(&scene.hasher);
    appraiser_destroy(scene.appraiser);
    if (rate < least) {
        printf("too slow: at least %.0f /s asked for\n", least);
        return 1;
    }
    return 0;
}
