/* SPDX-License-Identifier: MIT */
/*
 * A TPM's life against a hypervisor, a daemon and a guest that a test plays:
 * what comes before what, when its state is stored, and that nobody is served
 * by what is refused. The TPM is real.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lib/eventlog.h"
#include "lib/vtpm_wire.h"
#include "tests/unit/vtpm/tpm/fake_port.h"
#include "vtpm/tpm/say.h"
#include "vtpm/tpm/tpm.h"
#include "vtpm/tpm/vtpm.h"

#define GUEST 5

static struct vtpm vtpm;
static bool is_on;

static int reset(void **state)
{
    fake_reset();
    vtpm_init(&vtpm);
    return 0;
}

static void power_off(void)
{
    for (size_t i = 0; i < WIRE_QUESTIONS; i++) {
        free(vtpm.wire.questions[i].message);
    }
    free(vtpm.wire.body);
    free(vtpm.evidence.memory);
    free(vtpm.certificate.answer.memory);
    for (size_t i = 0; i < VTPM_STATE_SLOTS; i++) {
        free(vtpm.memory[i]);
    }
    vtpm_init(&vtpm);
    if (is_on) {
        tpm_stop();
    }
    is_on = false;
}

static int release(void **state)
{
    power_off();
    return 0;
}

static void step(void)
{
    for (unsigned i = 0; i < 30; i++) {
        vtpm_step(&vtpm);
        fake_daemon();
    }
    vtpm_step(&vtpm);
}

static void later(unsigned ms)
{
    fake.now_ms += ms;
    step();
}

static void happen(enum vtpm_event_kind kind, uint16_t domid)
{
    const struct vtpm_event event = {.kind = kind, .domid = domid};
    vtpm_event(&vtpm, &event);
    is_on = true;
}

/* The guest comes, and is served. */
static void serve(void)
{
    vtpm_init(&vtpm);
    happen(VTPM_EVENT_GUEST, GUEST);
    step();
    assert_int_equal(vtpm.life, VTPM_SERVING);
}

/* The response code to a command; 0xffffffff if no answer came. */
static uint32_t command(const void *data, size_t size)
{
    unsigned before = fake.answer_count;
    memcpy(fake.command, data, size);
    fake.command_size = size;
    happen(VTPM_EVENT_COMMAND, GUEST);
    if (fake.answer_count == before) {
        return 0xffffffff;
    }
    struct cursor cursor = cursor_over(bytes_of(fake.answer, fake.answer_size));
    take_skip(&cursor, 2);
    assert_int_equal(take_be32(&cursor), fake.answer_size);
    return take_be32(&cursor);
}

static uint32_t get_random(void)
{
    return command("\x80\x01\0\0\0\x0c\0\0\x01\x7b\0\x10", 12);
}

/* TPM2_DictionaryAttackParameters by the empty lockout password: it changes
 * what is stored. */
static uint32_t change(void)
{
    return command("\x80\x02\0\0\0\x27\0\0\x01\x3a\x40\0\0\x0a"
                   "\0\0\0\x09\x40\0\0\x09\0\0\0\0\0"
                   "\0\0\0\x20\0\0\0\x10\0\0\0\x10",
                   39);
}

static uint32_t shut_down(void)
{
    return command("\x80\x01\0\0\0\x0c\0\0\x01\x45\0\0", 12);
}

static void assert_refused(const char *why)
{
    vtpm_init(&vtpm);
    happen(VTPM_EVENT_GUEST, GUEST);
    unsigned served = fake.serve_count, known = fake.identity_count;
    step();
    assert_int_equal(vtpm.life, VTPM_REFUSED);
    assert_non_null(strstr(fake.said, why));
    assert_int_equal(fake.serve_count, served);
    assert_int_equal(fake.identity_count, known);
    happen(VTPM_EVENT_GUEST, GUEST);
    assert_int_equal(get_random(), 0xffffffff);
    later(10000);
    assert_int_equal(vtpm.life, VTPM_REFUSED);
    is_on = false;
    power_off();
}

