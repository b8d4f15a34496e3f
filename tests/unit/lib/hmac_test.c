/* SPDX-License-Identifier: MIT */
/* HMAC-SHA-256 against vectors of RFC 4231, and messages in two parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/checked.h"
#include "lib/hmac.h"
#include "lib/text.h"

struct vector {
    size_t key_size, size;
    uint8_t key_byte, byte; /* repeated, where there is no text */
    const char *key, *text;
    const char *mac;
    size_t mac_size; /* one vector is cut */
};

/* RFC 4231, 4.2 to 4.8, but for 4.5, whose key is neither text nor one byte
 * repeated. */
static const struct vector vectors[] = {
    {20, 0, 0x0b, 0, NULL, "Hi There",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", 32},
    {0, 0, 0, 0, "Jefe", "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", 32},
    {20, 50, 0xaa, 0xdd, NULL, NULL,
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe", 32},
    {20, 0, 0x0c, 0, NULL, "Test With Truncation",
     "a3b6167473100ee06e0c796c2955552b", 16},
    {131, 0, 0xaa, 0, NULL,
     "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", 32},
    {131, 0, 0xaa, 0, NULL,
     "This is a test using a larger than block-size key and a larger than "
     "block-size data. The key needs to be hashed before being used by the "
     "HMAC algorithm.",
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2", 32},
};

static struct bytes part_of(const char *text, uint8_t byte, size_t size,
                            uint8_t room[200])
{
    if (text != NULL) {
        return bytes_of_text(text);
    }
    memset(room, byte, size);
    return bytes_of(room, size);
}

static void vectors_of_rfc_4231(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
        const struct vector *vector = &vectors[i];
        uint8_t key_room[200], room[200], expected[32];
        struct bytes key =
            part_of(vector->key, vector->key_byte, vector->key_size, key_room);
        struct bytes message =
            part_of(vector->text, vector->byte, vector->size, room);
        struct sha256_digest mac = hmac_sha256(key, message);
        assert_true(text_parse_hex(bytes_of_text(vector->mac), expected,
                                   vector->mac_size));
        assert_memory_equal(mac.bytes, expected, vector->mac_size);
    }
}

static void parts_make_the_whole(void **state)
{
    (void)state;
    struct bytes key = bytes_of_text("key");
    struct bytes message = bytes_of_text("a message in two parts");
    struct sha256_digest whole = hmac_sha256(key, message);
    for (size_t cut = 0; cut <= message.size; cut++) {
        struct sha256_digest parts =
            hmac_sha256_pair(key, bytes_of(message.data, cut),
                             bytes_of(message.data + cut, message.size - cut));
        assert_true(hmac_equal(&whole, &parts));
    }
}

static void any_bit_makes_a_difference(void **state)
{
    (void)state;
    struct sha256_digest a = hmac_sha256(bytes_none(), bytes_none());
    for (size_t bit = 0; bit < 8 * SHA256_SIZE; bit++) {
        struct sha256_digest b = a;
        b.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(hmac_equal(&a, &b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_rfc_4231),
        cmocka_unit_test(parts_make_the_whole),
        cmocka_unit_test(any_bit_makes_a_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
