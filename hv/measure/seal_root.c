/* SPDX-License-Identifier: MIT */
/*
 * The root key: TPM2_HMAC by a key that exists only while it is used, and whose
 * policy is satisfied by an approval of the machine's PCRs, from locality 2.
 * At most one object is in the TPM at a time besides the session, for TPMs
 * have room for three and dom0 may use some.
 */
#include "hv/measure/seal_root.h"

#include "hv/measure/exchange.h"
#include "lib/tpm2_seal.h"

#define ROOT_PREFIX "vouch vtpm root 1"
#define MAX_TICKET  (2 + 4 + 2 + TPM_MAX_DIGEST_SIZE)

/* One derivation: what is in the TPM for it, and what came out so far. */
struct run {
    struct measure *measure;
    const struct approval *approval;
    struct tpm2_handle key, root, session;
    uint8_t ticket_data[MAX_TICKET];
    struct buffer ticket;
};

/* A "no" that is about the approval; all else is the TPM's own trouble. */
static enum seal_status judge_refusal(const struct measure *measure)
{
    switch (tpm2_rc_kind(measure->rc)) {
    case TPM2_RC_VALUE:
    case TPM2_RC_SIGNATURE:
    case TPM2_RC_POLICY_FAIL:
    case TPM2_RC_PCR_CHANGED:
    case TPM2_RC_LOCALITY:
        return SEAL_REFUSED;
    default:
        return SEAL_TPM_FAILED;
    }
}

static enum seal_status judge(struct measure *measure, enum tpm2_status status,
                              struct bytes response)
{
    switch (exchange_judge(measure, status, response)) {
    case MEASURE_OK:
        return SEAL_OK;
    case MEASURE_TPM_REFUSED:
        return judge_refusal(measure);
    default:
        return SEAL_TPM_FAILED;
    }
}

static enum seal_status ask(struct measure *measure, enum tpm2_status made,
                            const struct buffer *command,
                            struct bytes *response)
{
    return exchange_send(measure, made, command, response) == MEASURE_OK
               ? SEAL_OK
               : SEAL_TPM_FAILED;
}

/* A command that answers with success and nothing else. */
static enum seal_status ask_plain(struct measure *measure,
                                  enum tpm2_status made,
                                  const struct buffer *command)
{
    struct bytes response;
    enum seal_status status = ask(measure, made, command, &response);
    return status == SEAL_OK
               ? judge(measure, tpm2_response_plain(response), response)
               : status;
}

/* A failure leaves an object in the TPM, which dom0 can flush as well; it
 * changes nothing about what we know. */
static void flush(struct measure *measure, struct tpm2_handle object)
{
    const char *detail = measure->detail;
    uint32_t rc = measure->rc;
    struct buffer command = exchange_command(measure);
    enum tpm2_status made = tpm2_command_flush(object, &command);
    (void)ask_plain(measure, made, &command);
    measure->detail = detail;
    measure->rc = rc;
}

/* ---- the approval ---- */

static enum seal_status load_key(struct run *run)
{
    struct buffer command = exchange_command(run->measure);
    struct bytes response;
    const struct approval_key *key = &run->approval->key;
    enum tpm2_status made = tpm2_command_load_key(key, &command);
    enum seal_status status = ask(run->measure, made, &command, &response);
    return status == SEAL_OK
               ? judge(run->measure,
                       tpm2_response_load_key(response, key, &run->key),
                       response)
               : status;
}

static enum seal_status verify_signature(struct run *run)
{
    struct buffer command = exchange_command(run->measure);
    struct bytes response, ticket;
    struct sha256_digest digest = approval_signed(run->approval);
    enum tpm2_status made =
        tpm2_command_verify(run->key, &digest, run->approval, &command);
    enum seal_status status = ask(run->measure, made, &command, &response);
    if (status == SEAL_OK) {
        status = judge(run->measure, tpm2_response_verify(response, &ticket),
                       response);
    }
    if (status != SEAL_OK) {
        return status;
    }
    run->ticket = buffer_over(run->ticket_data, sizeof(run->ticket_data));
    struct writer writer = writer_begin(&run->ticket);
    put_bytes(&writer, ticket);
    return writer_end(&writer) ? SEAL_OK : SEAL_TPM_FAILED;
}

static enum seal_status get_ticket(struct run *run)
{
    enum seal_status status = load_key(run);
    if (status == SEAL_OK) {
        status = verify_signature(run);
        flush(run->measure, run->key);
    }
    return status;
}

/* ---- the key and its policy ---- */

