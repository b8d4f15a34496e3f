/* SPDX-License-Identifier: MIT */
/* Commands that dom0 sends are written out: no code of ours makes them. */
#include "tests/unit/hv/measure/seal_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <openssl/ec.h>

#include "attest/approve.h"
#include "tests/unit/hv/measure/swtpm.h"

#define LOG_SIZE (64 << 10)
#define COUNTER  "01805601"
#define OWNER    "40000001"
#define PASSWORD "00000009400000090000000000"

struct fake_tpm fake;
struct measure measure;
struct seal seal;
uint8_t approval_data[APPROVAL_SIZE];
struct bytes approval;
EVP_PKEY *operator;
const uint8_t uuid[STATE_UUID_SIZE] = {1};
static uint8_t log_data[LOG_SIZE];

/* The loader's PCRs, each extended once. An approval of PCRs that nothing was
 * measured into is not made. */
static struct sha256_digest after_loader(void)
{
    uint8_t data[2 * SHA256_SIZE] = {0};
    memset(data + SHA256_SIZE, 0x11, SHA256_SIZE);
    return sha256_of(bytes_of(data, sizeof(data)));
}

static void extend_by_loader(void)
{
    static const char *const pcrs[] = {"00000004", "00000008", "00000009"};
    for (size_t i = 0; i < sizeof(pcrs) / sizeof(pcrs[0]); i++) {
        char hex[256];
        (void)snprintf(hex, sizeof(hex),
                       "80020000004100000182%s" PASSWORD "00000001000b"
                       "1111111111111111111111111111111111111111111111111111"
                       "111111111111",
                       pcrs[i]);
        assert_int_equal(swtpm_send(0, hex), 0);
    }
}

struct bytes approve(EVP_PKEY *key, uint32_t pcrs)
{
    struct sha256_digest values[APPROVE_PCRS] = {0};
    struct approval made;
    values[21] = measure.boot.expected;
    values[4] = values[8] = values[9] = after_loader();
    assert_true(approve_sign(key, pcrs, values, &made));
    struct buffer out = buffer_over(approval_data, sizeof(approval_data));
    struct writer writer = writer_begin(&out);
    approval_put(&writer, &made);
    assert_true(writer_end(&writer));
    return buffer_bytes(&out);
}

void boot(void)
{
    struct buffer none = buffer_over(NULL, 0);
    struct approval_key key;
    fake_tpm_init(&fake, FAKE_FIFO);
    swtpm_reset();
    extend_by_loader();
    struct measure_setup setup = {.io = fake_tpm_io(&fake),
                                  .log = buffer_over(log_data, LOG_SIZE)};
    assert_int_equal(measure_init(&measure, &setup), MEASURE_OK);
    assert_int_equal(
        measure_text(&measure, VOUCHLOG_MODE, bytes_of_text("a=b")),
        MEASURE_OK);
    assert_int_equal(measure_publish(&measure, &none), MEASURE_OK);
    assert_true(approve_key(operator, & key));
    struct sha256_digest digest = approval_key_digest(&key);
    seal_init(&seal, &measure, &digest);
    approval = approve(operator, APPROVED_PCRS);
}

uint32_t define(const char *attributes, const char *policy, unsigned size)
{
    char hex[256];
    size_t public = 4 + 2 + 4 + 2 + strlen(policy) / 2 + 2;
    (void)snprintf(hex, sizeof(hex),
                   "8002%08zx0000012a" OWNER PASSWORD "0000%04zx" COUNTER
                   "000b%s%04zx%s%04x",
                   10 + 4 + 13 + 2 + 2 + public, public, attributes,
                   strlen(policy) / 2, policy, size);
    return swtpm_send(0, hex);
}

void undefine(void)
{
    (void)swtpm_send(0, "80020000001f00000122" OWNER COUNTER PASSWORD);
}

void step_by_dom0(void)
{
    assert_int_equal(
        swtpm_send(0, "80020000001f00000134" OWNER COUNTER PASSWORD), 0);
}

void extend_by_dom0(void)
{
    assert_int_equal(
        swtpm_send(0, "80020000001e0000013c00000004" PASSWORD "000161"), 0);
}

void define_ours(void)
{
    undefine();
    assert_int_equal(define("02020012", "", 8), 0);
}

enum seal_status open_table(struct bytes table, struct kept *out)
{
    out->table = buffer_over(out->data, sizeof(out->data));
    return seal_open(&seal, approval, table, &out->table);
}

struct bytes kept(const struct kept *kept)
{
    return buffer_bytes(&kept->table);
}

uint64_t version_now(void)
{
    struct state_grant grant;
    const struct state_claim claim = {
        .uuid = uuid, .label = bytes_of_text("a"), .holder = 1};
    assert_int_equal(state_key(&seal.table, &seal.root, &claim, &grant),
                     STATE_OK);
    return grant.version;
}

void begin(struct kept *out)
{
    define_ours();
    boot();
    assert_int_equal(open_table(bytes_none(), out), SEAL_OK);
    assert_int_equal(seal_commit(&seal), SEAL_OK);
    assert_int_equal(version_now(), 0);
    assert_int_equal(state_mark(&seal.table, 1, 1), STATE_OK);
    assert_int_equal(seal_read(&seal, &out->table), SEAL_OK);
}

void begin_and_boot(struct kept *out)
{
    begin(out);
    boot();
}
