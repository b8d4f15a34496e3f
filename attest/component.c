/* SPDX-License-Identifier: MIT */
/* The table that component.def makes, and its columns. */
#include "attest/component.h"

#include <string.h>

static const struct {
    const char *name, *title;
} components[COMPONENT_COUNT] = {
#define COMPONENT(id, name, title) [COMPONENT_##id] = {name, title},
#include "attest/component.def"
#undef COMPONENT
};

const char *component_name(enum component component)
{
    return components[component].name;
}

const char *component_title(enum component component)
{
    return components[component].title;
}

bool component_by_name(const char *name, enum component *out)
{
    for (int i = 0; i < COMPONENT_COUNT; i++) {
        if (strcmp(components[i].name, name) == 0) {
            *out = (enum component)i;
            return true;
        }
    }
    return false;
}
