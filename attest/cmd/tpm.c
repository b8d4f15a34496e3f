/* SPDX-License-Identifier: MIT */
/*
 * The templates are part of a TPM's identity as we enrol it: changing one
 * changes every key's Name. AK: P-256, ECDSA with SHA-256, restricted, with
 * "vouch ak 1" as its unique value. EK: template L-1 of the TCG EK Credential
 * Profile 2.5 (RSA 2048), whose certificate is at NV index 0x01c00002; of a
 * vTPM: L-2 (ECC, P-256).
 */
#include "attest/cmd/tpm.h"

#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include "attest/cmd/command.h"
#include "attest/cmd/tpm_parts.h"

#define EK_CERTIFICATE_INDEX 0x01c00002
#define NV_READ_SIZE         512
#define PCRS_PER_READ        8
#define P256_SIZE            32

static const char ak_unique[] = "vouch ak 1";

/* PolicySecret(TPM_RH_ENDORSEMENT), EK Credential Profile 2.5, B.3.3 */
static const uint8_t ek_policy[] = {
    0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc,
    0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52,
    0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa};

bool tpm_check(const struct tpm *tpm, const char *what, TSS2_RC rc)
{
    if (rc != TSS2_RC_SUCCESS) {
        command_error(tpm->command, "TPM: %s: %s", what, Tss2_RC_Decode(rc));
    }
    return rc == TSS2_RC_SUCCESS;
}

bool tpm_open(const char *command, const char *tcti, struct tpm *out)
{
    *out = (struct tpm){.command = command};
    if (tcti == NULL) {
        tcti = access("/dev/tpmrm0", F_OK) == 0 ? "device:/dev/tpmrm0"
                                                : "device:/dev/tpm0";
    }
    /* The library logs what we report anyway, or expect. */
    setenv("TSS2_LOG", "all+NONE", 0);
    if (!tpm_check(out, tcti, Tss2_TctiLdr_Initialize(tcti, &out->tcti))) {
        return false;
    }
    if (!tpm_check(out, "open", Esys_Initialize(&out->esys, out->tcti, NULL))) {
        tpm_close(out);
        return false;
    }
    TSS2_RC rc = Esys_Startup(out->esys, TPM2_SU_CLEAR);
    if (rc != TPM2_RC_INITIALIZE && !tpm_check(out, "startup", rc)) {
        tpm_close(out);
        return false;
    }
    return true;
}

void tpm_close(struct tpm *tpm)
{
    if (tpm->esys != NULL) {
        Esys_Finalize(&tpm->esys);
    }
    if (tpm->tcti != NULL) {
        Tss2_TctiLdr_Finalize(&tpm->tcti);
    }
}

/* ---- keys ---- */

static TPM2B_PUBLIC ak_template(void)
{
    TPM2B_PUBLIC public = {
        .publicArea = {
            .type = TPM2_ALG_ECC,
            .nameAlg = TPM2_ALG_SHA256,
            .objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                                TPMA_OBJECT_SENSITIVEDATAORIGIN |
                                TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA |
                                TPMA_OBJECT_RESTRICTED |
                                TPMA_OBJECT_SIGN_ENCRYPT,
            .parameters.eccDetail =
                {.symmetric = {.algorithm = TPM2_ALG_NULL},
                 .scheme = {.scheme = TPM2_ALG_ECDSA,
                            .details.ecdsa = {.hashAlg = TPM2_ALG_SHA256}},
                 .curveID = TPM2_ECC_NIST_P256,
                 .kdf = {.scheme = TPM2_ALG_NULL}},
            .unique.ecc.x.size = sizeof(ak_unique) - 1,
        }};
    memcpy(public.publicArea.unique.ecc.x.buffer, ak_unique,
           sizeof(ak_unique) - 1);
    return public;
}

/* What both templates for an EK share. */
static TPMT_PUBLIC ek_area(TPMI_ALG_PUBLIC type)
{
    TPMT_PUBLIC area = {.type = type,
                        .nameAlg = TPM2_ALG_SHA256,
                        .objectAttributes =
                            TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                            TPMA_OBJECT_SENSITIVEDATAORIGIN |
                            TPMA_OBJECT_ADMINWITHPOLICY |
                            TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT,
                        .authPolicy.size = sizeof(ek_policy)};
    memcpy(area.authPolicy.buffer, ek_policy, sizeof(ek_policy));
    return area;
}

