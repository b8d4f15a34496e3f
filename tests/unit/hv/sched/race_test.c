/* SPDX-License-Identifier: MIT */
/*
 * Scheduler and event channels on real threads: each CPU is one, locks and
 * atomics are the hypervisor's own.  Guests play ping-pong over interdomain
 * channels, blocking or polling in between, while others pause, open, close
 * and send at random.  A lost wake, or locks taken in the wrong order, stops
 * the game: then the test fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <cmocka.h>

#include "race_machine.h"

#include "hv/abi/handlers.h"
#include "hv/evtchn/evtchn.h"

#define DOMAINS   2u
#define PLAYERS   3u /* vCPUs of each domain that play; the next disturbs */
#define ROUNDS    30000u
#define TIMEOUT_S 60

struct player {
    uint32_t port;
    uint32_t rounds; /* atomic */
};

static struct player players[DOMAINS][PLAYERS];
static uint32_t over; /* atomic */

static uint32_t pick(uint32_t *seed, uint32_t end)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % end;
}

static struct call call_of(struct vcpu *vcpu)
{
    return (struct call){.caller = vcpu, .target = vcpu->domain};
}

static void send(struct vcpu *vcpu, uint32_t port)
{
    struct evtchn_send arg = {port};
    struct call call = call_of(vcpu);

    call.channel = evtchn_of(vcpu->domain, port);
    (void)!do_event_channel_op_send(NULL, &call, &arg);
}

/* Waits as Linux does: by SCHEDOP_block, or by SCHEDOP_poll with mask set. */
static void wait_for(struct vcpu *vcpu, uint32_t port, uint32_t *seed)
{
    evtchn_port_t ports[1] = {port};
    struct sched_poll arg = {.nr_ports = 1};
    struct call call = call_of(vcpu);

    arg.ports.p = ports;
    switch (pick(seed, 4)) {
    case 0:
        atomic_set(&vcpu->info->evtchn_upcall_mask, 1);
        (void)!do_sched_op_poll(NULL, &call, &arg);
        break;
    case 1:
        vcpu_yield();
        break;
    default:
        vcpu_block();
        break;
    }
}

static void play(struct vcpu *vcpu, struct player *player, uint32_t *seed)
{
    struct shared_info *shared = vcpu->domain->shared;

    atomic_set(&vcpu->info->evtchn_upcall_pending, 0);
    (void)atomic_xchg(&vcpu->info->evtchn_pending_sel, 0);
    if (atomic_test_and_clear_bit(shared->evtchn_pending, player->port)) {
        atomic_add(&player->rounds, 1);
        send(vcpu, player->port);
    } else {
        wait_for(vcpu, player->port, seed);
    }
}

/* Channels between the two domains, both ways at once: lock order. */
static void open_and_close(struct vcpu *vcpu)
{
    struct domain *self = vcpu->domain;
    struct domain *other = race_domains[self == race_domains[0]];
    struct evtchn_alloc_unbound alloc = {0};
    struct evtchn_bind_interdomain bind = {0};
    struct evtchn_close close = {0};
    struct call call = call_of(vcpu);

    call.target = other;
    call.second = self;
    if (do_event_channel_op_alloc_unbound(NULL, &call, &alloc) != 0) {
        return;
    }
    bind.remote_port = alloc.port;
    call = (struct call){.caller = vcpu, .target = self, .second = other};
    if (do_event_channel_op_bind_interdomain(NULL, &call, &bind) == 0) {
        send(vcpu, bind.local_port);
        close.port = bind.local_port;
        (void)!do_event_channel_op_close(NULL, &call, &close);
    }
    call.caller = other->vcpus[0];
    close.port = alloc.port;
    (void)!do_event_channel_op_close(NULL, &call, &close);
}

static void disturb(struct vcpu *vcpu, uint32_t *seed)
{
    struct domain *domain = race_domains[pick(seed, DOMAINS)];
    struct vcpu *victim = domain->vcpus[pick(seed, PLAYERS)];

    /* Nothing here wakes a vCPU that missed its event. */
    switch (pick(seed, 8)) {
    case 0:
    case 1:
        vcpu_pause(victim);
        vcpu_unpause(victim);
        break;
    case 2:
        vcpu_yield();
        break;
    case 3:
        (void)!vcpu_set_affinity(victim, pick(seed, 1u << RACE_CPUS));
        break;
    case 4: /* a cap, so that it is parked at times, or none */
        share_set(domain, 256, pick(seed, 2) == 0 ? 0 : 150);
        break;
    default:
        open_and_close(vcpu);
        break;
    }
}

static bool act(struct vcpu *vcpu, uint32_t *seed)
{
    if (vcpu->id < PLAYERS) {
        uint32_t d = vcpu->domain == race_domains[1];

        play(vcpu, &players[d][vcpu->id], seed);
    } else {
        disturb(vcpu, seed);
    }
    return atomic_read(&over) == 0;
}

static void connect(uint32_t player)
{
    struct vcpu *a = race_domains[0]->vcpus[player];
    struct vcpu *b = race_domains[1]->vcpus[player];
    struct evtchn_alloc_unbound alloc = {0};
    struct evtchn_bind_interdomain bind = {0};
    struct call call = {.caller = a, .target = a->domain, .second = b->domain};

    assert_int_equal(do_event_channel_op_alloc_unbound(NULL, &call, &alloc), 0);
    bind.remote_port = alloc.port;
    call = (struct call){.caller = b, .target = b->domain, .second = a->domain};
    assert_int_equal(do_event_channel_op_bind_interdomain(NULL, &call, &bind),
                     0);
    for (uint32_t d = 0; d < DOMAINS; d++) {
        uint32_t port = d == 0 ? alloc.port : bind.local_port;
        struct evtchn_bind_vcpu move = {port, player};

        players[d][player] = (struct player){.port = port};
        call.caller = race_domains[d]->vcpus[player];
        assert_int_equal(do_event_channel_op_bind_vcpu(NULL, &call, &move), 0);
    }
}

static bool is_won(void)
{
    for (uint32_t d = 0; d < DOMAINS; d++) {
        for (uint32_t i = 0; i < PLAYERS; i++) {
            if (atomic_read(&players[d][i].rounds) < ROUNDS) {
                return false;
            }
        }
    }
    return true;
}

static void test_nothing_is_lost(void **state)
{
    bool won = false;

    (void)state;
    race_start(DOMAINS, PLAYERS + 1);
    for (uint32_t i = 0; i < PLAYERS; i++) {
        connect(i);
    }
    race_run(act);
    for (uint32_t ms = 0; !won && ms < TIMEOUT_S * 1000; ms += 10) {
        race_sleep_ms(10);
        won = is_won();
    }
    atomic_set(&over, 1);
    if (!won) {
        for (uint32_t i = 0; i < PLAYERS; i++) {
            print_message("pair %u: %u %u\n", i, players[0][i].rounds,
                          players[1][i].rounds);
        }
        fail_msg("the game stopped");
    }
    race_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
