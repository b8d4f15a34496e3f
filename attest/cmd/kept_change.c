/* SPDX-License-Identifier: MIT */
/*
 * vouch vtpm destroy, certificate: what the operator decides about a TPM that
 * there is. Its certificate lies beside its state, where vouchd finds it; the
 * TPM has it from its next start on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attest/cmd/command.h"
#include "attest/cmd/kept.h"
#include "attest/ek_certificate.h"
#include "dom0/vouchd/slots.h"

/* The daemon tells the hypervisor, and removes it. */
bool kept_destroy(const struct kept_inputs *in)
{
    if (!kept_is_there(in)) {
        return false;
    }
    (void)mkdirat(in->root, SLOTS_FORGOTTEN, 0700);
    int folder = openat(in->root, SLOTS_FORGOTTEN,
                        O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    bool is_done =
        folder >= 0 && renameat(in->root, in->name, folder, in->name) == 0;
    if (!is_done) {
        command_error(KEPT_COMMAND, "%s: %s", in->name, strerror(errno));
    }
    if (folder >= 0) {
        close(folder);
    }
    return is_done;
}

static bool is_certificate(const char *path, struct bytes content)
{
    if (!ek_certificate_is_der(content)) {
        command_error(KEPT_COMMAND, "%s is no X.509 certificate in DER", path);
        return false;
    }
    if (content.size > VTPM_CERTIFICATE_MAX) {
        command_error(KEPT_COMMAND, "%s has %zu bytes: a TPM has room for %u",
                      path, content.size, VTPM_CERTIFICATE_MAX);
        return false;
    }
    return true;
}

static bool store(const struct kept_inputs *in, struct bytes uuid)
{
    struct bytes content = command_read(KEPT_COMMAND, in->path);
    bool is_done = false;
    if (content.data != NULL && is_certificate(in->path, content)) {
        is_done = slots_store(in->root, uuid, SLOTS_CERTIFICATE, content);
        if (!is_done) {
            command_error(KEPT_COMMAND, "%s: %s", in->name, strerror(errno));
        }
    }
    free((void *)content.data);
    return is_done;
}

static bool take_away(const struct kept_inputs *in, struct bytes uuid)
{
    bool is_done = slots_remove(in->root, uuid, SLOTS_CERTIFICATE);
    if (!is_done) {
        command_error(KEPT_COMMAND, "%s: %s", in->name, strerror(errno));
    }
    return is_done;
}

bool kept_certificate(const struct kept_inputs *in)
{
    struct bytes uuid = bytes_of(in->uuid, sizeof(in->uuid));
    return kept_is_there(in) &&
           (in->path != NULL ? store(in, uuid) : take_away(in, uuid));
}
