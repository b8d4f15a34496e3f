/* SPDX-License-Identifier: MIT */
/* ioremap() lives with the other edits of our own tables. */
#pragma once

#include "hv/cpu/paging.h"
