/* SPDX-License-Identifier: MIT */
/*
 * What a guest can only do once: each case must end this domain, by name, and
 * nothing else.  The hypervisor may not write where the guest points it, hang,
 * or panic; the runner looks for its line about the domain.  A case that
 * survives says so and fails.
 *
 * Cases: 1 2 3 4 5 6 7 8
 */
#include "lib/death.h"
#include "lib/tap.h"

void test_main(void)
{
    uint64_t which = cmdline_number("case=", 0);

    tap_note("case %lu", which);
    death(which);
    tap_ok(false, "case %lu: the domain lives on", which);
}
