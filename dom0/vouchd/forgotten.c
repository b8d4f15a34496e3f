/* SPDX-License-Identifier: MIT */
/* The folder is read anew whenever it changes; an event's words do not count.
 */
#include "dom0/vouchd/forgotten.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dom0/vouchd/say.h"
#include "dom0/vouchd/slots.h"

bool forgotten_open(int root, const char *path, struct forgotten *out)
{
    char name[4096];
    snprintf(name, sizeof(name), "%s/" SLOTS_FORGOTTEN, path);
    if (mkdirat(root, SLOTS_FORGOTTEN, 0700) != 0 && errno != EEXIST) {
        return false;
    }
    out->folder = openat(root, SLOTS_FORGOTTEN,
                         O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    out->descriptor = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    return out->folder >= 0 && out->descriptor >= 0 &&
           inotify_add_watch(out->descriptor, name,
                             IN_MOVED_TO | IN_DONT_FOLLOW) >= 0;
}

static void drain(const struct forgotten *forgotten)
{
    char events[4096];
    while (read(forgotten->descriptor, events, sizeof(events)) > 0) {
    }
}

static void remove_folder(int parent, const char *name)
{
    int folder =
        openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (folder >= 0) {
        slots_empty(folder);
        close(folder);
    }
    if (unlinkat(parent, name, AT_REMOVEDIR) != 0) {
        say("%s: cannot be removed: %s", name, strerror(errno));
    }
}

/* A state that the hypervisor has never heard of is forgotten already. */
static bool forget(struct forgotten *forgotten, struct hypervisor *hypervisor,
                   const char *name)
{
    uint8_t uuid[VOUCH_UUID_SIZE];
    if (!slots_uuid_parse(name, uuid)) {
        return false;
    }
    int error = hypervisor_forget_state(hypervisor, uuid);
    if (error != 0 && error != -ENOENT) {
        say("%s: the hypervisor does not forget it: %s", name,
            strerror(-error));
        return false;
    }
    remove_folder(forgotten->folder, name);
    say("%s: forgotten", name);
    return true;
}

unsigned forgotten_run(struct forgotten *forgotten,
                       struct hypervisor *hypervisor)
{
    unsigned count = 0;
    const struct dirent *entry;
    drain(forgotten);
    DIR *folder = fdopendir(dup(forgotten->folder));
    if (folder == NULL) {
        return 0;
    }
    rewinddir(folder);
    while ((entry = readdir(folder)) != NULL) {
        count += forget(forgotten, hypervisor, entry->d_name) ? 1 : 0;
    }
    closedir(folder);
    return count;
}
