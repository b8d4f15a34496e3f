/* SPDX-License-Identifier: MIT */
/* The table of labels and what a label means in text. */
#include "xsm/label.h"

#include "lib/text.h"
#include "xsm/access.h"
#include "xsm/arena.h"
#include "xsm/matrix.h"

static bool entry_is_live(const struct xsm_label *entry)
{
    return entry->context.user != 0;
}

bool labels_init(struct xsm *xsm, uint16_t labels)
{
    struct xsm_labels *table = arena_take(xsm->arena, 1, sizeof(*table));
    if (table == NULL) {
        return false;
    }
    table->capacity = labels;
    table->list = arena_take(xsm->arena, labels, sizeof(struct xsm_label));
    xsm->labels = table;
    return table->list != NULL;
}

/* ---- the matrix follows the table ---- */

/* Clear all cells of label. */
static void forget(struct xsm *xsm, label_t label)
{
    for (uint32_t i = 0; i < xsm->labels->capacity; i++) {
        label_t other = {(uint16_t)i};
        matrix_clear(xsm, label, other);
        matrix_clear(xsm, other, label);
    }
    *label_entry(xsm, label) = (struct xsm_label){0};
}

static bool fill(struct xsm *xsm, label_t source, label_t target)
{
    return matrix_is_filled(xsm->planes, source, target) ||
           matrix_fill(xsm, source, target, label_entry(xsm, source)->context,
                       label_entry(xsm, target)->context);
}

/* Fill the cells of label with all live labels, itself among them. */
static bool learn(struct xsm *xsm, label_t label)
{
    for (uint32_t i = 1; i < xsm->labels->capacity; i++) {
        label_t other = {(uint16_t)i};
        if (entry_is_live(label_entry(xsm, other)) &&
            (!fill(xsm, label, other) || !fill(xsm, other, label))) {
            return false;
        }
    }
    return true;
}

enum xsm_status labels_rebuild(struct xsm *xsm)
{
    struct xsm_labels *labels = xsm->labels;
    for (uint32_t s = 1; s < labels->capacity; s++) {
        for (uint32_t t = 1; t < labels->capacity; t++) {
            matrix_clear(xsm, (label_t){(uint16_t)s}, (label_t){(uint16_t)t});
        }
    }
    for (uint32_t i = 1; i < labels->capacity; i++) {
        label_t label = {(uint16_t)i};
        if (entry_is_live(label_entry(xsm, label)) && !learn(xsm, label)) {
            return XSM_NO_LABEL;
        }
    }
    return XSM_OK;
}

/* ---- places ---- */

/* A free place, or one whose label nobody refers to; 0 if there is none. */
static uint32_t find_place(const struct xsm_labels *labels)
{
    uint32_t place = 0;
    for (uint32_t i = XSM_INITIAL_SIDS; i < labels->capacity; i++) {
        const struct xsm_label *entry = &labels->list[i];
        if (!entry_is_live(entry)) {
            return i;
        }
        if (entry->references == 0 &&
            (place == 0 || entry->put_at < labels->list[place].put_at)) {
            place = i;
        }
    }
    return place;
}

static enum xsm_status occupy(struct xsm *xsm, label_t label,
                              struct policy_context context)
{
    *label_entry(xsm, label) =
        (struct xsm_label){.context = context, .references = 1};
    if (!learn(xsm, label)) {
        forget(xsm, label);
        return XSM_NO_LABEL;
    }
    return XSM_OK;
}

enum xsm_status label_of_context(struct xsm *xsm, struct policy_context context,
                                 label_t *out)
{
    struct xsm_labels *labels = xsm->labels;
    for (uint32_t i = 1; i < labels->capacity; i++) {
        if (context_equal(labels->list[i].context, context)) {
            labels->list[i].references++;
            *out = (label_t){(uint16_t)i};
            return XSM_OK;
        }
    }
    label_t label = {(uint16_t)find_place(labels)};
    if (label.index == 0) {
        return XSM_NO_LABEL;
    }
    if (entry_is_live(label_entry(xsm, label))) {
        forget(xsm, label);
    }
    enum xsm_status status = occupy(xsm, label, context);
    if (status == XSM_OK) {
        *out = label;
    }
    return status;
}

