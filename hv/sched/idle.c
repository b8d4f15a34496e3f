/* SPDX-License-Identifier: MIT */
/* The CPU with nothing to do: no tick, halted until an interrupt. */
#include "hv/base/asm.h"
#include "hv/sched/internal.h"

void idle_wait(void)
{
    wait_for_interrupt();
}
