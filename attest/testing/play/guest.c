/* SPDX-License-Identifier: MIT */
/*
 * attest-guest: two software TPMs as a platform's and a guest's. For tests
 * only.
 *
 *   attest-guest launch GUEST.json VTPM.json PLATFORM_TCTI LOG GUEST_TCTI
 *     As if the hypervisor had launched a vTPM and a guest from what the
 *     references say: records in LOG and PCR 22, measurements in the guest's
 *     TPM and its NV index. Prints the Name of the guest's AK.
 *   attest-guest serve VOUCH PLATFORM_TCTI LOG GUEST_TCTI AK_NAME
 *     The vTPM, with commands on standard input and answers on standard output
 *     (tpm2-tss's cmd: TCTI): the guest's TPM, with the command of our own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include "attest/cmd/tpm.h"
#include "attest/json.h"
#include "attest/reference_image.h"
#include "attest/testing/guest.h"
#include "attest/testing/play/shared.h"
#include "lib/text.h"
#include "lib/vtpm_wire.h"

#define WAITING 3 /* other leaves in the tree */

/* ---- launch ---- */

static struct reference_image read_image(const char *path, const char *member)
{
    json_t *root, *list = json_array(), *all = json_object();
    struct json_reader reader = {.failed = false};
    struct reference reference = {.root = NULL};
    must(json_read(read_file(path), &root) == JSON_STATUS_OK, path);
    json_object_del(root, "format");
    json_push(list, root);
    json_put(all, member, list);
    reference_load_images(&reader, all, &reference);
    must(!reader.failed, path);
    return reference.guests.count != 0 ? reference.guests.items[0]
                                       : reference.vtpms.items[0];
}

static void take_name(struct hasher *hasher, const struct tpm_key *key,
                      uint8_t out[VOUCHLOG_NAME_SIZE])
{
    struct tpmt_public public;
    must(tpms_parse_public(bytes_of(key->wire, key->wire_size), &public) ==
             REASON_NONE,
         "key");
    struct key_name name = key_name_of(hasher, &public);
    memcpy(out, name.bytes, VOUCHLOG_NAME_SIZE);
}

static void extend_all(struct tpm *tpm, struct bytes log, size_t from)
{
    struct eventlog_reader reader;
    struct eventlog_event event;
    must(eventlog_open(log, &reader) == EVENTLOG_OK, "log");
    for (;;) {
        size_t offset = reader.cursor.offset;
        if (eventlog_next(&reader, &event) != EVENTLOG_OK) {
            return;
        }
        if (offset >= from) {
            extend(tpm->esys, event.pcr, event.digests[0].data);
        }
    }
}

static void write_index(struct tpm *tpm, struct bytes content)
{
    TPM2B_AUTH none = {0};
    TPM2B_MAX_NV_BUFFER data = {.size = (uint16_t)content.size};
    TPM2B_NV_PUBLIC public = {
        .nvPublic = {.nvIndex = VTPM_NV_LOG,
                     .nameAlg = TPM2_ALG_SHA256,
                     .attributes = TPMA_NV_OWNERWRITE | TPMA_NV_OWNERREAD |
                                   TPMA_NV_AUTHREAD | TPMA_NV_NO_DA,
                     .dataSize = (uint16_t)content.size}};
    ESYS_TR index;
    must(content.size <= sizeof(data.buffer), "the guest's log is too long");
    memcpy(data.buffer, content.data, content.size);
    must(Esys_NV_DefineSpace(tpm->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
                             ESYS_TR_NONE, ESYS_TR_NONE, &none, &public,
                             &index) == TSS2_RC_SUCCESS &&
             Esys_NV_Write(tpm->esys, ESYS_TR_RH_OWNER, index, ESYS_TR_PASSWORD,
                           ESYS_TR_NONE, ESYS_TR_NONE, &data,
                           0) == TSS2_RC_SUCCESS,
         "NV index");
}

static void start_guest(struct guest *guest, const char *tcti)
{
    struct tpm tpm;
    struct tpm_key ak, ek;
    must(tpm_open("attest-guest", tcti, &tpm) && tpm_create_ak(&tpm, &ak) &&
             tpm_create_guest_ek(&tpm, &ek),
         "the guest's keys");
    take_name(guest->hasher, &ak, guest->identity.ak);
    take_name(guest->hasher, &ek, guest->identity.ek);
    tpm_flush(&tpm, &ak);
    tpm_flush(&tpm, &ek);
    extend_all(&tpm, buffer_bytes(&guest->log.log), 0);
    write_index(&tpm, buffer_bytes(&guest->log.log));
    tpm_close(&tpm);
}

