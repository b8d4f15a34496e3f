/* SPDX-License-Identifier: MIT */
/*
 * The commands for the root key and the counter, byte by byte, as a TPM took
 * them, and that TPM's responses: whole, cut at every place, prolonged, and
 * wrong in every byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/checked.h"
#include "lib/text.h"
#include "lib/tpm2_seal.h"

/* Recorded from swtpm. */
static const char approval_hex[] =
    "564f55434841503110032000489a40fe3ce7c61488f845b2c774b74354fac1f4c3"
    "c097da5c48da2ae387915dbfc9ce5ed371cc8585c642689a1c13e0be6637279c85"
    "d1e499aecd983d3707076248f18ff0562b82f66b3543671b1c7625fe419afb6267"
    "bcd7610a203b834ff32b6537d7e566ac641d51558601a7ae7afe88337d8127ea96"
    "c3e4a0341b22b4a973227c7b71d5822b1789feff3531ed83d48eb8f549dcfd3905"
    "dd57a644c49b1e";
static const char root_command[] =
    "800200000059000001314000000100000009400000090000000000000400000000"
    "00300008000b000404b20020aa51550d23bc6ba432777429aa0ffbc1a61eee3eb2"
    "43b6fb9046f1a5700356ee0005000b0000000000000000";
static const char root_response[] =
    "80020000013000000000800000000000011900500008000b000404b20020aa5155"
    "0d23bc6ba432777429aa0ffbc1a61eee3eb243b6fb9046f1a5700356ee0005000b"
    "00200ea6a2a9aa19838b0c660441c2e7c09175a055a885432727c8415cd7ebd15b"
    "700037000000000020e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934c"
    "a495991b7852b8550400100004400000010004400000010000002095b679381626"
    "a8a0a24f71e9badef15beb7991bd95c6965c8775479461d1789680214000000100"
    "40044d708c0a6bc11c45fe4fc5d5709585ce7c579c921aff6d4620861700d6ff67"
    "e1a3cf2d17a5f284b775bfd09bc28cd73e986e3883ce0560a2ae4e1abdc9d96400"
    "22000bb121162037a643733cdbee472018aa52bdb0aa5e887f27cea23c9f84f0bd"
    "59430000010000";
static const char key_command[] =
    "80010000006800000167000000560023000b000400400000001000100003001000"
    "20bfc9ce5ed371cc8585c642689a1c13e0be6637279c85d1e499aecd983d370707"
    "00206248f18ff0562b82f66b3543671b1c7625fe419afb6267bcd7610a203b834f"
    "f340000001";
static const char key_response[] =
    "80010000003200000000800000000022000b2dc7d584a19ac3d092f16e7ac8bb0d"
    "a034c9faca9e11088bb557fc41eb542d5f";
static const char verify_command[] =
    "80010000007800000177800000000020008a3766faede114c43664b96a1171ff14"
    "440c0f9d4a2d8000b57c04051278970018000b00202b6537d7e566ac641d515586"
    "01a7ae7afe88337d8127ea96c3e4a0341b22b4a9002073227c7b71d5822b1789fe"
    "ff3531ed83d48eb8f549dcfd3905dd57a644c49b1e";
static const char verify_response[] =
    "800100000052000000008022400000010040b0752a1bd36258347b7eebcc38ed25"
    "bc3c1f19cd8aa8edcaca62d6e72a009b6ef825a549f140070e10868123db982429"
    "19eb2c8bf669c736ae7c2cbabf664f4c";
static const char session_command[] =
    "80010000002b000001764000000740000007001000000000000000000000000000"
    "0000000000010010000b";
static const char session_response[] =
    "80010000002000000000030000000010604cbef4beefe483af1c6dac530c9078";
static const char pcr_command[] =
    "80010000003a0000017f030000000020489a40fe3ce7c61488f845b2c774b74354"
    "fac1f4c3c097da5c48da2ae387915d00000001000b03100320";
