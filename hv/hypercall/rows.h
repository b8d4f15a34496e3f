/* SPDX-License-Identifier: MIT */
/*
 * What the preprocessor makes of hypercalls.def: families, rows and numbers.
 * Only the dispatcher (dispatch.c, objects.c, events.c, batch.c, grants.c,
 * domain_list.c) includes this: it asks permissions and hands out permits, and
 * only its object files refer to handlers.
 */
#pragma once

#include "hv/abi/call.h"
#include "xsm/xsm.h"

/* family_<name>_rows: where a family's rows begin in the table. */
enum {
#define FAMILY(name, number, shape, operations, splits)                        \
    family_##name##_rows,                                                      \
        family_##name##_rows_last =                                            \
            family_##name##_rows + (operations) + (splits)-1,
#define ROW(...)
#define CALL(...)
#include "hv/abi/hypercalls.def"
    ROW_COUNT
};

/* row_<family>_<operation>: its index in the table. */
enum {
#define FAMILY(...)
#define CALL(f, ...)        row_##f = family_##f##_rows,
#define ROW(f, op, nr, ...) row_##f##_##op = family_##f##_rows + (nr),
#include "hv/abi/hypercalls.def"
};

enum direction { DIRECTION_NONE, DIRECTION_IN, DIRECTION_OUT, DIRECTION_BOTH };
enum object {
    OBJECT_SELF,
    OBJECT_XEN,
    OBJECT_VCPU,
    OBJECT_DOMAIN,
    OBJECT_DOMAIN_GIVEN,
    OBJECT_FIRST,
    OBJECT_NEW,
    OBJECT_END,
    OBJECT_SECURITY,
};
enum shape {
    SHAPE_NONE,
    SHAPE_PLAIN,
    SHAPE_CMD_PTR,
    SHAPE_CMD_ID_PTR,
    SHAPE_CMD_REGS,
    SHAPE_MEMORY,
    SHAPE_PLATFORM,
    SHAPE_VA_MAPPING,
    SHAPE_BATCH,
    SHAPE_GRANT,
};

struct row {
    long (*handler)(const struct permit *, struct call *, void *);
    uint16_t size;           /* of the argument structure */
    uint16_t field, field2;  /* offset of the domid that names the object */
    uint8_t direction;       /* enum direction */
    uint8_t object, object2; /* enum object */
    struct xsm_perm perm, perm2;
    uint8_t has_second;
    uint8_t is_simple; /* no structure, and on the caller alone */
    uint8_t is_word;   /* IN of 32 bits, and on the caller alone */
};
_Static_assert(sizeof(struct row) == 24, "one row, three words");

extern const struct row rows[ROW_COUNT];
extern const struct permit the_permit; /* objects.c alone knows what it is */
/* "event_channel_op.bind_virq", for audit, traces and the ABI document. */
const char *row_name(unsigned int row);

/*
 * Asks the policy for row on target (and second): NULL if refused.  The slow
 * path has then written the audit record.
 */
const struct permit *row_permit(unsigned int row, const struct call *call);

/* A row on something else than the caller alone: finds it, asks, runs. */
long row_run_on_objects(unsigned int row, struct call *call, void *arg);
/*
 * The first domain from id on that the caller may do row to, referenced, or
 * NULL.
 */
struct domain *row_next_domain(unsigned int row, const struct call *call,
                               domid_t id);

/* EVTCHNOP_send; its structure is at guest address va. */
long event_send(struct call *call, uint64_t va);
/*
 * Whether the policy also allows the ends of a channel that a row with two
 * domains, which it allowed, would make or connect; arg is its structure.
 */
bool event_ends_permitted(unsigned int row, struct call *call, const void *arg);

/* One hypercall or multicall entry, from its registers to its result. */
long hypercall_dispatch(struct call *call);
/* Batches: mmu_update, mmuext_op. */
long batch_dispatch(struct call *call);
/* grant_table_op, but for its questions about versions. */
long grants_dispatch(struct call *call);
