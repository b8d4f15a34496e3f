/* SPDX-License-Identifier: MIT */
/*
 * What the preprocessor makes of hypercalls.def: families, rows and numbers.
 * Only the dispatcher (dispatch.c, objects.c, events.c, batch.c, grants.c,
 * domain_list.c) includes this: it asks permissions and hands out permits, and
 * only its table, rows.c, refers to handlers.
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
    OBJECT_VCPU, /* so far the caller's own affair */
    OBJECT_XEN,
    OBJECT_DOMAIN,
    OBJECT_DOMAIN_GIVEN,
    OBJECT_FIRST,
    OBJECT_NEW,
    OBJECT_END,
    OBJECT_SECURITY,
};
enum shape {
    SHAPE_CMD_PTR,
    SHAPE_CMD_ID_PTR,
    SHAPE_CMD_REGS,
    SHAPE_MEMORY, /* so far the operation is in the first register */
    SHAPE_PLAIN,
    SHAPE_VA_MAPPING,
    SHAPE_PLATFORM,
    SHAPE_BATCH,
    SHAPE_GRANT,
};

/* Whether a row acts on the caller alone, with nobody to look up. */
enum own { OWN_NEVER, OWN_ALWAYS, OWN_IF_NAMED };

struct row {
    long (*handler)(const struct permit *, struct call *, void *);
    /* How it runs with its structure at va; NULL if there is no such row. */
    long (*run)(const struct row *row, struct call *call, uint64_t va);
    uint16_t size;           /* of the argument structure */
    uint16_t field, field2;  /* offset of the domid that names the object */
    uint8_t direction;       /* enum direction */
    uint8_t object, object2; /* enum object */
    struct xsm_perm perm, perm2;
    uint8_t has_second;
    uint8_t is_simple; /* no structure, and on the caller alone */
    uint8_t own;       /* enum own */
};
_Static_assert(sizeof(struct row) == 32, "indexed without a multiplication");

struct family {
    const struct row *rows;
    uint32_t mask;       /* the operation in the first register */
    uint16_t operations; /* that a guest may name; 0: no such family */
    uint8_t shape;       /* enum shape */
    uint8_t structure;   /* the register with its address */
};
#define FAMILIES 64u
extern const struct family families[FAMILIES]; /* by hypercall number */

extern const struct row rows[ROW_COUNT];
extern const struct permit the_permit; /* objects.c alone knows what it is */
/* "event_channel_op.bind_virq", for audit, traces and the ABI document. */
const char *row_name(const struct row *row);

/*
 * Asks the policy for row on target (and second): NULL if refused.  The slow
 * path has then written the audit record.
 */
const struct permit *row_permit(const struct row *row,
                                const struct call *call);

/* The values of row->run, by what the row's structure is and acts on. */
long run_nothing(const struct row *row, struct call *call, uint64_t va);
long run_on_vcpu(const struct row *row, struct call *call, uint64_t va);
long run_event_send(const struct row *row, struct call *call, uint64_t va);
long run_in_u32(const struct row *row, struct call *call, uint64_t va);
long run_both_u64(const struct row *row, struct call *call, uint64_t va);
long run_in_small(const struct row *row, struct call *call, uint64_t va);
long run_both_small(const struct row *row, struct call *call, uint64_t va);
long run_other(const struct row *row, struct call *call, uint64_t va);
#define RUN_SMALL 64u   /* the largest structures of the small and the others */
#define RUN_OTHER 1024u
/* Rows that a field of their structure may make another one (run_other). */
#define IS_SPLIT(row)                                                          \
    ((row) == row_event_channel_op_bind_virq || (row) == row_sysctl_readconsole)

/* A row on something else than the caller alone: finds it, asks, runs. */
long row_run_on_objects(const struct row *row, struct call *call, void *arg);
/*
 * The first domain from id on that the caller may do row to, referenced, or
 * NULL.
 */
struct domain *row_next_domain(const struct row *row,
                               const struct call *call, domid_t id);

/*
 * Whether the policy also allows the ends of a channel that a row with two
 * domains, which it allowed, would make or connect; arg is its structure.
 */
bool event_ends_permitted(const struct row *row, struct call *call,
                          const void *arg);

/* One hypercall or multicall entry, from its registers to its result. */
long hypercall_dispatch(struct call *call);
/* Batches: mmu_update, mmuext_op. */
long batch_dispatch(struct call *call);
/* grant_table_op, but for its questions about versions. */
long grants_dispatch(struct call *call);
