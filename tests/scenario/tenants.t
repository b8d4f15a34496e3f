#!/bin/bash
# SPDX-License-Identifier: MIT
# `make run GUESTS=2`: the measured machine, whose dom0 starts two guests that
# reach each other and write their disks, under the enforcing policy; TRUSTED.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/run.sh

scenario_run tenants GUESTS=2 CHECKS="kernel-log readonly"
tap_is "the verdict's exit status" "$status" 0
tap_has "the verdict is TRUSTED" "$dir.out" '^TRUSTED'
for guest in guest1 guest2; do
    tap_has "$guest is up" "$dir.serial" "^dom0: $guest: Linux .* is up"
    tap_has "$guest: the other answers" "$dir.serial" \
        "^dom0: $guest: peer .* 0% packet loss"
    tap_has "$guest: its disk is what it wrote" "$dir.serial" \
        "^dom0: $guest: disk .* verified"
done
for name in kernel-log readonly; do
    tap "dom0's check: $name" scenario_check "$name"
done
tap_has_not "the hypervisor has nothing to complain about" "$dir.serial" \
    '^\(vouch\).*(panic|PANIC|BUG|WARN)'
tap_end
