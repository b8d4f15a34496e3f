/* SPDX-License-Identifier: MIT */
/*
 * Opening and committing the table of versions. All of a call's commands are
 * sent without letting go of locality 2, so nobody else's come between: what
 * the counter's public area said is true of the counter that is then stepped.
 */
#include "hv/measure/seal.h"

#include "hv/measure/seal_root.h"

#define OWN_LOCALITY 2

void seal_init(struct seal *seal, struct measure *measure,
               const struct sha256_digest *key)
{
    memset(seal, 0, sizeof(*seal));
    seal->measure = measure;
    seal->has_key = key != NULL;
    if (key != NULL) {
        seal->key = *key;
    }
}

/* Only for a machine whose measurements are ours alone, and whole. */
static bool is_available(const struct seal *seal)
{
    const struct measure *measure = seal->measure;
    return seal->has_key && measure->is_measured && measure->is_exclusive;
}

/* Not by force: what dom0 has begun, it may end. */
static enum seal_status take_tpm(struct seal *seal)
{
    struct measure *measure = seal->measure;
    if (!is_available(seal)) {
        return SEAL_UNAVAILABLE;
    }
    enum tpm_status status = tpm_ask_locality(&measure->tpm, OWN_LOCALITY);
    if (status == TPM_OK) {
        return SEAL_OK;
    }
    measure->detail = tpm_status_text(status);
    return status == TPM_IN_USE ? SEAL_BUSY : SEAL_TPM_FAILED;
}

static enum seal_status give_table(const struct seal *seal, struct buffer *out)
{
    out->used = 0;
    struct writer writer = writer_begin(out);
    put_bytes(&writer, buffer_bytes(&seal->prepared));
    return writer_end(&writer) ? SEAL_OK : SEAL_NO_SPACE;
}

/* seal->table with the next epoch, which the counter does not stand at yet.
 * The same bytes are given until they are committed: were there two tables of
 * one epoch, the older could be opened in the newer's place. */
static enum seal_status prepare(struct seal *seal, uint64_t counter)
{
    seal->prepared =
        buffer_over(seal->prepared_data, sizeof(seal->prepared_data));
    if (state_build(&seal->root, &seal->table, counter + 1, &seal->prepared) !=
        STATE_OK) {
        return SEAL_NO_SPACE;
    }
    seal->next_epoch = counter + 1;
    seal->is_prepared = true;
    return SEAL_OK;
}

/* ---- the first table ---- */

/* The TPM is asked for a root key before the counter is stepped, so that a
 * wrong approval does not use the counter up. */
static enum seal_status begin_table(struct seal *seal,
                                    const struct approval *approval)
{
    uint64_t birth;
    enum seal_status status =
        seal_derive_root(seal->measure, approval, 0, &seal->root);
    if (status == SEAL_OK) {
        status = seal_step_counter(seal->measure, &birth);
    }
    if (status == SEAL_OK) {
        status = seal_derive_root(seal->measure, approval, birth, &seal->root);
    }
    if (status == SEAL_OK) {
        state_begin(&seal->table, birth);
        status = prepare(seal, birth);
    }
    return status;
}

/* ---- a table that dom0 kept ---- */

static enum seal_status read_table(struct seal *seal,
                                   const struct approval *approval,
                                   struct bytes table)
{
    uint64_t counter;
    enum seal_status status = seal_read_counter(seal->measure, &counter);
    if (status != SEAL_OK) {
        return status;
    }
    if (state_parse(table, &seal->candidate) != STATE_OK) {
        return SEAL_BAD_TABLE;
    }
    status = seal_derive_root(seal->measure, approval, seal->candidate.birth,
                              &seal->root);
    if (status != SEAL_OK) {
        return status;
    }
    if (state_verify(&seal->root, table) != STATE_OK) {
        return SEAL_BAD_TABLE;
    }
    if (state_check_epoch(&seal->candidate, counter) != STATE_OK) {
        return SEAL_STALE;
    }
    seal->table = seal->candidate;
    return prepare(seal, counter);
}

static enum seal_status open_first(struct seal *seal,
                                   const struct approval *approval,
                                   struct bytes table)
{
    bool is_written;
    enum seal_status status = seal_find_counter(seal->measure, &is_written);
    if (status != SEAL_OK) {
        return status;
    }
    if (table.size == 0) {
        return is_written ? SEAL_NO_TABLE : begin_table(seal, approval);
    }
    return is_written ? read_table(seal, approval, table) : SEAL_STALE;
}

/* The counter that was found before, and still is what it must be. */
static enum seal_status read_ours(struct seal *seal, uint64_t *counter)
{
    bool is_written;
    enum seal_status status = seal_find_counter(seal->measure, &is_written);
    if (status == SEAL_OK && !is_written) {
        status = SEAL_NO_COUNTER;
    }
    return status == SEAL_OK ? seal_read_counter(seal->measure, counter)
                             : status;
}

static enum seal_status open_again(struct seal *seal)
{
    uint64_t counter;
    enum seal_status status = read_ours(seal, &counter);
    return status == SEAL_OK ? prepare(seal, counter) : status;
}

enum seal_status seal_open(struct seal *seal, struct bytes approval_bytes,
                           struct bytes table, struct buffer *out)
{
    struct approval approval;
    if (seal->is_prepared) {
        return give_table(seal, out);
    }
    if (!is_available(seal)) {
        return SEAL_UNAVAILABLE;
    }
    if (!seal->is_open) {
        if (!approval_parse(approval_bytes, &approval)) {
            return SEAL_BAD_APPROVAL;
        }
        struct sha256_digest key = approval_key_digest(&approval.key);
        if (!sha256_equal(&key, &seal->key)) {
            return SEAL_REFUSED;
        }
    }
    enum seal_status status = take_tpm(seal);
    if (status != SEAL_OK) {
        return status;
    }
    status =
        seal->is_open ? open_again(seal) : open_first(seal, &approval, table);
    tpm_release_locality(&seal->measure->tpm);
    return status == SEAL_OK ? give_table(seal, out) : status;
}

/* ---- making it count ---- */

/* If an earlier attempt stepped the counter and its answer was lost, there is
 * nothing left to do. */
static enum seal_status step_to_next(struct seal *seal)
{
    uint64_t counter;
    enum seal_status status = read_ours(seal, &counter);
    if (status == SEAL_OK && counter == seal->next_epoch - 1) {
        status = seal_step_counter(seal->measure, &counter);
    }
    if (status == SEAL_OK && counter != seal->next_epoch) {
        status = SEAL_STALE;
    }
    return status;
}

enum seal_status seal_commit(struct seal *seal)
{
    if (!seal->is_prepared) {
        return SEAL_NOT_READY;
    }
    enum seal_status status = take_tpm(seal);
    if (status != SEAL_OK) {
        return status;
    }
    status = step_to_next(seal);
    tpm_release_locality(&seal->measure->tpm);
    if (status == SEAL_OK) {
        seal->table.epoch = seal->next_epoch;
        seal->table.changes++;
        seal->is_open = true;
    }
    if (status == SEAL_OK || status == SEAL_STALE) {
        seal->is_prepared = false;
    }
    return status;
}

enum seal_status seal_read(const struct seal *seal, struct buffer *out)
{
    if (!seal->is_open) {
        return SEAL_NOT_READY;
    }
    return state_build(&seal->root, &seal->table, seal->table.epoch, out) ==
                   STATE_OK
               ? SEAL_OK
               : SEAL_NO_SPACE;
}

STATUS_TEXT(seal_status, SEAL_STATUS, "unknown status of the state")
