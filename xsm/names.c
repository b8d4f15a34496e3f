/* SPDX-License-Identifier: MIT */
/* Name tables made from classes.def. */
#include "xsm/names.h"

#include "xsm/xsm.h"

static const char *const class_names[] = {
#define XSM_CLASS(class) #class,
#define XSM_PERMISSION(class, name)
#include "xsm/classes.def"
#undef XSM_CLASS
#undef XSM_PERMISSION
};

static const char *const permission_names[] = {
#define XSM_CLASS(class)
#define XSM_PERMISSION(class, name) #name,
#include "xsm/classes.def"
#undef XSM_CLASS
#undef XSM_PERMISSION
};

/* Where each class starts in permission_names, and where the last one ends. */
static const uint16_t first_permission[] = {
#define XSM_CLASS(class) XSM_FIRST_##class,
#define XSM_PERMISSION(class, name)
#include "xsm/classes.def"
#undef XSM_CLASS
#undef XSM_PERMISSION
    XSM_PERMISSIONS,
};

uint32_t xsm_class_size(enum xsm_class class)
{
    return first_permission[class + 1] - first_permission[class];
}

uint32_t xsm_class_vector(enum xsm_class class)
{
    return UINT32_MAX >> (32 - xsm_class_size(class));
}

uint8_t xsm_class_find(struct bytes name)
{
    for (uint8_t own = 0; own < XSM_CLASSES; own++) {
        if (bytes_equal(name, bytes_of_text(class_names[own]))) {
            return own;
        }
    }
    return XSM_NO_CLASS;
}

uint8_t xsm_bit_find(enum xsm_class class, struct bytes name)
{
    const char *const *names = permission_names + first_permission[class];
    for (uint8_t bit = 0; bit < xsm_class_size(class); bit++) {
        if (bytes_equal(name, bytes_of_text(names[bit]))) {
            return bit;
        }
    }
    return XSM_NO_BIT;
}

const char *xsm_class_name(enum xsm_class class)
{
    return class < XSM_CLASSES ? class_names[class] : "unknown";
}

const char *xsm_perm_name(struct xsm_perm perm)
{
    if (perm.class >= XSM_CLASSES || perm.bit >= xsm_class_size(perm.class)) {
        return "unknown";
    }
    return permission_names[first_permission[perm.class] + perm.bit];
}
