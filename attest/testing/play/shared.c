/* SPDX-License-Identifier: MIT */
/* For tests only: nothing is handled, nothing is freed. */
#include "attest/testing/play/shared.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sha2.h"

#define MAX_FILE (4u << 20)

void must(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
        exit(1);
    }
}

struct bytes read_file(const char *path)
{
    uint8_t *data = malloc(MAX_FILE);
    FILE *file = fopen(path, "rb");
    must(data != NULL && file != NULL, path);
    size_t size = fread(data, 1, MAX_FILE, file);
    fclose(file);
    return bytes_of(data, size);
}

void write_file(const char *path, struct bytes content)
{
    FILE *file = fopen(path, "wb");
    must(file != NULL, path);
    must(fwrite(content.data, 1, content.size, file) == content.size, path);
    must(fclose(file) == 0, path);
}

void extend(ESYS_CONTEXT *esys, uint32_t pcr, const uint8_t *digest)
{
    TPML_DIGEST_VALUES values = {.count = 1,
                                 .digests = {{.hashAlg = TPM2_ALG_SHA256}}};
    memcpy(values.digests[0].digest.sha256, digest, SHA256_SIZE);
    must(Esys_PCR_Extend(esys, pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                         ESYS_TR_NONE, &values) == TSS2_RC_SUCCESS,
         "extend");
}
