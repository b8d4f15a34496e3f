/* SPDX-License-Identifier: MIT */
/*
 * libtpms asks for and stores its state by callbacks, each time whole. While it
 * starts it reads back what it wrote, so that is kept; later a store is only
 * noted, and the state fetched when it is wanted: a guest that changes it a
 * thousand times a second costs time here and nothing elsewhere.
 */
#include "vtpm/tpm/tpm.h"

#include <libtpms/tpm_error.h>
#include <libtpms/tpm_library.h>
#include <libtpms/tpm_nvfilename.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include "vtpm/base/calls.h"
#include "vtpm/tpm/code.h"

/* There is one TPM, as in libtpms; a program without threads. */
static struct {
    uint8_t *kept; /* while it starts: what it finds stored */
    uint32_t kept_size;
    bool is_starting, has_changed, is_failed;
    unsigned char *answer;
    uint32_t answer_room;
} tpm;

static const uint8_t failure_answer[] = {0x80, 0x01, 0, 0, 0, 10, 0, 0, 1, 1};

static bool is_permanent(const char *name)
{
    return strcmp(name, TPM_PERMANENT_ALL_NAME) == 0;
}

static void drop_kept(void)
{
    free(tpm.kept);
    tpm.kept = NULL;
    tpm.kept_size = 0;
}

static bool keep(struct bytes state)
{
    drop_kept();
    tpm.kept = malloc(state.size);
    if (tpm.kept == NULL) {
        return false;
    }
    memcpy(tpm.kept, state.data, state.size);
    tpm.kept_size = (uint32_t)state.size;
    return true;
}

static TPM_RESULT give_state(unsigned char **data, uint32_t *length,
                             uint32_t number, const char *name)
{
    if (tpm.kept == NULL || !is_permanent(name)) {
        return TPM_RETRY; /* there is none */
    }
    *data = malloc(tpm.kept_size);
    if (*data == NULL) {
        return TPM_SIZE;
    }
    memcpy(*data, tpm.kept, tpm.kept_size);
    *length = tpm.kept_size;
    return TPM_SUCCESS;
}

static TPM_RESULT note_state(const unsigned char *data, uint32_t length,
                             uint32_t number, const char *name)
{
    tpm.has_changed = true;
    if (tpm.is_starting && is_permanent(name) &&
        !keep(bytes_of(data, length))) {
        return TPM_SIZE;
    }
    return TPM_SUCCESS;
}

static TPM_RESULT forget_state(uint32_t number, const char *name,
                               TPM_BOOL must_exist)
{
    return TPM_SUCCESS;
}

static TPM_RESULT nothing(void)
{
    return TPM_SUCCESS;
}

/* A guest is at locality 0 whatever its driver writes into the page. */
static TPM_RESULT give_locality(TPM_MODIFIER_INDICATOR *locality,
                                uint32_t number)
{
    *locality = 0;
    return TPM_SUCCESS;
}

static TPM_RESULT give_presence(TPM_BOOL *is_present, uint32_t number)
{
    *is_present = FALSE;
    return TPM_SUCCESS;
}

static struct libtpms_callbacks callbacks = {
    .sizeOfStruct = sizeof(callbacks),
    .tpm_nvram_init = nothing,
    .tpm_nvram_loaddata = give_state,
    .tpm_nvram_storedata = note_state,
    .tpm_nvram_deletename = forget_state,
    .tpm_io_init = nothing,
    .tpm_io_getlocality = give_locality,
    .tpm_io_getphysicalpresence = give_presence,
};

static enum tpm_status power_on(void)
{
    bool is_chosen =
        TPMLIB_ChooseTPMVersion(TPMLIB_TPM_VERSION_2) == TPM_SUCCESS &&
        TPMLIB_RegisterCallbacks(&callbacks) == TPM_SUCCESS;
    if (!is_chosen || TPMLIB_MainInit() != TPM_SUCCESS) {
        return TPM_FAILED;
    }
    bool fits =
        TPMLIB_SetBufferSize(VTPM_COMMAND_MAX, NULL, NULL) == VTPM_COMMAND_MAX;
    return fits ? TPM_OK : TPM_BAD_BUFFER;
}

/* libtpms makes do with rand() where OpenSSL has no entropy, so that is seeded
 * before: from then on it has random bytes without asking for more. */
enum tpm_status tpm_start(struct bytes state)
{
    tpm.is_failed = false;
    tpm.has_changed = false;
    if (RAND_status() != 1) {
        return TPM_NO_RANDOM;
    }
    if (state.size != 0 && !keep(state)) {
        return TPM_NO_MEMORY;
    }
    tpm.is_starting = true;
    enum tpm_status status = power_on();
    tpm.is_starting = false;
    drop_kept();
    return status == TPM_FAILED && state.size != 0 ? TPM_BAD_STATE : status;
}

static bool says_failure(struct bytes answer)
{
    struct cursor cursor = cursor_over(answer);
    take_skip(&cursor, 6); /* tag, size */
    return take_be32(&cursor) == CODE_FAILURE || cursor.failed;
}

struct bytes tpm_process(struct bytes command)
{
    uint32_t size = 0;
    TPM_RESULT result =
        TPMLIB_Process(&tpm.answer, &size, &tpm.answer_room,
                       (unsigned char *)command.data, (uint32_t)command.size);
    struct bytes answer = bytes_of(tpm.answer, size);
    if (result != TPM_SUCCESS || says_failure(answer)) {
        tpm.is_failed = true;
    }
    if (result != TPM_SUCCESS || size < CODE_HEADER_SIZE) {
        return bytes_of(failure_answer, sizeof(failure_answer));
    }
    return answer;
}

enum tpm_status tpm_save(struct buffer *out)
{
    unsigned char *data = NULL;
    uint32_t size = 0;
    if (tpm.is_failed) {
        return TPM_FAILED;
    }
    if (TPMLIB_GetState(TPMLIB_STATE_PERMANENT, &data, &size) != TPM_SUCCESS ||
        data == NULL) {
        free(data);
        return TPM_NO_MEMORY;
    }
    *out = (struct buffer){.data = data, .size = size, .used = size};
    tpm.has_changed = false;
    return TPM_OK;
}

void tpm_stop(void)
{
    TPMLIB_Terminate();
    free(tpm.answer);
    tpm.answer = NULL;
    tpm.answer_room = 0;
}

bool tpm_has_changed(void)
{
    return tpm.has_changed;
}

bool tpm_is_failed(void)
{
    return tpm.is_failed;
}

STATUS_TEXT(tpm_status, TPM_STATUS, "unknown TPM status")
