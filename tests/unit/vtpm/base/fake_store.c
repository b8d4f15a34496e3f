/* SPDX-License-Identifier: MIT */
/* See fake_store.h. */
#include "tests/unit/vtpm/base/fake_store.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vtpm/base/errno.h"
#include "vtpm/base/xenstore.h"

#define NODES 64

static struct node {
    char path[XENSTORE_TEXT_SIZE], value[64];
} nodes[NODES];

static struct watch {
    char path[XENSTORE_TEXT_SIZE];
    bool has_fired;
} watches[XENSTORE_WATCHES];

void fake_store_reset(void)
{
    memset(nodes, 0, sizeof(nodes));
    memset(watches, 0, sizeof(watches));
}

static bool is_below(const char *path, const char *root)
{
    size_t size = strlen(root);
    return strncmp(path, root, size) == 0 &&
           (path[size] == 0 || path[size] == '/');
}

static struct node *find(const char *path)
{
    for (size_t i = 0; i < NODES; i++) {
        if (strcmp(nodes[i].path, path) == 0) {
            return &nodes[i];
        }
    }
    return NULL;
}

static void fire(const char *path)
{
    for (size_t i = 0; i < XENSTORE_WATCHES; i++) {
        if (watches[i].path[0] != 0 && (is_below(path, watches[i].path) ||
                                        is_below(watches[i].path, path))) {
            watches[i].has_fired = true;
        }
    }
}

void fake_store_set(const char *path, const char *value)
{
    if (value == NULL) {
        for (size_t i = 0; i < NODES; i++) {
            if (nodes[i].path[0] != 0 && is_below(nodes[i].path, path)) {
                nodes[i].path[0] = 0;
            }
        }
    } else {
        struct node *node = find(path);
        if (node == NULL) {
            node = find("");
        }
        if (node == NULL) {
            abort();
        }
        snprintf(node->path, sizeof(node->path), "%s", path);
        snprintf(node->value, sizeof(node->value), "%s", value);
    }
    fire(path);
}

const char *fake_store_get(const char *path)
{
    const struct node *node = find(path);
    return node == NULL ? "" : node->value;
}

struct xenstore_text xenstore_text_of(const char *format, ...)
{
    struct xenstore_text text;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text.text, sizeof(text.text), format, arguments);
    va_end(arguments);
    return text;
}

int xenstore_start(void)
{
    return 0;
}

int xenstore_read_number(const char *path, uint64_t *value)
{
    const struct node *node = find(path);
    char *end;
    if (node == NULL) {
        return -ENOENT;
    }
    *value = strtoull(node->value, &end, 10);
    return *end == 0 && node->value[0] != 0 ? 0 : -EINVAL;
}

int xenstore_write_number(const char *path, uint64_t value)
{
    fake_store_set(path, xenstore_text_of("%lu", value).text);
    return 0;
}

int xenstore_rm(const char *path)
{
    fake_store_set(path, NULL);
    return 0;
}

/* The first part below path of every node there, each once. */
int xenstore_directory(const char *path, struct buffer *names)
{
    size_t size = strlen(path);
    for (size_t i = 0; i < NODES; i++) {
        if (!is_below(nodes[i].path, path) || nodes[i].path[size] == 0) {
            continue;
        }
        char name[XENSTORE_TEXT_SIZE];
        snprintf(name, sizeof(name), "%s", nodes[i].path + size + 1);
        name[strcspn(name, "/")] = 0;
        bool is_there = false;
        for (size_t at = 0; at < names->used;
             at += strlen((char *)names->data + at) + 1) {
            is_there |= strcmp((char *)names->data + at, name) == 0;
        }
        if (!is_there) {
            memcpy(names->data + names->used, name, strlen(name) + 1);
            names->used += strlen(name) + 1;
        }
    }
    return names->used == 0 ? -ENOENT : 0;
}

int xenstore_watch(const char *path, unsigned int number)
{
    snprintf(watches[number].path, sizeof(watches[number].path), "%s", path);
    watches[number].has_fired = true;
    return 0;
}

bool xenstore_take_change(unsigned int number)
{
    bool has_fired = watches[number].has_fired;
    watches[number].has_fired = false;
    return has_fired;
}
