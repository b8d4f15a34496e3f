/* SPDX-License-Identifier: MIT */
/* vouch vtpm list, show: what can be told of a state without its key. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/cmd/command.h"
#include "attest/cmd/kept.h"
#include "attest/json.h"
#include "lib/vtpm_state.h"

#define LIST_FORMAT "vouch-vtpm-list-1"
#define SHOW_FORMAT "vouch-vtpm-show-1"

bool kept_version(const struct kept_files *kept, unsigned slot, uint64_t *out)
{
    struct cursor cursor = cursor_over(kept->files[slot]);
    struct bytes magic = take_bytes(&cursor, sizeof(VTPM_STATE_MAGIC) - 1);
    take_skip(&cursor, 8); /* format, size */
    *out = take_little(&cursor, 8);
    struct bytes owner = take_bytes(&cursor, VOUCH_UUID_SIZE);
    return !cursor.failed &&
           bytes_equal(magic, bytes_of_text(VTPM_STATE_MAGIC)) &&
           bytes_equal(owner, bytes_of(kept->uuid, sizeof(kept->uuid)));
}

static json_t *slot_json(const struct kept_files *kept, unsigned number)
{
    uint64_t version;
    struct bytes slot = kept->files[number];
    json_t *object = json_object();
    json_put(object, "slot", json_integer(number));
    json_put(object, "size", json_integer((json_int_t)slot.size));
    struct sha256_digest digest = sha256_of(slot);
    json_put(object, "sha256", json_hex(sha256_bytes(&digest)));
    if (kept_version(kept, number, &version)) {
        json_put(object, "version", json_integer((json_int_t)version));
        json_put(object, "start",
                 json_integer((json_int_t)(version / VOUCH_VERSIONS)));
        json_put(object, "store",
                 json_integer((json_int_t)(version % VOUCH_VERSIONS)));
    }
    return object;
}

static json_t *files_json(const char *name, const struct kept_files *kept)
{
    json_t *object = json_object(), *slots = json_array();
    for (unsigned number = 0; number < VTPM_STATE_SLOTS; number++) {
        if (kept->files[number].data != NULL) {
            json_push(slots, slot_json(kept, number));
        }
    }
    json_put(object, "uuid", json_string(name));
    json_put(object, "slots", slots);
    if (kept->files[SLOTS_CERTIFICATE].data != NULL) {
        json_put(object, "certificate",
                 json_integer((json_int_t)kept->files[SLOTS_CERTIFICATE].size));
    }
    return object;
}

/* *is_whole becomes false if some of it cannot be read. */
static json_t *state_json(int root, const char *name, bool *is_whole)
{
    struct kept_files kept;
    *is_whole = kept_load(root, name, &kept) && *is_whole;
    json_t *object = files_json(name, &kept);
    kept_free(&kept);
    return object;
}

static void print_state(const json_t *state)
{
    size_t index;
    const json_t *slot;
    printf("%s\n", json_string_value(json_object_get(state, "uuid")));
    json_array_foreach(json_object_get(state, "slots"), index, slot)
    {
        const json_t *start = json_object_get(slot, "start");
        const json_t *store = json_object_get(slot, "store");
        printf("  slot %" JSON_INTEGER_FORMAT ": %" JSON_INTEGER_FORMAT
               " bytes, ",
               json_integer_value(json_object_get(slot, "slot")),
               json_integer_value(json_object_get(slot, "size")));
        if (start != NULL) {
            printf("start %" JSON_INTEGER_FORMAT ", store %" JSON_INTEGER_FORMAT
                   "\n",
                   json_integer_value(start), json_integer_value(store));
        } else {
            printf("no state of this UUID\n");
        }
    }
    if (json_object_get(state, "certificate") != NULL) {
        puts("  certificate of its EK");
    }
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_state_folder(const struct dirent *entry)
{
    uint8_t uuid[VOUCH_UUID_SIZE];
    return slots_uuid_parse(entry->d_name, uuid) ? 1 : 0;
}

bool kept_list(const struct kept_inputs *in)
{
    struct dirent **entries;
    int count = scandir(in->folder, &entries, is_state_folder, by_name);
    if (count < 0) {
        command_error(KEPT_COMMAND, "%s: %s", in->folder, strerror(errno));
        return false;
    }
    bool is_done = true;
    json_t *list = json_array(), *root = json_object();
    for (int i = 0; i < count; i++) {
        json_push(list, state_json(in->root, entries[i]->d_name, &is_done));
        free(entries[i]);
    }
    free(entries);
    json_put(root, "format", json_string(LIST_FORMAT));
    json_put(root, "vtpms", list);
    if (in->json != NULL) {
        is_done = command_write_json(KEPT_COMMAND, "-", root) && is_done;
    } else {
        size_t index;
        const json_t *state;
        json_array_foreach(list, index, state)
        {
            print_state(state);
        }
        is_done = command_flush(KEPT_COMMAND) && is_done;
    }
    json_decref(root);
    return is_done;
}

bool kept_show(const struct kept_inputs *in)
{
    if (!kept_is_there(in)) {
        return false;
    }
    bool is_done = true;
    json_t *state = state_json(in->root, in->name, &is_done);
    if (in->json != NULL) {
        json_put(state, "format", json_string(SHOW_FORMAT));
        is_done = command_write_json(KEPT_COMMAND, "-", state) && is_done;
    } else {
        print_state(state);
        is_done = command_flush(KEPT_COMMAND) && is_done;
    }
    json_decref(state);
    return is_done;
}
