/* SPDX-License-Identifier: MIT */
/*
 * tpmback: the life of a guest's TPM device as toolstack, guest and program
 * see it, and what a hostile guest or xenstore can do, which is nothing to
 * anybody else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/vtpm/base/fake_kernel.h"
#include "tests/unit/vtpm/base/fake_store.h"
/* For their state, of which a kernel has one, and each test one. */
#include "vtpm/base/tpm_ring.c"
#include "vtpm/base/tpmback.c"

#define GUEST    "7"
#define BACK     "backend/vtpm/" GUEST "/0/"
#define FRONT    "/local/domain/" GUEST "/device/vtpm/0/"
#define STATE_AT 4
#define DATA_AT  8

static uint8_t page[FAKE_PAGE];
static struct vtpm_event event;

static int begin(void **state)
{
    (void)state;
    memset(&back, 0, sizeof(back));
    memset(&ring, 0, sizeof(ring));
    memset(page, 0, sizeof(page));
    fake_reset();
    fake_store_reset();
    fake.guest = 7;
    fake.guest_ref = 8;
    fake.guest_port = 15;
    fake.guest_page = page;
    return 0;
}

static void check_event(enum vtpm_event_kind kind)
{
    memset(&event, 0, sizeof(event));
    assert_true(poll(&event));
    assert_int_equal(event.kind, kind);
    assert_int_equal(event.domid, 7);
}

static void check_quiet(void)
{
    for (size_t i = 0; i < 4; i++) {
        assert_false(poll(&event));
    }
}

static void check_state(const char *wanted)
{
    assert_string_equal(fake_store_get(BACK "state"), wanted);
}

static long serve(uint64_t domid)
{
    const struct call call = {.a = domid};
    return tpmback_do_serve(&call);
}

static void offer(void)
{
    fake_store_set(BACK "frontend-id", GUEST);
    fake_store_set(BACK "state", "1");
    fake_store_set(FRONT "state", "1");
}

static void submit(uint8_t code)
{
    static const uint8_t command[] = {0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x44, 0};
    memset(page, 0, 8);
    page[0] = 12;
    memcpy(page + DATA_AT, command, sizeof(command));
    page[DATA_AT + 11] = code;
    page[STATE_AT] = 1;
}

static void start_driver(void)
{
    fake_store_set(FRONT "ring-ref", "8");
    fake_store_set(FRONT "event-channel", "15");
    fake_store_set(FRONT "state", "3");
}

static void connect_all(void)
{
    offer();
    check_event(VTPM_EVENT_GUEST);
    assert_int_equal(serve(7), 0);
    start_driver();
    check_quiet();
    check_state("4");
}

static void check_command(uint8_t code)
{
    uint8_t data[VTPM_COMMAND_MAX];
    const struct call call = {.a = (uint64_t)data, .b = sizeof(data)};
    check_event(VTPM_EVENT_COMMAND);
    assert_int_equal(event.size, 12);
    assert_int_equal(tpmback_do_command(&call), 12);
    assert_int_equal(data[11], code);
}

static long respond(void)
{
    static const uint8_t response[10] = {0x80, 1, 0, 0, 0, 10};
    const struct call call = {.a = (uint64_t)response, .b = sizeof(response)};
    return tpmback_do_response(&call);
}

static void one_life(void **state)
{
    (void)state;
    check_quiet();
    offer();
    check_event(VTPM_EVENT_GUEST);
    check_quiet();
    check_state("1"); /* until the program serves it */
    assert_int_equal(serve(8), -ENOENT);
    assert_int_equal(serve(7), 0);
    check_state("2");
    assert_string_equal(fake_store_get(BACK "feature-protocol-v2"), "1");
    submit(1); /* before anybody listens */
    start_driver();
    check_command(1);
    check_state("4");
    assert_string_equal(fake_store_get(BACK "ready"), "1");
    assert_int_equal(respond(), 0);
    assert_int_equal(page[STATE_AT], 2);
    assert_int_equal(page[0], 10);
    assert_int_equal(fake.ports[fake.last_port].sent, 1);
    assert_int_equal(respond(), -ECANCELED);
    submit(2);
    fake_event(fake.last_port);
    check_command(2);
    check_quiet();
    fake_store_set(BACK "state", "5"); /* the toolstack takes it away */
    check_event(VTPM_EVENT_GONE);
    check_state("6");
    assert_int_equal(fake.unmaps, 1);
    assert_int_equal(respond(), -ECANCELED);
    check_quiet();
    check_state("6"); /* until the toolstack has seen it, on a busy machine */
    fake.now_ns += 2000ull * 1000 * 1000;
    check_quiet();
    check_state("6");
    fake.now_ns = deadline_ns();
    check_quiet();
    check_state("");
    assert_int_equal(deadline_ns(), CLOCK_FOREVER);
    assert_string_equal(fake.lines, "");
}