static void a_new_tpm_is_stored_before_it_is_known(void **state)
{
    fake.is_silent = true;
    happen(VTPM_EVENT_GUEST, GUEST);
    step();
    assert_int_equal(vtpm.life, VTPM_LOADING);
    fake.is_silent = false;
    fake_daemon(); /* nothing is stored, it says */
    fake.is_silent = true;
    step();
    assert_int_equal(vtpm.life, VTPM_STORING);
    assert_int_equal(fake.identity_count, 0);
    assert_int_equal(fake.serve_count, 0);
    fake.is_silent = false;
    step();
    assert_int_equal(vtpm.life, VTPM_SERVING);
    assert_int_equal(fake.load_count, 2);
    assert_int_equal(fake.store_count, 1);
    assert_int_equal(fake.mark_count, 1);
    assert_int_equal(fake.key.version, VOUCH_VERSIONS);
    assert_int_equal(fake.identity_count, 1);
    assert_int_equal(fake.identity.domid, GUEST);
    assert_int_equal(fake.serve_count, 1);
}

static void the_same_tpm_comes_back(void **state)
{
    serve();
    struct vouch_identity first = fake.identity;
    assert_int_equal(change(), 0);
    later(2000);
    power_off();
    serve();
    assert_memory_equal(&first, &fake.identity, sizeof(first));
}

static void a_state_that_was_not_marked_is_marked_when_used(void **state)
{
    serve();
    fake.mark_result = -EIO;
    assert_int_equal(change(), 0);
    later(2000);
    assert_int_equal(fake.key.version, VOUCH_VERSIONS);
    power_off();
    fake.mark_result = 0;
    serve();
    assert_int_equal(fake.key.version, 2 * VOUCH_VERSIONS);
}

static void a_stored_tpm_is_stored_anew_before_it_serves(void **state)
{
    serve();
    power_off();
    unsigned stored = fake.store_count, known = fake.identity_count;
    fake.mark_result = -EAGAIN; /* an epoch is about to begin */
    vtpm_init(&vtpm);
    happen(VTPM_EVENT_GUEST, GUEST);
    step();
    assert_int_equal(vtpm.life, VTPM_STORING);
    assert_int_equal(fake.store_count, stored + 1);
    assert_int_equal(fake.identity_count, known);
    fake.mark_result = 0;
    later(STORE_INTERVAL_MS);
    assert_int_equal(vtpm.life, VTPM_SERVING);
    assert_int_equal(fake.key.version, 2 * VOUCH_VERSIONS + 1);
    assert_int_equal(fake.identity_count, known + 1);
}

/* Another vTPM got the key meanwhile, worked and is gone. Whatever this one
 * still stores, it serves no more, and its state is a replay. */
static void a_fenced_tpm_stops_and_what_it_stored_is_a_replay(void **state)
{
    static struct fake_port old;
    serve();
    uint64_t first = fake.key.first;
    old = fake;
    power_off();
    serve();
    uint64_t least = fake.key.version;
    power_off();
    memcpy(fake.slots, old.slots, sizeof(old.slots));
    memcpy(fake.slot_sizes, old.slot_sizes, sizeof(old.slot_sizes));
    fake.key.version = old.key.version;
    fake.key.first = first - VOUCH_VERSIONS;
    serve(); /* as the first one was */
    assert_int_equal(fake.key.first, first);
    for (unsigned i = 0; i < 6; i++) { /* dom0 cuts it off its daemon's marks */
        assert_int_equal(change(), 0);
        later(2000);
    }
    fake.mark_result = -ENOENT;
    assert_int_equal(change(), 0);
    later(2000);
    assert_int_equal(vtpm.life, VTPM_REFUSED);
    assert_int_equal(get_random(), 0xffffffff);
    unsigned stored = fake.store_count;
    later(2000);
    assert_int_equal(fake.store_count, stored);
    power_off();
    fake.mark_result = 0;
    fake.key.version = least;
    assert_refused("state replayed");
}

/* The guest's last vTPM has to be gone first; then all goes on by itself. */
static void who_had_the_state_is_waited_for(void **state)
{
    fake.key_result = -EBUSY;
    happen(VTPM_EVENT_GUEST, GUEST);
    step();
    assert_int_equal(vtpm.life, VTPM_LOADING);
    later(2000);
    assert_int_equal(fake.load_count, 0);
    assert_int_equal(fake.serve_count, 0);
    fake.key_result = 0;
    later(2000);
    assert_int_equal(vtpm.life, VTPM_SERVING);
}