static const char authorize_command[] =
    "8001000000a90000016a0300000000208e0399e2957186965c2e7e21f1375c2c1a"
    "effdd4db89c5c05b3b7ee8e87d9fa3000b766f7563682073746174650022000b2d"
    "c7d584a19ac3d092f16e7ac8bb0da034c9faca9e11088bb557fc41eb542d5f8022"
    "400000010040b0752a1bd36258347b7eebcc38ed25bc3c1f19cd8aa8edcaca62d6"
    "e72a009b6ef825a549f140070e10868123db98242919eb2c8bf669c736ae7c2cba"
    "bf664f4c";
static const char locality_command[] = "80010000000f0000016f0300000004";
static const char hmac_command[] =
    "8002000000380000015580000000000000090300000000000100000019766f7563"
    "68207674706d20726f6f7420310000000000000000000b";
static const char hmac_response[] =
    "80020000004500000000000000220020b4882643efef418b1a3b228c9027e81331"
    "33acb94a70cd6707009ed667a7db8300103bba23b928783ade15ec0f14e2977bd6"
    "010000";
static const char flush_command[] = "80010000000e0000016580000000";
static const char public_command[] = "80010000000e0000016901805601";
static const char public_response[] =
    "80010000003e00000000000e01805601000b02020012000000080022000b6d049e"
    "add88c4dfee56cf54b21869a734b6a7bae9eb106c57957b0af3cf009b8";
static const char step_command[] =
    "80020000001f00000134400000010180560100000009400000090000000000";
static const char read_command[] =
    "8002000000230000014e4000000101805601000000094000000900000000000008"
    "0000";
static const char read_response[] =
    "80020000001d000000000000000a000800000000000000010000010000";

static struct approval approval;
static struct sha256_digest policy;
static const struct tpm2_handle object = {0x80000000}, session = {0x03000000};

static struct buffer from_hex(const char *hex, uint8_t *data)
{
    struct buffer out = buffer_over(data, TPM2_MAX_RESPONSE);
    out.used = strlen(hex) / 2;
    assert_true(text_parse_hex(bytes_of_text(hex), data, out.used));
    return out;
}

static int prepare(void **state)
{
    (void)state;
    uint8_t data[TPM2_MAX_RESPONSE];
    struct buffer bytes = from_hex(approval_hex, data);
    assert_true(approval_parse(buffer_bytes(&bytes), &approval));
    struct sha256_digest key = approval_key_digest(&approval.key);
    policy = approval_root_policy(&key);
    return 0;
}

/* ---- commands ---- */

static enum tpm2_status make_root(struct buffer *out)
{
    return tpm2_command_create_root(&policy, out);
}

static enum tpm2_status make_key(struct buffer *out)
{
    return tpm2_command_load_key(&approval.key, out);
}

static enum tpm2_status make_verify(struct buffer *out)
{
    struct sha256_digest digest = approval_signed(&approval);
    return tpm2_command_verify(object, &digest, &approval, out);
}

static enum tpm2_status make_pcr(struct buffer *out)
{
    return tpm2_command_policy_pcr(session, &approval, out);
}

static enum tpm2_status make_authorize(struct buffer *out)
{
    uint8_t data[TPM2_MAX_RESPONSE];
    struct bytes ticket;
    struct buffer response = from_hex(verify_response, data);
    assert_int_equal(tpm2_response_verify(buffer_bytes(&response), &ticket),
                     TPM2_OK);
    return tpm2_command_policy_authorize(session, &approval, ticket, out);
}

static enum tpm2_status make_locality(struct buffer *out)
{
    return tpm2_command_policy_locality(session, out);
}

static enum tpm2_status make_hmac(struct buffer *out)
{
    static const uint8_t data[] = "vouch vtpm root 1\0\0\0\0\0\0\0";
    return tpm2_command_hmac(object, session, bytes_of(data, sizeof(data)),
                             out);
}

static enum tpm2_status make_flush(struct buffer *out)
{
    return tpm2_command_flush(object, out);
}

static const struct {
    const char *hex;
    enum tpm2_status (*make)(struct buffer *out);
} commands[] = {
    {root_command, make_root},
    {key_command, make_key},
    {verify_command, make_verify},
    {session_command, tpm2_command_start_policy},
    {pcr_command, make_pcr},
    {authorize_command, make_authorize},
    {locality_command, make_locality},
    {hmac_command, make_hmac},
    {flush_command, make_flush},
    {public_command, tpm2_command_counter_public},
    {step_command, tpm2_command_counter_step},
    {read_command, tpm2_command_counter_read},
};