static void a_driver_comes_again(void **state)
{
    (void)state;
    connect_all();
    for (unsigned int i = 1; i < 5; i++) {
        fake_store_set(FRONT "state", "6");
        check_event(VTPM_EVENT_GONE);
        check_state("2");
        assert_int_equal(fake.unmaps, i);
        submit((uint8_t)i);
        start_driver();
        check_command((uint8_t)i);
        check_state("4");
    }
}

/* Faster than we look. */
static void a_driver_in_the_place_of_another(void **state)
{
    (void)state;
    connect_all();
    submit(1);
    fake_event(fake.last_port);
    check_event(VTPM_EVENT_COMMAND);
    fake_store_set(FRONT "state", "6");
    fake.guest_ref = 9;
    submit(2);
    start_driver();
    fake_store_set(FRONT "ring-ref", "9");
    check_event(VTPM_EVENT_GONE);
    assert_int_equal(fake.unmaps, 1);
    assert_int_equal(fake.maps, 2);
    check_command(2);
    check_state("4");
}

static void a_device_comes_again(void **state)
{
    (void)state;
    connect_all();
    fake_store_set(BACK "state", "5");
    check_event(VTPM_EVENT_GONE);
    fake_store_set("backend/vtpm/" GUEST, NULL);
    fake_store_set("/local/domain/" GUEST, NULL);
    check_quiet();
    assert_int_equal(serve(7), -ENOTCONN);
    connect_all();
    assert_int_equal(fake.maps, 2);
}

static void a_cancelled_command_is_told_once(void **state)
{
    (void)state;
    connect_all();
    submit(1);
    fake_event(fake.last_port);
    check_command(1);
    page[STATE_AT] = 3;
    fake_event(fake.last_port);
    fake_event(fake.last_port);
    check_event(VTPM_EVENT_CANCEL);
    check_quiet();
    assert_int_equal(respond(), 0);
    assert_int_equal(page[STATE_AT], 2);
    /* And what is cancelled before it was seen is idle. */
    page[STATE_AT] = 3;
    fake_event(fake.last_port);
    check_quiet();
    assert_int_equal(page[STATE_AT], 0);
}

static void a_command_is_copied_once(void **state)
{
    (void)state;
    uint8_t data[VTPM_COMMAND_MAX];
    const struct call call = {.a = (uint64_t)data, .b = sizeof(data)};
    connect_all();
    submit(1);
    fake_event(fake.last_port);
    memset(page, 0xff, sizeof(page)); /* the guest has second thoughts */
    fake_event(fake.last_port);
    check_command(1);
    assert_int_equal(tpmback_do_command(&call), 12);
    check_quiet();
}

static void bad_commands_are_dropped(void **state)
{
    (void)state;
    connect_all();
    submit(1);
    page[1] = 1; /* the two sizes differ */
    fake_event(fake.last_port);
    check_quiet();
    assert_int_equal(page[STATE_AT], 0);
    assert_int_equal(fake.ports[fake.last_port].sent, 1);
    submit(2);
    fake_event(fake.last_port);
    check_command(2);
}

