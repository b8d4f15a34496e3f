#!/bin/bash
# SPDX-License-Identifier: MIT
# The main job: OVMF, GRUB, the hypervisor, Debian's kernel as dom0, evidence,
# TRUSTED. Then once more, with another amount of memory: the same PCRs.
set -u
. tests/scenario/lib/tap.sh
. tests/scenario/lib/run.sh

checks="pcrs kernel-log disk network smp readonly"
scenario_run first CHECKS="$checks"
tap_is "the verdict's exit status" "$status" 0
tap_has "the verdict is TRUSTED" "$dir.out" '^TRUSTED'
for name in $checks; do
    tap "dom0's check: $name" scenario_check "$name"
done
tap_has "dom0 powers the machine off" "$dir.serial" '^dom0: powering off'
tap_has_not "the hypervisor has nothing to complain about" "$dir.serial" \
    '^\(vouch\).*(panic|PANIC|BUG|WARN|refus)'
first=$dir/run/reply/pcrs/read

scenario_run second MEM=4096 CHECKS=pcrs
tap_is "another run is TRUSTED too" "$status" 0
tap "it has the same PCRs" diff "$first" "$dir/run/reply/pcrs/read"
tap_end
