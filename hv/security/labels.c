/* SPDX-License-Identifier: MIT */
/*
 * Who holds which label of the security server.  label_lock guards its table of
 * labels; decisions read the matrix without it.  A domain holds the labels of
 * all ends of event channels that it ever had, so that a label found in one of
 * its ports stays what it was for as long as the domain is referenced.
 */
#include "hv/base/spinlock.h"
#include "hv/security/security.h"

static spinlock_t label_lock;

bool security_label_get(uint32_t sid, label_t *out)
{
    spin_lock(&label_lock);
    *out = xsm_label_of_sid(&security_policy, sid);
    xsm_label_get(&security_policy, *out);
    spin_unlock(&label_lock);
    if (out->index == sid && sid != XSM_INITIAL_unlabeled) {
        return true;
    }
    security_label_put(*out);
    return false;
}

bool security_label_of(struct bytes context, label_t *out)
{
    enum xsm_status status;

    spin_lock(&label_lock);
    status = xsm_label_of(&security_policy, context, out);
    spin_unlock(&label_lock);
    return status == XSM_OK;
}

void security_label_put(label_t label)
{
    spin_lock(&label_lock);
    xsm_label_put(&security_policy, label);
    spin_unlock(&label_lock);
}

void security_label_text(label_t label, char *text, size_t size)
{
    struct buffer buffer = buffer_over(text, size - 1);
    struct writer writer = writer_begin(&buffer);

    spin_lock(&label_lock);
    xsm_label_put_text(&security_policy, label, &writer);
    spin_unlock(&label_lock);
    text[writer_end(&writer) ? buffer.used : 0] = '\0';
}

bool security_label_transition(label_t source, label_t target,
                               enum xsm_class class, label_t *out)
{
    enum xsm_status status;

    spin_lock(&label_lock);
    status = xsm_label_transition(&security_policy, source, target, class, out);
    spin_unlock(&label_lock);
    return status == XSM_OK;
}

/* Whether the domain has the label now: it takes the reference, or has one. */
static bool end_label_hold(struct domain *domain, label_t label)
{
    for (uint32_t i = 0; i < ARRAY_SIZE(domain->end_labels); i++) {
        label_t *held = &domain->end_labels[i];

        if (held->index == 0) {
            *held = label;
            return true;
        }
        if (held->index == label.index) {
            xsm_label_put(&security_policy, label);
            return true;
        }
    }
    xsm_label_put(&security_policy, label);
    return false;
}

bool security_end_label(struct domain *domain, const struct domain *peer,
                        label_t *out)
{
    label_t target = peer == domain ? domain->self_label : peer->label;
    bool is_held;

    spin_lock(&label_lock);
    is_held = xsm_label_transition(&security_policy, domain->label, target,
                                   XSM_CLASS_event, out) == XSM_OK &&
              end_label_hold(domain, *out);
    spin_unlock(&label_lock);
    return is_held;
}

void security_domain_forget(struct domain *domain)
{
    spin_lock(&label_lock);
    for (uint32_t i = 0; i < ARRAY_SIZE(domain->end_labels); i++) {
        if (domain->end_labels[i].index != 0) {
            xsm_label_put(&security_policy, domain->end_labels[i]);
        }
    }
    spin_unlock(&label_lock);
}
