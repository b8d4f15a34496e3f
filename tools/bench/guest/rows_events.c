/* SPDX-License-Identifier: MIT */
/*
 * Rows: event channels.  "fresh" is the send that sets everything and finds
 * the vCPU masked; the upcall rows use the shortest handler there can be.
 */
#include "measure.h"
#include "paths.h"
#include "tests/guest/lib/event.h"

static unsigned int port[2];

static void forget(void)
{
    volatile struct vcpu_info *vcpu = vcpu_info_self();

    event_clear(port[1]);
    vcpu->evtchn_pending_sel = 0;
    vcpu->evtchn_upcall_pending = 0;
}

static void callback(const char *handler)
{
    struct callback_register call = {
        .type = CALLBACKTYPE_event,
        .flags = CALLBACKF_mask_events,
        .address = (uint64_t)handler,
    };

    hypercall(__HYPERVISOR_callback_op, CALLBACKOP_register, &call);
}

static void rows_send(void)
{
    struct evtchn_send send = {.port = port[0]};

    MEASURE("evtchn_send.port_masked", forget(),
            evtchn_op(EVTCHNOP_send, &send));
    event_unmask(port[1]);
    MEASURE("evtchn_send.fresh", forget(), evtchn_op(EVTCHNOP_send, &send));
    MEASURE("evtchn_send.pending", NOTHING, evtchn_op(EVTCHNOP_send, &send));
    forget();
    path_vcpu_info = (uint64_t)vcpu_info_self();
    path_pending_word = (uint64_t)&shared_info->evtchn_pending[port[1] / 64];
    callback(path_event);
    vcpu_info_self()->evtchn_upcall_mask = 0;
    MEASURE("evtchn_send.upcall_round_trip", NOTHING,
            evtchn_op(EVTCHNOP_send, &send));
    for (unsigned int i = 0; i < WARM_UPS + SAMPLES; i++) {
        uint64_t start = rdtsc();

        evtchn_op(EVTCHNOP_send, &send);
        if (i >= WARM_UPS) {
            samples[i - WARM_UPS] = path_entry - start;
        }
    }
    report("evtchn_send.to_handler");
    vcpu_info_self()->evtchn_upcall_mask = 1;
    callback(trap_stub_256);
}

static void rows_ports(void)
{
    struct evtchn_status status = {.dom = DOMID_SELF, .port = port[0]};
    struct evtchn_unmask unmask = {.port = port[1]};
    struct evtchn_bind_ipi bind = {.vcpu = 0};
    struct evtchn_close close;
    struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF,
                                         .remote_dom = DOMID_SELF};

    MEASURE("evtchn_status", NOTHING, evtchn_op(EVTCHNOP_status, &status));
    MEASURE("evtchn_unmask", NOTHING, evtchn_op(EVTCHNOP_unmask, &unmask));
    MEASURE("evtchn_alloc_unbound_close", NOTHING, {
        evtchn_op(EVTCHNOP_alloc_unbound, &alloc);
        close.port = alloc.port;
        evtchn_op(EVTCHNOP_close, &close);
    });
    evtchn_op(EVTCHNOP_bind_ipi, &bind);
    MEASURE(
        "evtchn_bind_ipi",
        {
            close.port = bind.port;
            evtchn_op(EVTCHNOP_close, &close);
        },
        evtchn_op(EVTCHNOP_bind_ipi, &bind));
    close.port = bind.port;
    MEASURE(
        "evtchn_close",
        {
            evtchn_op(EVTCHNOP_close, &close);
            evtchn_op(EVTCHNOP_bind_ipi, &bind);
            close.port = bind.port;
        },
        evtchn_op(EVTCHNOP_close, &close));
}

void rows_events(void)
{
    event_loopback(port);
    rows_send();
    rows_ports();
}
