/* SPDX-License-Identifier: MIT */
/*
 * vouch vtpm: what vouchd keeps for vTPMs, in its folder. A state is ciphertext
 * that only the hypervisor which made it can open, under one UUID: it is shown
 * by size and version, carried away and back whole, or given up. The daemon
 * need not run for any of it; what is given up, it does when it does.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attest/cmd/command.h"
#include "attest/cmd/state.h"
#include "attest/json.h"
#include "dom0/vouchd/slots.h"
#include "hv/abi/vouch.h"
#include "lib/vtpm_state.h"

#define FORMAT "vouch-vtpm-1"

static const char command[] = "vtpm";

struct inputs {
    const char *folder, *json, *out, *force;
    const char *verb, *operand; /* operand: a UUID or a file; NULL: none */
    int root;
};

/* One slot of a UUID, as far as it can be read without a key. */
struct slot {
    struct bytes content; /* data NULL: not there */
    bool is_state;
    uint64_t version;
};

static bool parse_inputs(int argc, char **argv, struct inputs *in)
{
    const struct option_spec options[] = {
        {.name = "--dir", .value = &in->folder},
        {.name = "--json", .is_flag = true, .value = &in->json},
        {.name = "--force", .is_flag = true, .value = &in->force},
        {.name = "-o", .value = &in->out},
        {.name = NULL}};
    if (!command_options(command, options, &argc, argv) || argc < 2 ||
        argc > 3) {
        command_error(command,
                      "usage: [--dir DIR] list [--json] | show UUID [--json] | "
                      "export UUID -o FILE | import FILE [--force] | "
                      "destroy UUID; or certificate, certify, setup, pcrs, "
                      "state-key, authorize: see vouch-vtpm(1)");
        return false;
    }
    in->folder = in->folder != NULL ? in->folder : STATE_FOLDER;
    in->verb = argv[1];
    in->operand = argc == 3 ? argv[2] : NULL;
    return true;
}

/* ---- reading ---- */

static bool read_slot(int root, struct bytes uuid, unsigned number,
                      struct slot *out)
{
    *out = (struct slot){0};
    if (!slots_load(root, uuid, number, &out->content)) {
        return false;
    }
    struct cursor cursor = cursor_over(out->content);
    struct bytes magic = take_bytes(&cursor, sizeof(VTPM_STATE_MAGIC) - 1);
    take_skip(&cursor, 8); /* format, size */
    out->version = take_little(&cursor, 8);
    struct bytes owner = take_bytes(&cursor, VOUCH_UUID_SIZE);
    out->is_state = !cursor.failed &&
                    bytes_equal(magic, bytes_of_text(VTPM_STATE_MAGIC)) &&
                    bytes_equal(owner, uuid);
    return true;
}

static json_t *slot_json(const struct slot *slot, unsigned number)
{
    json_t *object = json_object();
    json_put(object, "slot", json_integer(number));
    json_put(object, "size", json_integer((json_int_t)slot->content.size));
    struct sha256_digest digest = sha256_of(slot->content);
    json_put(object, "sha256", json_hex(sha256_bytes(&digest)));
    if (slot->is_state) {
        json_put(object, "version", json_integer((json_int_t)slot->version));
    }
    return object;
}

static json_t *state_json(int root, const char *name)
{
    uint8_t uuid[VOUCH_UUID_SIZE];
    json_t *object = json_object(), *slots = json_array();
    if (!slots_uuid_parse(name, uuid)) {
        abort();
    }
    for (unsigned number = 0; number < VTPM_STATE_SLOTS; number++) {
        struct slot slot;
        if (read_slot(root, bytes_of(uuid, sizeof(uuid)), number, &slot) &&
            slot.content.data != NULL) {
            json_push(slots, slot_json(&slot, number));
            free((void *)slot.content.data);
        }
    }
    json_put(object, "uuid", json_string(name));
    json_put(object, "slots", slots);
    struct bytes certificate;
    if (slots_load(root, bytes_of(uuid, sizeof(uuid)), SLOTS_CERTIFICATE,
                   &certificate) &&
        certificate.data != NULL) {
        json_put(object, "certificate",
                 json_integer((json_int_t)certificate.size));
        free((void *)certificate.data);
    }
    return object;
}

