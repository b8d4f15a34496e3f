/* SPDX-License-Identifier: MIT */
/*
 * Names are made here from a UUID and a number, never taken from a message. A
 * new file is written beside the old, synced, renamed over it, and then its
 * folder is synced. The disk is not trusted: what is no regular file is not
 * opened, and nothing that is found there is waited for.
 */
#include "dom0/vouchd/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attest/file.h"
#include "attest/uuid.h"
#include "dom0/vouchd/message.h"

#define NAME_MAX_SIZE 64

bool slots_uuid_parse(const char *text, uint8_t uuid[UUID_SIZE])
{
    return uuid_parse(bytes_of_text(text), uuid);
}

/* Where a file is written before it takes the name. */
static void name_beside(const char *name, char out[NAME_MAX_SIZE])
{
    snprintf(out, NAME_MAX_SIZE, "%s.new", name);
}

/* A regular file: no link, and nothing that waits for another side. Negative:
 * errno says why. */
static int open_regular(int folder, const char *name, int flags)
{
    struct stat status;
    int file = openat(folder, name,
                      flags | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file >= 0 && (fstat(file, &status) != 0 || !S_ISREG(status.st_mode))) {
        close(file);
        errno = EINVAL;
        return -1;
    }
    return file;
}

bool slots_replace(int folder, const char *name, struct bytes content)
{
    char beside[NAME_MAX_SIZE];
    name_beside(name, beside);
    int file = open_regular(folder, beside, O_WRONLY | O_CREAT | O_TRUNC);
    if (file < 0) {
        return false;
    }
    bool is_done = file_write(file, content) && fsync(file) == 0;
    is_done = close(file) == 0 && is_done;
    return is_done && renameat(folder, beside, folder, name) == 0 &&
           fsync(folder) == 0;
}

static bool read_exactly(int file, uint8_t *data, size_t size)
{
    for (size_t used = 0; used < size;) {
        ssize_t got = read(file, data + used, size - used);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        used += (size_t)got;
    }
    return true;
}

bool slots_read(int folder, const char *name, size_t max, struct bytes *out)
{
    struct stat status;
    *out = bytes_none();
    int file = open_regular(folder, name, O_RDONLY);
    if (file < 0) {
        return errno == ENOENT;
    }
    uint8_t *data = NULL;
    size_t size = 0;
    if (fstat(file, &status) == 0 && (size_t)status.st_size <= max) {
        size = (size_t)status.st_size;
        data = malloc(size + 1);
    }
    bool is_done = data != NULL && read_exactly(file, data, size);
    close(file);
    if (is_done) {
        *out = bytes_of(data, size);
    } else {
        free(data);
    }
    return is_done;
}

static int open_folder(int root, struct bytes uuid)
{
    char name[UUID_TEXT_SIZE];
    uuid_text(uuid.data, name);
    return openat(root, name,
                  O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

static int make_folder(int root, struct bytes uuid)
{
    char name[UUID_TEXT_SIZE];
    uuid_text(uuid.data, name);
    if (mkdirat(root, name, 0700) == 0) {
        (void)fsync(root);
    }
    return open_folder(root, uuid);
}

const char *slots_name(unsigned file)
{
    static const char *const names[SLOTS_FILES] = {"slot0", "slot1",
                                                   "certificate"};
    return names[file];
}

size_t slots_max(unsigned file)
{
    return file == SLOTS_CERTIFICATE ? VTPM_CERTIFICATE_MAX
                                     : VTPM_STATE_SLOT_MAX;
}

bool slots_store(int root, struct bytes uuid, unsigned file,
                 struct bytes content)
{
    int folder = make_folder(root, uuid);
    if (folder < 0) {
        return false;
    }
    bool is_done = slots_replace(folder, slots_name(file), content);
    close(folder);
    return is_done;
}

bool slots_load(int root, struct bytes uuid, unsigned file, struct bytes *out)
{
    *out = bytes_none();
    int folder = open_folder(root, uuid);
    if (folder < 0) {
        return errno == ENOENT;
    }
    bool is_done = slots_read(folder, slots_name(file), slots_max(file), out);
    close(folder);
    return is_done;
}

bool slots_remove(int root, struct bytes uuid, unsigned file)
{
    int folder = open_folder(root, uuid);
    if (folder < 0) {
        return errno == ENOENT;
    }
    bool is_done = unlinkat(folder, slots_name(file), 0) == 0
                       ? fsync(folder) == 0
                       : errno == ENOENT;
    close(folder);
    return is_done;
}

void slots_empty(int folder)
{
    char beside[NAME_MAX_SIZE];
    for (unsigned file = 0; file < SLOTS_FILES; file++) {
        name_beside(slots_name(file), beside);
        (void)unlinkat(folder, slots_name(file), 0);
        (void)unlinkat(folder, beside, 0);
    }
}