static void commands_are_these_bytes(void **state)
{
    (void)state;
    uint8_t data[TPM2_MAX_COMMAND], expected_data[TPM2_MAX_RESPONSE];
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        struct buffer out = buffer_over(data, sizeof(data));
        struct buffer expected = from_hex(commands[i].hex, expected_data);
        assert_int_equal(commands[i].make(&out), TPM2_OK);
        assert_true(bytes_equal(buffer_bytes(&out), buffer_bytes(&expected)));
    }
}

static void commands_need_room(void **state)
{
    (void)state;
    uint8_t data[TPM2_MAX_COMMAND];
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        for (size_t room = 0; room < strlen(commands[i].hex) / 2; room++) {
            struct buffer out = buffer_over(data, room);
            assert_int_equal(commands[i].make(&out), TPM2_NO_SPACE);
            assert_int_equal(out.used, 0);
        }
    }
    struct buffer out = buffer_over(data, sizeof(data));
    assert_int_equal(tpm2_command_hmac(object, session,
                                       bytes_of(data, TPM2_MAX_HMAC_DATA + 1),
                                       &out),
                     TPM2_BAD_ARGUMENT);
}

/* ---- responses ---- */

static enum tpm2_status parse_root(struct bytes response)
{
    struct tpm2_handle handle;
    return tpm2_response_create_root(response, &policy, &handle);
}

static enum tpm2_status parse_key(struct bytes response)
{
    struct tpm2_handle handle;
    return tpm2_response_load_key(response, &approval.key, &handle);
}

static enum tpm2_status parse_verify(struct bytes response)
{
    struct bytes ticket;
    return tpm2_response_verify(response, &ticket);
}

static enum tpm2_status parse_session(struct bytes response)
{
    struct tpm2_handle handle;
    return tpm2_response_start_policy(response, &handle);
}

static enum tpm2_status parse_hmac(struct bytes response)
{
    struct sha256_digest digest;
    return tpm2_response_hmac(response, &digest);
}

static enum tpm2_status parse_public(struct bytes response)
{
    bool is_written;
    return tpm2_response_counter_public(response, &is_written);
}

static enum tpm2_status parse_read(struct bytes response)
{
    uint64_t value;
    return tpm2_response_counter_read(response, &value);
}

static const char plain_response[] = "80010000000a00000000";

static const struct {
    const char *hex;
    enum tpm2_status (*parse)(struct bytes response);
} responses[] = {
    {root_response, parse_root},           {key_response, parse_key},
    {verify_response, parse_verify},       {session_response, parse_session},
    {plain_response, tpm2_response_plain}, {hmac_response, parse_hmac},
    {public_response, parse_public},       {read_response, parse_read},
};

static void set_size(uint8_t *data, size_t size)
{
    data[4] = (uint8_t)(size >> 8);
    data[5] = (uint8_t)size;
}

/* With a header that agrees, so that the parts must be found wrong. */
static void cut_and_prolonged_are_refused(void **state)
{
    (void)state;
    uint8_t data[TPM2_MAX_RESPONSE] = {0};
    for (size_t i = 0; i < ARRAY_SIZE(responses); i++) {
        struct buffer whole = from_hex(responses[i].hex, data);
        size_t size = whole.used;
        assert_int_equal(responses[i].parse(buffer_bytes(&whole)), TPM2_OK);
        for (size_t cut = 0; cut < size + 8; cut++) {
            set_size(data, cut);
            assert_int_equal(responses[i].parse(bytes_of(data, cut)) == TPM2_OK,
                             cut == size);
        }
        set_size(data, size);
        for (size_t cut = 0; cut < size + 8; cut++) {
            assert_int_equal(responses[i].parse(bytes_of(data, cut)) == TPM2_OK,
                             cut == size);
        }
    }
}

