/* SPDX-License-Identifier: MIT */
/*
 * vouch vtpm certificate: puts the certificate of an EK beside what is stored
 * of a guest's TPM, where vouchd finds it, or takes it away. The TPM has it
 * from its next start on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attest/cmd/command.h"
#include "attest/cmd/state.h"
#include "attest/ek_certificate.h"
#include "dom0/vouchd/slots.h"
#include "hv/abi/vouch.h"

static const char command[] = "vtpm certificate";

struct inputs {
    const char *folder, *remove, *name, *path; /* path NULL: remove it */
    uint8_t uuid[VOUCH_UUID_SIZE];
};

static bool parse_inputs(int argc, char **argv, struct inputs *in)
{
    const struct option_spec options[] = {
        {.name = "--dir", .value = &in->folder},
        {.name = "--remove", .is_flag = true, .value = &in->remove},
        {.name = NULL}};
    if (!command_options(command, options, &argc, argv) ||
        argc != (in->remove != NULL ? 2 : 3)) {
        command_error(command,
                      "usage: [--dir DIR] UUID CERTIFICATE | --remove UUID");
        return false;
    }
    in->folder = in->folder != NULL ? in->folder : STATE_FOLDER;
    in->name = argv[1];
    in->path = argc == 3 ? argv[2] : NULL;
    if (!slots_uuid_parse(in->name, in->uuid)) {
        command_error(command, "%s is no UUID", in->name);
        return false;
    }
    return true;
}

static struct bytes uuid_of(const struct inputs *in)
{
    return bytes_of(in->uuid, sizeof(in->uuid));
}

static bool is_good(const struct inputs *in, struct bytes content)
{
    if (!ek_certificate_is_der(content)) {
        command_error(command, "%s is no X.509 certificate in DER", in->path);
        return false;
    }
    if (content.size > VTPM_CERTIFICATE_MAX) {
        command_error(command, "%s has %zu bytes: a TPM has room for %u",
                      in->path, content.size, VTPM_CERTIFICATE_MAX);
        return false;
    }
    return true;
}

static bool put(const struct inputs *in, int root)
{
    struct bytes content = command_read(command, in->path);
    bool is_done = false;
    if (content.data != NULL && is_good(in, content)) {
        is_done = slots_store(root, uuid_of(in), SLOTS_CERTIFICATE, content);
        if (!is_done) {
            command_error(command, "%s: %s", in->name, strerror(errno));
        }
    }
    free((void *)content.data);
    return is_done;
}

static bool take_away(const struct inputs *in, int root)
{
    bool is_done = slots_remove(root, uuid_of(in), SLOTS_CERTIFICATE);
    if (!is_done) {
        command_error(command, "%s: %s", in->name, strerror(errno));
    }
    return is_done;
}

/* Only where a TPM is: a certificate is for one that there is. */
static bool run(const struct inputs *in)
{
    struct stat status;
    int root = open(in->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        command_error(command, "%s: %s", in->folder, strerror(errno));
        return false;
    }
    bool is_done = false;
    if (fstatat(root, in->name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        command_error(command, "%s: nothing is stored", in->name);
    } else {
        is_done = in->path != NULL ? put(in, root) : take_away(in, root);
    }
    close(root);
    return is_done;
}

int command_vtpm_certificate(int argc, char **argv)
{
    struct inputs inputs = {0};
    if (!parse_inputs(argc, argv, &inputs)) {
        return EXIT_USAGE;
    }
    return run(&inputs) ? EXIT_DONE : EXIT_FAILED;
}