static TPM2B_PUBLIC ek_template(void)
{
    TPM2B_PUBLIC public = {.publicArea = ek_area(TPM2_ALG_RSA)};
    public.publicArea.parameters.rsaDetail =
        (TPMS_RSA_PARMS){.symmetric = {.algorithm = TPM2_ALG_AES,
                                       .keyBits.aes = 128,
                                       .mode.aes = TPM2_ALG_CFB},
                         .scheme = {.scheme = TPM2_ALG_NULL},
                         .keyBits = 2048};
    public.publicArea.unique.rsa.size = 256;
    return public;
}

static TPM2B_PUBLIC guest_ek_template(void)
{
    TPM2B_PUBLIC public = {.publicArea = ek_area(TPM2_ALG_ECC)};
    public.publicArea.parameters.eccDetail =
        (TPMS_ECC_PARMS){.symmetric = {.algorithm = TPM2_ALG_AES,
                                       .keyBits.aes = 128,
                                       .mode.aes = TPM2_ALG_CFB},
                         .scheme = {.scheme = TPM2_ALG_NULL},
                         .curveID = TPM2_ECC_NIST_P256,
                         .kdf = {.scheme = TPM2_ALG_NULL}};
    public.publicArea.unique.ecc.x.size = P256_SIZE;
    public.publicArea.unique.ecc.y.size = P256_SIZE;
    return public;
}

static bool create_primary(struct tpm *tpm, const char *what,
                           const TPM2B_PUBLIC *template, struct tpm_key *out)
{
    const TPM2B_SENSITIVE_CREATE sensitive = {0};
    const TPM2B_DATA outside = {0};
    const TPML_PCR_SELECTION creation = {0};
    TPM2B_PUBLIC *public = NULL;
    if (!tpm_check(tpm, what,
                   Esys_CreatePrimary(tpm->esys, ESYS_TR_RH_ENDORSEMENT,
                                      ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                      ESYS_TR_NONE, &sensitive, template,
                                      &outside, &creation, &out->handle,
                                      &public, NULL, NULL, NULL))) {
        return false;
    }
    out->wire_size = 0;
    TSS2_RC rc = Tss2_MU_TPM2B_PUBLIC_Marshal(
        public, out->wire, sizeof(out->wire), &out->wire_size);
    Esys_Free(public);
    if (!tpm_check(tpm, what, rc)) {
        tpm_flush(tpm, out);
        return false;
    }
    return true;
}

bool tpm_create_ak(struct tpm *tpm, struct tpm_key *out)
{
    TPM2B_PUBLIC template = ak_template();
    return create_primary(tpm, "create attestation key", &template, out);
}

bool tpm_create_ek(struct tpm *tpm, struct tpm_key *out)
{
    TPM2B_PUBLIC template = ek_template();
    return create_primary(tpm, "create endorsement key", &template, out);
}

bool tpm_create_guest_ek(struct tpm *tpm, struct tpm_key *out)
{
    TPM2B_PUBLIC template = guest_ek_template();
    return create_primary(tpm, "create endorsement key", &template, out);
}

void tpm_flush(struct tpm *tpm, const struct tpm_key *key)
{
    (void)Esys_FlushContext(tpm->esys, key->handle);
}

static bool read_nv(struct tpm *tpm, ESYS_TR index, uint8_t *out, size_t size)
{
    for (size_t offset = 0; offset < size;) {
        TPM2B_MAX_NV_BUFFER *part = NULL;
        size_t want =
            size - offset < NV_READ_SIZE ? size - offset : NV_READ_SIZE;
        if (!tpm_check(tpm, "read NV index",
                       Esys_NV_Read(tpm->esys, ESYS_TR_RH_OWNER, index,
                                    ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                    ESYS_TR_NONE, (uint16_t)want,
                                    (uint16_t)offset, &part))) {
            return false;
        }
        bool is_whole = part->size == want;
        memcpy(out + offset, part->buffer, want);
        Esys_Free(part);
        if (!is_whole) {
            return false;
        }
        offset += want;
    }
    return true;
}

struct bytes tpm_read_ek_certificate(struct tpm *tpm)
{
    return tpm_read_index(tpm, EK_CERTIFICATE_INDEX);
}

