/* SPDX-License-Identifier: MIT */
/*
 * One decision as a line that audit2allow and audit2why read. What Xen prints
 * comes first and unchanged; fields of our own follow tclass.
 */
#include "lib/text.h"
#include "xsm/xsm.h"

static void put_field(struct writer *out, const char *name, uint64_t value)
{
    text_put(out, name);
    text_put_decimal(out, value);
}

static void put_who(const struct xsm_event *event, struct writer *out)
{
    if (event->target_domid == XSM_NO_DOMAIN) {
        put_field(out, "current=d", event->source_domid);
        return;
    }
    put_field(out, "source=d", event->source_domid);
    put_field(out, " target=d", event->target_domid);
}

void xsm_event_put_text(const struct xsm *xsm, const struct xsm_event *event,
                        struct writer *out)
{
    text_put(out, event->decision.granted ? "avc:  granted  { "
                                          : "avc:  denied  { ");
    text_put(out, xsm_perm_name(event->perm));
    text_put(out, " } for ");
    put_who(event, out);
    text_put(out, " scontext=");
    xsm_label_put_text(xsm, event->source, out);
    text_put(out, " tcontext=");
    xsm_label_put_text(xsm, event->target, out);
    text_put(out, " tclass=");
    text_put(out, xsm_class_name(event->perm.class));
    put_field(out, " permissive=", event->decision.permissive);
    if (event->hypercall != NULL) {
        text_put(out, " hc=");
        text_put(out, event->hypercall);
    }
    if (event->operation != NULL) {
        text_put(out, " op=");
        text_put(out, event->operation);
    }
    put_field(out, " seq=", event->sequence);
    put_field(out, " vcpu=", event->vcpu);
}