static void what_is_wrong_is_refused_by_name(void **state)
{
    serve();
    assert_int_equal(change(), 0);
    later(2000);
    power_off();
    fake.key.version += 10;
    assert_refused("state replayed");
    fake.key.version -= 10;
    fake.key.key[0] ^= 1;
    assert_refused("state foreign or damaged");
    fake.key.key[0] ^= 1;
    fake.slot_sizes[0] = fake.slot_sizes[1] = 0;
    assert_refused("state lost");
    fake.key_result = -EACCES;
    assert_refused("no key");
}

static void an_unregistered_identity_is_not_served(void **state)
{
    fake.identity_result = -EPERM;
    happen(VTPM_EVENT_GUEST, GUEST);
    step();
    assert_int_equal(vtpm.life, VTPM_REFUSED);
    assert_int_equal(fake.serve_count, 0);
}

static void what_passes_is_tried_again(void **state)
{
    fake.key_result = -EAGAIN;
    happen(VTPM_EVENT_GUEST, GUEST);
    step();
    assert_int_equal(vtpm.life, VTPM_LOADING);
    assert_true(vtpm_timeout_ms(&vtpm) > 0);
    fake.key_result = 0;
    fake.is_broken = true;
    later(1000);
    assert_int_equal(vtpm.life, VTPM_LOADING);
    fake.is_broken = false;
    later(1000);
    assert_int_equal(vtpm.life, VTPM_SERVING);
}

static void nothing_is_processed_before_the_launch(void **state)
{
    serve();
    fake.launch_result = -EAGAIN;
    assert_int_equal(get_random(), 0x100);
    assert_int_equal(command("\0\xc1\0\0\0\x0e\0\0\0\x46\0\0\0\x10", 14), 38);
    assert_int_equal(command("\x80\x01\0\0\0\x0b\x20\0\x56\x01\x02", 11),
                     0x100);
    fake.launch_result = 0;
    assert_int_equal(get_random(), 0);
    assert_true(vtpm.is_measured);
}

static void anothers_launch_is_refused(void **state)
{
    serve();
    fake.launch.uuid[0] ^= 1;
    assert_int_equal(get_random(), 0x100);
    assert_int_equal(vtpm.life, VTPM_REFUSED);
    assert_int_equal(get_random(), 0xffffffff);
}

/* Its guest is gone, and another has its id: it was launched, or it was not. */
static void who_comes_after_the_guest_is_refused(void **state)
{
    static const int results[] = {-ESRCH, -EAGAIN};
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        fake.launch_result = 0;
        serve();
        assert_int_equal(get_random(), 0);
        happen(VTPM_EVENT_GONE, GUEST);
        happen(VTPM_EVENT_GUEST, GUEST);
        fake.launch_result = results[i];
        assert_int_equal(get_random(), 0x100);
        assert_int_equal(vtpm.life, VTPM_REFUSED);
        fake.launch_result = 0;
        assert_int_equal(get_random(), 0xffffffff);
        power_off();
    }
}

/* TPM2_PCR_Read of one PCR of the SHA-256 bank; *out is its value. */
static void read_pcr(unsigned pcr, uint8_t out[32])
{
    uint8_t wire[] = {0x80, 1, 0, 0, 0, 0x14, 0, 0, 1, 0x7e,
                      0,    0, 0, 1, 0, 0x0b, 3, 0, 0, 0};
    wire[17 + pcr / 8] = (uint8_t)(1u << (pcr % 8));
    assert_int_equal(command(wire, sizeof(wire)), 0);
    memcpy(out, fake.answer + fake.answer_size - 32, 32);
}

static void the_launch_is_measured_once(void **state)
{
    uint8_t first[32], again[32];
    serve();
    read_pcr(VTPM_PCR_KERNEL, first);
    fake.launch.kernel_size++;
    read_pcr(VTPM_PCR_KERNEL, again);
    assert_memory_equal(first, again, sizeof(first));
    power_off();
    serve(); /* what else was launched is measured otherwise */
    read_pcr(VTPM_PCR_KERNEL, again);
    assert_memory_not_equal(first, again, sizeof(first));
}

