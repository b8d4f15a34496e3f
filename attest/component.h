/* SPDX-License-Identifier: MIT */
/* The components a verdict speaks of, and their names. */
#ifndef VOUCH_ATTEST_COMPONENT_H
#define VOUCH_ATTEST_COMPONENT_H

#include <stdbool.h>

enum component {
#define COMPONENT(id, name, title) COMPONENT_##id,
#include "attest/component.def"
#undef COMPONENT
    COMPONENT_COUNT
};

/* Components before this one are the platform's, with events in its log. */
#define COMPONENT_PLATFORM_COUNT COMPONENT_VTPM
/* Those before this one have reference values and a line in the table; what
 * lies between is a guest's. */
#define COMPONENT_MEASURED_COUNT COMPONENT_TPM_KEY

const char *component_name(enum component component);
const char *component_title(enum component component);
bool component_by_name(const char *name, enum component *out);

#endif
