/* SPDX-License-Identifier: MIT */
/*
 * Classes and permissions, matched with ours by name. The policy's numbers
 * matter only within its file.
 */
#include "xsm/names.h"
#include "xsm/reader.h"

#define CLASS_ENTRY_SIZE      44
#define PERMISSION_ENTRY_SIZE 9

uint32_t policy_class_vector(const struct policy_class *class,
                             uint32_t policy_vector)
{
    uint32_t vector = 0;
    for (uint32_t i = 0; i < class->size; i++) {
        if ((policy_vector >> i & 1) != 0 && class->to_own[i] != XSM_NO_BIT) {
            vector |= 1U << class->to_own[i];
        }
    }
    return vector;
}

static bool is_named(const struct policy_class *class, struct bytes name)
{
    for (uint32_t i = 0; i < class->size; i++) {
        if (bytes_equal(class->permissions[i], name)) {
            return true;
        }
    }
    return false;
}

static void read_permission(struct reader *reader, struct policy_class *class)
{
    uint32_t size = reader_u32(reader);
    uint32_t value = reader_u32(reader);
    struct bytes name = reader_name(reader, size);
    if (!reader_check(reader, value != 0 && value <= class->size,
                      "permission number out of range") ||
        !reader_check(reader, class->permissions[value - 1].size == 0,
                      "permission number used twice") ||
        !reader_check(reader, !is_named(class, name),
                      "permission named twice")) {
        return;
    }
    class->permissions[value - 1] = name;
    if (class->own != XSM_NO_CLASS) {
        uint8_t bit = xsm_bit_find(class->own, name);
        class->to_own[value - 1] = bit;
        class->known |= bit == XSM_NO_BIT ? 0 : 1U << bit;
    }
}

static bool is_class(const struct policy *policy, struct bytes name)
{
    for (uint32_t i = 0; i < policy->class_count; i++) {
        if (bytes_equal(policy->classes[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* The class's place, or NULL and refused. */
static struct policy_class *place_class(struct reader *reader, uint32_t value,
                                        struct bytes name, uint32_t permissions)
{
    struct policy *policy = reader->policy;
    if (!reader_check(reader,
                      value != 0 && value <= policy->class_count &&
                          policy->classes[value - 1].name.size == 0,
                      "class number out of range or used twice") ||
        !reader_check(reader, !is_class(policy, name), "class named twice") ||
        !reader_check(reader, permissions <= 32, "more than 32 permissions")) {
        return NULL;
    }
    struct policy_class *class = &policy->classes[value - 1];
    class->name = name;
    class->size = (uint8_t)permissions;
    class->own = xsm_class_find(name);
    memset(class->to_own, XSM_NO_BIT, sizeof(class->to_own));
    if (class->own != XSM_NO_CLASS) {
        policy->class_of_own[class->own] = (uint8_t)value;
    }
    return class;
}

static void read_class(struct reader *reader)
{
    uint32_t name_size = reader_u32(reader);
    uint32_t common_size = reader_u32(reader);
    uint32_t value = reader_u32(reader);
    uint32_t permissions = reader_u32(reader);
    uint32_t named = reader_count(reader, PERMISSION_ENTRY_SIZE);
    uint32_t constraints = reader_u32(reader);
    struct bytes name = reader_name(reader, name_size);
    struct policy_class *class = place_class(reader, value, name, permissions);
    reader_check(reader, common_size == 0,
                 "a class that inherits permissions");
    reader_check(reader, named == permissions,
                 "a class with unnamed permissions");
    for (uint32_t i = 0; i < named && reader_is_ok(reader); i++) {
        read_permission(reader, class);
    }
    if (!reader_is_ok(reader)) {
        return;
    }
    reader->object = name;
    read_constraints(reader, class, constraints);
    reader_zero(reader, "validatetrans is not supported");
    bool has_defaults = reader->policy->version == POLICY_VERSION_NEW;
    for (uint32_t i = 0; i < (has_defaults ? 4 : 0); i++) {
        reader_zero(reader, "class defaults are not supported");
    }
}

bool read_classes(struct reader *reader)
{
    struct policy *policy = reader->policy;
    reader_section(reader, "commons");
    reader_zero(reader, "common permissions are not supported");
    reader_zero(reader, "common permissions are not supported");
    reader_section(reader, "classes");
    uint32_t values = reader_u32(reader);
    uint32_t count = reader_count(reader, CLASS_ENTRY_SIZE - 16);
    if (!reader_check(reader,
                      count == values && count != 0 &&
                          count <= POLICY_CLASSES_MAX,
                      "no classes, too many, or gaps in them")) {
        return false;
    }
    policy->class_count = count;
    policy->classes = reader_take(reader, count, sizeof(struct policy_class));
    for (uint32_t i = 0; i < count && reader_is_ok(reader); i++) {
        read_class(reader);
    }
    return reader_is_ok(reader);
}
