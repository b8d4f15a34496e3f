/* SPDX-License-Identifier: MIT */
/*
 * Trustworthiness vector values are those of AR4SI: 2 affirms (for executables
 * 3 does, when only the boot is known), 96 contradicts, 97 and 99 tell of an
 * unknown instance and of failed cryptography, 0 makes no claim.
 */
#include "attest/ear.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <stdlib.h>
#include <string.h>

#include "attest/base64.h"
#include "attest/ecdsa.h"
#include "attest/json.h"
#include "attest/text.h"
#include "attest/verdict_members.h"

#define P256_SIZE 32

enum claim {
    CLAIM_NONE = 0,
    CLAIM_AFFIRMING = 2,
    CLAIM_BOOT_AFFIRMING = 3,
    CLAIM_CONTRAINDICATED = 96,
    CLAIM_UNRECOGNIZED = 97,
    CLAIM_CRYPTO_FAILED = 99,
};

static bool is_good(const struct verdict *verdict,
                    const enum component *components, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum row_state state = verdict->rows[components[i]].state;
        if (state != ROW_OK && state != ROW_ABSENT) {
            return false;
        }
    }
    return verdict->rows[COMPONENT_LOG].state == ROW_ABSENT &&
           verdict->dropped == 0;
}

struct part {
    const enum component *images, *settings;
    size_t image_count, setting_count;
    enum claim instance;
    bool is_seen;    /* the log was, and so images and settings */
    bool is_hearsay; /* dom0 could have written what was seen */
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum claim claim(const struct part *part, enum claim good, bool is_good)
{
    return !is_good           ? CLAIM_CONTRAINDICATED
           : part->is_hearsay ? CLAIM_NONE
                              : good;
}

static json_t *vector_json(const struct verdict *verdict,
                           const struct part *part)
{
    enum claim executables = CLAIM_NONE, configuration = CLAIM_NONE;
    if (part->is_seen) {
        executables = claim(part, CLAIM_BOOT_AFFIRMING,
                            is_good(verdict, part->images, part->image_count));
        configuration =
            claim(part, CLAIM_AFFIRMING,
                  is_good(verdict, part->settings, part->setting_count));
    }
    json_t *vector = json_object();
    json_put(vector, "instance-identity", json_integer(part->instance));
    json_put(vector, "executables", json_integer(executables));
    json_put(vector, "configuration", json_integer(configuration));
    return vector;
}

/* The guest's quote comes before the platform's: where that failed, nobody
 * knows which platform it is. */
static enum claim platform_instance(const struct verdict *verdict)
{
    if (verdict->is_authentic) {
        return CLAIM_AFFIRMING;
    }
    if (verdict->reason == REASON_KEY_UNKNOWN) {
        return CLAIM_UNRECOGNIZED;
    }
    return verdict->component == COMPONENT_QUOTE ||
                   verdict->component == COMPONENT_TPM_KEY ||
                   verdict->reason == REASON_PROOF_MISMATCH
               ? CLAIM_CRYPTO_FAILED
               : CLAIM_NONE;
}

static json_t *platform_vector(const struct verdict *verdict)
{
    static const enum component images[] = {
        COMPONENT_FIRMWARE, COMPONENT_GRUB,   COMPONENT_HYPERVISOR,
        COMPONENT_KERNEL,   COMPONENT_INITRD, COMPONENT_LAUNCH};
    static const enum component settings[] = {
        COMPONENT_GRUBCFG, COMPONENT_CMDLINE,      COMPONENT_MODE,
        COMPONENT_POLICY,  COMPONENT_DOM0_CMDLINE, COMPONENT_RUNTIME};
    const struct part part = {.images = images,
                              .settings = settings,
                              .image_count = COUNT(images),
                              .setting_count = COUNT(settings),
                              .instance = platform_instance(verdict),
                              .is_seen = verdict->firmware != NULL};
    return vector_json(verdict, &part);
}

/* The vTPM is one with its guest: alone it would prove nothing to anybody. Both
 * are known by records that the hypervisor made at run time: where dom0 can
 * extend their PCR too, it can have made them up. */
static json_t *guest_vector(const struct verdict *verdict)
{
    static const enum component images[] = {
        COMPONENT_VTPM, COMPONENT_GUEST_KERNEL, COMPONENT_GUEST_INITRD};
    static const enum component settings[] = {COMPONENT_GUEST,
                                              COMPONENT_GUEST_CMDLINE};
    static const enum component instance[] = {
        COMPONENT_VTPM_IDENTITY, COMPONENT_GUEST_QUOTE, COMPONENT_PROOF};
    const struct part part = {.images = images,
                              .settings = settings,
                              .image_count = COUNT(images),
                              .setting_count = COUNT(settings),
                              .instance =
                                  !is_good(verdict, instance, COUNT(instance))
                                      ? CLAIM_UNRECOGNIZED
                                  : verdict->is_exclusive ? CLAIM_AFFIRMING
                                                          : CLAIM_NONE,
                              .is_seen = verdict->guest.is_known,
                              .is_hearsay = !verdict->is_exclusive};
    return vector_json(verdict, &part);
}

static void put_base64url(struct text *out, struct bytes bytes)
{
    char *text = malloc(BASE64_ENCODED_SIZE(bytes.size) + 1);
    if (text == NULL) {
        abort();
    }
    size_t size = base64_encode(BASE64_URL, bytes, text);
    text_add(out, bytes_of(text, size));
    free(text);
}

/* The manifest, named by its digest (RFC 6920). */
static json_t *policy_json(const struct ear_input *input)
{
    struct text name = {0};
    struct sha256_digest digest = sha256_of(input->manifest);
    text_add(&name, bytes_of_text("ni:///sha-256;"));
    put_base64url(&name, sha256_bytes(&digest));
    json_t *json = json_string(name.data);
    text_free(&name);
    return json;
}

static json_t *module_json(const struct verdict *verdict, json_t *vector,
                           json_t *policy)
{
    const char *status = verdict->reason != REASON_NONE ? "contraindicated"
                         : verdict->is_exclusive        ? "affirming"
                                                        : "warning";
    json_t *module = json_object();
    json_put(module, "ear.status", json_string(status));
    json_put(module, "ear.trustworthiness-vector", vector);
    json_put(module, "ear.appraisal-policy-id", json_incref(policy));
    return module;
}

static json_t *guest_module(const struct verdict *verdict, json_t *policy)
{
    json_t *module = module_json(verdict, guest_vector(verdict), policy);
    if (verdict->guest.is_known) {
        json_t *guest = json_object();
        verdict_put_guest(&verdict->guest, guest);
        json_put(module, "vouch.guest", guest);
    }
    return module;
}

static json_t *claims_json(const struct ear_input *input)
{
    const struct verdict *verdict = input->verdict;
    bool is_trusted = verdict->reason == REASON_NONE;
    json_t *root = json_object(), *verifier = json_object();
    json_t *policy = policy_json(input), *modules = json_object();
    json_t *module = module_json(verdict, platform_vector(verdict), policy);
    struct text nonce = {0};
    put_base64url(&nonce, input->nonce);
    json_put(verifier, "developer", json_string("Vouch"));
    json_put(verifier, "build", json_string("vouch-verdict-1"));
    if (!is_trusted) {
        json_put(module, "vouch.component",
                 json_string(component_name(verdict->component)));
        json_put(module, "vouch.reason",
                 json_string(reason_code(verdict->reason)));
    }
    if (verdict->is_authentic) {
        json_t *tpm = json_object();
        verdict_put_tpm(verdict, tpm);
        json_put(module, "vouch.tpm", tpm);
    }
    if (verdict->firmware != NULL) {
        json_put(module, "vouch.exclusive",
                 json_boolean(verdict->is_exclusive));
    }
    json_put(modules, "vouch", module);
    if (verdict->has_guest) {
        json_put(modules, "guest", guest_module(verdict, policy));
    }
    json_put(root, "eat_profile", json_string(EAR_PROFILE));
    json_put(root, "iat", json_integer(input->issued_at));
    json_put(root, "eat_nonce", json_string(nonce.data));
    json_put(root, "ear.verifier-id", verifier);
    json_put(root, "submods", modules);
    json_decref(policy);
    text_free(&nonce);
    return root;
}

/* JOSE wants r and s side by side, not in DER (RFC 7518, 3.4). */
static bool sign(EVP_PKEY *key, const struct sha256_digest *digest,
                 uint8_t out[2 * P256_SIZE])
{
    struct ecdsa_signature der;
    const uint8_t *at = der.bytes;
    ECDSA_SIG *signature = ecdsa_sign(key, digest, &der)
                               ? d2i_ECDSA_SIG(NULL, &at, (long)der.size)
                               : NULL;
    bool is_done = signature != NULL &&
                   BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, P256_SIZE) ==
                       P256_SIZE &&
                   BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + P256_SIZE,
                                P256_SIZE) == P256_SIZE;
    ECDSA_SIG_free(signature);
    return is_done;
}

char *ear_sign(EVP_PKEY *key, struct hasher *hasher,
               const struct ear_input *input, size_t *size)
{
    static const char header[] = "{\"alg\":\"ES256\",\"typ\":\"JWT\"}";
    uint8_t signature[2 * P256_SIZE];
    struct text token = {0};
    json_t *claims = claims_json(input);
    char *body = json_dumps(claims, JSON_COMPACT);
    json_decref(claims);
    if (body == NULL) {
        abort();
    }
    put_base64url(&token, bytes_of_text(header));
    text_add_char(&token, '.');
    put_base64url(&token, bytes_of_text(body));
    free(body);
    struct sha256_digest digest = hash_bytes(hasher, text_bytes(&token));
    if (!sign(key, &digest, signature)) {
        text_free(&token);
        return NULL;
    }
    text_add_char(&token, '.');
    put_base64url(&token, bytes_of(signature, sizeof(signature)));
    text_add_char(&token, '\n');
    *size = token.size;
    return token.data;
}