static void headers_that_lie_are_refused(void **state)
{
    serve();
    assert_int_equal(command("\x80\x01\0\0\0\x0d\0\0\x01\x7b\0\x10", 12),
                     0x142);
    assert_int_equal(command("\x80\x01\0\0\0\x0b\0\0\x01\x7b\0\x10", 12),
                     0x142);
    assert_int_equal(command("\x80\x01\0\0", 4), 0x142);
    assert_int_equal(command("", 0), 0x142);
    assert_int_equal(command("\0\xc1\0\0\0\x0d\0\0\0\x46\0\0\0\x10", 14),
                     0x142);
    assert_int_equal(get_random(), 0);
}

static void a_change_is_stored_within_a_second(void **state)
{
    serve();
    assert_int_equal(get_random(), 0);
    later(2000);
    unsigned before = fake.store_count;
    assert_int_equal(get_random(), 0);
    later(2000);
    assert_int_equal(fake.store_count, before); /* nothing has changed */
    assert_int_equal(change(), 0);
    step();
    assert_int_equal(fake.store_count, before + 1); /* at once */
    assert_int_equal(change(), 0);
    step();
    assert_int_equal(fake.store_count, before + 1);
    int timeout = vtpm_timeout_ms(&vtpm);
    assert_true(timeout > 0 && timeout <= STORE_INTERVAL_MS);
    later((unsigned)timeout);
    assert_int_equal(fake.store_count, before + 2);
    assert_int_equal(vtpm_timeout_ms(&vtpm), -1);
}

static void a_flood_is_one_store_a_second(void **state)
{
    serve();
    assert_int_equal(get_random(), 0);
    later(2000);
    unsigned before = fake.store_count;
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(change(), 0);
        later(10);
    }
    assert_true(fake.store_count - before <= 11);
    assert_true(fake.store_count - before >= 9);
}

static void a_shutdown_is_answered_once_it_is_stored(void **state)
{
    serve();
    assert_int_equal(change(), 0);
    later(2000);
    fake.is_silent = true;
    unsigned answers = fake.answer_count;
    assert_int_equal(shut_down(), 0xffffffff);
    step();
    later(1000);
    assert_int_equal(fake.answer_count, answers);
    fake.is_silent = false;
    fake_daemon();
    step();
    assert_int_equal(fake.answer_count, answers + 1);
    assert_false(tpm_has_changed());
}

static void dom0_cannot_hold_a_shutdown_for_ever(void **state)
{
    serve();
    assert_int_equal(get_random(), 0);
    later(2000);
    fake.is_silent = true;
    unsigned answers = fake.answer_count;
    assert_int_equal(shut_down(), 0xffffffff);
    later(4000);
    assert_int_equal(fake.answer_count, answers);
    later(2000);
    assert_int_equal(fake.answer_count, answers + 1);
    /* nor if it says that it cannot store */
    fake.is_silent = false;
    later(2000);
    fake.is_broken = true;
    assert_int_equal(shut_down(), 0xffffffff);
    step();
    assert_int_equal(fake.answer_count, answers + 2);
}

static void a_cancelled_shutdown_is_answered(void **state)
{
    serve();
    fake.is_silent = true;
    unsigned answers = fake.answer_count;
    assert_int_equal(shut_down(), 0xffffffff);
    happen(VTPM_EVENT_CANCEL, GUEST);
    assert_int_equal(fake.answer_count, answers + 1);
    happen(VTPM_EVENT_CANCEL, GUEST);
    later(10000);
    assert_int_equal(fake.answer_count, answers + 1);
}

static void the_state_is_stored_when_the_guest_is_gone(void **state)
{
    serve();
    assert_int_equal(change(), 0);
    later(2000);
    assert_int_equal(change(), 0);
    step();
    unsigned before = fake.store_count;
    assert_int_equal(change(), 0);
    happen(VTPM_EVENT_GONE, GUEST);
    later(STORE_URGENT_MS);
    assert_int_equal(fake.store_count, before + 1);
}

static void a_failed_store_is_made_again_in_the_same_slot(void **state)
{
    serve();
    assert_int_equal(get_random(), 0);
    later(2000);
    later(2000);
    unsigned slot = vtpm.store.place.slot;
    fake.is_broken = true;
    uint64_t version = vtpm.store.version;
    assert_int_equal(change(), 0);
    step();
    assert_int_equal(vtpm.store.place.slot, slot);
    assert_false(store_is_clean(&vtpm.store));
    fake.is_broken = false;
    later(2000);
    assert_true(store_is_clean(&vtpm.store));
    assert_int_equal(vtpm.store.place.slot, slot ^ 1);
    assert_true(vtpm.store.version > version + 1);
}

