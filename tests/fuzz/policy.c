/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a policy. What is accepted is used: every pair of the initial
 * labels, transitions, text, booleans both ways; the fast and the full answer
 * agree throughout.
 */
#include <stdlib.h>

#include "lib/checked.h"
#include "xsm/names.h"
#include "xsm/policy.h"
#include "xsm/xsm.h"

#define ARENA_SIZE (512U << 10)
#define LABELS     16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t memory[ARENA_SIZE];

static void use_pair(struct xsm *xsm, label_t s, label_t t)
{
    for (uint8_t own = 0; own < XSM_CLASSES; own++) {
        struct xsm_perm perm = {own, (uint8_t)(s.index + t.index) & 31};
        struct xsm_decision full = xsm_decide(xsm, s, t, perm);
        if (perm.bit < xsm_class_size(own) &&
            xsm_allowed(xsm, s, t, perm) != (full.granted && !full.audit)) {
            abort();
        }
    }
    label_t made;
    if (xsm_label_transition(xsm, s, t, XSM_CLASS_event, &made) == XSM_OK) {
        xsm_label_put(xsm, made);
    }
}

static void use_text(struct xsm *xsm, label_t label)
{
    uint8_t text[256];
    struct buffer buffer = buffer_over(text, sizeof(text));
    struct writer writer = writer_begin(&buffer);
    label_t again;
    xsm_label_put_text(xsm, label, &writer);
    if (!writer_end(&writer) ||
        xsm_label_of(xsm, buffer_bytes(&buffer), &again) != XSM_OK) {
        abort();
    }
    xsm_label_put(xsm, again);
}

static void use_all(struct xsm *xsm)
{
    for (uint16_t s = 1; s < LABELS; s++) {
        if (s < XSM_INITIAL_SIDS) {
            use_text(xsm, (label_t){s});
        }
        for (uint16_t t = 1; t < LABELS; t++) {
            use_pair(xsm, (label_t){s}, (label_t){t});
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct xsm_options options = {.labels = LABELS};
    struct xsm_arena arena = {.base = memory, .size = sizeof(memory)};
    struct xsm_refusal why;
    struct xsm xsm;
    enum xsm_status status =
        xsm_load(&xsm, &arena, bytes_of(data, size), &options, &why);
    if (status == XSM_BAD_POLICY && why.offset > size) {
        abort();
    }
    if (status != XSM_OK) {
        return 0;
    }
    use_all(&xsm);
    const struct symbols *booleans = &xsm.policy->booleans;
    for (uint32_t i = 0; i < booleans->used && i < 4; i++) {
        struct bytes name = booleans->symbols[i].name, same;
        uint32_t number, value;
        if (xsm_boolean_find(&xsm, name, &number) != XSM_OK ||
            xsm_boolean_get(&xsm, number, &same, &value) != XSM_OK ||
            same.size != name.size ||
            xsm_boolean_set(&xsm, name, !value) == XSM_NO_MEMORY) {
            abort();
        }
    }
    use_all(&xsm);
    return 0;
}