struct bytes tpm_read_index(struct tpm *tpm, uint32_t number)
{
    ESYS_TR index;
    TPM2B_NV_PUBLIC *public = NULL;
    if (Esys_TR_FromTPMPublic(tpm->esys, number, ESYS_TR_NONE, ESYS_TR_NONE,
                              ESYS_TR_NONE, &index) != TSS2_RC_SUCCESS) {
        return bytes_none();
    }
    uint8_t *data = NULL;
    size_t size = 0;
    if (Esys_NV_ReadPublic(tpm->esys, index, ESYS_TR_NONE, ESYS_TR_NONE,
                           ESYS_TR_NONE, &public, NULL) == TSS2_RC_SUCCESS) {
        size = public->nvPublic.dataSize;
        data = malloc(size + 1);
        Esys_Free(public);
    }
    if (data == NULL || !read_nv(tpm, index, data, size)) {
        free(data);
        data = NULL;
    }
    (void)Esys_TR_Close(tpm->esys, &index);
    return data == NULL ? bytes_none() : bytes_of(data, size);
}

/* ---- quotes ---- */

TPML_PCR_SELECTION tpm_selection_of(uint32_t pcrs)
{
    TPML_PCR_SELECTION selection = {
        .count = 1,
        .pcrSelections = {{.hash = TPM2_ALG_SHA256, .sizeofSelect = 3}}};
    for (size_t i = 0; i < 3; i++) {
        selection.pcrSelections[0].pcrSelect[i] = (uint8_t)(pcrs >> (8 * i));
    }
    return selection;
}

bool tpm_quote(struct tpm *tpm, const struct tpm_key *ak, struct bytes nonce,
               uint32_t pcrs, struct tpm_quote *out)
{
    TPM2B_DATA qualifying = {.size = (uint16_t)nonce.size};
    TPMT_SIG_SCHEME scheme = {0};
    TPML_PCR_SELECTION selection = tpm_selection_of(pcrs);
    TPM2B_ATTEST *quote = NULL;
    TPMT_SIGNATURE *signature = NULL;
    if (nonce.size > sizeof(qualifying.buffer)) {
        return false;
    }
    scheme.scheme = TPM2_ALG_NULL; /* the key's */
    memcpy(qualifying.buffer, nonce.data, nonce.size);
    if (!tpm_check(tpm, "quote",
                   Esys_Quote(tpm->esys, ak->handle, ESYS_TR_PASSWORD,
                              ESYS_TR_NONE, ESYS_TR_NONE, &qualifying, &scheme,
                              &selection, &quote, &signature))) {
        return false;
    }
    out->signature_size = 0;
    bool is_done = quote->size <= sizeof(out->quote) &&
                   tpm_check(tpm, "quote",
                             Tss2_MU_TPMT_SIGNATURE_Marshal(
                                 signature, out->signature,
                                 sizeof(out->signature), &out->signature_size));
    if (is_done) {
        memcpy(out->quote, quote->attestationData, quote->size);
        out->quote_size = quote->size;
    }
    Esys_Free(quote);
    Esys_Free(signature);
    return is_done;
}

/* A TPM returns at most 8 digests at once, lowest PCR first. */
static bool read_some(struct tpm *tpm, uint32_t pcrs,
                      struct sha256_digest values[24])
{
    TPML_PCR_SELECTION selection = tpm_selection_of(pcrs);
    TPML_DIGEST *digests = NULL;
    size_t taken = 0;
    if (!tpm_check(tpm, "read PCRs",
                   Esys_PCR_Read(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
                                 ESYS_TR_NONE, &selection, NULL, NULL,
                                 &digests))) {
        return false;
    }
    bool is_done = true;
    for (unsigned pcr = 0; pcr < 24; pcr++) {
        if ((pcrs >> pcr & 1) == 0) {
            continue;
        }
        if (taken == digests->count ||
            digests->digests[taken].size != SHA256_SIZE) {
            is_done = false;
            break;
        }
        memcpy(values[pcr].bytes, digests->digests[taken++].buffer,
               SHA256_SIZE);
    }
    Esys_Free(digests);
    if (!is_done) {
        command_error(tpm->command, "TPM: it has no SHA-256 bank");
    }
    return is_done;
}

bool tpm_read_pcrs(struct tpm *tpm, uint32_t pcrs,
                   struct sha256_digest values[24])
{
    for (unsigned pcr = 0; pcr < 24; pcr += PCRS_PER_READ) {
        uint32_t some = pcrs & 0xffu << pcr;
        if (some != 0 && !read_some(tpm, some, values)) {
            return false;
        }
    }
    return true;
}
