/* SPDX-License-Identifier: MIT */
/* The fake machine: device registers are functions of the test. */
#pragma once

#include <stdint.h>

uint32_t mmio_read(const volatile uint32_t *word);
void mmio_write(volatile uint32_t *word, uint32_t value);