static void log_guest(const struct guest *guest, const char *tcti,
                      const char *path)
{
    static struct forge_log log;
    struct tpm tpm;
    struct bytes before = read_file(path);
    forge_start(&log, guest->hasher);
    must(before.size < sizeof(log.data) / 2, "the log is too long");
    memcpy(log.data, before.data, before.size);
    log.log.used = before.size;
    must(eventlog_parse_header(before, &log.header) == EVENTLOG_OK, path);
    guest_log_vtpm(guest, &log);
    guest_log_identity(guest, &log);
    guest_log_launch(guest, &log);
    write_file(path, buffer_bytes(&log.log));
    must(tpm_open("attest-guest", tcti, &tpm) &&
             Tss2_Tcti_SetLocality(tpm.tcti, 2) == TSS2_RC_SUCCESS,
         "locality 2");
    extend_all(&tpm, buffer_bytes(&log.log), before.size);
    must(Tss2_Tcti_SetLocality(tpm.tcti, 0) == TSS2_RC_SUCCESS, "locality 0");
    tpm_close(&tpm);
}

static void launch(struct hasher *hasher, char **argv)
{
    static struct guest guest;
    struct reference_image image = read_image(argv[0], "guests");
    struct reference_image vtpm = read_image(argv[1], "vtpms");
    guest_make(&guest, hasher, "anything", 10);
    guest.kernel = image.kernel;
    guest.initrd = image.initrd;
    guest.cmdline = image.cmdline;
    guest.launch.kernel = image.kernel.digest;
    guest.launch.initrd = image.initrd.digest;
    guest.launch.cmdline = image.cmdline.digest;
    guest.vtpm.kernel = vtpm.kernel.digest;
    guest.vtpm.initrd = vtpm.initrd.digest;
    guest.vtpm.cmdline = vtpm.cmdline.digest;
    guest_measure(&guest);
    start_guest(&guest, argv[4]);
    log_guest(&guest, argv[2], argv[3]);
    for (size_t i = 0; i < sizeof(guest.identity.ak); i++) {
        printf("%02x", guest.identity.ak[i]);
    }
    printf("\n");
}

/* ---- serve ---- */

struct server {
    const char *vouch, *platform, *log;
    uint8_t ak[VOUCHLOG_NAME_SIZE];
    TSS2_TCTI_CONTEXT *guest;
    char *evidence; /* what READ returns; NULL: nothing was begun */
    size_t size;
    bool is_asked; /* one READ is told to wait */
};

static json_t *quote_platform(const struct server *server,
                              const struct sha256_digest *root)
{
    char line[1000], hex[65];
    static char text[1 << 20];
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        snprintf(hex + 2 * i, 3, "%02x", root->bytes[i]);
    }
    snprintf(line, sizeof(line), "%s quote --nonce %s --tcti %s --log %s -o -",
             server->vouch, hex, server->platform, server->log);
    FILE *pipe = popen(line, "r");
    must(pipe != NULL, line);
    size_t size = fread(text, 1, sizeof(text), pipe);
    must(pclose(pipe) == 0, line);
    json_t *json;
    must(json_read(bytes_of(text, size), &json) == JSON_STATUS_OK, line);
    json_object_del(json, "format");
    return json;
}

static void begin(struct server *server, struct bytes nonce, struct bytes quote)
{
    static struct merkle_tree tree;
    struct sha256_digest leaves[WAITING + 1], digest;
    struct merkle_path path;
    memset(leaves, 0x5a, sizeof(leaves));
    memcpy(digest.bytes, quote.data, SHA256_SIZE);
    leaves[1] =
        merkle_leaf(nonce, bytes_of(server->ak, sizeof(server->ak)), &digest);
    must(merkle_build(leaves, WAITING + 1, &tree) &&
             merkle_find_path(&tree, 1, &path),
         "tree");
    struct sha256_digest top = merkle_root(&tree);
    json_t *root = json_object(), *proof = json_object(), *list = json_array();
    for (size_t i = 0; i < path.size; i++) {
        json_push(list, json_hex(sha256_bytes(&path.digests[i])));
    }
    json_put(proof, "index", json_integer(1));
    json_put(proof, "count", json_integer(WAITING + 1));
    json_put(proof, "path", list);
    json_put(root, "platform", quote_platform(server, &top));
    json_put(root, "proof", proof);
    free(server->evidence);
    server->evidence = json_text(root, &server->size);
    server->is_asked = false;
    json_decref(root);
}