enum xsm_status labels_start(struct xsm *xsm)
{
    for (uint16_t sid = 1; sid < XSM_INITIAL_SIDS; sid++) {
        enum xsm_status status =
            occupy(xsm, (label_t){sid}, xsm->policy->initial[sid]);
        if (status != XSM_OK) {
            return status;
        }
    }
    return XSM_OK;
}

/* ---- for the rest of the hypervisor ---- */

void xsm_label_get(struct xsm *xsm, label_t label)
{
    label_entry(xsm, label)->references++;
}

void xsm_label_put(struct xsm *xsm, label_t label)
{
    struct xsm_label *entry = label_entry(xsm, label);
    if (entry->references != 0) {
        entry->references--;
        entry->put_at = ++xsm->labels->puts;
    }
}

bool xsm_label_is_live(const struct xsm *xsm, label_t label)
{
    return label.index <= xsm->mask && entry_is_live(label_entry(xsm, label));
}

label_t xsm_label_of_sid(const struct xsm *xsm, uint32_t sid)
{
    label_t label = {(uint16_t)sid};
    return sid <= xsm->mask && xsm_label_is_live(xsm, label)
               ? label
               : XSM_LABEL(unlabeled);
}

enum xsm_status xsm_label_transition(struct xsm *xsm, label_t source,
                                     label_t target, enum xsm_class class,
                                     label_t *out)
{
    if (!xsm_label_is_live(xsm, source) || !xsm_label_is_live(xsm, target)) {
        return XSM_BAD_CONTEXT;
    }
    struct policy_context made =
        access_transition(xsm->policy, label_entry(xsm, source)->context,
                          label_entry(xsm, target)->context, class);
    if (!policy_context_is_valid(xsm->policy, made)) {
        return XSM_BAD_CONTEXT;
    }
    return label_of_context(xsm, made, out);
}

/* ---- text ---- */

/* Take from *text what comes before the first ':'. */
static struct bytes take_part(struct bytes *text)
{
    size_t size = 0;
    while (size < text->size && text->data[size] != ':') {
        size++;
    }
    struct bytes part = bytes_of(text->data, size);
    size_t taken = size < text->size ? size + 1 : size;
    *text = bytes_of(text->data + taken, text->size - taken);
    return part;
}

enum xsm_status xsm_label_of(struct xsm *xsm, struct bytes context,
                             label_t *out)
{
    const struct policy *policy = xsm->policy;
    if (context.size == 0) {
        return XSM_BAD_CONTEXT;
    }
    struct bytes user = take_part(&context);
    struct bytes role = take_part(&context);
    struct policy_context named = {
        .user = (uint16_t)symbols_find(&policy->users, user),
        .role = (uint16_t)symbols_find(&policy->roles, role),
        .type = (uint16_t)symbols_find(&policy->types, context),
    };
    if (!policy_context_is_valid(policy, named)) {
        return XSM_BAD_CONTEXT;
    }
    return label_of_context(xsm, named, out);
}

void xsm_label_put_text(const struct xsm *xsm, label_t label,
                        struct writer *out)
{
    const struct policy *policy = xsm->policy;
    if (!xsm_label_is_live(xsm, label)) {
        label = XSM_LABEL(unlabeled);
    }
    struct policy_context context = label_entry(xsm, label)->context;
    put_bytes(out, policy->users.names[context.user - 1]);
    put_u8(out, ':');
    put_bytes(out, policy->roles.names[context.role - 1]);
    put_u8(out, ':');
    put_bytes(out, policy->types.names[context.type - 1]);
}