/* ---- showing ---- */

static void print_state(const json_t *state)
{
    size_t index;
    const json_t *slot;
    printf("%s\n", json_string_value(json_object_get(state, "uuid")));
    json_array_foreach(json_object_get(state, "slots"), index, slot)
    {
        const json_t *version = json_object_get(slot, "version");
        printf("  slot %" JSON_INTEGER_FORMAT ": %" JSON_INTEGER_FORMAT
               " bytes, ",
               json_integer_value(json_object_get(slot, "slot")),
               json_integer_value(json_object_get(slot, "size")));
        if (version != NULL) {
            printf("version %" JSON_INTEGER_FORMAT "\n",
                   json_integer_value(version));
        } else {
            printf("no state of this UUID\n");
        }
    }
    if (json_object_get(state, "certificate") != NULL) {
        puts("  certificate of its EK");
    }
}

static bool put_json(const json_t *root, const char *path)
{
    return command_write_json(command, path, root);
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

static bool do_list(const struct inputs *in)
{
    struct dirent **entries;
    int count = scandir(in->folder, &entries, is_state_folder, by_name);
    if (count < 0) {
        command_error(command, "%s: %s", in->folder, strerror(errno));
        return false;
    }
    json_t *list = json_array(), *root = json_object();
    for (int i = 0; i < count; i++) {
        json_push(list, state_json(in->root, entries[i]->d_name));
        free(entries[i]);
    }
    free(entries);
    json_put(root, "vtpms", list);
    bool is_done = true;
    if (in->json != NULL) {
        is_done = put_json(root, "-");
    } else {
        size_t index;
        const json_t *state;
        json_array_foreach(list, index, state)
        {
            print_state(state);
        }
    }
    json_decref(root);
    return is_done;
}

static bool is_there(const struct inputs *in)
{
    struct stat status;
    uint8_t uuid[VOUCH_UUID_SIZE];
    if (!slots_uuid_parse(in->operand, uuid)) {
        command_error(command, "%s is no UUID", in->operand);
        return false;
    }
    if (fstatat(in->root, in->operand, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        command_error(command, "%s: nothing is stored", in->operand);
        return false;
    }
    return true;
}

static bool do_show(const struct inputs *in)
{
    if (!is_there(in)) {
        return false;
    }
    json_t *state = state_json(in->root, in->operand);
    bool is_done = true;
    if (in->json != NULL) {
        is_done = put_json(state, "-");
    } else {
        print_state(state);
    }
    json_decref(state);
    return is_done;
}

/* ---- carrying ---- */

static bool do_export(const struct inputs *in)
{
    uint8_t uuid[VOUCH_UUID_SIZE];
    if (!is_there(in) || !slots_uuid_parse(in->operand, uuid)) {
        return false;
    }
    json_t *root = json_object();
    json_put(root, "format", json_string(FORMAT));
    json_put(root, "uuid", json_string(in->operand));
    for (unsigned number = 0; number < SLOTS_FILES; number++) {
        struct bytes content;
        if (slots_load(in->root, bytes_of(uuid, sizeof(uuid)), number,
                       &content) &&
            content.data != NULL) {
            json_put(root, slots_name(number), json_base64(content));
            free((void *)content.data);
        }
    }
    bool is_done = put_json(root, in->out);
    json_decref(root);
    return is_done;
}

static bool import_file(const struct inputs *in, const json_t *root,
                        struct bytes uuid, unsigned number)
{
    const char *key = slots_name(number);
    struct json_reader reader = {0};
    struct bytes content;
    if (json_object_get(root, key) == NULL) {
        return true;
    }
    uint8_t *data = json_take_base64(&reader, root, key, &content);
    bool is_done = !reader.failed && content.size <= slots_max(number) &&
                   slots_store(in->root, uuid, number, content);
    free(data);
    return is_done;
}

static bool import(const struct inputs *in, const json_t *root)
{
    struct json_reader reader = {0};
    struct stat status;
    uint8_t uuid[VOUCH_UUID_SIZE];
    json_allow(&reader, root, "format uuid slot0 slot1 certificate");
    const char *format = json_take_string(&reader, root, "format");
    const char *name = json_take_string(&reader, root, "uuid");
    if (reader.failed || strcmp(format, FORMAT) != 0 ||
        !slots_uuid_parse(name, uuid)) {
        command_error(command, "%s is no exported state", in->operand);
        return false;
    }
    if (in->force == NULL &&
        fstatat(in->root, name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        command_error(command, "%s: a state is stored; --force replaces it",
                      name);
        return false;
    }
    for (unsigned number = 0; number < SLOTS_FILES; number++) {
        if (!import_file(in, root, bytes_of(uuid, sizeof(uuid)), number)) {
            command_error(command, "%s: %s cannot be stored", name,
                          slots_name(number));
            return false;
        }
    }
    return true;
}

static bool do_import(const struct inputs *in)
{
    json_t *root;
    struct bytes text = command_read(command, in->operand);
    if (text.data == NULL) {
        return false;
    }
    bool is_read = json_read(text, &root) == JSON_STATUS_OK;
    bool is_done = is_read && import(in, root);
    if (is_read) {
        json_decref(root);
    } else {
        command_error(command, "%s is no exported state", in->operand);
    }
    free((void *)text.data);
    return is_done;
}

/* The daemon tells the hypervisor, and removes it. */
static bool do_destroy(const struct inputs *in)
{
    if (!is_there(in)) {
        return false;
    }
    (void)mkdirat(in->root, SLOTS_FORGOTTEN, 0700);
    int folder = openat(in->root, SLOTS_FORGOTTEN,
                        O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    bool is_done = folder >= 0 &&
                   renameat(in->root, in->operand, folder, in->operand) == 0;
    if (!is_done) {
        command_error(command, "%s: %s", in->operand, strerror(errno));
    }
    if (folder >= 0) {
        close(folder);
    }
    return is_done;
}

/* Verbs that have files of their own; false: it is none. */
static bool other_verb(int argc, char **argv, int *status)
{
    const struct {
        const char *verb;
        int (*run)(int argc, char **argv);
    } verbs[] = {
        {"authorize", command_vtpm_authorize},
        {"state-key", command_vtpm_state_key},
        {"setup", command_vtpm_setup},
        {"pcrs", command_vtpm_pcrs},
        {"certify", command_vtpm_certify},
        {"certificate", command_vtpm_certificate},
    };
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (argc >= 2 && strcmp(argv[1], verbs[i].verb) == 0) {
            *status = verbs[i].run(argc - 1, argv + 1);
            return true;
        }
    }
    return false;
}

/* The verb is first, the folder may come before it. */
static void verb_first(int argc, char **argv)
{
    if (argc > 3 && strcmp(argv[1], "--dir") == 0) {
        char *verb = argv[3];
        argv[3] = argv[2];
        argv[2] = argv[1];
        argv[1] = verb;
    }
}

int command_vtpm(int argc, char **argv)
{
    int status;
    verb_first(argc, argv);
    if (other_verb(argc, argv, &status)) {
        return status;
    }
    const struct {
        const char *verb;
        bool (*run)(const struct inputs *in);
        bool has_operand, has_output;
    } verbs[] = {
        {"list", do_list, false, false},
        {"show", do_show, true, false},
        {"export", do_export, true, true},
        {"import", do_import, true, false},
        {"destroy", do_destroy, true, false},
    };
    struct inputs inputs = {0};
    if (!parse_inputs(argc, argv, &inputs)) {
        return EXIT_USAGE;
    }
    inputs.root = open(inputs.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (inputs.root < 0) {
        command_error(command, "%s: %s", inputs.folder, strerror(errno));
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(inputs.verb, verbs[i].verb) == 0 &&
            verbs[i].has_operand == (inputs.operand != NULL) &&
            verbs[i].has_output == (inputs.out != NULL)) {
            bool is_done = verbs[i].run(&inputs);
            close(inputs.root);
            return is_done ? EXIT_DONE : EXIT_FAILED;
        }
    }
    command_error(command, "no such use: %s", inputs.verb);
    close(inputs.root);
    return EXIT_USAGE;
}