static void other_answers_are_refused(void **state)
{
    (void)state;
    uint8_t data[TPM2_MAX_RESPONSE];
    static const char refusal[] = "80010000000a0000099d";
    for (size_t i = 0; i < ARRAY_SIZE(responses); i++) {
        struct buffer whole = from_hex(refusal, data);
        assert_int_equal(responses[i].parse(buffer_bytes(&whole)), TPM2_FAILED);
        for (size_t other = 0; other < ARRAY_SIZE(responses); other++) {
            whole = from_hex(responses[other].hex, data);
            assert_int_equal(responses[i].parse(buffer_bytes(&whole)) ==
                                 TPM2_OK,
                             i == other);
        }
    }
}

/* Of what says which object or index it is, no bit may differ. */
static void every_bit_of_a_public_area_counts(void **state)
{
    (void)state;
    uint8_t data[TPM2_MAX_RESPONSE];
    static const struct {
        const char *hex;
        enum tpm2_status (*parse)(struct bytes response);
        size_t from, to;
    } parts[] = {
        {root_response, parse_root, 18, 18 + 2 + 80},
        {key_response, parse_key, 14, 14 + 2 + 34},
        {public_response, parse_public, 10, 10 + 2 + 14 + 2 + 34},
        {verify_response, parse_verify, 10, 10 + 2 + 4 + 2},
    };
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        struct buffer whole = from_hex(parts[i].hex, data);
        for (size_t bit = 8 * parts[i].from; bit < 8 * parts[i].to; bit++) {
            data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_not_equal(parts[i].parse(buffer_bytes(&whole)), TPM2_OK);
            data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        assert_int_equal(parts[i].parse(buffer_bytes(&whole)), TPM2_OK);
    }
}

static void values_come_out(void **state)
{
    (void)state;
    uint8_t data[TPM2_MAX_RESPONSE];
    struct tpm2_handle handle;
    struct sha256_digest digest;
    bool is_written = true;
    uint64_t value;
    struct buffer whole = from_hex(root_response, data);
    assert_int_equal(
        tpm2_response_create_root(buffer_bytes(&whole), &policy, &handle),
        TPM2_OK);
    assert_int_equal(handle.value, object.value);
    whole = from_hex(session_response, data);
    assert_int_equal(tpm2_response_start_policy(buffer_bytes(&whole), &handle),
                     TPM2_OK);
    assert_int_equal(handle.value, session.value);
    whole = from_hex(hmac_response, data);
    assert_int_equal(tpm2_response_hmac(buffer_bytes(&whole), &digest),
                     TPM2_OK);
    assert_memory_equal(digest.bytes, data + 16, SHA256_SIZE);
    whole = from_hex(public_response, data);
    assert_int_equal(
        tpm2_response_counter_public(buffer_bytes(&whole), &is_written),
        TPM2_OK);
    assert_false(is_written);
    whole = from_hex(read_response, data);
    assert_int_equal(tpm2_response_counter_read(buffer_bytes(&whole), &value),
                     TPM2_OK);
    assert_int_equal(value, 1);
}

static void kinds_of_codes(void **state)
{
    (void)state;
    assert_int_equal(tpm2_rc_kind(0x18b), TPM2_RC_HANDLE);
    assert_int_equal(tpm2_rc_kind(0x1c4), TPM2_RC_VALUE);
    assert_int_equal(tpm2_rc_kind(0x2db), TPM2_RC_SIGNATURE);
    assert_int_equal(tpm2_rc_kind(0x99d), TPM2_RC_POLICY_FAIL);
    assert_int_equal(tpm2_rc_kind(TPM2_RC_PCR_CHANGED), TPM2_RC_PCR_CHANGED);
    assert_int_equal(tpm2_rc_kind(TPM2_RC_LOCALITY), TPM2_RC_LOCALITY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_these_bytes),
        cmocka_unit_test(commands_need_room),
        cmocka_unit_test(cut_and_prolonged_are_refused),
        cmocka_unit_test(other_answers_are_refused),
        cmocka_unit_test(every_bit_of_a_public_area_counts),
        cmocka_unit_test(values_come_out),
        cmocka_unit_test(kinds_of_codes),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
