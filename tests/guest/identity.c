/* SPDX-License-Identifier: MIT */
/*
 * identity: who may record the keys of whose TPM, and when; and the log, which
 * says so.  Says the digests of the keeper's image; "known" on the command line
 * says that the hypervisor knows it (tests/scenario/identity.t), "tpm" that
 * there is a TPM.
 *
 * Runner: -s 2
 * Only: vouch
 */
#include "lib/clock.h"
#include "lib/launch.h"
#include "lib/tap.h"

#define TENANT "tenant01_u:guest_r:"
#define OTHER  "tenant02_u:guest_r:"
#define CHUNK  16384u

#define INFO 0 /* in NAME's place: launch_info */

enum { TURN, WHOM, RESULT, NAME }; /* words of a keeper's report */

static bool is_known, has_tpm;

static long ask(domid_t guest, uint8_t algorithm)
{
    struct vouch_identity identity = {.domid = guest};
    struct vouch_launch_info info = {.domid = guest};

    if (algorithm == INFO) {
        return vouch_op(VOUCHOP_launch_info, &info);
    }
    identity.ak[1] = identity.ek[1] = algorithm;
    identity.ak[2] = 0xa1;
    identity.ek[2] = 0xe1;
    return vouch_op(VOUCHOP_identity, &identity);
}

/* --- A keeper, before and after its launch --- */

static void keeper(void)
{
    volatile uint64_t *words = launch_report()->words;
    uint64_t turn = 0;

    launch_report()->stage = 2;
    for (;;) {
        while (words[TURN] == turn) {
            sched_op(SCHEDOP_yield, NULL);
        }
        turn++;
        if (words[WHOM] == DOMID_SELF) {
            return;
        }
        words[RESULT] =
            (uint64_t)ask((domid_t)words[WHOM], (uint8_t)words[NAME]);
        launch_report()->stage++;
    }
}

static void ask_unlaunched(void)
{
    launch_report()->words[RESULT] =
        (uint64_t)ask((domid_t)launch_report()->words[WHOM], 0x0b);
}

/* --- The parent --- */

static void wait_stage(const struct launch_report *report, uint64_t stage)
{
    uint64_t until = clock_ns() + 20000000000ull;

    while (report->stage < stage) {
        if (clock_ns() > until) {
            guest_fail("a child does not answer");
        }
        sched_op(SCHEDOP_yield, NULL);
    }
}

static long keeper_asks(struct launch_report *report, domid_t whom,
                        uint8_t algorithm)
{
    uint64_t stage = report->stage;

    report->words[WHOM] = whom;
    report->words[NAME] = algorithm;
    report->words[TURN]++;
    wait_stage(report, stage + 1);
    return (long)report->words[RESULT];
}

static domid_t build(const char *label, void (*entry)(void),
                     struct launch_report **report)
{
    launch_order =
        (struct launch_order){.entry = entry, .label = toolstack_sid(label)};
    return launch_build(report);
}

static void digests_say(domid_t id)
{
    struct vouch_launch_info info = {.domid = id};
    const uint8_t *bytes = info.kernel;

    if (vouch_op(VOUCHOP_launch_info, &info) != 0) {
        guest_fail("launch_info of the keeper");
    }
    print("# image ");
    for (unsigned int i = 0; i < 3 * VOUCH_DIGEST_SIZE; i++) {
        print("%02x", bytes[i]);
    }
    print("\n");
}

/* --- The log --- */

static uint8_t chunk[CHUNK];

static bool log_has(const char *text, uint64_t *size)
{
    uint64_t length = strlen(text), offset = 0;
    struct vouch_log_read read;
    bool found = false;

    do {
        read = (struct vouch_log_read){
            .offset = offset, .buffer = (uint64_t)chunk, .size = CHUNK};
        if (vouch_op(VOUCHOP_log_read, &read) != 0) {
            guest_fail("reading the log");
        }
        for (uint64_t i = 0; i + length <= read.size; i++) {
            found = found || memcmp(chunk + i, text, length) == 0;
        }
        offset += read.size;
    } while (read.size != 0);
    *size = read.total;
    return found;
}

static void test_log(void)
{
    struct vouch_log_read read = {.offset = ~0ull, .size = ~0ull};
    uint64_t size;

    tap_is(vouch_op(VOUCHOP_log_read, &read), 0, "the log from beyond its end");
    tap_is(read.size, 0, "is nothing");
    read = (struct vouch_log_read){.buffer = HV_PRIVATE, .size = 100};
    if (has_tpm) {
        tap_is(vouch_op(VOUCHOP_log_read, &read), -XEN_EFAULT,
               "nor can it be written to the hypervisor");
        tap_ok(log_has("vouch launch text:instance=", &size),
               "the log has the launch");
        tap_ok(log_has("label=tenant01_u:guest_r:vtpm_launched_t pages=2048 "
                       "vcpus=1 kernel=",
                       &size),
               "with its label");
        tap_is(log_has("vouch identity text:vtpm=", &size), is_known,
               "and an identity if there is one");
    } else {
        tap_ok(!log_has("vouch launch", &size) && size == 0,
               "without a TPM there is no log");
    }
}

