/* SPDX-License-Identifier: MIT */
/*
 * vouch vtpm setup and pcrs, in dom0: the counter of lib/approval.h is made,
 * once in a machine's life, and the PCRs that an operator may approve are
 * shown. The hypervisor does not trust that either was done right: it looks.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/approve.h"
#include "attest/cmd/command.h"
#include "attest/cmd/help.h"
#include "attest/cmd/state.h"
#include "attest/cmd/tpm.h"
#include "lib/text.h"

#define COUNTER_SIZE 8
#define LINE_SIZE    (2 + 1 + 2 * SHA256_SIZE + 1)

static const char command[] = "vtpm setup";

static bool counter_define(struct tpm *tpm)
{
    const TPM2B_AUTH none = {0};
    const TPM2B_NV_PUBLIC public = {
        .nvPublic = {.nvIndex = APPROVAL_COUNTER_INDEX,
                     .nameAlg = TPM2_ALG_SHA256,
                     .attributes = APPROVAL_COUNTER_ATTRIBUTES,
                     .dataSize = COUNTER_SIZE}};
    ESYS_TR index = ESYS_TR_NONE;
    TSS2_RC rc =
        Esys_NV_DefineSpace(tpm->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
                            ESYS_TR_NONE, ESYS_TR_NONE, &none, &public, &index);
    if (rc != TSS2_RC_SUCCESS) {
        command_error(command, "the TPM does not make the counter: 0x%" PRIx32,
                      rc);
        return false;
    }
    (void)Esys_TR_Close(tpm->esys, &index);
    return true;
}

static bool counter_remove(struct tpm *tpm, ESYS_TR index)
{
    TSS2_RC rc =
        Esys_NV_UndefineSpace(tpm->esys, ESYS_TR_RH_OWNER, index,
                              ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE);
    if (rc != TSS2_RC_SUCCESS) {
        command_error(command, "the TPM keeps the counter: 0x%" PRIx32, rc);
    }
    return rc == TSS2_RC_SUCCESS;
}

/* ESYS_TR_NONE: there is none. */
static ESYS_TR counter_find(struct tpm *tpm)
{
    ESYS_TR index = ESYS_TR_NONE;
    TSS2_RC rc =
        Esys_TR_FromTPMPublic(tpm->esys, APPROVAL_COUNTER_INDEX, ESYS_TR_NONE,
                              ESYS_TR_NONE, ESYS_TR_NONE, &index);
    return rc == TSS2_RC_SUCCESS ? index : ESYS_TR_NONE;
}

static bool counter_is_ours(struct tpm *tpm, ESYS_TR index)
{
    TPM2B_NV_PUBLIC *public = NULL;
    if (Esys_NV_ReadPublic(tpm->esys, index, ESYS_TR_NONE, ESYS_TR_NONE,
                           ESYS_TR_NONE, &public, NULL) != TSS2_RC_SUCCESS) {
        return false;
    }
    const TPMS_NV_PUBLIC *found = &public->nvPublic;
    bool is_ours =
        found->nameAlg == TPM2_ALG_SHA256 &&
        (found->attributes & ~TPMA_NV_WRITTEN) == APPROVAL_COUNTER_ATTRIBUTES &&
        found->authPolicy.size == 0 && found->dataSize == COUNTER_SIZE;
    Esys_Free(public);
    return is_ours;
}

static bool set_up(struct tpm *tpm, const char *again)
{
    ESYS_TR index = counter_find(tpm);
    if (index != ESYS_TR_NONE && again == NULL) {
        bool is_ours = counter_is_ours(tpm, index);
        (void)Esys_TR_Close(tpm->esys, &index);
        if (!is_ours) {
            command_error(command,
                          "index 0x%" PRIx32 " is something else; --again "
                          "removes it",
                          APPROVAL_COUNTER_INDEX);
        }
        return is_ours;
    }
    if (index != ESYS_TR_NONE && !counter_remove(tpm, index)) {
        return false;
    }
    return counter_define(tpm);
}

int command_vtpm_setup(int argc, char **argv)
{
    const char *tcti = NULL, *again = NULL;
    struct tpm tpm;
    const struct option_spec options[] = {
        {.name = "--tcti", .value = &tcti},
        {.name = "--again", .is_flag = true, .value = &again},
        {.name = NULL}};
    if (!command_options(command, options, &argc, argv)) {
        return EXIT_USAGE;
    }
    if (argc != 1) {
        help_after_error(command);
        return EXIT_USAGE;
    }
    if (!tpm_open(command, tcti, &tpm)) {
        return EXIT_FAILED;
    }
    bool is_done = set_up(&tpm, again);
    tpm_close(&tpm);
    return is_done ? EXIT_DONE : EXIT_FAILED;
}

/* ---- PCRs ---- */

static bool write_pcrs(const char *name, const char *path,
                       const struct sha256_digest values[APPROVE_PCRS])
{
    uint8_t data[APPROVE_PCRS * LINE_SIZE];
    struct buffer out = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&out);
    for (size_t i = 0; i < APPROVE_PCRS; i++) {
        text_put_decimal(&writer, i);
        text_put(&writer, " ");
        text_put_hex(&writer, sha256_bytes(&values[i]));
        text_put(&writer, "\n");
    }
    return writer_end(&writer) && command_write(name, path, buffer_bytes(&out));
}

int command_vtpm_pcrs(int argc, char **argv)
{
    static const char name[] = "vtpm pcrs";
    const char *tcti = NULL, *path = NULL;
    struct sha256_digest values[APPROVE_PCRS];
    struct tpm tpm;
    const struct option_spec options[] = {{.name = "--tcti", .value = &tcti},
                                          {.name = "-o", .value = &path},
                                          {.name = NULL}};
    if (!command_options(name, options, &argc, argv)) {
        return EXIT_USAGE;
    }
    if (argc != 1) {
        help_after_error(name);
        return EXIT_USAGE;
    }
    if (!tpm_open(name, tcti, &tpm)) {
        return EXIT_FAILED;
    }
    bool is_done = tpm_read_pcrs(&tpm, APPROVAL_ALL_PCRS, values) &&
                   write_pcrs(name, path != NULL ? path : "-", values);
    tpm_close(&tpm);
    return is_done ? EXIT_DONE : EXIT_FAILED;
}
