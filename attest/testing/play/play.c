/* SPDX-License-Identifier: MIT */
/*
 * attest-play: makes a software TPM look as if a machine had booted. Writes the
 * log that a manifest predicts (signed or not) and extends it into the TPM at
 * the localities a real boot uses: 0 for firmware and GRUB, 2, after a reset
 * of PCR 20-22, for the hypervisor. For tests only.
 *
 *   attest-play MANIFEST REAL_LOG TCTI OUT_LOG
 */
#include <stdlib.h>
#include <tss2/tss2_tctildr.h>

#include "attest/manifest.h"
#include "attest/testing/forge.h"
#include "attest/testing/play/shared.h"

/* At locality 0 the TPM must refuse what only the hypervisor may do. */
static void check_protection(ESYS_CONTEXT *esys)
{
    for (uint32_t pcr = 17; pcr <= 22; pcr++) {
        TPML_DIGEST_VALUES values = {.count = 1,
                                     .digests = {{.hashAlg = TPM2_ALG_SHA256}}};
        must(Esys_PCR_Extend(esys, pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                             ESYS_TR_NONE, &values) == TPM2_RC_LOCALITY,
             "locality 0 extends PCR 17-22");
        must(Esys_PCR_Reset(esys, pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                            ESYS_TR_NONE) == TPM2_RC_LOCALITY,
             "locality 0 resets PCR 17-22");
    }
}

static void play(ESYS_CONTEXT *esys, TSS2_TCTI_CONTEXT *tcti,
                 const struct forge_log *log)
{
    struct eventlog_reader reader;
    struct eventlog_event event;
    bool is_hypervisor = false;
    must(Tss2_Tcti_SetLocality(tcti, 0) == TSS2_RC_SUCCESS, "locality 0");
    check_protection(esys);
    must(eventlog_open(buffer_bytes(&log->log), &reader) == EVENTLOG_OK, "log");
    while (eventlog_next(&reader, &event) == EVENTLOG_OK) {
        if (event.pcr > 16 && !is_hypervisor) {
            is_hypervisor = true;
            must(Tss2_Tcti_SetLocality(tcti, 2) == TSS2_RC_SUCCESS,
                 "locality 2");
            for (uint32_t pcr = 20; pcr <= 22; pcr++) {
                must(Esys_PCR_Reset(esys, pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                    ESYS_TR_NONE) == TSS2_RC_SUCCESS,
                     "reset");
            }
        }
        extend(esys, event.pcr, event.digests[0].data);
    }
    must(Tss2_Tcti_SetLocality(tcti, 0) == TSS2_RC_SUCCESS, "locality 0");
}

int main(int argc, char **argv)
{
    static struct forge_log log;
    struct hasher hasher;
    struct reference reference;
    json_t *payload;
    TSS2_TCTI_CONTEXT *tcti = NULL;
    ESYS_CONTEXT *esys = NULL;
    must(argc == 5, "usage: attest-play MANIFEST REAL_LOG TCTI OUT_LOG");
    must(hasher_init(&hasher), "SHA-256");
    must(manifest_open(NULL, &hasher, read_file(argv[1]), &payload) ==
                 REASON_NONE &&
             reference_load(&hasher, payload, &reference),
         "manifest");
    forge_start(&log, &hasher);
    forge_boot(&log, &reference, read_file(argv[2]));
    write_file(argv[4], buffer_bytes(&log.log));
    setenv("TSS2_LOG", "all+NONE", 0);
    must(Tss2_TctiLdr_Initialize(argv[3], &tcti) == TSS2_RC_SUCCESS &&
             Esys_Initialize(&esys, tcti, NULL) == TSS2_RC_SUCCESS,
         "TPM");
    TSS2_RC rc = Esys_Startup(esys, TPM2_SU_CLEAR);
    must(rc == TSS2_RC_SUCCESS || rc == TPM2_RC_INITIALIZE, "startup");
    play(esys, tcti, &log);
    Esys_Finalize(&esys);
    Tss2_TctiLdr_Finalize(&tcti);
    return 0;
}