static void the_daemon_comes_back_and_is_asked_again(void **state)
{
    serve();
    assert_int_equal(get_random(), 0);
    later(2000);
    fake.is_silent = true;
    unsigned before = fake.store_count;
    assert_int_equal(change(), 0);
    step();
    fake.is_gone = true;
    later(1000);
    fake.is_gone = false;
    fake.sent_size = fake.coming_size = 0;
    fake.is_silent = false;
    later(1000);
    assert_int_equal(fake.store_count, before + 1);
    assert_true(store_is_clean(&vtpm.store));
}

static void another_guest_is_not_served(void **state)
{
    serve();
    happen(VTPM_EVENT_GUEST, GUEST + 1);
    step();
    assert_int_equal(fake.serve_count, 1);
    happen(VTPM_EVENT_GUEST, GUEST); /* its driver starts again */
    assert_int_equal(fake.serve_count, 2);
    unsigned answers = fake.answer_count;
    happen(VTPM_EVENT_COMMAND, GUEST + 1);
    assert_int_equal(fake.answer_count, answers);
}

static void evidence_is_asked_in_our_name(void **state)
{
    uint8_t begin[11 + 64] = {0x80, 1, 0, 0, 0, 75, 0x20, 0, 0x56, 1, 1};
    static const char read[] = "\x80\x01\0\0\0\x11\x20\0\x56\x01\x02"
                               "\0\0\0\0\x10\0";
    memset(begin + 11, 0xaa, 32);
    memset(begin + 43, 0xbb, 32);
    serve();
    fake.is_silent = true;
    assert_int_equal(command(read, 17), 0x14a);
    assert_int_equal(command(begin, sizeof(begin)), 0);
    step();
    assert_int_equal(command(read, 17), 0x922);
    begin[11] = 0xab;
    assert_int_equal(command(begin, sizeof(begin)), 0x922);
    fake.is_silent = false;
    fake_daemon();
    step();
    assert_int_equal(fake.evidence_count, 1);
    assert_int_equal(fake.evidence_size, 32 + VOUCH_NAME_SIZE + 32);
    assert_memory_equal(fake.evidence + 32, fake.identity.ak, VOUCH_NAME_SIZE);
    assert_int_equal(fake.evidence[31], 0xaa);
    assert_int_equal(fake.evidence[32 + VOUCH_NAME_SIZE], 0xbb);
    assert_int_equal(command(read, 17), 0);
    assert_memory_equal(fake.answer + 16, "{\"platform\"", 11);
    fake.is_broken = true;
    assert_int_equal(command(begin, sizeof(begin)), 0);
    step();
    assert_int_equal(command(read, 17), 0x14a);
}

/* TPM2_NV_ReadPublic of the certificate's index: the size of what is in it; 0
 * if there is no such index. */
static size_t certificate_size(void)
{
    if (command("\x80\x01\0\0\0\x0e\0\0\x01\x69\x01\xc0\0\x0a", 14) != 0) {
        return 0;
    }
    struct cursor cursor = cursor_over(bytes_of(fake.answer, fake.answer_size));
    take_skip(&cursor, 10 + 2 + 4 + 2);
    /* platform writes; platform, owner, index's own password read; no DA */
    assert_int_equal(take_be32(&cursor) & ~(1u << 29), 0x42070001);
    assert_int_equal(take_be16(&cursor), 0);
    return take_be16(&cursor);
}

/* TPM2_NV_Read of its first bytes, by its own empty password. */
static void assert_certificate(const char *text)
{
    static const char read[] = "\x80\x02\0\0\0\x23\0\0\x01\x4e"
                               "\x01\xc0\0\x0a\x01\xc0\0\x0a\0\0\0\x09"
                               "\x40\0\0\x09\0\0\0\0\0\0\x05\0\0";
    assert_int_equal(certificate_size(), fake.certificate_size);
    assert_int_equal(command(read, 35), 0);
    assert_memory_equal(fake.answer + 16, text, 5);
}