static uint32_t read_part(struct server *server, struct cursor *in,
                          struct writer *out)
{
    size_t offset = take_be32(in), most = take_be16(in);
    if (server->evidence == NULL) {
        return TPM2_RC_NV_UNINITIALIZED;
    }
    if (!server->is_asked) {
        server->is_asked = true;
        return TPM2_RC_RETRY;
    }
    if (in->failed || offset > server->size) {
        return TPM2_RC_VALUE;
    }
    size_t size = server->size - offset < most ? server->size - offset : most;
    put_be32(out, (uint32_t)server->size);
    put_be16(out, (uint16_t)size);
    put_bytes(out, bytes_of(server->evidence + offset, size));
    return TPM2_RC_SUCCESS;
}

/* The answer in place of one by the TPM. */
static size_t answer_own(struct server *server, struct cursor *in,
                         uint8_t *data, size_t room)
{
    struct buffer buffer = buffer_over(data, room);
    struct writer writer = writer_begin(&buffer);
    uint32_t code = TPM2_RC_SUCCESS;
    put_be16(&writer, 0x8001);
    put_be32(&writer, 0);
    put_be32(&writer, 0);
    if (take_u8(in) == VTPM_EVIDENCE_BEGIN) {
        struct bytes nonce = take_bytes(in, 32);
        struct bytes quote = take_bytes(in, 32);
        must(cursor_is_done(in), "BEGIN");
        begin(server, nonce, quote);
    } else {
        code = read_part(server, in, &writer);
    }
    put_be32_at(&writer, 2, (uint32_t)writer_written(&writer));
    put_be32_at(&writer, 6, code);
    must(writer_end(&writer), "answer");
    return buffer.used;
}

static size_t answer(struct server *server, struct bytes command, uint8_t *data,
                     size_t room)
{
    struct cursor cursor = cursor_over(command);
    take_skip(&cursor, 6);
    if (take_be32(&cursor) == VTPM_CC_EVIDENCE) {
        return answer_own(server, &cursor, data, room);
    }
    must(Tss2_Tcti_Transmit(server->guest, command.size, command.data) ==
                 TSS2_RC_SUCCESS &&
             Tss2_Tcti_Receive(server->guest, &room, data,
                               TSS2_TCTI_TIMEOUT_BLOCK) == TSS2_RC_SUCCESS,
         "the guest's TPM");
    return room;
}

static void serve(char **argv)
{
    struct server server = {
        .vouch = argv[0], .platform = argv[1], .log = argv[2]};
    static uint8_t command[4096], data[4096];
    must(text_parse_hex(bytes_of_text(argv[4]), server.ak, sizeof(server.ak)),
         "AK_NAME");
    must(Tss2_TctiLdr_Initialize(argv[3], &server.guest) == TSS2_RC_SUCCESS,
         "the guest's TPM");
    while (fread(command, 1, 10, stdin) == 10) {
        struct cursor cursor = cursor_over(bytes_of(command, 10));
        take_skip(&cursor, 2);
        size_t size = take_be32(&cursor);
        must(size >= 10 && size <= sizeof(command) &&
                 fread(command + 10, 1, size - 10, stdin) == size - 10,
             "command");
        size = answer(&server, bytes_of(command, size), data, sizeof(data));
        must(fwrite(data, 1, size, stdout) == size && fflush(stdout) == 0,
             "answer");
    }
    Tss2_TctiLdr_Finalize(&server.guest);
}

int main(int argc, char **argv)
{
    struct hasher hasher;
    must(argc == 7 && hasher_init(&hasher), "usage: launch or serve, 5 words");
    setenv("TSS2_LOG", "all+NONE", 0);
    if (strcmp(argv[1], "launch") == 0) {
        launch(&hasher, argv + 2);
    } else {
        serve(argv + 2);
    }
    hasher_free(&hasher);
    return 0;
}
