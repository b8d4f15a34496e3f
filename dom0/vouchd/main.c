/* SPDX-License-Identifier: MIT */
/*
 * vouchd: what vTPM domains cannot do for themselves. It keeps their encrypted
 * state on a disk, has the machine's TPM quoted for them, and keeps the
 * hypervisor's table of the states' versions. It is trusted with none of it:
 * all it can do is not to answer. One loop, which waits for nobody in
 * particular.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dom0/vouchd/batch.h"
#include "dom0/vouchd/domains.h"
#include "dom0/vouchd/forgotten.h"
#include "dom0/vouchd/peer.h"
#include "dom0/vouchd/say.h"
#include "dom0/vouchd/slots.h"
#include "dom0/vouchd/table.h"

#define DEFAULT_FOLDER "/var/lib/vouch"
#define TICK_MS        1000

enum { POLL_DOMAINS, POLL_FORGOTTEN, POLL_BATCH, POLL_PEERS };

struct daemon {
    int root; /* the folder of all that is kept */
    struct hypervisor *hypervisor;
    struct domains *domains;
    struct forgotten forgotten;
    struct table table;
    struct batch batch;
    struct peer *peers[DOMAINS_MAX];
    size_t peer_count;
    bool has_questions; /* that no event will tell of */
};

/* ---- questions ---- */

static void load(struct daemon *daemon, struct peer *peer,
                 const struct request *request)
{
    struct bytes content;
    unsigned file = request->type == VTPM_WIRE_CERTIFICATE ? SLOTS_CERTIFICATE
                                                           : request->slot;
    bool is_done = slots_load(daemon->root, request->uuid, file, &content);
    enum vtpm_wire_status status = !is_done               ? VTPM_WIRE_FAILED
                                   : content.data == NULL ? VTPM_WIRE_ABSENT
                                                          : VTPM_WIRE_OK;
    peer_say(peer, "%s: %s, %zu bytes", slots_name(file),
             !is_done               ? strerror(errno)
             : content.data == NULL ? "nothing there"
                                    : "loaded",
             content.size);
    peer_answer(peer, request, status, content);
    free((void *)content.data);
}

static void store(struct daemon *daemon, struct peer *peer,
                  const struct request *request)
{
    bool is_done = slots_store(daemon->root, request->uuid, request->slot,
                               request->content);
    peer_say(peer, "%s: %s, %zu bytes", slots_name(request->slot),
             is_done ? "stored" : strerror(errno), request->content.size);
    peer_answer(peer, request, is_done ? VTPM_WIRE_OK : VTPM_WIRE_FAILED,
                bytes_none());
    table_expect_change(&daemon->table);
}

/* Only the state of the guest that the toolstack gave it, and evidence for
 * nobody but a vTPM. */
static void answer(void *context, struct peer *peer,
                   const struct request *request)
{
    struct daemon *daemon = context;
    uint8_t guest[MESSAGE_UUID_SIZE];
    bool is_vtpm = domains_guest_of(daemon->domains, peer->domain.domid, guest);
    bool is_own =
        is_vtpm && bytes_equal(request->uuid, bytes_of(guest, sizeof(guest)));
    switch (request->type) {
    case VTPM_WIRE_LOAD:
    case VTPM_WIRE_STORE:
    case VTPM_WIRE_CERTIFICATE:
        if (!is_own) {
            peer_refuse(peer, request, "not the state of its guest");
        } else if (request->type == VTPM_WIRE_STORE) {
            store(daemon, peer, request);
        } else {
            load(daemon, peer, request);
        }
        return;
    case VTPM_WIRE_EVIDENCE:
        if (!is_vtpm || peer->waits_for_evidence) {
            peer_refuse(peer, request, "no evidence for it now");
        } else {
            batch_add(&daemon->batch, peer, request);
        }
        return;
    }
}

/* ---- peers ---- */

static void remove_peer(struct daemon *daemon, size_t index)
{
    struct peer *peer = daemon->peers[index];
    say("domain %u: gone", peer->domain.domid);
    batch_forget(&daemon->batch, peer);
    peer_free(peer);
    daemon->peers[index] = daemon->peers[--daemon->peer_count];
}

static bool is_listed(const struct domain *domain, const struct domain *list,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].domid == domain->domid && list[i].ring == domain->ring) {
            return true;
        }
    }
    return false;
}

static bool is_known(const struct daemon *daemon, const struct domain *domain)
{
    for (size_t i = 0; i < daemon->peer_count; i++) {
        if (is_listed(&daemon->peers[i]->domain, domain, 1)) {
            return true;
        }
    }
    return false;
}