static void give(const char *text, size_t size)
{
    fake.certificate_size = size;
    memcpy(fake.certificate, text, strlen(text));
}

static void a_certificate_is_in_its_index(void **state)
{
    give("first", 700);
    serve();
    assert_int_equal(fake.certificate_count, 1);
    assert_certificate("first");
    later(2000);
    power_off();
    give("other", VTPM_CERTIFICATE_MAX);
    serve();
    assert_certificate("other");
    later(2000);
    power_off();
    fake.certificate_size = 0;
    serve();
    assert_int_equal(certificate_size(), 0);
}

static void a_certificate_is_not_waited_for(void **state)
{
    give("later", 700);
    fake.holds_certificate = true;
    serve();
    assert_int_equal(certificate_size(), 0);
    fake_give_certificate();
    step();
    assert_certificate("later");
    assert_int_equal(vtpm.certificate.question, 0);
}

static void a_certificate_that_cannot_be_is_told(void **state)
{
    give("first", 700);
    serve();
    later(2000);
    power_off();
    give("other", VTPM_CERTIFICATE_MAX + 1);
    fake.holds_certificate = true;
    serve();
    fake_give_certificate();
    step();
    assert_string_equal(fake.said, "dom0 cannot give the EK's certificate");
    assert_int_equal(vtpm.life, VTPM_SERVING);
    fake.certificate_size = 700;
    assert_certificate("first"); /* it is still for this EK */
}

/* TPM2_NV_DefineSpace by the owner: 8 bytes that the owner reads and writes. */
static void an_index_of_the_guests_stays(void **state)
{
    static const char define[] =
        "\x80\x02\0\0\0\x2d\0\0\x01\x2a\x40\0\0\x01\0\0\0\x09"
        "\x40\0\0\x09\0\0\0\0\0\0\0\0\x0e\x01\xc0\0\x0a\0\x0b"
        "\0\x02\0\x02\0\0\0\x08";
    static const char public[] = "\x80\x01\0\0\0\x0e\0\0\x01\x69\x01\xc0\0\x0a";
    serve();
    assert_int_equal(command(define, 45), 0);
    later(2000);
    power_off();
    serve();
    assert_int_equal(command(public, 14), 0);
    later(2000);
    power_off();
    give("first", 700);
    serve();
    assert_certificate("first");
}

static void lines_of_the_console_have_their_number(void **state)
{
    say_code("command", 0x922);
    assert_string_equal(fake.said, "command: 0x00000922");
    say_error("no", -11);
    assert_string_equal(fake.said, "no: -11");
    say_error("no", 0);
    assert_string_equal(fake.said, "no: 0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reset, release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_tpm_is_stored_before_it_is_known),
        TEST(the_same_tpm_comes_back),
        TEST(a_state_that_was_not_marked_is_marked_when_used),
        TEST(a_stored_tpm_is_stored_anew_before_it_serves),
        TEST(a_fenced_tpm_stops_and_what_it_stored_is_a_replay),
        TEST(who_had_the_state_is_waited_for),
        TEST(who_comes_after_the_guest_is_refused),
        TEST(what_is_wrong_is_refused_by_name),
        TEST(an_unregistered_identity_is_not_served),
        TEST(what_passes_is_tried_again),
        TEST(nothing_is_processed_before_the_launch),
        TEST(anothers_launch_is_refused),
        TEST(the_launch_is_measured_once),
        TEST(headers_that_lie_are_refused),
        TEST(a_change_is_stored_within_a_second),
        TEST(a_flood_is_one_store_a_second),
        TEST(a_shutdown_is_answered_once_it_is_stored),
        TEST(dom0_cannot_hold_a_shutdown_for_ever),
        TEST(a_cancelled_shutdown_is_answered),
        TEST(the_state_is_stored_when_the_guest_is_gone),
        TEST(a_failed_store_is_made_again_in_the_same_slot),
        TEST(the_daemon_comes_back_and_is_asked_again),
        TEST(another_guest_is_not_served),
        TEST(evidence_is_asked_in_our_name),
        TEST(a_certificate_is_in_its_index),
        TEST(a_certificate_is_not_waited_for),
        TEST(a_certificate_that_cannot_be_is_told),
        TEST(an_index_of_the_guests_stays),
        TEST(lines_of_the_console_have_their_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