static void another_guest_is_ignored(void **state)
{
    (void)state;
    connect_all();
    fake_store_set("backend/vtpm/9/0/state", "1");
    fake_store_set("backend/vtpm/9/0/frontend-id", "9");
    check_quiet();
    assert_string_equal(fake_store_get("backend/vtpm/9/0/state"), "1");
    assert_string_equal(fake.lines,
                        "domain 9 wants this TPM too, and is ignored\n");
    assert_int_equal(serve(9), -ENOENT);
    /* Also when the first has gone. */
    fake_store_set("backend/vtpm/" GUEST, NULL);
    check_event(VTPM_EVENT_GONE);
    check_quiet();
}

/* Only from that guest is a page mapped: fake_kernel.c checks it. */
static void no_ring_of_others(void **state)
{
    (void)state;
    static const char *const refs[] = {"9", "4294967304", "-1", "", "8x"};
    offer();
    check_event(VTPM_EVENT_GUEST);
    assert_int_equal(serve(7), 0);
    for (size_t i = 0; i < 5; i++) {
        start_driver();
        fake_store_set(FRONT "ring-ref", refs[i]);
        check_quiet();
        check_state("2");
        fake_store_set(FRONT "state", "6");
        check_quiet();
    }
    start_driver();
    fake_store_set(FRONT "event-channel", "16");
    check_quiet();
    assert_int_equal(fake.maps, fake.unmaps);
    assert_int_equal(fake.maps, 1);
    fake_store_set(FRONT "event-channel", "15");
    fake_store_set(FRONT "state", "3");
    check_quiet();
    check_state("4");
}

static void complaints_come_to_an_end(void **state)
{
    (void)state;
    offer();
    check_event(VTPM_EVENT_GUEST);
    assert_int_equal(serve(7), 0);
    start_driver();
    fake_store_set(FRONT "ring-ref", "9");
    for (size_t i = 0; i < 1000; i++) {
        fake_store_set(FRONT "state", i % 2 == 0 ? "3" : "4");
        check_quiet();
    }
    size_t lines = 0;
    for (const char *at = fake.lines; *at != 0; at++) {
        lines += *at == '\n';
    }
    assert_int_equal(lines, COMPLAINTS_MAX);
}

static void names_that_are_no_domain(void **state)
{
    (void)state;
    fake_store_set("backend/vtpm/x/0/state", "1");
    fake_store_set("backend/vtpm/32752/0/state", "1"); /* DOMID_SELF */
    fake_store_set("backend/vtpm/65543/0/state", "1"); /* 7, if cut off */
    fake_store_set("backend/vtpm/07/0/state", "1");
    check_quiet();
    assert_int_equal(serve(7), -ENOENT);
}

static void bad_buffers(void **state)
{
    (void)state;
    uint8_t data[VTPM_COMMAND_MAX + 1] = {0};
    struct call call = {.a = (uint64_t)data, .b = sizeof(data)};
    connect_all();
    assert_int_equal(tpmback_do_command(&call), -EAGAIN);
    submit(1);
    fake_event(fake.last_port);
    check_event(VTPM_EVENT_COMMAND);
    call.b = 11;
    assert_int_equal(tpmback_do_command(&call), -ENOSPC);
    call = (struct call){.a = 0, .b = sizeof(data)};
    assert_int_equal(tpmback_do_command(&call), -EFAULT);
    assert_int_equal(tpmback_do_response(&call), -EINVAL);
    call.b = 10;
    assert_int_equal(tpmback_do_response(&call), -EFAULT);
    call = (struct call){.a = (uint64_t)data, .b = 9};
    assert_int_equal(tpmback_do_response(&call), -EINVAL);
    assert_int_equal(respond(), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_life),
        TEST(a_driver_comes_again),
        TEST(a_driver_in_the_place_of_another),
        TEST(a_device_comes_again),
        TEST(a_cancelled_command_is_told_once),
        TEST(a_command_is_copied_once),
        TEST(bad_commands_are_dropped),
        TEST(another_guest_is_ignored),
        TEST(no_ring_of_others),
        TEST(complaints_come_to_an_end),
        TEST(names_that_are_no_domain),
        TEST(bad_buffers),
    };
    return cmocka_run_group_tests_name("tpmback", tests, NULL, NULL);
}
