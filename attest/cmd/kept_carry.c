/* SPDX-License-Identifier: MIT */
/* vouch vtpm export, import: a state with its certificate, as one file. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "attest/cmd/command.h"
#include "attest/cmd/kept.h"
#include "attest/json.h"
#include "attest/uuid.h"
#include "lib/vtpm_state.h"

#define FORMAT "vouch-vtpm-1"

/* What a vTPM would not take is neither carried away nor stored: a backup that
 * is none is noticed while the state is still there. */
static bool has_state(const char *where, const struct kept_files *kept)
{
    unsigned count = 0;
    for (unsigned number = 0; number < VTPM_STATE_SLOTS; number++) {
        uint64_t version;
        if (kept->files[number].data == NULL) {
            continue;
        }
        if (!kept_version(kept, number, &version)) {
            char name[UUID_TEXT_SIZE];
            uuid_text(kept->uuid, name);
            command_error(KEPT_COMMAND, "%s: %s: no state of %s", where,
                          slots_name(number), name);
            return false;
        }
        count++;
    }
    if (count == 0) {
        command_error(KEPT_COMMAND, "%s has no slot", where);
    }
    return count != 0;
}

/* ---- away ---- */

static bool write_files(const struct kept_inputs *in,
                        const struct kept_files *kept)
{
    json_t *root = json_object();
    json_put(root, "format", json_string(FORMAT));
    json_put(root, "uuid", json_string(in->name));
    for (unsigned number = 0; number < SLOTS_FILES; number++) {
        if (kept->files[number].data != NULL) {
            json_put(root, slots_name(number),
                     json_base64(kept->files[number]));
        }
    }
    bool is_done = command_write_json(KEPT_COMMAND, in->out, root);
    json_decref(root);
    return is_done;
}

bool kept_export(const struct kept_inputs *in)
{
    struct kept_files kept;
    if (!kept_is_there(in)) {
        return false;
    }
    bool is_done = kept_load(in->root, in->name, &kept) &&
                   has_state(in->name, &kept) && write_files(in, &kept);
    kept_free(&kept);
    return is_done;
}

/* ---- back ---- */

/* All of it is looked at before anything is stored. NULL: no exported state;
 * else its UUID as text. out is to be freed in any case. */
static const char *take_files(const json_t *root, struct kept_files *out)
{
    struct json_reader reader = {0};
    *out = (struct kept_files){0};
    json_allow(&reader, root, "format uuid slot0 slot1 certificate");
    const char *format = json_take_string(&reader, root, "format");
    const char *name = json_take_string(&reader, root, "uuid");
    bool is_good = !reader.failed && strcmp(format, FORMAT) == 0 &&
                   slots_uuid_parse(name, out->uuid);
    for (unsigned number = 0; is_good && number < SLOTS_FILES; number++) {
        const char *key = slots_name(number);
        if (json_object_get(root, key) != NULL) {
            (void)json_take_base64(&reader, root, key, &out->files[number]);
            is_good =
                !reader.failed && out->files[number].size <= slots_max(number);
        }
    }
    return is_good ? name : NULL;
}

static bool store_files(int root, const struct kept_files *kept)
{
    struct bytes uuid = bytes_of(kept->uuid, sizeof(kept->uuid));
    for (unsigned number = 0; number < SLOTS_FILES; number++) {
        struct bytes content = kept->files[number];
        if (content.data != NULL ? !slots_store(root, uuid, number, content)
                                 : !slots_remove(root, uuid, number)) {
            return false;
        }
    }
    return true;
}

static bool may_store(const struct kept_inputs *in, const char *name,
                      const struct kept_files *kept)
{
    if (!has_state(in->path, kept)) {
        return false;
    }
    if (in->force == NULL && kept_is_in(in->root, name)) {
        command_error(KEPT_COMMAND,
                      "%s: a state is stored; --force replaces it", name);
        return false;
    }
    return true;
}

static bool import(const struct kept_inputs *in, const json_t *root)
{
    struct kept_files kept;
    bool is_done = false;
    const char *name = take_files(root, &kept);
    if (name == NULL) {
        command_error(KEPT_COMMAND, "%s is no exported state", in->path);
    } else if (may_store(in, name, &kept)) {
        is_done = store_files(in->root, &kept);
        if (!is_done) {
            command_error(KEPT_COMMAND, "%s: %s", name, strerror(errno));
        }
    }
    kept_free(&kept);
    return is_done;
}

bool kept_import(const struct kept_inputs *in)
{
    json_t *root;
    struct bytes text = command_read(KEPT_COMMAND, in->path);
    if (text.data == NULL) {
        return false;
    }
    bool is_read = json_read(text, &root) == JSON_STATUS_OK;
    bool is_done = is_read && import(in, root);
    if (is_read) {
        json_decref(root);
    } else {
        command_error(KEPT_COMMAND, "%s is no exported state", in->path);
    }
    free((void *)text.data);
    return is_done;
}
