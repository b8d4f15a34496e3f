/* SPDX-License-Identifier: MIT */
/*
 * The tables made of hypercalls.def: every row with its handler, by hypercall
 * number and operation.  The only object file that refers to handlers.
 */
#include "hv/hypercall/rows.h"

#include "hv/abi/handlers.h"

#define FAMILY(...)
#define CALL(f, ...)
#define ROW(f, op, nr, t, ...)                                                 \
    static long call_##f##_##op(const struct permit *permit,                   \
                                struct call *call, void *arg)                  \
    {                                                                          \
        return do_##f##_##op(permit, call, (t *)arg);                          \
    }
#include "hv/abi/hypercalls.def"

#define MEMORY_OPERATION ((1u << MEMOP_EXTENT_SHIFT) - 1)

#define SIZE_NONE(t)  0
#define SIZE_IN(t)    sizeof(t)
#define SIZE_OUT(t)   sizeof(t)
#define SIZE_BOTH(t)  sizeof(t)
#define FIELD_SELF(t, m)         0
#define FIELD_XEN(t, m)          0
#define FIELD_VCPU(t, m)         0
#define FIELD_DOMAIN_GIVEN(t, m) 0
#define FIELD_SECURITY(t, m)     0
#define FIELD_END(t, m)          0
#define FIELD_DOMAIN(t, m)       offsetof(t, m)
#define FIELD_FIRST(t, m)        offsetof(t, m)
#define FIELD_NEW(t, m)          offsetof(t, m)

/* The shortest way for each kind of row: dispatch.c. */
#define RUN(row, object, direction, size)                                      \
    ((object) == OBJECT_VCPU         ? run_on_vcpu                             \
     : (object) == OBJECT_END        ? run_event_send                          \
     : (size) == 0                   ? run_nothing                             \
     : IS_SPLIT(row)                 ? run_other                               \
     : (direction) == DIRECTION_IN   ? RUN_IN(object, size)                    \
     : (direction) == DIRECTION_BOTH ? RUN_BOTH(object, size)                  \
                                     : run_other)
#define RUN_IN(object, size)                                                   \
    ((object) == OBJECT_SELF && (size) == 4 ? run_in_u32                       \
     : (size) <= RUN_SMALL                  ? run_in_small                     \
                                            : run_other)
#define RUN_BOTH(object, size)                                                 \
    ((object) == OBJECT_SELF && (size) == 8 ? run_both_u64                     \
     : (size) <= RUN_SMALL                  ? run_both_small                   \
                                            : run_other)

const struct row rows[ROW_COUNT] = {
#define FAMILY(...)
#define CALL(f, c, p)                                                          \
    [row_##f] = {.handler = do_##f,                                            \
                 .run = run_nothing,                                           \
                 .perm = XSM_PERM_INIT(c, p),                                  \
                 .is_simple = 1},
#define FIRST_OBJECT(f, op, t, d, o, m, c, p)                                  \
    .handler = call_##f##_##op,                                                \
    .run = RUN(row_##f##_##op, OBJECT_##o, DIRECTION_##d, SIZE_##d(t)),        \
    .size = SIZE_##d(t), .direction = DIRECTION_##d, .object = OBJECT_##o,     \
    .field = FIELD_##o(t, m), .perm = XSM_PERM_INIT(c, p)
#define ROW(f, op, nr, t, d, o, m, c, p)                                       \
    [row_##f##_##op] = {FIRST_OBJECT(f, op, t, d, o, m, c, p),                 \
                        .is_simple = OBJECT_##o == OBJECT_SELF &&              \
                                     SIZE_##d(t) == 0,                         \
                        .own = OBJECT_##o <= OBJECT_VCPU     ? OWN_ALWAYS      \
                               : OBJECT_##o == OBJECT_DOMAIN ? OWN_IF_NAMED    \
                                                             : OWN_NEVER},
#define ROW2(f, op, nr, t, d, o, m, c, p, o2, m2, c2, p2)                      \
    [row_##f##_##op] = {FIRST_OBJECT(f, op, t, d, o, m, c, p),                 \
                        .has_second = 1,                                       \
                        .object2 = OBJECT_##o2,                                \
                        .field2 = FIELD_##o2(t, m2),                           \
                        .perm2 = XSM_PERM_INIT(c2, p2)},
#include "hv/abi/hypercalls.def"
};

static const char *const row_names[ROW_COUNT] = {
#define FAMILY(...)
#define CALL(f, ...)        [row_##f] = #f,
#define ROW(f, op, nr, ...) [row_##f##_##op] = #f "." #op,
#include "hv/abi/hypercalls.def"
};

const struct family families[FAMILIES] = {
#define FAMILY(name, number, s, count, splits)                                 \
    [number] = {                                                               \
        .rows = &rows[family_##name##_rows],                                   \
        .mask = SHAPE_##s == SHAPE_MEMORY ? MEMORY_OPERATION : ~0u,        \
        .operations = (count),                                                 \
        .shape = SHAPE_##s,                                                    \
        .structure = SHAPE_##s == SHAPE_CMD_ID_PTR ? 2 : 1},
#define ROW(...)
#define CALL(...)
#include "hv/abi/hypercalls.def"
};

const char *row_name(const struct row *row)
{
    return row_names[row - rows];
}