static void test_known(struct launch_report *keeper_report, domid_t guest,
                       domid_t running)
{
    long first = has_tpm ? 0 : -XEN_ENODEV;

    tap_is(keeper_asks(keeper_report, guest, 0x0c), -XEN_EINVAL,
           "a name of another algorithm is none");
    tap_is(keeper_asks(keeper_report, running, 0x0b),
           has_tpm ? -XEN_EACCES : -XEN_ENODEV,
           "not for one that runs already");
    tap_is(keeper_asks(keeper_report, guest, 0x0b), first, "once it may");
    tap_is(keeper_asks(keeper_report, guest, 0x0b),
           has_tpm ? -XEN_EEXIST : -XEN_ENODEV, "twice it may not");
}

/* The kept guest is gone, and a domain like it has its id. */
static void test_after_the_guest(struct launch_report *keeper_report,
                                 domid_t guest)
{
    struct launch_report *report;
    bool is_kept = is_known && has_tpm;
    long unlaunched = is_kept ? -XEN_ESRCH : -XEN_EAGAIN;
    domid_t next;

    toolstack_wanted = guest;
    next = build(TENANT "attested_t", NULL, &report);
    tap_is(next, guest, "after a guest there is another of its id");
    tap_is(keeper_asks(keeper_report, next, INFO), unlaunched,
           "of which its keeper is not told whether it was launched");
    if (is_kept) {
        tap_is(keeper_asks(keeper_report, next, 0x0b), -XEN_EEXIST,
               "nor is its TPM that one's");
    }
    toolstack_start(next);
    tap_is(toolstack_wait(next), TINY_REASON, "it launches");
    tap_is(keeper_asks(keeper_report, next, INFO), is_kept ? -XEN_ESRCH : 0,
           "nor what it was launched with");
    toolstack_unmap(report);
    toolstack_destroy(next);
}

void test_main(void)
{
    struct launch_report *keeper_report, *report;
    domid_t id, guest, running, launched, stranger;

    is_known = cmdline_has("known");
    has_tpm = cmdline_has("tpm");
    id = build(TENANT "vtpm_t", keeper, &keeper_report);
    toolstack_start(id);
    wait_stage(keeper_report, 2);
    digests_say(id);
    running = build(TENANT "guest_t", NULL, &report);
    toolstack_start(running);
    tap_is(toolstack_wait(running), TINY_REASON, "a guest launches");
    toolstack_unmap(report);
    guest = build(TENANT "attested_t", NULL, &report);
    toolstack_unmap(report);
    tap_is(ask(guest, 0x0b), -XEN_ESRCH, "dom0 keeps no TPM");
    tap_is(ask(DOMID_SELF, 0x0b), -XEN_ESRCH, "not its own either");
    tap_is(keeper_asks(keeper_report, 0, 0x0b), -XEN_ESRCH,
           "a keeper does not keep dom0's");
    tap_is(keeper_asks(keeper_report, 0x5678, 0x0b), -XEN_ESRCH,
           "nor nobody's");
    if (is_known) {
        test_known(keeper_report, guest, running);
    } else {
        tap_is(keeper_asks(keeper_report, guest, 0x0b), -XEN_EPERM,
               "nor that of a guest, since nobody knows its image");
    }
    test_log();
    toolstack_destroy(running);

    stranger = build(TENANT "vtpm_t", NULL, &report);
    launch_order.before = ask_unlaunched;
    {
        struct launch_order *its = toolstack_map(stranger, &launch_order);

        its->before = ask_unlaunched;
        toolstack_unmap(its);
    }
    report->words[WHOM] = guest;
    toolstack_start(stranger);
    tap_is(toolstack_wait(stranger), TINY_REASON, "another keeper launches");
    tap_is(report->words[RESULT], -XEN_ESRCH,
           "before that it may not ask at all");
    toolstack_unmap(report);
    toolstack_destroy(stranger);
    tap_is(keeper_asks(keeper_report, guest, INFO), -XEN_EAGAIN,
           "a guest that has not been launched yet");
    toolstack_destroy(guest);
    test_after_the_guest(keeper_report, guest);

    launched = build(TENANT "attested_t", NULL, &report);
    toolstack_start(launched);
    tap_is(toolstack_wait(launched), TINY_REASON, "an attested guest launches");
    toolstack_unmap(report);
    tap_is(keeper_asks(keeper_report, launched, 0x0b), -XEN_ESRCH,
           "and from then on no TPM is given to it");
    toolstack_destroy(launched);
    guest = build(OTHER "attested_t", NULL, &report);
    toolstack_unmap(report);
    tap_is(keeper_asks(keeper_report, guest, 0x0b), -XEN_ESRCH,
           "nor to another tenant's");
    toolstack_destroy(guest);
    keeper_report->words[WHOM] = DOMID_SELF;
    keeper_report->words[TURN]++;
    tap_is(toolstack_wait(id), SHUTDOWN_poweroff, "the keeper ends");
    toolstack_unmap(keeper_report);
    toolstack_destroy(id);
}
