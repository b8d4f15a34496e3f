/* SPDX-License-Identifier: MIT */
/* The audit ring: order, chain, budgets, and what gives way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "xsm/audit.h"

#define SECOND 1000000000ULL

static const struct audit_limits limits = {.burst = 4, .ns_per_record = SECOND};

static bool write_text(struct audit_ring *ring, struct audit_budget *budget,
                       uint16_t domid, uint64_t now, const char *text)
{
    return audit_write(ring, budget, domid, now, bytes_of_text(text));
}

/* Take one record out of what was read. */
static bool take_record(struct cursor *in, struct audit_header *header,
                        struct bytes *text)
{
    struct bytes head = take_bytes(in, sizeof(*header));
    if (in->failed) {
        return false;
    }
    memcpy(header, head.data, sizeof(*header));
    *text = take_bytes(in, header->size);
    return !in->failed;
}

static void keeps_order_and_chain(void **state)
{
    static uint8_t memory[2048], out[2048];
    struct audit_ring ring;
    struct audit_budget budget = {0};
    struct sha256_digest chain = {{0}};
    struct audit_header header;
    struct bytes text;
    uint64_t next = 0;
    (void)state;
    audit_init(&ring, memory, sizeof(memory), limits);
    assert_true(write_text(&ring, &budget, 1, 5, "first"));
    assert_true(write_text(&ring, &budget, 2, 6, "second"));
    assert_true(write_text(&ring, &budget, 1, 7, ""));
    struct buffer buffer = buffer_over(out, sizeof(out));
    audit_read(&ring, &next, &buffer);
    assert_int_equal(next, 3);
    struct cursor in = cursor_over(buffer_bytes(&buffer));
    for (uint64_t i = 0; i < 3; i++) {
        assert_true(take_record(&in, &header, &text));
        assert_int_equal(header.sequence, i);
        assert_int_equal(header.time_ns, 5 + i);
        chain = audit_extend(&chain, &header, text);
    }
    assert_true(cursor_is_done(&in));
    assert_true(sha256_equal(&chain, &ring.chain));
    ((uint8_t *)&header)[0] ^= 1;
    struct sha256_digest other = audit_extend(&chain, &header, text);
    assert_false(sha256_equal(&other, &ring.chain));
}

/* One domain's flood is counted, and costs another nothing. */
static void limits_each_domain(void **state)
{
    static uint8_t memory[4096], out[4096];
    struct audit_ring ring;
    struct audit_budget loud = {0}, quiet = {0};
    struct buffer buffer = buffer_over(out, sizeof(out));
    uint64_t next = 0;
    (void)state;
    audit_init(&ring, memory, sizeof(memory), limits);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(write_text(&ring, &loud, 7, SECOND, "x"), i < 4);
    }
    assert_int_equal(ring.suppressed, 996);
    assert_true(write_text(&ring, &quiet, 8, SECOND, "heard"));
    /* a second later one token is back, and the count comes first */
    assert_true(write_text(&ring, &loud, 7, 2 * SECOND, "again"));
    assert_false(write_text(&ring, &loud, 7, 2 * SECOND, "not"));
    audit_read(&ring, &next, &buffer);
    assert_int_equal(next, 7);
    struct cursor in = cursor_over(buffer_bytes(&buffer));
    struct audit_header header;
    struct bytes text;
    for (int i = 0; i < 6; i++) {
        assert_true(take_record(&in, &header, &text));
    }
    assert_true(
        bytes_equal(text, bytes_of_text("audit: suppressed=996 source=d7")));
    assert_true(take_record(&in, &header, &text));
    assert_true(bytes_equal(text, bytes_of_text("again")));
    /* a long silence gives no more than a burst; time may not run back */
    for (int i = 0; i < 5; i++) {
        assert_int_equal(write_text(&ring, &quiet, 8, 1000 * SECOND, "y"),
                         i < 4);
    }
    assert_false(write_text(&ring, &quiet, 8, 0, "z"));
}

