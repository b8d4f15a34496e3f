/* SPDX-License-Identifier: MIT */
/*
 * Debug keys: a look at the hypervisor's state, into the console ring alone
 * ("xl dmesg"), for a serial line would take its time.  A key that prints every
 * domain does one after the other and continues; where it is, is in RSI, and
 * a caller that lies there only misses some.
 */
#include "hv/abi/handlers.h"
#include "hv/base/console.h"
#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/cpu.h"
#include "hv/domain/domain.h"
#include "hv/mem/guest_copy.h"
#include "hv/mem/heap.h"
#include "hv/sched/sched.h"

#define LINE_SIZE 160
#define WORK_LINE 100 /* format it and copy it to the ring */

static void say(const char *format, ...) printf_like(1, 2);
static void say(const char *format, ...)
{
    char line[LINE_SIZE];
    size_t length = format_text(line, sizeof(line) - 1, "(vouch) ");
    va_list args;

    va_start(args, format);
    length +=
        format_text_v(line + length, sizeof(line) - 1 - length, format, args);
    va_end(args);
    line[length++] = '\n';
    console_write_ring(line, length);
    this_cpu()->budget -= WORK_LINE;
}

static void vcpu_say(const struct vcpu *vcpu)
{
    static const char *const states[] = {"running", "runnable", "blocked",
                                         "offline"};
    struct vcpu_runstate_info runstate;

    runstate_get((struct vcpu *)vcpu, &runstate);
    say("  v%u: %s%s, CPU %u of %lx, ran %lu ms, events %s%s", vcpu->id,
        states[runstate.state & 3], vcpu->is_down ? " (down)" : "", vcpu->cpu,
        vcpu->affinity, runstate.time[RUNSTATE_running] / 1000000,
        vcpu->info->evtchn_upcall_pending ? "pending" : "none",
        vcpu->info->evtchn_upcall_mask ? " (masked)" : "");
}

static void domain_say(const struct domain *domain)
{
    say("d%u:%s%s %lu of at most %lu pages, %u references", domain->id,
        domain->is_dying ? " dying" : "",
        domain->is_shut_down ? " shut down" : "", domain->memory.page_count,
        domain->memory.max_pages, domain->refs);
    for (uint32_t i = 0; i < domain->vcpu_count; i++) {
        if (domain->vcpus[i] != NULL) {
            vcpu_say(domain->vcpus[i]);
        }
    }
}

/* From this id on; false if the budget ended before the domains did. */
static bool domains_say(uint64_t *id)
{
    struct domain *domain;

    while (this_cpu()->budget > 0) {
        domain = domain_get_next((domid_t)*id);
        if (domain == NULL) {
            *id = 0;
            return true;
        }
        domain_say(domain);
        *id = domain->id + 1u;
        domain_put(domain);
    }
    return false;
}

static bool key_run(char key, uint64_t *id)
{
    switch (key) {
    case 'h':
        say("debug keys: h (this), m (memory), q (domains and vCPUs)");
        return true;
    case 'm':
        say("%lu of %lu pages are free", heap_free_count(),
            heap_total_count());
        return true;
    case 'q':
        return domains_say(id);
    default:
        say("debug key 0x%x: there is none, h for help", (uint8_t)key);
        return true;
    }
}

long do_sysctl_debug_keys(const struct permit *permit, struct call *call,
                          struct xen_sysctl *arg)
{
    const struct xen_sysctl_debug_keys *keys = &arg->u.debug_keys;
    uint64_t done = call->args[1] >> 16, id = (uint16_t)call->args[1];

    for (; done < keys->nr_keys; done++) {
        uint8_t key;

        if (!guest_read_u8(&key, GVA((uint64_t)keys->keys.p + done))) {
            return -EFAULT;
        }
        if (this_cpu()->budget <= 0 || !key_run((char)key, &id)) {
            call->args[1] = done << 16 | id;
            return hypercall_continue(call);
        }
    }
    return 0;
}
