/* SPDX-License-Identifier: MIT */
/*
 * Power off and restart.  The ports come from the FADT; the values that put
 * the machine into S5 are in AML, which dom0 reads and tells us.
 */
#pragma once

#include "hv/base/compiler.h"
#include <stdbool.h>
#include <stdint.h>

struct power_ports {
    uint16_t pm1a_control, pm1b_control; /* 0: none */
    bool has_reset; /* of the FADT, an I/O port or memory */
    bool reset_is_port;
    uint64_t reset_address;
    uint8_t reset_value;
};

/* At boot, with what ACPI says; all zero if it says nothing. */
void power_init(const struct power_ports *ports);
/* What panic and restart do: reset, or halt for somebody to read the screen. */
void power_set_halt_on_panic(bool halt);

/*
 * Writes PM1 control with what dom0 gives for the sleep state (SLP_EN set by
 * us, only SLP_TYP taken of its value).  Does not return if the machine goes.
 */
void power_enter_sleep(uint16_t pm1a_value, uint16_t pm1b_value);

/* S5 with what dom0 last gave, else a halt that says so. */
void machine_power_off(void) noreturn;
void machine_restart(void) noreturn;
/* After a panic or a refusal: restarts or halts. */
void machine_stop(void) noreturn;
