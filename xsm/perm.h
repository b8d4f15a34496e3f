/* SPDX-License-Identifier: MIT */
/*
 * Permission tokens. XSM_PERM(class, name) is the only way to write one: a
 * pair that classes.def does not hold names an enumerator that does not exist,
 * so a permission of another class does not compile.
 */
#ifndef VOUCH_XSM_PERM_H
#define VOUCH_XSM_PERM_H

#include <stdint.h>

enum xsm_class {
#define XSM_CLASS(class) XSM_CLASS_##class,
#define XSM_PERMISSION(class, name)
#include "xsm/classes.def"
#undef XSM_CLASS
#undef XSM_PERMISSION
    XSM_CLASSES
};

/* All permissions numbered through; each class starts where the one before it
 * ended, so the bit within a class is a difference. */
enum xsm_permission {
#define XSM_CLASS(class)                                                       \
    XSM_FIRST_##class, XSM_BEFORE_##class = XSM_FIRST_##class - 1,
#define XSM_PERMISSION(class, name) XSM_PERM_##class##__##name,
#include "xsm/classes.def"
#undef XSM_CLASS
#undef XSM_PERMISSION
    XSM_PERMISSIONS
};

/* A class of our own numbering and a bit in its access vector. */
struct xsm_perm {
    uint8_t class;
    uint8_t bit;
};

#define XSM_PERM_INIT(class, name)                                             \
    {                                                                          \
        XSM_CLASS_##class, XSM_PERM_##class##__##name - XSM_FIRST_##class      \
    }
#define XSM_PERM(class, name) ((struct xsm_perm)XSM_PERM_INIT(class, name))

#define XSM_CLASS(class)
#define XSM_PERMISSION(class, name)                                            \
    _Static_assert(XSM_PERM_##class##__##name - XSM_FIRST_##class < 32,        \
                   "more than 32 permissions in class " #class);
#include "xsm/classes.def"
#undef XSM_CLASS
#undef XSM_PERMISSION

/* The matrix keeps a row of 32 access vectors, indexed by class. */
#define XSM_ROW_SHIFT 5
_Static_assert(XSM_CLASSES <= 1 << XSM_ROW_SHIFT, "more than 32 classes");

#endif
