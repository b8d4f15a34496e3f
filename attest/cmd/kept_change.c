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

static bool give_up(const struct kept_inputs *in, int forgotten)
{
    if (!kept_is_in(in->root, in->name) && kept_is_in(forgotten, in->name)) {
        command_error(KEPT_COMMAND,
                      "%s: given up already; vouchd removes it when it runs",
                      in->name);
        return false;
    }
    if (!kept_is_there(in)) {
        return false;
    }
    if (renameat(in->root, in->name, forgotten, in->name) == 0) {
        return true;
    }
    command_error(KEPT_COMMAND, "%s: %s", in->name,
                  kept_is_in(forgotten, in->name)
                      ? "one before it is not removed yet; vouchd does that "
                        "when it runs"
                      : strerror(errno));
    return false;
}

/* The daemon tells the hypervisor, and removes it. */
bool kept_destroy(const struct kept_inputs *in)
{
    (void)mkdirat(in->root, SLOTS_FORGOTTEN, 0700);
    int forgotten = openat(in->root, SLOTS_FORGOTTEN,
                           O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (forgotten < 0) {
        command_error(KEPT_COMMAND, SLOTS_FORGOTTEN ": %s", strerror(errno));
        return false;
    }
    bool is_done = give_up(in, forgotten);
    close(forgotten);
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