/* A domain that takes a dead one's place has a budget of its own, and what the
 * dead one was denied is still told, of the dead one. */
static void a_new_domain_starts_anew(void **state)
{
    static uint8_t memory[4096], out[4096];
    struct audit_ring ring;
    struct audit_budget budget = {0};
    struct buffer buffer = buffer_over(out, sizeof(out));
    struct audit_header header;
    struct bytes text = bytes_none();
    uint64_t next = 0;
    (void)state;
    audit_init(&ring, memory, sizeof(memory), limits);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(write_text(&ring, &budget, 7, SECOND, "old"), i < 4);
    }
    for (int i = 0; i < 10; i++) {
        assert_int_equal(write_text(&ring, &budget, 263, SECOND, "new"), i < 4);
    }
    audit_read(&ring, &next, &buffer);
    struct cursor in = cursor_over(buffer_bytes(&buffer));
    for (int i = 0; i < 5; i++) {
        assert_true(take_record(&in, &header, &text));
        assert_int_equal(header.domid, 7);
    }
    assert_true(
        bytes_equal(text, bytes_of_text("audit: suppressed=6 source=d7")));
    assert_true(take_record(&in, &header, &text));
    assert_int_equal(header.domid, 263);
    assert_int_equal(ring.suppressed, 12);
}

/* Old records give way; what is left continues the chain of what went. */
static void oldest_give_way(void **state)
{
    enum { SIZE = 1500 };
    uint8_t *memory = malloc(SIZE), *out = malloc(SIZE);
    struct audit_ring ring;
    uint64_t written = 0;
    (void)state;
    audit_init(&ring, memory, SIZE, limits);
    for (unsigned i = 0; i < 500; i++) {
        struct audit_budget budget = {0};
        char text[1200];
        memset(text, 'a' + (int)(i % 26), sizeof(text));
        size_t size = (i * 37) % sizeof(text);
        assert_true(audit_write(&ring, &budget, 1, i, bytes_of(text, size)));
        written++;
        struct buffer buffer = buffer_over(out, SIZE);
        uint64_t next = 0;
        audit_read(&ring, &next, &buffer);
        assert_int_equal(next, written);
        struct cursor in = cursor_over(buffer_bytes(&buffer));
        struct sha256_digest chain = ring.overwritten_chain;
        struct audit_header header;
        struct bytes record;
        uint64_t records = 0;
        while (take_record(&in, &header, &record)) {
            assert_int_equal(header.sequence, ring.overwritten + records);
            chain = audit_extend(&chain, &header, record);
            records++;
        }
        assert_int_equal(ring.overwritten + records, written);
        assert_true(sha256_equal(&chain, &ring.chain));
    }
    free(memory);
    free(out);
}

/* A reader with little room takes what fits and goes on from there. */
static void reads_in_parts(void **state)
{
    static uint8_t memory[4096];
    struct audit_ring ring;
    uint8_t out[64];
    uint64_t next = 0;
    (void)state;
    audit_init(&ring, memory, sizeof(memory), limits);
    for (unsigned i = 0; i < 20; i++) {
        struct audit_budget budget = {0};
        assert_true(write_text(&ring, &budget, 1, i, "ten bytes."));
    }
    for (uint64_t i = 0; i < 20; i++) {
        struct buffer buffer = buffer_over(out, sizeof(out));
        assert_int_equal(next, i);
        audit_read(&ring, &next, &buffer);
        assert_int_equal(buffer.used, 34);
    }
    struct buffer none = buffer_over(out, sizeof(out));
    audit_read(&ring, &next, &none);
    assert_int_equal(none.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_order_and_chain),
        cmocka_unit_test(limits_each_domain),
        cmocka_unit_test(a_new_domain_starts_anew),
        cmocka_unit_test(oldest_give_way),
        cmocka_unit_test(reads_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
