/* SPDX-License-Identifier: MIT */
/* What the tests of xsm/ share: policies from files, loaded into fresh memory
 * of exactly the size that the sanitizer watches. */
#ifndef VOUCH_TESTS_UNIT_XSM_LOAD_H
#define VOUCH_TESTS_UNIT_XSM_LOAD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "xsm/label.h"
#include "xsm/matrix.h"
#include "xsm/names.h"
#include "xsm/xsm.h"

#define POLICY_V30   "build/policy/vouch-policy"
#define POLICY_V24   "build/policy/vouch-policy-v24"
#define FEATURES_V30 "build/policy/features"
#define FEATURES_V24 "build/policy/features-v24"
#define RESOURCES    "build/policy/resources"
#define ARENA_SIZE   (4U << 20)
#define FILE_MAX     (64U << 10)

struct loaded {
    struct xsm xsm;
    struct xsm_arena arena;
    struct xsm_refusal why;
    enum xsm_status status;
};

static inline struct bytes read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    uint8_t *data = malloc(FILE_MAX);
    assert_non_null(data);
    size_t size = fread(data, 1, FILE_MAX, file);
    assert_true(size > 0 && size < FILE_MAX);
    fclose(file);
    return bytes_of(data, size);
}

/* Load into memory used before: what many loads in a row need. */
static inline void load_again(struct loaded *loaded, struct bytes policy)
{
    const struct xsm_options options = {.labels = 16};
    loaded->arena.used = 0;
    loaded->status =
        xsm_load(&loaded->xsm, &loaded->arena, policy, &options, &loaded->why);
}

static inline struct loaded *load_with(struct bytes policy,
                                       const struct xsm_options *options,
                                       size_t arena_size)
{
    struct loaded *loaded = calloc(1, sizeof(*loaded));
    assert_non_null(loaded);
    loaded->arena =
        (struct xsm_arena){.base = malloc(arena_size), .size = arena_size};
    assert_non_null(loaded->arena.base);
    loaded->status =
        xsm_load(&loaded->xsm, &loaded->arena, policy, options, &loaded->why);
    return loaded;
}

static inline struct loaded *load(struct bytes policy, uint16_t labels)
{
    const struct xsm_options options = {.labels = labels};
    return load_with(policy, &options, ARENA_SIZE);
}

/* A policy that must load. */
static inline struct loaded *load_file(const char *path, uint16_t labels)
{
    struct bytes file = read_file(path);
    struct loaded *loaded = load(file, labels);
    free((void *)file.data);
    assert_int_equal(loaded->status, XSM_OK);
    return loaded;
}

static inline void unload(struct loaded *loaded)
{
    free(loaded->arena.base);
    free(loaded);
}

static inline label_t label_named(struct loaded *loaded, const char *context)
{
    label_t label = {0};
    assert_int_equal(xsm_label_of(&loaded->xsm, bytes_of_text(context), &label),
                     XSM_OK);
    return label;
}

/* The text of a label, valid until the next call. */
static inline const char *label_text(const struct xsm *xsm, label_t label)
{
    static char text[256];
    struct buffer buffer = buffer_over(text, sizeof(text) - 1);
    struct writer writer = writer_begin(&buffer);
    xsm_label_put_text(xsm, label, &writer);
    assert_true(writer_end(&writer));
    text[buffer.used] = '\0';
    return text;
}

#endif