static void add_peer(struct daemon *daemon, const struct domain *domain)
{
    struct peer *peer = peer_open(domain);
    if (peer == NULL) {
        say("domain %u: its stream cannot be opened", domain->domid);
        return;
    }
    say("domain %u: connected", domain->domid);
    daemon->peers[daemon->peer_count++] = peer;
}

static void look_for_domains(struct daemon *daemon)
{
    static struct domain list[DOMAINS_MAX];
    size_t count = domains_list(daemon->domains, list, DOMAINS_MAX);
    for (size_t i = daemon->peer_count; i > 0; i--) {
        if (!is_listed(&daemon->peers[i - 1]->domain, list, count)) {
            remove_peer(daemon, i - 1);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_known(daemon, &list[i]) && daemon->peer_count < DOMAINS_MAX &&
            hypervisor_is_vtpm(daemon->hypervisor, list[i].domid)) {
            add_peer(daemon, &list[i]);
        }
    }
}

/* One question of each in a turn, so that nobody waits for who asks many. */
static void serve_peers(struct daemon *daemon, const struct pollfd *polled)
{
    const struct peer_service service = {.answer = answer, .context = daemon};
    daemon->has_questions = false;
    for (size_t i = 0; i < daemon->peer_count; i++) {
        struct peer *peer = daemon->peers[i];
        if (peer->link == NULL) {
            continue;
        }
        if (polled[i].revents != 0) {
            link_wake(peer->link);
        }
        daemon->has_questions |= peer_serve(peer, &service);
    }
}

/* ---- the loop ---- */

static void turn(struct daemon *daemon)
{
    static struct pollfd polled[POLL_PEERS + DOMAINS_MAX];
    polled[POLL_DOMAINS].fd = domains_descriptor(daemon->domains);
    polled[POLL_FORGOTTEN].fd = daemon->forgotten.descriptor;
    polled[POLL_BATCH].fd = batch_descriptor(&daemon->batch);
    for (size_t i = 0; i < daemon->peer_count; i++) {
        struct link *link = daemon->peers[i]->link;
        polled[POLL_PEERS + i].fd = link == NULL ? -1 : link_descriptor(link);
    }
    nfds_t count = POLL_PEERS + daemon->peer_count;
    for (nfds_t i = 0; i < count; i++) {
        polled[i].events = POLLIN;
        polled[i].revents = 0;
    }
    (void)poll(polled, count, daemon->has_questions ? 0 : TICK_MS);
    serve_peers(daemon, polled + POLL_PEERS);
    batch_run(&daemon->batch, polled[POLL_BATCH].revents != 0);
    if (polled[POLL_FORGOTTEN].revents != 0 &&
        forgotten_run(&daemon->forgotten, daemon->hypervisor) != 0) {
        table_next_epoch(&daemon->table, daemon->hypervisor);
    }
    table_run(&daemon->table, daemon->hypervisor);
    if (polled[POLL_DOMAINS].revents != 0) {
        look_for_domains(daemon);
    }
}

static bool start(struct daemon *daemon, const char *folder,
                  const struct quoter_options *options)
{
    (void)mkdir(folder, 0700);
    daemon->root =
        open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (daemon->root < 0 ||
        !forgotten_open(daemon->root, folder, &daemon->forgotten)) {
        say("%s: %s", folder, strerror(errno));
        return false;
    }
    daemon->hypervisor = hypervisor_open();
    if (daemon->hypervisor == NULL) {
        say("the hypervisor cannot be called: %s", strerror(errno));
        return false;
    }
    daemon->domains = domains_open();
    if (daemon->domains == NULL) {
        say("xenstore does not answer: %s", strerror(errno));
        return false;
    }
    batch_init(&daemon->batch, daemon->hypervisor, options);
    table_open(&daemon->table, daemon->root, daemon->hypervisor);
    if (forgotten_run(&daemon->forgotten, daemon->hypervisor) != 0) {
        table_next_epoch(&daemon->table, daemon->hypervisor);
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct daemon daemon;
    struct quoter_options options = {.program = "vouch"};
    const char *folder = DEFAULT_FOLDER;
    int option;
    while ((option = getopt(argc, argv, "d:q:t:")) != -1) {
        switch (option) {
        case 'd':
            folder = optarg;
            break;
        case 'q':
            options.program = optarg;
            break;
        case 't':
            options.tcti = optarg;
            break;
        default:
            fputs("usage: vouchd [-d DIR] [-q VOUCH] [-t TCTI]\n", stderr);
            return 2;
        }
    }
    signal(SIGPIPE, SIG_IGN);
    if (!start(&daemon, folder, &options)) {
        return 1;
    }
    say("up; what vTPMs store is in %s", folder);
    look_for_domains(&daemon);
    while (true) {
        turn(&daemon);
    }
}
