/* SPDX-License-Identifier: MIT */
/*
 * Included before everything else by the build: all names are linked within
 * one image, so none goes through a table of addresses.
 */
#pragma once

#ifndef __ASSEMBLY__
#pragma GCC visibility push(hidden)
#endif