static enum seal_status create_root(struct run *run)
{
    struct buffer command = exchange_command(run->measure);
    struct bytes response;
    struct sha256_digest key = approval_key_digest(&run->approval->key);
    struct sha256_digest policy = approval_root_policy(&key);
    enum tpm2_status made = tpm2_command_create_root(&policy, &command);
    enum seal_status status = ask(run->measure, made, &command, &response);
    return status == SEAL_OK
               ? judge(run->measure,
                       tpm2_response_create_root(response, &policy, &run->root),
                       response)
               : status;
}

static enum seal_status start_session(struct run *run)
{
    struct buffer command = exchange_command(run->measure);
    struct bytes response;
    enum tpm2_status made = tpm2_command_start_policy(&command);
    enum seal_status status = ask(run->measure, made, &command, &response);
    return status == SEAL_OK
               ? judge(run->measure,
                       tpm2_response_start_policy(response, &run->session),
                       response)
               : status;
}

static enum seal_status satisfy_policy(struct run *run)
{
    struct measure *measure = run->measure;
    struct buffer command = exchange_command(measure);
    enum tpm2_status made =
        tpm2_command_policy_pcr(run->session, run->approval, &command);
    enum seal_status status = ask_plain(measure, made, &command);
    if (status == SEAL_OK) {
        made = tpm2_command_policy_authorize(
            run->session, run->approval, buffer_bytes(&run->ticket), &command);
        status = ask_plain(measure, made, &command);
    }
    if (status == SEAL_OK) {
        made = tpm2_command_policy_locality(run->session, &command);
        status = ask_plain(measure, made, &command);
    }
    return status;
}

static enum seal_status use_root(struct run *run, uint64_t birth,
                                 struct sha256_digest *root)
{
    uint8_t data[sizeof(ROOT_PREFIX) - 1 + sizeof(birth)];
    struct buffer message = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&message);
    put_bytes(&writer, bytes_of_text(ROOT_PREFIX));
    put_le64(&writer, birth);
    if (!writer_end(&writer)) {
        return SEAL_NO_SPACE;
    }
    struct buffer command = exchange_command(run->measure);
    struct bytes response;
    enum tpm2_status made = tpm2_command_hmac(run->root, run->session,
                                              buffer_bytes(&message), &command);
    enum seal_status status = ask(run->measure, made, &command, &response);
    if (status == SEAL_OK) {
        status =
            judge(run->measure, tpm2_response_hmac(response, root), response);
    }
    memset(run->measure->response_data, 0, sizeof(run->measure->response_data));
    return status;
}

static enum seal_status with_root(struct run *run, uint64_t birth,
                                  struct sha256_digest *root)
{
    enum seal_status status = start_session(run);
    if (status == SEAL_OK) {
        status = satisfy_policy(run);
        if (status == SEAL_OK) {
            status = use_root(run, birth, root);
        }
        flush(run->measure, run->session);
    }
    return status;
}

enum seal_status seal_derive_root(struct measure *measure,
                                  const struct approval *approval,
                                  uint64_t birth, struct sha256_digest *root)
{
    struct run run = {.measure = measure, .approval = approval};
    enum seal_status status = get_ticket(&run);
    if (status == SEAL_OK) {
        status = create_root(&run);
    }
    if (status == SEAL_OK) {
        status = with_root(&run, birth, root);
        flush(measure, run.root);
    }
    return status;
}

/* ---- the counter ---- */

enum seal_status seal_find_counter(struct measure *measure, bool *is_written)
{
    struct buffer command = exchange_command(measure);
    struct bytes response;
    enum tpm2_status made = tpm2_command_counter_public(&command);
    enum seal_status status = ask(measure, made, &command, &response);
    if (status != SEAL_OK) {
        return status;
    }
    enum tpm2_status answer =
        tpm2_response_counter_public(response, is_written);
    status = judge(measure, answer, response);
    if (answer == TPM2_BAD_PARAMETER ||
        (answer == TPM2_FAILED &&
         tpm2_rc_kind(measure->rc) == TPM2_RC_HANDLE)) {
        return SEAL_NO_COUNTER;
    }
    return status;
}

enum seal_status seal_read_counter(struct measure *measure, uint64_t *value)
{
    struct buffer command = exchange_command(measure);
    struct bytes response;
    enum tpm2_status made = tpm2_command_counter_read(&command);
    enum seal_status status = ask(measure, made, &command, &response);
    return status == SEAL_OK
               ? judge(measure, tpm2_response_counter_read(response, value),
                       response)
               : status;
}

enum seal_status seal_step_counter(struct measure *measure, uint64_t *value)
{
    struct buffer command = exchange_command(measure);
    struct bytes response;
    enum tpm2_status made = tpm2_command_counter_step(&command);
    enum seal_status status = ask(measure, made, &command, &response);
    if (status == SEAL_OK) {
        status = judge(measure, tpm2_response_empty(response), response);
    }
    return status == SEAL_OK ? seal_read_counter(measure, value) : status;
}
