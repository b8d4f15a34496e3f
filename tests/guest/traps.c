/* SPDX-License-Identifier: MIT */
#include "lib/tap.h"
#include "lib/trap.h"

void test_main(void)
{
    tap_note("hello");
    TRY("ud2", NONE);
    tap_is(trap_last.vector, UD, "ud2");
}
